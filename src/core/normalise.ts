import { StudioError } from './errors';
import { makeRaster, type Raster } from './raster';

/** Affine normalisation, never clipping: model = (value − low) / (high − low). */
export interface AffineRange {
  readonly low: number;
  readonly high: number;
}

/** To the model range. `fill`: pixels (1) that are replaced before the model and put back after it. */
export function toModelRange(raster: Raster, range: AffineRange, fill: Uint8Array | null = null): Raster {
  if (raster.unit === 'model') throw new StudioError('internal', 'normalised twice');
  const width = range.high - range.low;
  if (!(width > 0)) throw new StudioError('model/bad-output', `empty range ${range.low}…${range.high}`);
  const data = new Float32Array(raster.data.length);
  for (let i = 0; i < data.length; i++) {
    const value = fill?.[i] ? Math.min(range.high, Math.max(range.low, raster.data[i]!)) : raster.data[i]!;
    data[i] = (value - range.low) / width;
  }
  return makeRaster(data, raster.width, raster.height, 'model');
}

/** The exact inverse on the values: value = low + model·(high − low). */
export function fromModelRange(raster: Raster, range: AffineRange, unit: 'HU' | 'modality' | 'stored'): Raster {
  if (raster.unit !== 'model') throw new StudioError('internal', `raster in ${raster.unit}, expected model`);
  const width = range.high - range.low;
  const data = new Float32Array(raster.data.length);
  for (let i = 0; i < data.length; i++) data[i] = range.low + raster.data[i]! * width;
  return makeRaster(data, raster.width, raster.height, unit);
}
