import { describe, expect, it } from 'vitest';
import { backendDifference, leastDifference, TRIALS } from '../../../src/inference/agreement';

const tensor = (...values: number[]) => ({ data: Float32Array.from(values), dims: [values.length] });

describe('how far two backends lie apart', () => {
  it('images: the largest difference, relative above 1', () => {
    expect(backendDifference({ output: tensor(0, 0.5) }, { output: tensor(0, 0.75) })).toBeCloseTo(2500);
    expect(backendDifference({ output: tensor(0, 4) }, { output: tensor(0, 5) })).toBeCloseTo(2500);
  });
  it('gradients: one pixel off at a kink is nothing, a field of other values is', () => {
    const size = 64 * 64;
    const grad = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
    const kink = grad.slice();
    kink[100]! += 0.0003;
    const wrong = grad.map((v) => v * 1.002);
    const of = (data: Float32Array) => ({ grad_image: { data, dims: [1, 1, 64, 64] } });
    expect(backendDifference(of(grad), of(kink))).toBeLessThan(0.1);
    expect(backendDifference(of(grad), of(wrong))).toBeGreaterThan(1);
  });
  it('over several inputs: one kink is forgiven, another function is not, and an agreement ends it', async () => {
    const asked: number[] = [];
    const over = (differences: number[], gradient = true) => leastDifference(gradient, (trial) => {
      asked.push(trial);
      return Promise.resolve(differences[trial]!);
    });
    expect(await over([0.2, 9, 9])).toBe(0.2);
    expect(asked).toEqual([0]);
    expect(await over([5.2, 0.03, 9])).toBe(0.03);
    expect(await over([7, 5, 6])).toBe(5);
    expect(asked).toHaveLength(1 + 2 + TRIALS);
    // Images have no kink to forgive, and no number is none on any input.
    expect(await over([5.2, 0.03, 9], false)).toBe(5.2);
    expect(await over([Infinity, 0.03, 9])).toBe(Infinity);
    expect(await over([5.2, Infinity, 0.03])).toBe(Infinity);
  });
  it('what is no number never agrees', () => {
    expect(backendDifference({ output: tensor(1) }, { output: tensor(NaN) })).toBe(Infinity);
    expect(backendDifference({ grad_image: tensor(1) }, { grad_image: tensor(NaN) })).toBe(Infinity);
    expect(backendDifference({ grad_image: tensor(0) }, { grad_image: tensor(0) })).toBe(0);
  });
});
