import type { Plane } from './kspace';
import { sin } from './math';
import type { Raster } from './raster';

/**
 * Separable resampling on the half-pixel grid: sample i of n_out lies at (i + ½)·n_in/n_out − ½ of the input.
 * One axis is a sparse matrix, so that each operator has its exact adjoint.
 */
export interface AxisOperator {
  readonly inputs: number;
  readonly outputs: number;
  /** First input index of each output, and how many follow. */
  readonly start: Int32Array;
  readonly count: Int32Array;
  /** Weights, `stride` per output; each row sums to 1. */
  readonly weights: Float64Array;
  readonly stride: number;
}

export type Kernel = 'nearest' | 'bicubic' | 'lanczos';

/** Cubic convolution with a = −0.5 (Keys, 1981), radius 2. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  if (t < 2) return ((-0.5 * t + 2.5) * t - 4) * t + 2;
  return 0;
}

/** Lanczos window, radius 3. */
function lanczos3(x: number): number {
  const t = Math.abs(x);
  if (t >= 3) return 0;
  if (t < 1e-12) return 1;
  const a = 3.141592653589793 * t;
  return (3 * sin(a) * sin(a / 3)) / (a * a);
}

/**
 * Weights of one axis. Reducing stretches the kernel (antialiasing); at the frame's edge the weights inside are
 * normalised, as PyTorch's `interpolate(…, antialias=True)` and Pillow do.
 */
export function axisOperator(inputs: number, outputs: number, kernel: Kernel): AxisOperator {
  const ratio = inputs / outputs;
  const stretch = Math.max(ratio, 1);
  const f = kernel === 'lanczos' ? lanczos3 : cubic;
  const radius = (kernel === 'lanczos' ? 3 : 2) * stretch;
  const stride = kernel === 'nearest' ? 1 : 2 * Math.ceil(radius) + 1;
  const start = new Int32Array(outputs), count = new Int32Array(outputs);
  const weights = new Float64Array(outputs * stride);
  for (let i = 0; i < outputs; i++) {
    const centre = (i + 0.5) * ratio;
    if (kernel === 'nearest') {
      start[i] = Math.min(inputs - 1, Math.floor(centre));
      count[i] = 1;
      weights[i] = 1;
      continue;
    }
    const first = Math.max(0, Math.trunc(centre - radius + 0.5));
    const size = Math.min(inputs, Math.trunc(centre + radius + 0.5)) - first;
    let sum = 0;
    for (let j = 0; j < size; j++) {
      const w = f((j + first - centre + 0.5) / stretch);
      weights[i * stride + j] = w;
      sum += w;
    }
    for (let j = 0; j < size; j++) weights[i * stride + j] = weights[i * stride + j]! / sum;
    start[i] = first;
    count[i] = size;
  }
  return { inputs, outputs, start, count, weights, stride };
}

/** rows (vertical) then columns (horizontal) of `plane`; `adjoint` applies the transposed matrices. */
export function applySeparable(plane: Plane, vertical: AxisOperator, horizontal: AxisOperator, adjoint = false): Plane {
  const height = adjoint ? vertical.inputs : vertical.outputs;
  const width = adjoint ? horizontal.inputs : horizontal.outputs;
  const wide = new Float64Array(plane.height * width);
  for (let y = 0; y < plane.height; y++) alongAxis(horizontal, adjoint, plane.data, y * plane.width, 1, wide, y * width, 1);
  const out = new Float64Array(height * width);
  for (let x = 0; x < width; x++) alongAxis(vertical, adjoint, wide, x, width, out, x, width);
  return { data: out, width, height };
}

function alongAxis(op: AxisOperator, adjoint: boolean, from: Float64Array, at: number, step: number, to: Float64Array, toAt: number, toStep: number): void {
  for (let i = 0; i < op.outputs; i++) {
    const first = op.start[i]!, size = op.count[i]!, base = i * op.stride;
    if (adjoint) {
      const v = from[at + i * step]!;
      for (let j = 0; j < size; j++) to[toAt + (first + j) * toStep]! += op.weights[base + j]! * v;
    } else {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += op.weights[base + j]! * from[at + (first + j) * step]!;
      to[toAt + i * toStep] = sum;
    }
  }
}

/** A raster resampled to `width` × `height`. */
export function resample(raster: Raster, width: number, height: number, kernel: Kernel): Raster {
  const vertical = axisOperator(raster.height, height, kernel);
  const horizontal = axisOperator(raster.width, width, kernel);
  return toRaster(applySeparable(toPlane(raster), vertical, horizontal), raster.unit);
}

/** Labels or any bytes enlarged by an integer factor: each becomes a `scale` × `scale` block (nearest, half-pixel grid). */
export function enlargeNearest<T extends Uint8Array | Float32Array>(data: T, width: number, height: number, scale: number): T {
  const out = new (data.constructor as new (n: number) => T)(data.length * scale * scale);
  for (let y = 0; y < height * scale; y++) {
    const row = Math.floor(y / scale) * width;
    for (let x = 0; x < width * scale; x++) out[y * width * scale + x] = data[row + Math.floor(x / scale)]!;
  }
  return out;
}

export const toPlane = (raster: Raster): Plane => ({ data: Float64Array.from(raster.data), width: raster.width, height: raster.height });
export const toRaster = (plane: Plane, unit: Raster['unit']): Raster => ({ data: Float32Array.from(plane.data), width: plane.width, height: plane.height, unit });
