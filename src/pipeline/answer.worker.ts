import { holdLife } from '../inference/lifeLock';
import type { Answer } from './workerCalls.browser';

/** The worker's side of `workerCalls`: answers each request by `work`; `transfer` names the buffers that may go over. */
export function answerCalls<Q, R>(work: (request: Q) => R, transfer: (value: R) => ArrayBufferLike[]): void {
  const scope = self as unknown as DedicatedWorkerGlobalScope;
  void holdLife().then((lifeLock) => lifeLock && scope.postMessage({ lifeLock } satisfies Answer<R>));
  scope.onmessage = ({ data }: MessageEvent<{ id: number; request: Q }>) => {
    try {
      const value = work(data.request);
      scope.postMessage({ id: data.id, value } satisfies Answer<R>, [...new Set(transfer(value))] as ArrayBuffer[]);
    } catch (error) {
      scope.postMessage({ id: data.id, error: error instanceof Error ? error.message : String(error) } satisfies Answer<R>);
    }
  };
  // Which request it was is not known: the page hears of it as of a crash.
  scope.onmessageerror = () => {
    throw new Error('a request could not be read');
  };
}
