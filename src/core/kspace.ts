import { fft, realPartRows, realRows } from './fft';
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
  const columns = axisOf(width, scale), rows = axisOf(height, scale);
  // Along rows; of each only the central columns are kept. Stored column by column.
  const re = new Float64Array(width * plane.height), im = new Float64Array(width * plane.height);
  realRows(plane.data, plane.width, plane.height, (y, a, b) => {
    for (let i = 0; i < width; i++) {
      const j = columns.place[i]!;
      re[i * plane.height + y] = a[j]!;
      im[i * plane.height + y] = b[j]!;
    }
  });
  const lowRe = new Float64Array(height * width), lowIm = new Float64Array(height * width);
  const a = new Float64Array(height), b = new Float64Array(height);
  for (let i = 0; i < width; i++) {
    const columnRe = re.subarray(i * plane.height, (i + 1) * plane.height), columnIm = im.subarray(i * plane.height, (i + 1) * plane.height);
    fft(columnRe, columnIm);
    for (let j = 0; j < height; j++) {
      const from = rows.place[j]!, weight = i === columns.nyquist || j === rows.nyquist ? nyquist : 1;
      const c = weight * (columns.re[i]! * rows.re[j]! - columns.im[i]! * rows.im[j]!), s = weight * (columns.re[i]! * rows.im[j]! + columns.im[i]! * rows.re[j]!);
      a[j] = columnRe[from]! * c - columnIm[from]! * s;
      b[j] = columnRe[from]! * s + columnIm[from]! * c;
    }
    fft(a, b, true);
    for (let j = 0; j < height; j++) {
      lowRe[j * width + i] = a[j]!;
      lowIm[j * width + i] = b[j]!;
    }
  }
  const data = new Float64Array(width * height), gain = 1 / (scale * scale);
  realPartRows(data, width, height, (y, r, m) => {
    for (let i = 0; i < width; i++) {
      r[i] = gain * lowRe[y * width + i]!;
      m[i] = gain * lowIm[y * width + i]!;
    }
  });
  return { data, width, height };
}

/**
 * Fills k-space with zeros and undoes the ramp: [H, W] → [sH, sW]. The baseline of track K; divided by s² it is the
 * adjoint of `truncateKspace`. `nyquist` 2 doubles the Nyquist terms of even sides (the real part halves them), which
 * makes it the pseudo-inverse: truncating the result gives back the input.
 */
export function zeroFillKspace(plane: Plane, scale: number, nyquist = 1): Plane {
  const { width, height } = plane;
  const high = { width: width * scale, height: height * scale };
  const columns = axisOf(width, scale), rows = axisOf(height, scale);
  const re = new Float64Array(width * height), im = new Float64Array(width * height);
  realRows(plane.data, width, height, (y, a, b) => {
    for (let i = 0; i < width; i++) {
      re[i * height + y] = a[i]!;
      im[i * height + y] = b[i]!;
    }
  });
  const wideRe = new Float64Array(high.height * width), wideIm = new Float64Array(high.height * width);
  const a = new Float64Array(high.height), b = new Float64Array(high.height), gain = scale * scale;
  for (let i = 0; i < width; i++) {
    const columnRe = re.subarray(i * height, (i + 1) * height), columnIm = im.subarray(i * height, (i + 1) * height);
    fft(columnRe, columnIm);
    a.fill(0);
    b.fill(0);
    for (let j = 0; j < height; j++) {
      const to = rows.place[j]!, weight = gain * (i === columns.nyquist || j === rows.nyquist ? nyquist : 1);
      const c = weight * (columns.re[i]! * rows.re[j]! - columns.im[i]! * rows.im[j]!), s = weight * (columns.re[i]! * rows.im[j]! + columns.im[i]! * rows.re[j]!);
      a[to] = columnRe[j]! * c + columnIm[j]! * s;
      b[to] = columnIm[j]! * c - columnRe[j]! * s;
    }
    fft(a, b, true);
    for (let y = 0; y < high.height; y++) {
      wideRe[y * width + i] = a[y]!;
      wideIm[y * width + i] = b[y]!;
    }
  }
  const data = new Float64Array(high.width * high.height);
  realPartRows(data, high.width, high.height, (y, r, m) => {
    r.fill(0);
    m.fill(0);
    for (let i = 0; i < width; i++) {
      r[columns.place[i]!] = wideRe[y * width + i]!;
      m[columns.place[i]!] = wideIm[y * width + i]!;
    }
  });
  return { data, ...high };
}

/** Of each low-res frequency of an axis: its place among the high-res ones, and the ramp e^(2πi k (s − 1)/2 / (s n)). */
function axisOf(n: number, scale: number): { place: Int32Array; re: Float64Array; im: Float64Array; nyquist: number } {
  const place = new Int32Array(n), re = new Float64Array(n), im = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    // FFT order; −n/2 for the Nyquist term of an even n.
    const k = i < Math.ceil(n / 2) ? i : i - n;
    const angle = (6.283185307179586 * k * ((scale - 1) / 2)) / (n * scale);
    place[i] = k < 0 ? n * scale + k : k;
    re[i] = cos(angle);
    im[i] = sin(angle);
  }
  return { place, re, im, nyquist: n % 2 === 0 ? n / 2 : -1 };
}
