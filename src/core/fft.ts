import { cos, sin } from './math';

/**
 * Discrete Fourier transforms of any length in double precision: radix-2 for powers of two, Bluestein's chirp-z
 * otherwise (L. Bluestein, 1970). Twiddle factors come from core/math, so every engine gives the same bits.
 * Forward has e^(−2πi jk/n) and no factor; inverse has e^(+2πi jk/n) and 1/n.
 */
interface Plan {
  transform(re: Float64Array, im: Float64Array): void;
}

const TAU = 6.283185307179586;
const plans = new Map<number, Plan>();

function planFor(n: number): Plan {
  let plan = plans.get(n);
  if (!plan) {
    plan = (n & (n - 1)) === 0 ? radix2(n) : bluestein(n);
    plans.set(n, plan);
  }
  return plan;
}

function radix2(n: number): Plan {
  // Twiddle factors of each stage one after the other: 1 of size 2, 2 of size 4, …
  const cosines = new Float64Array(n), sines = new Float64Array(n);
  for (let half = 1; half < n; half <<= 1) {
    for (let k = 0; k < half; k++) {
      cosines[half + k] = cos((TAU * k) / (2 * half));
      sines[half + k] = -sin((TAU * k) / (2 * half));
    }
  }
  const reversed = new Uint32Array(n);
  for (let i = 1, bits = n >> 1; i < n; i++) {
    reversed[i] = (reversed[i >> 1]! >> 1) | (i & 1 ? bits : 0);
  }
  return {
    transform(re, im) {
      for (let i = 0; i < n; i++) {
        const j = reversed[i]!;
        if (j > i) {
          const r = re[i]!, m = im[i]!;
          re[i] = re[j]!; im[i] = im[j]!;
          re[j] = r; im[j] = m;
        }
      }
      for (let half = 1; half < n; half <<= 1) {
        for (let start = 0; start < n; start += 2 * half) {
          for (let k = 0; k < half; k++) {
            const c = cosines[half + k]!, s = sines[half + k]!;
            const a = start + k, b = a + half;
            const r = re[b]! * c - im[b]! * s, m = re[b]! * s + im[b]! * c;
            re[b] = re[a]! - r; im[b] = im[a]! - m;
            re[a] = re[a]! + r; im[a] = im[a]! + m;
          }
        }
      }
    },
  };
}

function bluestein(n: number): Plan {
  let m = 1;
  while (m < 2 * n - 1) m <<= 1;
  const inner = planFor(m);
  const chirpRe = new Float64Array(n), chirpIm = new Float64Array(n);
  const filterRe = new Float64Array(m), filterIm = new Float64Array(m);
  for (let i = 0; i < n; i++) {
    // i² modulo 2n keeps the angle small and exact.
    const angle = (TAU / 2) * (((i * i) % (2 * n)) / n);
    chirpRe[i] = cos(angle);
    chirpIm[i] = -sin(angle);
    filterRe[i] = chirpRe[i]!;
    filterIm[i] = -chirpIm[i]!;
    if (i > 0) {
      filterRe[m - i] = filterRe[i]!;
      filterIm[m - i] = filterIm[i]!;
    }
  }
  inner.transform(filterRe, filterIm);
  const a = new Float64Array(m), b = new Float64Array(m);
  return {
    transform(re, im) {
      a.fill(0);
      b.fill(0);
      for (let i = 0; i < n; i++) {
        a[i] = re[i]! * chirpRe[i]! - im[i]! * chirpIm[i]!;
        b[i] = re[i]! * chirpIm[i]! + im[i]! * chirpRe[i]!;
      }
      inner.transform(a, b);
      for (let i = 0; i < m; i++) {
        const r = a[i]! * filterRe[i]! - b[i]! * filterIm[i]!;
        // Swapped real and imaginary parts turn the next forward transform into an inverse one.
        a[i] = a[i]! * filterIm[i]! + b[i]! * filterRe[i]!;
        b[i] = r;
      }
      inner.transform(a, b);
      for (let i = 0; i < n; i++) {
        const r = b[i]! / m, s = a[i]! / m;
        re[i] = r * chirpRe[i]! - s * chirpIm[i]!;
        im[i] = r * chirpIm[i]! + s * chirpRe[i]!;
      }
    },
  };
}

