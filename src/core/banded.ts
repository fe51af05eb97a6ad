import type { AxisOperator } from './resample';

/** A symmetric positive definite banded matrix as its Cholesky factor L, row by row: `band` values left of the diagonal and it. */
export interface BandedFactor {
  readonly n: number;
  readonly band: number;
  readonly lower: Float64Array;
}

/** Cholesky factor of A·Aᵀ for the sparse rows of an axis operator. */
export function factorGram(op: AxisOperator): BandedFactor {
  const n = op.outputs;
  let band = 0;
  for (let i = 0; i < n; i++) for (let j = i; j >= 0 && op.start[j]! + op.count[j]! > op.start[i]!; j--) band = Math.max(band, i - j);
  const lower = new Float64Array(n * (band + 1));
  const at = (i: number, j: number) => i * (band + 1) + (j - i + band);
  for (let i = 0; i < n; i++) {
    for (let j = Math.max(0, i - band); j <= i; j++) {
      let sum = 0;
      const from = Math.max(op.start[i]!, op.start[j]!);
      const to = Math.min(op.start[i]! + op.count[i]!, op.start[j]! + op.count[j]!);
      for (let k = from; k < to; k++) sum += op.weights[i * op.stride + k - op.start[i]!]! * op.weights[j * op.stride + k - op.start[j]!]!;
      for (let k = Math.max(0, i - band, j - band); k < j; k++) sum -= lower[at(i, k)]! * lower[at(j, k)]!;
      lower[at(i, j)] = i === j ? Math.sqrt(sum) : sum / lower[at(j, j)]!;
    }
  }
  return { n, band, lower };
}

/** Solves (L·Lᵀ) x = b in place for the vector at `data[offset + i·step]`. */
export function solveBanded(factor: BandedFactor, data: Float64Array, offset: number, step: number): void {
  const { n, band, lower } = factor;
  const at = (i: number, j: number) => i * (band + 1) + (j - i + band);
  for (let i = 0; i < n; i++) {
    let v = data[offset + i * step]!;
    for (let k = Math.max(0, i - band); k < i; k++) v -= lower[at(i, k)]! * data[offset + k * step]!;
    data[offset + i * step] = v / lower[at(i, i)]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let v = data[offset + i * step]!;
    for (let k = i + 1; k <= Math.min(n - 1, i + band); k++) v -= lower[at(k, i)]! * data[offset + k * step]!;
    data[offset + i * step] = v / lower[at(i, i)]!;
  }
}
