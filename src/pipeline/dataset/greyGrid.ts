import { throwIfAborted } from '../../core/errors';
import type { Slice } from '../../core/slice';
import { commonRescale, joinSpans, spanOf, type Rescale, type ValueSpan } from '../../dicom/write';
import type { SeriesSource } from '../seriesSource';
import { isOfFile } from '../valueRange';

const grids = new WeakMap<SeriesSource, Promise<Rescale>>();

/**
 * One DICOM grey grid for a series whose source has none (float NIfTI), measured on all its slices the first time it is
 * asked for: it is the same for every slice and copy, in whatever shard. Memory: one slice. Slices whose file is at fault
 * are left out; whatever may pass is thrown, since the rest of a series has another grid.
 */
export function greyGridOf(source: SeriesSource, signal?: AbortSignal): Promise<Rescale> {
  let grid = grids.get(source);
  if (!grid) grids.set(source, (grid = measure(source, signal)));
  grid.catch(() => grids.delete(source));
  return grid;
}

async function measure(source: SeriesSource, signal?: AbortSignal): Promise<Rescale> {
  let span: ValueSpan | null = null;
  for (let i = 0; i < source.series.slices.length; i++) {
    throwIfAborted(signal);
    let slice: Slice;
    try {
      slice = await source.loadSlice(i, signal);
    } catch (error) {
      if (!isOfFile(error)) throw error;
      continue;
    }
    span = span ? joinSpans(span, spanOf(slice)) : spanOf(slice);
  }
  return commonRescale(span ?? { min: 0, max: 0, whole: true });
}
