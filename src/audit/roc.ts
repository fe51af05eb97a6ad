/** Receiver operating characteristic of a score against a binary truth. */
export interface RocResult {
  /** Area under the curve; ties count half. NaN without both classes. */
  readonly auc: number;
  /** 95 % interval after DeLong, DeLong and Clarke-Pearson (Biometrics 1988), clamped to 0…1. */
  readonly low: number;
  readonly high: number;
  /** (1 − specificity, sensitivity) from (0, 0) to (1, 1), one point a threshold. */
  readonly points: readonly (readonly [number, number])[];
}

const Z95 = 1.959963984540054;

/** `positive`: scores of the positive class; higher means more positive. */
export function rocOf(positive: readonly number[], negative: readonly number[]): RocResult {
  const m = positive.length;
  const n = negative.length;
  if (m === 0 || n === 0) return { auc: NaN, low: NaN, high: NaN, points: [[0, 0], [1, 1]] };
  const psi = (x: number, y: number): number => (x > y ? 1 : x === y ? 0.5 : 0);
  const v10 = positive.map((x) => negative.reduce((s, y) => s + psi(x, y), 0) / n);
  const v01 = negative.map((y) => positive.reduce((s, x) => s + psi(x, y), 0) / m);
  const auc = v10.reduce((s, v) => s + v, 0) / m;
  const variance = (values: number[]): number => (values.length > 1 ? values.reduce((s, v) => s + (v - auc) * (v - auc), 0) / (values.length - 1) : 0);
  const se = Math.sqrt(variance(v10) / m + variance(v01) / n);
  const thresholds = [...new Set([...positive, ...negative])].sort((a, b) => b - a);
  const points: [number, number][] = [[0, 0]];
  for (const t of thresholds) points.push([negative.filter((v) => v >= t).length / n, positive.filter((v) => v >= t).length / m]);
  return { auc, low: Math.max(0, auc - Z95 * se), high: Math.min(1, auc + Z95 * se), points };
}
