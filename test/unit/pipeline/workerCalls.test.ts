import { describe, expect, it } from 'vitest';
import { workerCalls } from '../../../src/pipeline/workerCalls.browser';

/** A worker that doubles numbers, says so when it cannot, and dies of 13. */
class Doubler {
  onmessage: ((event: { data: object }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  ended = false;
  postMessage({ id, request }: { id: number; request: number }): void {
    queueMicrotask(() => {
      if (request === 13) this.onerror?.({ message: 'out of memory' });
      else this.onmessage?.({ data: request < 0 ? { id, error: 'negative' } : { id, value: request * 2 } });
    });
  }
  terminate(): void {
    this.ended = true;
  }
}

describe('calls to a worker that does one thing', () => {
  it('answers each call, reports what failed, and makes another worker after a crash', async () => {
    const workers: Doubler[] = [];
    const call = workerCalls<number, number>(() => {
      workers.push(new Doubler());
      return workers.at(-1)! as unknown as Worker;
    });
    expect(await Promise.all([call(1), call(2), call(0)])).toEqual([2, 4, 0]);
    await expect(call(-1)).rejects.toMatchObject({ code: 'internal', detail: 'negative' });
    expect(workers).toHaveLength(1);
    const lost = [call(13), call(3)];
    for (const one of lost) await expect(one).rejects.toMatchObject({ code: 'worker/crashed' });
    expect(workers[0]!.ended).toBe(true);
    expect(await call(5)).toBe(10);
    expect(workers).toHaveLength(2);
  });
});
