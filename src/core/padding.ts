import { toModelRange, type AffineRange } from './normalise';
import type { Raster } from './raster';
import type { Slice } from './slice';

/**
 * 1 where a pixel is padding (Pixel Padding Value or Range, in stored values), or lies outside low…high after the
 * Modality LUT. Such pixels are filled before a model and put back after it. Null when there is none.
 */
export function fillMask(slice: Slice, limits: { low: number; high: number } | null): Uint8Array | null {
  const { stored, raster } = slice;
  const padding = stored && stored.data.length === raster.data.length ? stored.padding : null;
  if (!padding && !limits) return null;
  const mask = new Uint8Array(raster.data.length);
  let any = false;
  for (let i = 0; i < mask.length; i++) {
    const v = raster.data[i]!;
    const pad = padding !== null && stored!.data[i]! >= padding.low && stored!.data[i]! <= padding.high;
    if (pad || (limits && !(v >= limits.low && v <= limits.high))) {
      mask[i] = 1;
      any = true;
    }
  }
  return any ? mask : null;
}

/**
 * A slice as lesion models, segmenters and critics see it: in model range, padding filled. Values outside a CT window
 * stay, since these networks were trained with bone above it.
 */
export function paddedToModel(slice: Slice, range: AffineRange): Raster {
  return toModelRange(slice.raster, range, fillMask(slice, null));
}
