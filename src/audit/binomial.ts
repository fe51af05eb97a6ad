/** Exact binomial arithmetic for proportions; n up to some ten thousand. */

/** ln Γ(n + 1) by summing, cached. */
const LOG_FACTORIAL: number[] = [0, 0];
function logFactorial(n: number): number {
  for (let i = LOG_FACTORIAL.length; i <= n; i++) LOG_FACTORIAL[i] = LOG_FACTORIAL[i - 1]! + Math.log(i);
  return LOG_FACTORIAL[n]!;
}

/** P(X = k) for X ~ Binomial(n, p). */
export function binomialPmf(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0;
  if (p <= 0) return k === 0 ? 1 : 0;
  if (p >= 1) return k === n ? 1 : 0;
  return Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** P(X ≥ k). */
function upperTail(k: number, n: number, p: number): number {
  let sum = 0;
  for (let i = k; i <= n; i++) sum += binomialPmf(i, n, p);
  return Math.min(1, sum);
}

/** Two-sided exact p: the probability of all outcomes no likelier than the one seen (as R's and SciPy's binom.test). */
export function binomialTest(k: number, n: number, p = 0.5): number {
  if (n === 0) return 1;
  const seen = binomialPmf(k, n, p) * (1 + 1e-7);
  let sum = 0;
  for (let i = 0; i <= n; i++) {
    const here = binomialPmf(i, n, p);
    if (here <= seen) sum += here;
  }
  return Math.min(1, sum);
}

/** A proportion with its interval. */
export interface Proportion {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly successes: number;
  readonly total: number;
}

/** k of n with the Clopper–Pearson 95 % interval (Biometrika 1934), found by bisection of the exact tails. */
export function proportion(k: number, n: number, level = 0.95): Proportion {
  if (n === 0) return { value: NaN, low: 0, high: 1, successes: 0, total: 0 };
  const half = (1 - level) / 2;
  const bisect = (tooLow: (p: number) => boolean): number => {
    let a = 0;
    let b = 1;
    for (let i = 0; i < 60; i++) {
      const m = (a + b) / 2;
      if (tooLow(m)) a = m;
      else b = m;
    }
    return (a + b) / 2;
  };
  const low = k === 0 ? 0 : bisect((p) => upperTail(k, n, p) < half);
  const high = k === n ? 1 : bisect((p) => 1 - upperTail(k + 1, n, p) > half);
  return { value: k / n, low, high, successes: k, total: n };
}
