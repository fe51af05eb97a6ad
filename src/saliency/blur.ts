import { exp } from '../core/math';
import type { Raster } from '../core/raster';
import type { Box } from './types';

/** Normalised Gaussian taps of odd length; σ 0 is the identity. `epsilon` as in the LAM authors' code. */
export function gaussianTaps(length: number, sigma: number, epsilon = 1e-5): Float64Array {
  const half = (length - 1) / 2, s = sigma + epsilon;
  const taps = Float64Array.from({ length }, (_, i) => exp(-((i - half) * (i - half)) / (2 * s * s)));
  const sum = taps.reduce((a, b) => a + b, 0);
  return taps.map((t) => t / sum);
}

/** The box's part of the frame, blurred by separable taps; neighbours come from the frame, whose edges are replicated. */
export function blurBox(frame: Raster, box: Box, taps: Float64Array): Float32Array {
  const half = (taps.length - 1) / 2;
  const clampTo = (v: number, n: number) => Math.min(n - 1, Math.max(0, v));
  const rows = box.height + 2 * half;
  const wide = new Float64Array(rows * box.width);
  for (let y = 0; y < rows; y++) {
    const row = clampTo(box.y + y - half, frame.height) * frame.width;
    for (let x = 0; x < box.width; x++) {
      let sum = 0;
      for (let t = 0; t < taps.length; t++) sum += taps[t]! * frame.data[row + clampTo(box.x + x + t - half, frame.width)]!;
      wide[y * box.width + x] = sum;
    }
  }
  const out = new Float32Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) for (let x = 0; x < box.width; x++) {
    let sum = 0;
    for (let t = 0; t < taps.length; t++) sum += taps[t]! * wide[(y + t) * box.width + x]!;
    out[y * box.width + x] = sum;
  }
  return out;
}
