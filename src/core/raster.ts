import { StudioError } from './errors';

/**
 * What the numbers of a raster are. `HU` and `modality`: after the Modality LUT; `stored`: before it;
 * `model`: normalised, 0…1 for the training range; `map`: a saliency or difference map.
 */
export type RasterUnit = 'HU' | 'modality' | 'stored' | 'model' | 'map';

/** One slice of numbers, row-major, immutable by convention. `unit` guards against normalising twice. */
export interface Raster {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly unit: RasterUnit;
}

/** A raster over `data`; throws `model/shape-mismatch` when the length is not width × height. */
export function makeRaster(data: Float32Array, width: number, height: number, unit: RasterUnit): Raster {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1 || data.length !== width * height) {
    throw new StudioError('model/shape-mismatch', `${data.length} values for ${width} × ${height}`);
  }
  return { data, width, height, unit };
}

/** A new raster of the same shape, `f` applied to each value. */
export function mapRaster(raster: Raster, f: (value: number, index: number) => number, unit = raster.unit): Raster {
  return { ...raster, unit, data: raster.data.map(f) };
}

/** Throws when the unit is not one of those expected: the guard against normalising twice. */
export function expectUnit(raster: Raster, ...units: RasterUnit[]): void {
  if (!units.includes(raster.unit)) {
    throw new StudioError('internal', `raster in ${raster.unit}, expected ${units.join(' or ')}`);
  }
}

/** Smallest and largest value. NaN is ignored; an all-NaN raster gives 0, 0. */
export function rangeOf(data: ArrayLike<number>): { min: number; max: number } {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < data.length; i++) {
    const v = data[i]!;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  return min <= max ? { min, max } : { min: 0, max: 0 };
}

/** The rectangle `x, y, width, height` of a raster, edges replicated where it reaches beyond. */
export function cropReplicate(raster: Raster, x: number, y: number, width: number, height: number): Raster {
  const out = new Float32Array(width * height);
  for (let r = 0; r < height; r++) {
    const sy = Math.min(raster.height - 1, Math.max(0, y + r));
    for (let c = 0; c < width; c++) {
      const sx = Math.min(raster.width - 1, Math.max(0, x + c));
      out[r * width + c] = raster.data[sy * raster.width + sx]!;
    }
  }
  return { data: out, width, height, unit: raster.unit };
}
