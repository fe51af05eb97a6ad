import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { LabelSet } from '../../core/labelSet';
import type { Series } from '../../core/slice';
import type { PreparedSet } from './prepare';

/** What a folder's set is recognised by: one line of JSON. Key, classes and sources are in it only as HMACs. */
export function planMark({ plan, set, input }: PreparedSet): string {
  const keyed = (value: unknown): string => bytesToHex(hmac(sha256, set.key, utf8ToBytes(JSON.stringify(value)))).slice(0, 16);
  const used = [...new Set(plan.items.map((i) => i.source))].map((i) => input.sources[i]!);
  return `${JSON.stringify({
    fingerprint: set.fingerprint,
    recipeSha256: set.recipeSha256,
    items: plan.items.length,
    itemsSha256: bytesToHex(sha256(utf8ToBytes(plan.items.map((i) => i.id).join('\n')))),
    classes: keyed([...set.classes]),
    key: keyed('plan'),
    contents: keyed(used.map(({ source, labels }) => [seriesMark(source.series), labels.map(labelMark).sort()])),
  })}\n`;
}

/** Whether two marks are of one set. `plan`: whatever became of the images and labels since. */
export function sameMark(a: string, b: string, what: 'all' | 'plan'): boolean {
  const part = (mark: string): string => (what === 'all' ? mark : mark.replace(/"contents":"[0-9a-f]*"/, ''));
  return part(a) === part(b);
}

/** What is known of a series without decoding it; no path, since it does not matter where the files lie. */
const seriesMark = (s: Series): unknown => [s.modality, s.rows, s.columns, s.bytes ?? null, s.affine, s.slices.map((h) => [h.sopInstanceUid ?? null, h.rows, h.columns, h.pixelSpacingMm, h.geometry?.positionMm ?? null])];

function labelMark({ classes, layers }: LabelSet): string {
  return JSON.stringify([classes.map((c) => [c.id, c.name]), layers.map((planes) => planes.map((plane) => (plane ? planeHash(plane) : 0)))]);
}

/** FNV-1a over place and id of the labelled pixels; 0 where there are none. Fast, since a label may have 10⁸ pixels. */
function planeHash(plane: Uint8Array): number {
  let h = 0;
  for (let i = 0; i < plane.length; i++) {
    const id = plane[i]!;
    if (id) h = Math.imul(h ^ i ^ (id << 24) ^ 0x811c9dc5, 0x01000193);
  }
  return h >>> 0;
}
