import { auditLesions, subgroupGaps, type LesionPatch, type SetAudit } from '../audit/setAudit';
import { throwIfAborted, type StudioError, toStudioError } from '../core/errors';
import type { Slice } from '../core/slice';
import { decodeRle } from '../formats/cocoRle';
import type { Decoder } from './decode/protocol';
import { loadItemSlice, type Manifest, type ManifestItem, type ReadSetFile } from './review';

/** What `verisim audit` tells of a built set. */
export interface AuditReport extends SetAudit {
  readonly name: string;
  readonly items: { readonly original: number; readonly generated: number; readonly patients: number };
  /** Dice of the independent segmentation, and meter, by patient and by size of the lesion. */
  readonly subgroups: Readonly<Record<string, ReturnType<typeof subgroupGaps>>>;
  readonly failed: readonly { readonly id: string; readonly error: StudioError }[];
}

/** Reads every labelled item of a set and measures real lesions against generated ones. One bad file never ends it. */
export async function auditSet(manifest: Manifest, read: ReadSetFile, decoder: Decoder, options: { readonly signal?: AbortSignal; readonly onProgress?: (done: number, total: number) => void } = {}): Promise<AuditReport> {
  const patches: LesionPatch[] = [];
  const failed: AuditReport['failed'][number][] = [];
  // What was synthetic before it came here is neither real nor made by this recipe.
  const labelled = manifest.items.filter((i) => i.labels.length > 0 && !i.syntheticSource);
  for (const [n, item] of labelled.entries()) {
    throwIfAborted(options.signal);
    try {
      patches.push(...lesionsOf(item, await loadItemSlice(item, read, decoder, options.signal)));
    } catch (error) {
      throwIfAborted(options.signal);
      failed.push({ id: item.id, error: toStudioError(error) });
    }
    options.onProgress?.(n + 1, labelled.length);
  }
  const generated = manifest.items.filter((i) => i.kind === 'generated');
  const area = (i: ManifestItem): number => i.labels.reduce((sum, l) => sum + l.pixels, 0);
  const sizes = generated.map(area).sort((a, b) => a - b);
  const middle = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const gaps = (group: (i: ManifestItem) => string, value: (i: ManifestItem) => number | null) => subgroupGaps(generated.map((i) => ({ group: group(i), value: value(i) })));
  return {
    name: manifest.recipe.name,
    items: { original: manifest.items.length - generated.length, generated: generated.length, patients: new Set(manifest.items.map((i) => i.patient)).size },
    ...auditLesions(patches),
    subgroups: {
      'segmenter Dice by patient': gaps((i) => i.patient, (i) => i.agreement),
      'segmenter Dice by size': gaps((i) => (area(i) < middle ? 'smaller half' : 'larger half'), (i) => i.agreement),
      'meter by patient': gaps((i) => i.patient, (i) => i.meter),
    },
    failed,
  };
}

/** One patch a class: its box with half as much again on every side, square. */
function lesionsOf(item: ManifestItem, slice: Slice): LesionPatch[] {
  const { width, height, data } = slice.raster;
  return item.labels.map((label) => {
    const full = decodeRle(label.rle);
    const [x, y, w, h] = label.box;
    const side = Math.max(16, Math.round(2 * Math.max(w, h)));
    const x0 = Math.round(x + w / 2 - side / 2);
    const y0 = Math.round(y + h / 2 - side / 2);
    const values = new Float32Array(side * side);
    const mask = new Uint8Array(side * side);
    for (let r = 0; r < side; r++) {
      for (let c = 0; c < side; c++) {
        const sx = Math.min(width - 1, Math.max(0, x0 + c));
        const sy = Math.min(height - 1, Math.max(0, y0 + r));
        values[r * side + c] = data[sy * width + sx]!;
        mask[r * side + c] = full[sy * width + sx] ?? 0;
      }
    }
    return { id: `${item.id}/${label.name}`, kind: item.kind === 'original' ? 'real' : 'generated', patient: item.patient, values, mask, side };
  });
}
