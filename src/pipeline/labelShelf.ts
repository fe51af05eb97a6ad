import type { LabelPlane, LabelSet } from '../core/labelSet';
import { labelsOfSlice } from '../core/labelSet';
import type { Series } from '../core/slice';
import { attachLabel } from './attachLabels';
import type { AttachChoice, AttachResult, LabelFile } from './labelFile';
import type { SeriesSource } from './seriesSource';

/** A label in the library that is not attached, with the reason. */
export interface WaitingLabel {
  readonly label: LabelFile;
  readonly result: Exclude<AttachResult, { status: 'attached' }>;
}

/** All labels of the session: attached ones by series, and those that wait. */
export interface LabelShelf {
  readonly attached: readonly LabelSet[];
  readonly waiting: readonly WaitingLabel[];
}

export const EMPTY_SHELF: LabelShelf = { attached: [], waiting: [] };

/** Tries new labels, and again all that wait, against the series that are loaded now. What attached just now comes back too. */
export function shelveLabels(shelf: LabelShelf, labels: readonly LabelFile[], library: readonly Series[]): { readonly shelf: LabelShelf; readonly news: readonly (LabelSet | WaitingLabel)[] } {
  const attached = [...shelf.attached];
  const waiting: WaitingLabel[] = [];
  const news: (LabelSet | WaitingLabel)[] = [];
  const before = new Map(shelf.waiting.map((w) => [w.label, w]));
  for (const label of [...before.keys(), ...labels]) {
    const result = attachLabel(label, library);
    if (result.status === 'attached') {
      const [first] = setsOf(label, result).map((set) => put(attached, set));
      news.push(first!);
      continue;
    }
    const entry: WaitingLabel = { label, result };
    waiting.push(entry);
    if (before.get(label)?.result.words !== result.words) news.push(entry);
  }
  return { shelf: { attached, waiting }, news };
}

/** A person's choice for a waiting label. The shelf is unchanged where it still does not fit; `result` says why. */
export function chooseForLabel(shelf: LabelShelf, label: LabelFile, library: readonly Series[], choice: AttachChoice): { readonly shelf: LabelShelf; readonly result: AttachResult } {
  const result = attachLabel(label, library, choice);
  if (result.status !== 'attached') return { shelf, result };
  const attached = [...shelf.attached];
  const [set, ...channels] = setsOf(label, result).map((one) => put(attached, one));
  return { shelf: { attached, waiting: shelf.waiting.filter((w) => w.label !== label) }, result: { ...result, set: set!, ...(channels.length > 0 ? { channels } : {}) } };
}

/** Puts a set among those attached, and says which is there now: the one of the same content, else the new one under a name of its own. */
function put(attached: LabelSet[], set: LabelSet): LabelSet {
  for (let n = 1; ; n++) {
    const named = n === 1 ? set : { ...set, id: `${set.id} (${n})`, source: `${set.source} (${n})` };
    const there = attached.find((a) => a.id === named.id);
    if (there && sameContent(there, set)) return there;
    if (there) continue;
    attached.push(named);
    return named;
  }
}

function sameContent(a: LabelSet, b: LabelSet): boolean {
  if (a.layers.length !== b.layers.length || JSON.stringify(a.classes) !== JSON.stringify(b.classes)) return false;
  return a.layers.every((layer, l) => layer.length === b.layers[l]!.length && layer.every((plane, s) => samePlane(plane, b.layers[l]![s]!)));
}

function samePlane(a: LabelPlane | null, b: LabelPlane | null): boolean {
  if (!a || !b) return a === b;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}

const setsOf = ({ from }: LabelFile, result: Extract<AttachResult, { status: 'attached' }>): readonly LabelSet[] =>
  [result.set, ...(result.channels ?? [])].map((set) => (from === undefined ? set : { ...set, from }));

/** A source whose slices carry the attached labels, after those they bring themselves. */
export function withLabels(source: SeriesSource, sets: () => readonly LabelSet[]): SeriesSource {
  return {
    series: source.series,
    dispose: () => source.dispose(),
    async loadSlice(index, signal) {
      const slice = await source.loadSlice(index, signal);
      const maps = sets().filter((set) => set.seriesId === source.series.id).flatMap((set) => labelsOfSlice(set, index));
      return maps.length ? { ...slice, labels: [...(slice.labels ?? []), ...maps] } : slice;
    },
  };
}
