import { rangeOf } from '../../core/raster';
import type { Slice, StoredPixels } from '../../core/slice';

/** value = grey × slope + intercept, grey a whole number of 0…65535. */
export interface GreyScale {
  readonly slope: number;
  readonly intercept: number;
  /** What the values are; sets of older versions do not say. */
  readonly unit?: 'HU' | 'other';
}

/**
 * How the values of a slice are written as 16-bit grey: CT is HU + 32768, the same for every slice (as in DeepLesion:
 * all of int16 fits, air with noise below −1024 too); other whole numbers that fit stay; values on the integer grid of their source (Rescale Slope) keep it; anything else is spread over 16 bits.
 */
export function greyScale(slice: Pick<Slice, 'raster' | 'stored'>): GreyScale {
  return { ...gridOf(slice), unit: slice.raster.unit === 'HU' ? 'HU' : 'other' };
}

function gridOf({ raster: { data, unit }, stored }: Pick<Slice, 'raster' | 'stored'>): GreyScale {
  const { min, max } = rangeOf(data);
  const whole = data.every((v) => Math.floor(v) === v);
  if (unit === 'HU' && whole && min >= -32768 && max <= 32767) return { slope: 1, intercept: -32768 };
  if (whole && min >= 0 && max <= 65535) return { slope: 1, intercept: 0 };
  if (whole && max - min <= 65535) return { slope: 1, intercept: min };
  return (stored && storedGrid(data, stored)) ?? { slope: max > min ? (max - min) / 65535 : 1, intercept: min };
}

/** The grid of the stored integers, where the values lie on it and fit 16 bits. */
function storedGrid(data: Float32Array, { data: stored, slope, intercept }: StoredPixels): GreyScale | null {
  if (slope <= 0 || stored.length !== data.length) return null;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < data.length; i++) {
    const v = stored[i]!;
    if (!Number.isInteger(v) || Math.fround(v * slope + intercept) !== data[i]) return null;
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  if (high - low > 65535) return null;
  return low >= 0 && high <= 65535 ? { slope, intercept } : { slope, intercept: intercept + low * slope };
}
