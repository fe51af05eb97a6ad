import { complexPlane, fft2, type ComplexPlane } from './fft';
import { cos, sin } from './math';
import { StudioError } from './errors';

/**
 * Track K: what a coarser MR scan would have seen. Central 1/s of k-space of the whole slice, a phase ramp that puts
 * low-res sample i at high-res coordinate s·i + (s − 1)/2, real part. The plane is periodic, as k-space has it.
 * Real plane in, real plane out, row-major, double precision.
 */
export interface Plane {
  readonly data: Float64Array;
  readonly width: number;
  readonly height: number;
}

/** Truncates k-space: [sH, sW] → [H, W]; `nyquist` weighs the Nyquist terms of even sides. Throws `model/shape-mismatch` when a side is no multiple of `scale`. */
export function truncateKspace(plane: Plane, scale: number, nyquist = 1): Plane {
  if (plane.width % scale || plane.height % scale) {
    throw new StudioError('model/shape-mismatch', `${plane.width} × ${plane.height} is no multiple of ${scale}`);
  }
  const width = plane.width / scale, height = plane.height / scale;
  const high = complexPlane(plane.width, plane.height);
  high.re.set(plane.data);
  fft2(high);
  const low = complexPlane(width, height);
  const ramp = rampOf(width, height, scale);
  moveCentre(high, low, (i, _j, r, m, atNyquist) => {
    const weight = atNyquist ? nyquist : 1;
    low.re[i] = weight * (r * ramp.re[i]! - m * ramp.im[i]!);
    low.im[i] = weight * (r * ramp.im[i]! + m * ramp.re[i]!);
  });
  fft2(low, true);
  const gain = 1 / (scale * scale);
  return { data: low.re.map((v) => v * gain), width, height };
}

/**
 * Fills k-space with zeros and undoes the ramp: [H, W] → [sH, sW]. The baseline of track K; divided by s² it is the
 * adjoint of `truncateKspace`. `nyquist` 2 doubles the Nyquist terms of even sides (the real part halves them), which
 * makes it the pseudo-inverse: truncating the result gives back the input.
 */
export function zeroFillKspace(plane: Plane, scale: number, nyquist = 1): Plane {
  const { width, height } = plane;
  const low = complexPlane(width, height);
  low.re.set(plane.data);
  fft2(low);
  const high = complexPlane(width * scale, height * scale);
  const ramp = rampOf(width, height, scale);
  moveCentre(high, low, (i, j, _r, _m, atNyquist) => {
    const weight = atNyquist ? nyquist : 1;
    high.re[j] = weight * (low.re[i]! * ramp.re[i]! + low.im[i]! * ramp.im[i]!);
    high.im[j] = weight * (low.im[i]! * ramp.re[i]! - low.re[i]! * ramp.im[i]!);
  });
  fft2(high, true);
  const gain = scale * scale;
  return { data: high.re.map((v) => v * gain), width: high.width, height: high.height };
}

/** e^(2πi k (s − 1)/2 / (s n)) for each low-res frequency, as an outer product. */
function rampOf(width: number, height: number, scale: number): { re: Float64Array; im: Float64Array } {
  const re = new Float64Array(width * height), im = new Float64Array(width * height);
  const line = (n: number) => Array.from({ length: n }, (_, i) => {
    const angle = (6.283185307179586 * signed(i, n) * ((scale - 1) / 2)) / (n * scale);
    return [cos(angle), sin(angle)] as const;
  });
  const columns = line(width), rows = line(height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [a, b] = rows[y]!, [c, d] = columns[x]!;
      re[y * width + x] = a * c - b * d;
      im[y * width + x] = a * d + b * c;
    }
  }
  return { re, im };
}

/** Frequency of index i in FFT order; −n/2 for the Nyquist term of an even n. */
const signed = (i: number, n: number): number => (i < Math.ceil(n / 2) ? i : i - n);

/** Visits each low-res frequency (index i) with its place j in the high-res plane and the value there. */
function moveCentre(high: ComplexPlane, low: ComplexPlane, visit: (i: number, j: number, re: number, im: number, atNyquist: boolean) => void): void {
  for (let y = 0; y < low.height; y++) {
    const ky = signed(y, low.height);
    for (let x = 0; x < low.width; x++) {
      const kx = signed(x, low.width);
      const j = (ky < 0 ? high.height + ky : ky) * high.width + (kx < 0 ? high.width + kx : kx);
      visit(y * low.width + x, j, high.re[j]!, high.im[j]!, 2 * ky === -low.height || 2 * kx === -low.width);
    }
  }
}
