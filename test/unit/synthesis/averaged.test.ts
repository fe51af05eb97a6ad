import { describe, expect, it } from 'vitest';
import { averagedInfer } from '../../../src/synthesis/superResolution';
import { createNodeInfer } from '../../../src/inference/node';
import { loadManifest } from '../../../src/models';
import { goldenImage } from '../../fixtures/golden';
import { hasShipped, readShipped, registryOf } from '../../fixtures/models';
import { linearModel } from '../../fixtures/onnx';

const KERNEL = [1, 2, 3, 4, 5, 6, 7, 8, 10];
const models = registryOf([{ entry: { id: 'linear', scale: 1, halo: 1 }, variants: { faithful: linearModel(KERNEL) } }]);
const image = goldenImage(5, 7, 1);
const inputs = { image: { data: image.data, dims: [1, 1, 5, 7] } };

/** The same convolution, written out. */
function convolve(kernel: readonly number[], data: ArrayLike<number>, width: number, height: number): number[] {
  return Array.from({ length: width * height }, (_, i) => {
    const x = i % width, y = Math.floor(i / width);
    let sum = 0;
    for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) {
      if (x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height) sum += kernel[(dy + 1) * 3 + dx + 1]! * data[(y + dy) * width + x + dx]!;
    }
    return sum;
  });
}

/** Mean of a 3 × 3 kernel over turns and mirroring: its middle, the mean of its sides, the mean of its corners. */
const SIDE = (2 + 4 + 6 + 8) / 4, CORNER = (1 + 3 + 7 + 10) / 4;
const MEAN = [CORNER, SIDE, CORNER, SIDE, 5, SIDE, CORNER, SIDE, CORNER];

describe('the mean over eight orientations', () => {
  it('of a convolution is the convolution with the mean kernel, forward and backward', async () => {
    const infer = averagedInfer(createNodeInfer(models));
    const forward = await infer({ modelId: 'linear', variant: 'faithful', graph: 'forward' }, inputs);
    expect(forward.outputs.output!.dims).toEqual([1, 1, 5, 7]);
    const wanted = convolve(MEAN, image.data, 7, 5);
    forward.outputs.output!.data.forEach((v, i) => expect(v).toBeCloseTo(wanted[i]!, 4));
    expect(forward.backend).toBe('wasm');

    const cotangent = goldenImage(5, 7, 2).data;
    const back = await infer({ modelId: 'linear', variant: 'faithful', graph: 'gradient' }, { ...inputs, cotangent: { data: cotangent, dims: [1, 1, 5, 7] } });
    const gradient = convolve(MEAN, cotangent, 7, 5); // a symmetric kernel is its own adjoint
    back.outputs.grad_image!.data.forEach((v, i) => expect(v).toBeCloseTo(gradient[i]!, 4));
  });

  it('runs eight times, gives the signal on, and stops where a run stops', async () => {
    const { signal } = new AbortController();
    let runs = 0;
    const infer = averagedInfer((_, { image: given }, got) => {
      expect(got).toBe(signal);
      if (++runs === 5) return Promise.reject(new Error('no more'));
      return Promise.resolve({ outputs: { output: given! }, backend: 'wasm', milliseconds: 1 });
    });
    await expect(infer({ modelId: 'm', variant: 'v', graph: 'forward' }, inputs, signal)).rejects.toThrow('no more');
    expect(runs).toBe(5);
  });

  it.skipIf(!hasShipped('sr-mr-x2.onnx'))('of a shipped model turns with its input', async () => {
    const shipped = await loadManifest(readShipped);
    const infer = averagedInfer(createNodeInfer(shipped));
    const ref = { modelId: 'sr-mr-x2', variant: 'faithful', graph: 'forward' } as const;
    const { data } = goldenImage(24, 20, 3);
    const transposed = Float32Array.from({ length: 480 }, (_, i) => data[(i % 24) * 20 + Math.floor(i / 24)]!);
    const one = (await infer(ref, { image: { data, dims: [1, 1, 24, 20] } })).outputs.output!.data;
    const other = (await infer(ref, { image: { data: transposed, dims: [1, 1, 20, 24] } })).outputs.output!;
    expect(other.dims).toEqual([1, 1, 40, 48]);
    other.data.forEach((v, i) => expect(Math.abs(v - one[(i % 48) * 40 + Math.floor(i / 48)]!)).toBeLessThan(1e-5));
  });
});
