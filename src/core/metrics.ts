import { exp, ln, log10 } from './math';
import type { Raster } from './raster';

/**
 * Full-reference image quality. Both images are clamped to low…high (the peak: MR p99.5 − p0.5 of the reference series,
 * CT 4096 HU), scaled to 0…1, and a border of 8 pixels is left out (less where the image is too small for it).
 */
export interface PeakRange {
  readonly low: number;
  readonly high: number;
}

const BORDER = 8;

interface Unit {
  readonly data: Float64Array;
  readonly width: number;
  readonly height: number;
}

function prepare(raster: Raster, { low, high }: PeakRange): Unit {
  const data = new Float64Array(raster.data.length);
  for (let i = 0; i < data.length; i++) data[i] = Math.min(1, Math.max(0, (raster.data[i]! - low) / (high - low)));
  return { data, width: raster.width, height: raster.height };
}

const borderOf = (width: number, height: number): number => Math.max(0, Math.min(BORDER, Math.floor((Math.min(width, height) - 1) / 4)));

function meanInside(image: Unit, border: number): number {
  let sum = 0;
  for (let y = border; y < image.height - border; y++) for (let x = border; x < image.width - border; x++) sum += image.data[y * image.width + x]!;
  return sum / ((image.width - 2 * border) * (image.height - 2 * border));
}

/** Peak signal-to-noise ratio, dB. Equal images give 120. */
export function psnr(reference: Raster, result: Raster, range: PeakRange): number {
  const a = prepare(reference, range), b = prepare(result, range);
  const mse = meanInside({ ...a, data: a.data.map((v, i) => (v - b.data[i]!) * (v - b.data[i]!)) }, borderOf(a.width, a.height));
  return 10 * log10(1 / Math.max(mse, 1e-12));
}

/** Root mean square difference in the rasters' own units, whole image but for the pixels of `skip` (1), nothing clamped. */
export function rmse(reference: Raster, result: Raster, skip: Uint8Array | null = null): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < reference.data.length; i++) {
    if (skip?.[i]) continue;
    sum += (reference.data[i]! - result.data[i]!) * (reference.data[i]! - result.data[i]!);
    count++;
  }
  return count ? Math.sqrt(sum / count) : 0;
}

/** Structural similarity (Wang et al., 2004): Gaussian window σ 1.5 (11 × 11), K1 0.01, K2 0.03. */
export function ssim(reference: Raster, result: Raster, range: PeakRange): number {
  const x = prepare(reference, range), y = prepare(result, range);
  const product = (a: Unit, b: Unit): Unit => blur({ ...a, data: a.data.map((v, i) => v * b.data[i]!) });
  const mx = blur(x).data, my = blur(y).data;
  const xx = product(x, x).data, yy = product(y, y).data, xy = product(x, y).data;
  const c1 = 0.0001, c2 = 0.0009;
  const map = mx.map((m, i) => {
    const n = my[i]!, vx = xx[i]! - m * m, vy = yy[i]! - n * n, cov = xy[i]! - m * n;
    return ((2 * m * n + c1) * (2 * cov + c2)) / ((m * m + n * n + c1) * (vx + vy + c2));
  });
  return meanInside({ ...x, data: map }, borderOf(x.width, x.height));
}

const GAUSS = (() => {
  const taps = Array.from({ length: 11 }, (_, i) => exp(-((i - 5) * (i - 5)) / 4.5));
  const sum = taps.reduce((a, b) => a + b, 0);
  return taps.map((t) => t / sum);
})();

/** Separable 11-tap Gaussian, edges mirrored. */
function blur(image: Unit): Unit {
  const { width, height } = image;
  const mirror = (i: number, n: number) => (n === 1 ? 0 : i < 0 ? Math.min(n - 1, -i - 1) : i >= n ? Math.max(0, 2 * n - 1 - i) : i);
  const wide = new Float64Array(image.data.length), out = new Float64Array(image.data.length);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    let sum = 0;
    for (let t = -5; t <= 5; t++) sum += GAUSS[t + 5]! * image.data[y * width + mirror(x + t, width)]!;
    wide[y * width + x] = sum;
  }
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    let sum = 0;
    for (let t = -5; t <= 5; t++) sum += GAUSS[t + 5]! * wide[mirror(y + t, height) * width + x]!;
    out[y * width + x] = sum;
  }
  return { data: out, width, height };
}

