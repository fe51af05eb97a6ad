/**
 * How the end of a worker is known, whatever ended it: it holds a Web Lock as long as it lives, and whoever is granted that
 * lock knows that it is gone. It needs no answer from the worker, so a long run is not taken for death.
 */

const locks = (): LockManager | undefined => globalThis.navigator?.locks as LockManager | undefined;

/** In the worker: takes a lock that only its end gives back. The name, or undefined where locks are not allowed. */
export function holdLife(): Promise<string | undefined> {
  const manager = locks();
  if (!manager) return Promise.resolve(undefined);
  const name = `verisim/worker/${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    manager.request(name, () => {
      resolve(name);
      return new Promise<never>(() => undefined);
    }).catch(() => resolve(undefined));
  });
}

/** On the page: calls `gone` once the worker that holds the lock has ended. */
export function watchLife(name: string, gone: () => void): void {
  locks()?.request(name, () => gone()).catch(() => undefined); // The page goes away.
}
