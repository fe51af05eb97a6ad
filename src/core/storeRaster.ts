import type { Raster } from './raster';
import type { StoredPixels } from './slice';

export interface GridOptions {
  /** Values below zero of an unsigned source are kept by storing it signed, where all of it fits 15 bits. */
  readonly belowZero?: boolean;
  /** What rounding takes from a pixel goes to its neighbours, so that means over a few pixels stay what they were. */
  readonly diffused?: boolean;
}

/**
 * Puts values on the grey grid of their source: 16 bits, the source's sign (but see `belowZero`), Rescale Slope and
 * Intercept; rounded half up, clamped to the type and counted. `raster` then says exactly what will be exported. Sources
 * without an integer grid (float NIfTI, Modality LUT tables) keep their float values.
 */
export function storeRaster(raster: Raster, source: StoredPixels | null, linear: boolean, { belowZero = false, diffused = false }: GridOptions = {}): { raster: Raster; stored: StoredPixels | null; clamped: number } {
  const fractional = source && (source.data instanceof Float32Array || source.data instanceof Float64Array);
  if (!source || fractional || !linear || source.data.BYTES_PER_ELEMENT > 2 || source.slope === 0) return { raster, stored: null, clamped: 0 };
  const steps = new Float64Array(raster.data.length);
  for (let i = 0; i < steps.length; i++) steps[i] = (raster.data[i]! - source.intercept) / source.slope;
  if (diffused) roundDiffused(steps, raster.width, raster.height);
  else for (let i = 0; i < steps.length; i++) steps[i] = Math.floor(steps[i]! + 0.5);
  const signed = source.data instanceof Int8Array || source.data instanceof Int16Array || (belowZero && atMost(source.data, 32767) && atMost(steps, 32767));
  const low = signed ? -32768 : 0, high = signed ? 32767 : 65535;
  const stored = signed ? new Int16Array(steps.length) : new Uint16Array(steps.length);
  const data = new Float32Array(steps.length);
  let clamped = 0;
  for (let i = 0; i < data.length; i++) {
    const value = Math.min(high, Math.max(low, steps[i]!));
    if (value !== steps[i]) clamped++;
    stored[i] = value;
    data[i] = value * source.slope + source.intercept;
  }
  return { raster: { ...raster, data }, stored: { ...source, data: stored, bitsStored: 16 }, clamped };
}

function atMost(values: ArrayLike<number>, limit: number): boolean {
  for (let i = 0; i < values.length; i++) if (values[i]! > limit) return false;
  return true;
}

/** Floyd and Steinberg's error diffusion, row by row there and back. In place. */
function roundDiffused(values: Float64Array, width: number, height: number): void {
  const give = (x: number, y: number, share: number): void => {
    if (x >= 0 && x < width && y < height) values[y * width + x]! += share;
  };
  for (let y = 0; y < height; y++) {
    const step = y % 2 ? -1 : 1;
    for (let k = 0, x = step > 0 ? 0 : width - 1; k < width; k++, x += step) {
      const i = y * width + x;
      const whole = Math.floor(values[i]! + 0.5), rest = values[i]! - whole;
      values[i] = whole;
      give(x + step, y, (rest * 7) / 16);
      give(x - step, y + 1, (rest * 3) / 16);
      give(x, y + 1, (rest * 5) / 16);
      give(x + step, y + 1, rest / 16);
    }
  }
}

/** True where modality values are stored × slope + intercept, so that they can be taken back. */
export function isLinearLut(raster: Raster, stored: StoredPixels | null): boolean {
  if (!stored || stored.data.length !== raster.data.length) return false;
  return raster.data.every((v, i) => Math.abs(stored.data[i]! * stored.slope + stored.intercept - v) <= 1e-3 * Math.max(1, Math.abs(v)));
}
