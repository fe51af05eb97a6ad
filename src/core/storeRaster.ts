import type { Raster } from './raster';
import type { StoredPixels } from './slice';

/**
 * Puts values on the grey grid of their source: 16 bits, the source's sign, Rescale Slope and Intercept; rounded half up,
 * clamped to the type and counted. `raster` then says exactly what will be exported. Sources without an integer grid
 * (float NIfTI, Modality LUT tables) keep their float values.
 */
export function storeRaster(raster: Raster, source: StoredPixels | null, linear: boolean): { raster: Raster; stored: StoredPixels | null; clamped: number } {
  const fractional = source && (source.data instanceof Float32Array || source.data instanceof Float64Array);
  if (!source || fractional || !linear || source.data.BYTES_PER_ELEMENT > 2 || source.slope === 0) return { raster, stored: null, clamped: 0 };
  const signed = source.data instanceof Int8Array || source.data instanceof Int16Array;
  const low = signed ? -32768 : 0, high = signed ? 32767 : 65535;
  const stored = signed ? new Int16Array(raster.data.length) : new Uint16Array(raster.data.length);
  const data = new Float32Array(raster.data.length);
  let clamped = 0;
  for (let i = 0; i < data.length; i++) {
    const exact = Math.floor((raster.data[i]! - source.intercept) / source.slope + 0.5);
    const value = Math.min(high, Math.max(low, exact));
    if (value !== exact) clamped++;
    stored[i] = value;
    data[i] = value * source.slope + source.intercept;
  }
  return { raster: { ...raster, data }, stored: { ...source, data: stored, bitsStored: 16 }, clamped };
}

/** True where modality values are stored × slope + intercept, so that they can be taken back. */
export function isLinearLut(raster: Raster, stored: StoredPixels | null): boolean {
  if (!stored || stored.data.length !== raster.data.length) return false;
  return raster.data.every((v, i) => Math.abs(stored.data[i]! * stored.slope + stored.intercept - v) <= 1e-3 * Math.max(1, Math.abs(v)));
}
