import { StudioError, throwIfAborted } from '../core/errors';
import { watchLife } from '../inference/lifeLock';

/** What such a worker answers; and once, when it has started, the name of its life lock. */
export type Answer<R> = { readonly id: number; readonly value?: R; readonly error?: string } | { readonly lifeLock: string };

/**
 * Calls to a worker that does one thing: `{ id, request }` in, an `Answer` out. It is made on the first call and kept;
 * after a crash, of which its life lock tells where no error does, the next call makes another. Rejects with `internal` or
 * `worker/crashed`; with AbortError as soon as the signal is raised, whatever the worker does.
 */
export function workerCalls<Q, R>(create: () => Worker): (request: Q, signal?: AbortSignal) => Promise<R> {
  let worker: Worker | null = null;
  let counter = 0;
  const open = new Map<number, { resolve: (value: R) => void; reject: (error: unknown) => void }>();

  function start(): Worker {
    const made = create();
    const die = (message: string): void => {
      if (made !== worker) return;
      made.terminate();
      worker = null;
      const waiting = [...open.values()];
      open.clear();
      for (const { reject } of waiting) reject(new StudioError('worker/crashed', message));
    };
    made.onmessage = ({ data }: MessageEvent<Answer<R>>) => {
      if ('lifeLock' in data) return watchLife(data.lifeLock, () => die('it ended without a word'));
      const waiting = open.get(data.id);
      open.delete(data.id);
      if (data.error === undefined) waiting?.resolve(data.value!);
      else waiting?.reject(new StudioError('internal', data.error));
    };
    made.onerror = (event) => die(event.message);
    made.onmessageerror = () => die('an answer could not be read');
    return made;
  }

  return async (request, signal) => {
    throwIfAborted(signal);
    worker ??= start();
    const id = ++counter;
    const cancel = (): void => {
      open.get(id)?.reject(new DOMException('Cancelled.', 'AbortError'));
      open.delete(id);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await new Promise<R>((resolve, reject) => {
        open.set(id, { resolve, reject });
        worker!.postMessage({ id, request });
      });
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  };
}
