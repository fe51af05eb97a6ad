import { exp } from '../core/math';
import { drawFrom, withValues, type AugmentState, type Range, type StepResult, type Streams } from './state';
import { bilinear } from './warp';

export interface BlurStep {
  readonly type: 'blur';
  /** Standard deviation, mm (pixels where no spacing is known). TorchIO RandomBlur. */
  readonly stdMm: Range;
}
export interface LowResolutionStep {
  readonly type: 'low-resolution';
  /** Pixels grow by this factor and come back by linear interpolation (TorchIO RandomAnisotropy). Labels stay. */
  readonly factor: Range;
  readonly axes: 'rows' | 'columns' | 'both' | 'one-at-random';
}

export function blur(state: AugmentState, step: BlurStep, { values }: Streams): StepResult {
  const stdMm = drawFrom(values, step.stdMm);
  const [row, column] = state.pixelSpacingMm ?? [1, 1];
  const { width, height, data } = state.raster;
  const out = gaussian(data, width, height, stdMm / column, stdMm / row);
  return { state: withValues(state, out), values: { stdMm } };
}

/** Separable Gaussian, cut off at 4 σ, edges reflected (scipy.ndimage.gaussian_filter's definition). σ in pixels. */
export function gaussian(data: Float32Array, width: number, height: number, sigmaX: number, sigmaY: number): Float32Array {
  const along = (source: ArrayLike<number>, sigma: number, count: number, step: number, lines: number, lineStep: number): Float64Array => {
    const out = new Float64Array(width * height);
    const kernel = gaussianKernel(sigma);
    const radius = (kernel.length - 1) / 2;
    for (let l = 0; l < lines; l++) {
      const base = l * lineStep;
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let k = -radius; k <= radius; k++) sum += kernel[k + radius]! * source[base + reflect(i + k, count) * step]!;
        out[base + i * step] = sum;
      }
    }
    return out;
  };
  const rows = sigmaX > 0 ? along(data, sigmaX, width, 1, height, width) : Float64Array.from(data);
  return Float32Array.from(sigmaY > 0 ? along(rows, sigmaY, height, width, width, 1) : rows);
}

function gaussianKernel(sigma: number): Float64Array {
  const radius = Math.floor(4 * sigma + 0.5);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => exp(-0.5 * ((i - radius) / sigma) * ((i - radius) / sigma)));
  const sum = kernel.reduce((total, v) => total + v, 0);
  return kernel.map((v) => v / sum);
}

/** d c b a | a b c d | d c b a */
function reflect(i: number, n: number): number {
  const period = 2 * n;
  const m = ((i % period) + period) % period;
  return m < n ? m : period - 1 - m;
}

export function lowResolution(state: AugmentState, step: LowResolutionStep, { values }: Streams): StepResult {
  const factor = Math.max(1, drawFrom(values, step.factor));
  const pick = values.next() < 0.5 ? 'rows' : 'columns';
  const axes = step.axes === 'one-at-random' ? pick : step.axes;
  const { width, height, data } = state.raster;
  const fx = axes === 'rows' ? 1 : factor;
  const fy = axes === 'columns' ? 1 : factor;
  const lowWidth = Math.max(1, Math.round(width / fx));
  const lowHeight = Math.max(1, Math.round(height / fy));
  const low = resize(data, width, height, lowWidth, lowHeight);
  return { state: withValues(state, resize(low, lowWidth, lowHeight, width, height)), values: { factor, axes } };
}

/** Linear sampling on the half-pixel grid. */
function resize(data: Float32Array, width: number, height: number, toWidth: number, toHeight: number): Float32Array {
  const out = new Float32Array(toWidth * toHeight);
  for (let y = 0; y < toHeight; y++) {
    const sy = ((y + 0.5) * height) / toHeight - 0.5;
    for (let x = 0; x < toWidth; x++) out[y * toWidth + x] = bilinear(data, width, height, ((x + 0.5) * width) / toWidth - 0.5, sy);
  }
  return out;
}
