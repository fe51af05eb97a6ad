import { describe, expect, it } from 'vitest';
import { poolInfer } from '../../../src/inference/pool';
import type { GraphRef, Infer, InferResult } from '../../../src/inference/protocol';

const REF: GraphRef = { modelId: 'm', variant: 'default', graph: 'forward' };

describe('several workers as one', () => {
  it('gives each call to the one with the fewest waiting, and a failure to its caller alone', async () => {
    const calls: { lane: number; end: (fail?: boolean) => void }[] = [];
    const lane = (k: number): Infer => () =>
      new Promise<InferResult>((resolve, reject) => calls.push({ lane: k, end: (fail) => (fail ? reject(new Error('gone')) : resolve({ outputs: {}, backend: 'wasm', milliseconds: k } as InferResult)) }));
    const infer = poolInfer([lane(0), lane(1), lane(2)]);
    const results = [1, 2, 3, 4].map(() => infer(REF, {}));
    expect(calls.map((c) => c.lane)).toEqual([0, 1, 2, 0]);
    calls[1]!.end(true);
    await expect(results[1]).rejects.toThrow('gone');
    void infer(REF, {});
    expect(calls[4]!.lane).toBe(1);
    calls[2]!.end();
    expect((await results[2])!.milliseconds).toBe(2);
  });
});
