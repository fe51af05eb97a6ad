import { StudioError, throwIfAborted, toStudioError } from '../core/errors';
import { createHistogram, type ValueHistogram } from '../core/histogram';
import { fillMask } from '../core/padding';
import type { Slice } from '../core/slice';
import type { ModelEntry, ModelNormalisation } from '../models';
import type { EngineContext, ValueRange } from './engineContext';
import type { SeriesSource } from './seriesSource';

/**
 * The numbers of a normalisation (`of`, or that of the model of this id) for a whole series: MR percentiles from one
 * histogram over all decoded slices after the Modality LUT, without padding; CT: the model's window. Call once per series and keep it.
 * Slices whose file is at fault are left out; throws `model/bad-output` when nothing but one value is left. Whatever may
 * pass (AbortError, a machine too busy to decode, a worker that broke) is thrown: the rest of a series has other percentiles.
 */
export async function measureRange(source: SeriesSource, of: string | ModelNormalisation, context: EngineContext): Promise<ValueRange> {
  const normalisation = typeof of === 'string' ? context.models.get(of).normalisation : of;
  const known = fixedRange(normalisation);
  if (known) return known;
  const histogram = createHistogram();
  const { length } = source.series.slices;
  let firstError: unknown = null;
  for (let i = 0; i < length; i++) {
    throwIfAborted(context.signal);
    await context.gate?.();
    try {
      addSlice(histogram, await source.loadSlice(i, context.signal));
    } catch (error) {
      throwIfAborted(context.signal);
      if (!isOfFile(error)) throw error;
      firstError ??= error;
    }
    context.onProgress?.(i + 1, length);
  }
  if (histogram.count === 0 && firstError) throw firstError;
  return percentileRange(histogram, normalisation);
}

/** True for what is wrong with the bytes of a slice and comes again on every try. */
export function isOfFile(error: unknown): boolean {
  const { code } = toStudioError(error);
  return /^(dicom|nifti|png|npz|zip|gzip)\//.test(code) && code !== 'dicom/decode-timeout';
}

/** The range that holds on one slice: its own where none was measured or the model wants one a slice, else the given one. */
export function rangeOn(slice: Slice, model: ModelEntry, measured?: ValueRange): ValueRange {
  const { normalisation } = model;
  if (measured && !(normalisation.type === 'percentile' && normalisation.scope === 'slice')) return measured;
  const known = fixedRange(normalisation);
  if (known) return known;
  const histogram = createHistogram();
  addSlice(histogram, slice);
  return percentileRange(histogram, normalisation);
}

function fixedRange(n: ModelNormalisation): ValueRange | null {
  if (n.type === 'window') return { low: n.low, high: n.high, source: 'window' };
  return n.type === 'identity' ? { low: 0, high: 1, source: 'identity' } : null;
}

function addSlice(histogram: ValueHistogram, slice: Slice): void {
  const padding = fillMask(slice, null);
  histogram.add(slice.raster.data, padding ? (_, i) => padding[i] === 1 : undefined);
}

/** Two percentiles of one slice, without padding. */
export function percentilesOfSlice(slice: Slice, p: number, q: number): ValueRange {
  const histogram = createHistogram();
  addSlice(histogram, slice);
  return percentiles(histogram, p, q);
}

function percentileRange(histogram: ValueHistogram, normalisation: ModelNormalisation): ValueRange {
  const { low, high } = normalisation as { low: number; high: number };
  return percentiles(histogram, low, high);
}

function percentiles(histogram: ValueHistogram, p: number, q: number): ValueRange {
  let low = histogram.percentile(p), high = histogram.percentile(q);
  // A nearly empty series (a phantom, a mask) may have both percentiles in the background.
  if (!(high > low)) [low, high] = [histogram.percentile(0), histogram.percentile(100)];
  if (!(high > low)) throw new StudioError('model/bad-output', 'all pixels have one value, so there is nothing to enhance');
  return { low, high, source: 'percentile' };
}
