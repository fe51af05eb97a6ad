import { maskWhere } from './mask';

/**
 * Exact Euclidean distance of each pixel to the nearest pixel where `mask` is 0 (Felzenszwalb and Huttenlocher,
 * Theory of Computing 2012), in units of `spacing` ([row, column]); 0 outside the mask. Beyond the frame counts as outside
 * when `edgeIsOutside`.
 */
export function distanceInside(mask: ArrayLike<number>, width: number, height: number, spacing: readonly [number, number] = [1, 1], edgeIsOutside = true): Float64Array {
  const [sy, sx] = spacing;
  const field = new Float64Array(width * height);
  for (let i = 0; i < field.length; i++) field[i] = mask[i] ? FAR : 0;
  const pass = (count: number, stride: number, base: number, step: number): void => {
    const line = new Float64Array(count + 2);
    // One virtual outside sample beyond either end.
    line[0] = line[count + 1] = edgeIsOutside ? 0 : FAR;
    for (let i = 0; i < count; i++) line[i + 1] = field[base + i * stride]!;
    const out = lowerEnvelope(line, step);
    for (let i = 0; i < count; i++) field[base + i * stride] = out[i + 1]!;
  };
  for (let y = 0; y < height; y++) pass(width, 1, y * width, sx);
  for (let x = 0; x < width; x++) pass(height, width, x, sy);
  for (let i = 0; i < field.length; i++) field[i] = Math.sqrt(field[i]!);
  return field;
}

const FAR = 1e12;

function lowerEnvelope(f: Float64Array, step: number): Float64Array {
  const n = f.length;
  const v = new Int32Array(n);
  const z = new Float64Array(n + 1);
  const out = new Float64Array(n);
  const s2 = step * step;
  let k = 0;
  z[0] = -Infinity;
  z[1] = Infinity;
  for (let q = 1; q < n; q++) {
    let s = meet(f, v[k]!, q, s2);
    while (s <= z[k]!) s = meet(f, v[--k]!, q, s2);
    v[++k] = q;
    z[k] = s;
    z[k + 1] = Infinity;
  }
  k = 0;
  for (let q = 0; q < n; q++) {
    while (z[k + 1]! < q) k++;
    const d = q - v[k]!;
    out[q] = d * d * s2 + f[v[k]!]!;
  }
  return out;
}

const meet = (f: Float64Array, p: number, q: number, s2: number): number => (f[q]! + q * q * s2 - f[p]! - p * p * s2) / (2 * s2 * (q - p));

/** Pixels that lie farther than `radius` from the outside. */
export function erode(mask: Uint8Array, width: number, height: number, radius: number, spacing?: readonly [number, number]): Uint8Array {
  const d = distanceInside(mask, width, height, spacing, false);
  return maskWhere(d.length, (i) => d[i]! > radius);
}

/** Pixels within `radius` of the mask. */
export function dilate(mask: Uint8Array, width: number, height: number, radius: number, spacing?: readonly [number, number]): Uint8Array {
  const outside = maskWhere(mask.length, (i) => !mask[i]);
  const d = distanceInside(outside, width, height, spacing, false);
  return maskWhere(d.length, (i) => mask[i]! > 0 || d[i]! <= radius);
}
