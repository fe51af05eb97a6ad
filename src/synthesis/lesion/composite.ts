import type { Raster } from '../../core/raster';
import type { Slice, StoredPixels } from '../../core/slice';

/** A slice with some pixels replaced, and what that took. */
export interface Composite {
  readonly raster: Raster;
  readonly stored: StoredPixels | null;
  /** Pixels whose new value did not fit the stored type and was clamped. */
  readonly clamped: number;
}

/**
 * Mixes `painted` (modality units, NaN where there is nothing) into the slice: value · (1 − alpha) + painted · alpha.
 * Where alpha is 0 the stored integer is copied bit for bit and the raster value with it; elsewhere the mix is rounded to
 * the source's stored grid, and the raster says what the stored value says. Padding pixels stay.
 */
export function compositeStored(slice: Slice, painted: Float32Array, alpha: Float32Array): Composite {
  const { raster } = slice;
  const data = new Float32Array(raster.data);
  const linear = slice.stored && isLinear(slice, alpha) ? slice.stored : null;
  const stored = linear ? linear.data.slice() : null;
  const range = linear ? storedRange(linear) : null;
  let clamped = 0;
  for (let i = 0; i < data.length; i++) {
    const a = alpha[i]!;
    if (!(a > 0) || (slice.stored && isPadding(slice.stored, i))) continue;
    const value = raster.data[i]! * (1 - a) + painted[i]! * a;
    if (!linear || !stored || !range) {
      data[i] = value;
      continue;
    }
    let s = (value - linear.intercept) / linear.slope;
    if (range.integer) s = Math.round(s);
    const fits = Math.min(range.max, Math.max(range.min, s));
    if (fits !== s) clamped++;
    stored[i] = fits;
    data[i] = stored[i]! * linear.slope + linear.intercept;
  }
  return {
    raster: { ...raster, data },
    stored: linear && stored ? { ...linear, data: stored } : null,
    clamped,
  };
}

/** True where the Modality LUT is slope and intercept; a table cannot be undone, and the result then has no stored values. */
function isLinear(slice: Slice, alpha: Float32Array): boolean {
  const { data, slope, intercept } = slice.stored!;
  if (data.length !== slice.raster.data.length || slope === 0) return false;
  for (let i = 0; i < data.length; i++) {
    if (alpha[i]! > 0 && Math.abs(data[i]! * slope + intercept - slice.raster.data[i]!) > 1e-3 * Math.max(1, Math.abs(slice.raster.data[i]!))) return false;
  }
  return true;
}

/** Whether pixel `i` is padding (Pixel Padding Value or Range, in stored values). */
function isPadding(stored: StoredPixels, i: number): boolean {
  const { padding } = stored;
  return padding !== null && stored.data[i]! >= padding.low && stored.data[i]! <= padding.high;
}

function storedRange(stored: StoredPixels): { min: number; max: number; integer: boolean } {
  if (stored.data instanceof Float32Array || stored.data instanceof Float64Array) return { min: -Infinity, max: Infinity, integer: false };
  const signed = stored.data instanceof Int8Array || stored.data instanceof Int16Array || stored.data instanceof Int32Array;
  let full = 1;
  for (let b = 0; b < stored.bitsStored; b++) full *= 2;
  return signed ? { min: -full / 2, max: full / 2 - 1, integer: true } : { min: 0, max: full - 1, integer: true };
}

/** Pixels outside the mask whose value differs between two slices: 0, always. Counted, not assumed. */
export function changedOutside(before: Slice, after: Slice, mask: ArrayLike<number>): number {
  const a = before.stored && after.stored ? before.stored.data : before.raster.data;
  const b = before.stored && after.stored ? after.stored.data : after.raster.data;
  let changed = 0;
  for (let i = 0; i < a.length; i++) if (!mask[i] && !Object.is(a[i], b[i])) changed++;
  return changed;
}
