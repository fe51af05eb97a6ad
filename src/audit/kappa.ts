/** Cohen's kappa of two readers over the same items (Educ Psychol Meas 1960). 1 when both always say the same one thing. */
export function cohenKappa(a: readonly number[], b: readonly number[]): number {
  const n = a.length;
  if (n === 0) return NaN;
  const categories = [...new Set([...a, ...b])];
  let agree = 0;
  for (let i = 0; i < n; i++) if (a[i] === b[i]) agree++;
  const po = agree / n;
  let pe = 0;
  for (const c of categories) pe += (a.filter((v) => v === c).length / n) * (b.filter((v) => v === c).length / n);
  return pe === 1 ? 1 : (po - pe) / (1 - pe);
}

/** Fleiss' kappa (Psychol Bull 1971): `counts[item][category]`, the same number of readers for every item. */
export function fleissKappa(counts: readonly (readonly number[])[]): number {
  const items = counts.length;
  const readers = counts[0]?.reduce((s, v) => s + v, 0) ?? 0;
  if (items === 0 || readers < 2) return NaN;
  const categories = counts[0]!.length;
  let observed = 0;
  const share = new Array<number>(categories).fill(0);
  for (const row of counts) {
    let squares = 0;
    row.forEach((v, j) => {
      squares += v * v;
      share[j]! += v / (items * readers);
    });
    observed += (squares - readers) / (readers * (readers - 1));
  }
  observed /= items;
  const expected = share.reduce((s, p) => s + p * p, 0);
  return expected === 1 ? 1 : (observed - expected) / (1 - expected);
}
