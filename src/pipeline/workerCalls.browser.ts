import { StudioError } from '../core/errors';

/** What such a worker answers. */
export interface Answer<R> {
  readonly id: number;
  readonly value?: R;
  readonly error?: string;
}

/**
 * Calls to a worker that does one thing: `{ id, request }` in, an `Answer` out. It is made on the first call and kept;
 * after a crash the next call makes another. Rejects with `internal` or `worker/crashed`.
 */
export function workerCalls<Q, R>(create: () => Worker): (request: Q) => Promise<R> {
  let worker: Worker | null = null;
  let counter = 0;
  const open = new Map<number, { resolve: (value: R) => void; reject: (error: unknown) => void }>();

  function start(): Worker {
    const made = create();
    made.onmessage = ({ data }: MessageEvent<Answer<R>>) => {
      const waiting = open.get(data.id);
      open.delete(data.id);
      if (data.error === undefined) waiting?.resolve(data.value!);
      else waiting?.reject(new StudioError('internal', data.error));
    };
    made.onerror = (event) => {
      for (const waiting of open.values()) waiting.reject(new StudioError('worker/crashed', event.message));
      open.clear();
      made.terminate();
      worker = null;
    };
    return made;
  }

  return (request) => {
    worker ??= start();
    const id = ++counter;
    return new Promise((resolve, reject) => {
      open.set(id, { resolve, reject });
      worker!.postMessage({ id, request });
    });
  };
}
