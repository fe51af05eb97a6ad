import type { Infer } from './protocol';

/**
 * One `Infer` over several: each call goes to the one with the fewest calls waiting. For batches, where several
 * one-threaded workers do more than one worker with as many threads (two threads give 1.4–1.9 times one, not 2).
 */
export function poolInfer(lanes: readonly Infer[]): Infer {
  const waiting = lanes.map(() => 0);
  return async (ref, inputs, signal) => {
    const lane = waiting.indexOf(Math.min(...waiting));
    waiting[lane]!++;
    try {
      return await lanes[lane]!(ref, inputs, signal);
    } finally {
      waiting[lane]!--;
    }
  };
}
