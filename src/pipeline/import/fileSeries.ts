import { StudioError, isAbort, throwIfAborted } from '../../core/errors';
import type { Series, Slice } from '../../core/slice';
import type { Decoder } from '../decode/protocol';
import type { SeriesSource } from '../seriesSource';
import type { SliceStore } from './sliceStore';

/** Decodes slice `index`; `priority` 0 when someone waits, 2 in the background. */
export type LoadOne = (index: number, priority: 0 | 2) => Promise<Slice>;

/** Slices on either side that are decoded ahead. */
const AHEAD = 4;
/** How much of the store slices in the background may fill, so that they push out nothing that was looked at. */
const FILL = 0.7;
let count = 0;

/**
 * A series whose slices lie in files. A slice that is asked for is decoded first; its neighbours follow in the
 * background, nearest first, in the direction of travel before the other; then, where the decoder is one of a person's
 * session, the rest of the series outwards from there, as far as the store has room. All decoded slices share one
 * bounded store.
 */
export function fileSeries(series: Series, load: LoadOne, store: SliceStore, decoder: Decoder): SeriesSource {
  let disposed = false;
  let last = 0;
  let looks = 0;
  const own = `${++count}/${series.id}#`;
  const key = (index: number): string => own + index;

  const prefetch = (from: number, direction: number): void => {
    for (let k = 1; k <= Math.min(AHEAD, decoder.width * 2); k++) {
      for (const i of [from + direction * k, ...(k === 1 ? [from - direction] : [])]) {
        if (i < 0 || i >= series.slices.length || store.has(key(i))) continue;
        // A neighbour that cannot be decoded is told when it is asked for.
        store.get(key(i), () => load(i, 2)).catch(() => undefined);
      }
    }
  };

  /** One after the other, nearest first; given up as soon as another slice is looked at. */
  const fill = async (from: number, look: number): Promise<void> => {
    const n = series.slices.length;
    for (let k = 1; k < n; k++) {
      for (const i of [from + k, from - k]) {
        if (i < 0 || i >= n || store.has(key(i))) continue;
        if (disposed || look !== looks || store.bytes > FILL * store.budget) return;
        await store.get(key(i), () => load(i, 2)).catch(() => undefined);
      }
    }
  };

  return {
    series,
    async loadSlice(index, signal) {
      throwIfAborted(signal);
      if (disposed) throw new StudioError('input/not-readable', 'the series was closed');
      if (!(index >= 0 && index < series.slices.length)) throw new StudioError('internal', `slice ${index} of ${series.slices.length}`);
      const direction = index >= last ? 1 : -1;
      last = index;
      let slice: Slice;
      try {
        slice = await store.get(key(index), () => load(index, 0));
      } catch (error) {
        if (isAbort(error)) throw error;
        throw error instanceof StudioError ? error : new StudioError('dicom/decode-failed', String(error), { cause: error });
      }
      throwIfAborted(signal);
      if (!disposed) {
        prefetch(index, direction);
        const look = ++looks;
        if (decoder.background) void fill(index, look);
      }
      return slice;
    },
    dispose() {
      disposed = true;
      store.drop(own);
    },
  };
}
