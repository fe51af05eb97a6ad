import { afterEach, describe, expect, it, vi } from 'vitest';
import { createBatchWorker } from '../../../src/pipeline/batch/batchWorker.browser';
import { workerCalls } from '../../../src/pipeline/workerCalls.browser';

/** A worker that doubles numbers, says so when it cannot, dies of 13, and is silent about 7. */
class Doubler {
  onmessage: ((event: { data: object }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  onmessageerror: (() => void) | null = null;
  ended = false;
  postMessage({ id, request }: { id: number; request: number }): void {
    queueMicrotask(() => {
      if (request === 7) return; // never answers
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

  it('is not waited for once the signal is raised', async () => {
    const call = workerCalls<number, number>(() => new Doubler() as unknown as Worker);
    const controller = new AbortController();
    const waiting = call(7, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    await expect(call(1, controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(await call(4)).toBe(8);
  });
});

describe('a worker that dies without a word', () => {
  afterEach(() => vi.unstubAllGlobals());

  /** Locks that are granted to who waits when the test says that their holder has gone. */
  function stubLocks() {
    const granted: (() => void)[] = [];
    vi.stubGlobal('navigator', { locks: { request: (_: string, then: () => void) => new Promise<void>((resolve) => granted.push(() => resolve(then()))) } });
    return granted;
  }

  it('is known by its lock; what waits is rejected, the next call makes another, and its own end is no news', async () => {
    const granted = stubLocks(), workers: Doubler[] = [];
    const call = workerCalls<number, number>(() => (workers.push(new Doubler()), workers.at(-1)! as unknown as Worker));
    const lost = call(7);
    workers[0]!.onmessage!({ data: { lifeLock: 'a' } });
    granted[0]!();
    await expect(lost).rejects.toMatchObject({ code: 'worker/crashed', detail: 'it ended without a word' });
    const unread = call(7);
    workers[1]!.onmessage!({ data: { lifeLock: 'b' } });
    workers[1]!.onmessageerror!();
    await expect(unread).rejects.toMatchObject({ code: 'worker/crashed', detail: 'an answer could not be read' });
    const next = call(7);
    granted[1]!(); // of the worker before
    expect(await call(2)).toBe(4);
    expect(workers.map((w) => w.ended)).toEqual([true, true, false]);
    workers[2]!.onerror!({ message: 'end' });
    await expect(next).rejects.toMatchObject({ code: 'worker/crashed' });
  });

  it('so is the one that makes sets', async () => {
    const granted = stubLocks(), workers: Doubler[] = [];
    vi.stubGlobal('Worker', class extends Doubler {
      constructor() {
        super();
        workers.push(this);
      }
      override postMessage(): void {}
    });
    const batch = createBatchWorker();
    const input = { recipe: {}, sources: [], key: new Uint8Array(1), softwareVersion: '' } as unknown as Parameters<typeof batch.preview>[0];
    const lost = batch.preview(input, { infer: null, index: 0 });
    workers[0]!.onmessage!({ data: { kind: 'alive', lifeLock: 'a' } });
    granted[0]!();
    await expect(lost).rejects.toMatchObject({ code: 'worker/crashed' });
    const unread = batch.preview(input, { infer: null, index: 0 });
    workers[1]!.onmessageerror!();
    await expect(unread).rejects.toMatchObject({ code: 'worker/crashed' });
  });
});

it('tells the batch worker apart series that were opened one after the other under one path', () => {
  const opened: number[] = [];
  vi.stubGlobal('Worker', class extends Doubler {
    override postMessage(message: unknown): void {
      const { request } = message as { request: { input: { sources: { opened: number }[] } } };
      opened.push(request.input.sources[0]!.opened);
    }
  });
  const batch = createBatchWorker();
  const input = (series: object) => ({ recipe: {}, sources: [{ source: { series }, labels: [] }], key: new Uint8Array(1), softwareVersion: '' }) as unknown as Parameters<typeof batch.preview>[0];
  const [first, second] = [{ id: 'nifti:a.nii', bytes: 9 }, { id: 'nifti:a.nii', bytes: 9 }];
  for (const series of [first, first, second, first]) void batch.preview(input(series), { infer: null, index: 0 });
  expect(opened[1]).toBe(opened[0]);
  expect(opened[2]).not.toBe(opened[0]);
  expect(opened[3]).toBe(opened[0]);
  vi.unstubAllGlobals();
});