/** Haar wavelet-based perceptual similarity (Reisenhofer et al., 2018) on a 0…255 scale: C 30, α 4.2, halved once first. */
export function haarPsi(reference: Raster, result: Raster, range: PeakRange): number {
  const c = 30, alpha = 4.2;
  const x = halve(prepare(reference, range)), y = halve(prepare(result, range));
  let top = 0, bottom = 0;
  for (const axis of [0, 1] as const) {
    const fine = [1, 2].map((scale) => [haar(x, scale, axis), haar(y, scale, axis)] as const);
    const wx = haar(x, 3, axis), wy = haar(y, 3, axis);
    for (let i = 0; i < wx.length; i++) {
      let local = 0;
      for (const [a, b] of fine) local += (2 * a[i]! * b[i]! + c) / (a[i]! * a[i]! + b[i]! * b[i]! + c) / 2;
      const weight = Math.max(wx[i]!, wy[i]!);
      top += weight / (1 + exp(-alpha * local));
      bottom += weight;
    }
  }
  // An image without any edge: nothing to weigh, and nothing that differs.
  if (bottom === 0) return 1;
  const mean = Math.min(top / bottom, 1 - 1e-12);
  const logit = ln(mean / (1 - mean)) / alpha;
  return logit * logit;
}

/** Border off, mean of 2 × 2 blocks, times 255. */
function halve(image: Unit): Unit {
  const b = borderOf(image.width, image.height);
  const width = Math.floor((image.width - 2 * b) / 2), height = Math.floor((image.height - 2 * b) / 2);
  const data = new Float64Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const i = (b + 2 * y) * image.width + b + 2 * x;
    data[y * width + x] = ((image.data[i]! + image.data[i + 1]! + image.data[i + image.width]! + image.data[i + image.width + 1]!) / 4) * 255;
  }
  return { data, width, height };
}

/** |Haar coefficients| of scale 2^scale along an axis (0 down, 1 across); zero beyond the edges. */
function haar(image: Unit, scale: number, axis: 0 | 1): Float64Array {
  const n = 1 << scale, { width, height } = image;
  const sums = correlate(image.data, width, height, axis === 0 ? 1 : 0, n, () => 1);
  return correlate(sums, width, height, axis, n, (i) => (i < n / 2 ? -1 : 1)).map((v) => Math.abs(v / n));
}

/** out[i] = Σ_j tap(j)·in[i + j − n/2] along an axis. */
function correlate(data: Float64Array, width: number, height: number, axis: 0 | 1, n: number, tap: (j: number) => number): Float64Array {
  const out = new Float64Array(data.length);
  const length = axis === 0 ? height : width, step = axis === 0 ? width : 1;
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const at = axis === 0 ? y : x;
    let sum = 0;
    for (let j = Math.max(0, n / 2 - at); j < n && at + j - n / 2 < length; j++) sum += tap(j) * data[y * width + x + (j - n / 2) * step]!;
    out[y * width + x] = sum;
  }
  return out;
}

/** Spearman's rank correlation of two equally long lists; ties share their mean rank. 0 where one is constant. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const x = ranks(a), y = ranks(b), mean = (a.length - 1) / 2;
  let xy = 0, xx = 0, yy = 0;
  for (let i = 0; i < x.length; i++) {
    const u = x[i]! - mean, w = y[i]! - mean;
    xy += u * w;
    xx += u * u;
    yy += w * w;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i]! - values[j]! || i - j);
  const out = new Float64Array(values.length);
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && values[order[j]!] === values[order[i]!]) j++;
    for (let k = i; k < j; k++) out[order[k]!] = (i + j - 1) / 2;
    i = j;
  }
  return out;
}