/** In place, length n = re.length = im.length ≥ 1. */
export function fft(re: Float64Array, im: Float64Array, inverse = false): void {
  const n = re.length;
  if (inverse) planFor(n).transform(im, re);
  else planFor(n).transform(re, im);
  if (inverse) {
    for (let i = 0; i < n; i++) {
      re[i] = re[i]! / n;
      im[i] = im[i]! / n;
    }
  }
}

/**
 * Forward transforms of real rows: `rows` of them, `width` long, from `data`; two go through one complex transform.
 * `visit` receives each row's spectrum in turn, in FFT order, in scratch arrays that are used again.
 */
export function realRows(data: Float64Array, width: number, rows: number, visit: (row: number, re: Float64Array, im: Float64Array) => void): void {
  const a = new Float64Array(width), b = new Float64Array(width);
  const firstRe = new Float64Array(width), firstIm = new Float64Array(width), secondRe = new Float64Array(width), secondIm = new Float64Array(width);
  for (let row = 0; row < rows; row += 2) {
    a.set(data.subarray(row * width, (row + 1) * width));
    if (row + 1 < rows) b.set(data.subarray((row + 1) * width, (row + 2) * width));
    else b.fill(0);
    fft(a, b);
    for (let k = 0; k < width; k++) {
      const m = k === 0 ? 0 : width - k;
      firstRe[k] = (a[k]! + a[m]!) / 2; firstIm[k] = (b[k]! - b[m]!) / 2;
      secondRe[k] = (b[k]! + b[m]!) / 2; secondIm[k] = (a[m]! - a[k]!) / 2;
    }
    visit(row, firstRe, firstIm);
    if (row + 1 < rows) visit(row + 1, secondRe, secondIm);
  }
}

/**
 * Real parts of inverse transforms: `fill` writes each row's spectrum, the result goes to `out`. Two rows go through one
 * complex transform, after their spectra have been made Hermitian, which is what taking the real part means.
 */
export function realPartRows(out: Float64Array, width: number, rows: number, fill: (row: number, re: Float64Array, im: Float64Array) => void): void {
  const a = new Float64Array(width), b = new Float64Array(width);
  const firstRe = new Float64Array(width), firstIm = new Float64Array(width), secondRe = new Float64Array(width), secondIm = new Float64Array(width);
  for (let row = 0; row < rows; row += 2) {
    fill(row, firstRe, firstIm);
    if (row + 1 < rows) fill(row + 1, secondRe, secondIm);
    else {
      secondRe.fill(0);
      secondIm.fill(0);
    }
    for (let k = 0; k < width; k++) {
      const m = k === 0 ? 0 : width - k;
      const pr = (firstRe[k]! + firstRe[m]!) / 2, pi = (firstIm[k]! - firstIm[m]!) / 2;
      const qr = (secondRe[k]! + secondRe[m]!) / 2, qi = (secondIm[k]! - secondIm[m]!) / 2;
      a[k] = pr - qi;
      b[k] = pi + qr;
    }
    fft(a, b, true);
    out.set(a, row * width);
    if (row + 1 < rows) out.set(b, (row + 1) * width);
  }
}

/** A complex plane, row-major. */
export interface ComplexPlane {
  readonly re: Float64Array;
  readonly im: Float64Array;
  readonly width: number;
  readonly height: number;
}

export function complexPlane(width: number, height: number): ComplexPlane {
  return { re: new Float64Array(width * height), im: new Float64Array(width * height), width, height };
}

/** Two-dimensional, in place. */
export function fft2(plane: ComplexPlane, inverse = false): void {
  const { re, im, width, height } = plane;
  for (let y = 0; y < height; y++) fft(re.subarray(y * width, (y + 1) * width), im.subarray(y * width, (y + 1) * width), inverse);
  const columnRe = new Float64Array(height), columnIm = new Float64Array(height);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      columnRe[y] = re[y * width + x]!;
      columnIm[y] = im[y * width + x]!;
    }
    fft(columnRe, columnIm, inverse);
    for (let y = 0; y < height; y++) {
      re[y * width + x] = columnRe[y]!;
      im[y * width + x] = columnIm[y]!;
    }
  }
}
