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
  const cosines = new Float64Array(n >> 1);
  const sines = new Float64Array(n >> 1);
  for (let i = 0; i < n >> 1; i++) {
    cosines[i] = cos((TAU * i) / n);
    sines[i] = -sin((TAU * i) / n);
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
      for (let size = 2; size <= n; size <<= 1) {
        const half = size >> 1, step = n / size;
        for (let start = 0; start < n; start += size) {
          for (let k = 0; k < half; k++) {
            const c = cosines[k * step]!, s = sines[k * step]!;
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
