import { StudioError, isAbort, throwIfAborted } from '../../core/errors';
import type { Series, Slice } from '../../core/slice';
import type { Decoder } from '../decode/protocol';
import type { SeriesSource } from '../seriesSource';
import type { SliceStore } from './sliceStore';

/** Decodes slice `index`; `priority` 0 when someone waits, 2 in the background. */
export type LoadOne = (index: number, priority: 0 | 2) => Promise<Slice>;

/** Slices on either side that are decoded ahead. */
const AHEAD = 4;

/**
 * A series whose slices lie in files. A slice that is asked for is decoded first; its neighbours follow in the
 * background, nearest first, in the direction of travel before the other. All decoded slices share one bounded store.
 */
export function fileSeries(series: Series, load: LoadOne, store: SliceStore, decoder: Decoder): SeriesSource {
  let disposed = false;
  let last = 0;
  const key = (index: number): string => `${series.id}#${index}`;

  const prefetch = (from: number, direction: number): void => {
    for (let k = 1; k <= Math.min(AHEAD, decoder.width * 2); k++) {
      for (const i of [from + direction * k, ...(k === 1 ? [from - direction] : [])]) {
        if (i < 0 || i >= series.slices.length || store.has(key(i))) continue;
        // A neighbour that cannot be decoded is told when it is asked for.
        store.get(key(i), () => load(i, 2)).catch(() => undefined);
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
      if (!disposed) prefetch(index, direction);
      return slice;
    },
    dispose() {
      disposed = true;
      store.drop(`${series.id}#`);
    },
  };
}
