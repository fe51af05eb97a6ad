export const ROUNDS = 7;

/**
 * Smallest processor time of each contender, ms (one thread, so on an idle machine it is the time on the clock); rounds
 * are interleaved, since a shared machine slows down for seconds.
 */
export async function interleaved<K extends string>(contenders: Record<K, () => Promise<unknown>>, rounds = ROUNDS): Promise<Record<K, number>> {
  const best = Object.fromEntries(Object.keys(contenders).map((k) => [k, Infinity])) as Record<K, number>;
  for (let i = 0; i <= rounds; i++) for (const name of Object.keys(contenders) as K[]) {
    const start = process.cpuUsage();
    await contenders[name]();
    const { user, system } = process.cpuUsage(start);
    if (i > 0) best[name] = Math.min(best[name], (user + system) / 1000);
  }
  return best;
}
