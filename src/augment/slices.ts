import { mapRaster, rangeOf } from '../core/raster';
import type { Slice } from '../core/slice';
import type { AugmentState } from './state';
import { settle } from './warp';

/**
 * A slice ready for steps. Padding comes from the stored values; fill is the smallest value that is no padding, and stands
 * where padding is, so that nothing that mixes neighbours or frequencies sees the padding value.
 */
export function startState(slice: Slice): AugmentState {
  const { stored, raster } = slice;
  let padding: Uint8Array | null = null;
  if (stored?.padding && stored.data.length === raster.data.length) {
    const { low, high } = stored.padding;
    padding = Uint8Array.from(stored.data as ArrayLike<number>, (v) => (v >= low && v <= high ? 1 : 0));
    if (!padding.includes(1)) padding = null;
  }
  const mask = padding;
  const fill = rangeOf(mask ? raster.data.filter((_, i) => !mask[i]) : raster.data).min;
  return {
    raster: mask ? mapRaster(raster, (v, i) => (mask[i] ? fill : v)) : raster,
    labels: slice.labels ?? [],
    padding,
    fill,
    pixelSpacingMm: slice.pixelSpacingMm,
    geometry: slice.geometry,
    pending: [],
    spatialLocationsPreserved: true,
  };
}

/** The slice with the state's pixels, labels and geometry, in grey; padding pixels have the padding value again. */
export function finishState(slice: Slice, state: AugmentState): Slice {
  const done = settle(state);
  let { raster } = done;
  if (done.padding && slice.stored?.padding) {
    const value = slice.stored.padding.low * slice.stored.slope + slice.stored.intercept;
    const padding = done.padding;
    raster = { ...raster, data: raster.data.map((v, i) => (padding[i] ? value : v)) };
  }
  return { ...slice, raster, stored: null, rgb: undefined, labels: done.labels, geometry: done.geometry, pixelSpacingMm: done.pixelSpacingMm };
}
