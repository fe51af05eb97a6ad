import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNodeInfer } from '../../../src/inference/node';
import { loadManifest } from '../../../src/models';
import { doublingModel, linearModel, onnxModel } from '../../fixtures/onnx';
import { goldenImage, maxAbsDifference } from '../../fixtures/golden';
import { hasShipped, readShipped, registryOf } from '../../fixtures/models';
import golden from '../../golden/sr-mr-x2.json';

const image = goldenImage(9, 7, 1);
const tensor = { data: image.data, dims: [1, 1, 9, 7] };

describe('inference in Node', () => {
  const divide = onnxModel({ nodes: [{ op: 'Div', inputs: ['image', 'zero'], outputs: ['output'] }], weights: [{ name: 'zero', dims: [1], values: [0] }], inputs: { image: [1, 1, 'H', 'W'] }, outputs: { output: [1, 1, 'H', 'W'] } });
  const registry = registryOf([
    { entry: { id: 'linear' }, variants: { default: linearModel([0, 0, 0, 0, 2, 1, 0, 0, 0]) } },
    { entry: { id: 'double', scale: 2 }, variants: { default: doublingModel() } },
    { entry: { id: 'divide' }, variants: { default: { forward: divide } } },
    { entry: { id: 'broken' }, variants: { default: { forward: new TextEncoder().encode('not a model') } } },
  ]);
  const infer = createNodeInfer(registry);
  const forward = (modelId: string) => ({ modelId, variant: 'default', graph: 'forward' as const });

  it('runs a known convolution and says which backend ran', async () => {
    const { outputs, backend } = await infer(forward('linear'), { image: tensor });
    expect(backend).toBe('wasm');
    const want = image.data.map((v, i) => 2 * v + (i % 7 === 6 ? 0 : image.data[i + 1]!));
    expect(maxAbsDifference(outputs.output!.data, want)).toBeLessThan(1e-6);
  });

  it('keeps order when many are asked at once', async () => {
    const results = await Promise.all(Array.from({ length: 6 }, (_, i) => infer(forward(i % 2 ? 'linear' : 'double'), { image: { data: image.data.map((v) => v * i), dims: tensor.dims } })));
    results.forEach(({ outputs }, i) => expect(outputs.output!.dims).toEqual(i % 2 ? [1, 1, 9, 7] : [1, 1, 18, 14]));
    expect(results[4]!.outputs.output!.data[0]).toBeCloseTo(4 * image.data[0]!, 5);
  });

  it('makes a session again that had to give way to others', async () => {
    const many = registryOf(Array.from({ length: 18 }, (_, i) => ({ entry: { id: `m${i}` }, variants: { default: linearModel([0, 0, 0, 0, i + 1, 0, 0, 0, 0]) } })));
    const run = createNodeInfer(many);
    for (let i = 0; i < 18; i++) await run(forward(`m${i}`), { image: tensor });
    const { outputs } = await run(forward('m0'), { image: tensor });
    expect(maxAbsDifference(outputs.output!.data, image.data)).toBeLessThan(1e-6);
  });

  it('names what does not fit', async () => {
    await expect(infer(forward('linear'), { image: { data: image.data, dims: [1, 1, 9, 8] } })).rejects.toThrow('model/shape-mismatch');
    await expect(infer(forward('linear'), { picture: tensor })).rejects.toThrow('model/shape-mismatch: input image is missing');
    await expect(infer(forward('linear'), { image: { data: image.data, dims: [9, 7] } })).rejects.toThrow('model/shape-mismatch');
    await expect(infer(forward('divide'), { image: tensor })).rejects.toThrow('model/bad-output');
    await expect(infer(forward('broken'), { image: tensor })).rejects.toThrow('model/invalid');
    await expect(infer(forward('none'), { image: tensor })).rejects.toThrow('model/unknown');
    await expect(infer(forward('linear'), { image: tensor }, AbortSignal.abort())).rejects.toThrow(/abort|Cancel/i);
  });

  it.skipIf(!hasShipped('sr-mr-x2.onnx'))('gives what PyTorch gave for the shipped sr-mr-x2, forward and gradient', async () => {
    const shipped = createNodeInfer(await loadManifest(readShipped));
    const { height: h, width: w, scale: s } = golden;
    const x = { data: goldenImage(h, w, 1).data, dims: [1, 1, h, w] };
    const c = { data: goldenImage(h * s, w * s, 2).data.map((v) => v - 0.5), dims: [1, 1, h * s, w * s] };
    const ref = { modelId: golden.model, variant: golden.variant };
    const run = await shipped({ ...ref, graph: 'forward' }, { image: x });
    expect(maxAbsDifference(run.outputs.output!.data, golden.output)).toBeLessThan(5e-6);
    const back = await shipped({ ...ref, graph: 'gradient' }, { image: x, cotangent: c });
    const size = Math.max(...golden.gradImage.map(Math.abs));
    expect(maxAbsDifference(back.outputs.grad_image!.data, golden.gradImage) / size).toBeLessThan(1e-4);
    expect(maxAbsDifference(back.outputs.output!.data, run.outputs.output!.data)).toBeLessThan(1e-5);
  });

  it.skipIf(!hasShipped('sr-mr-x2.onnx'))('gives the same bits with one and two threads, in processes of their own', () => {
    const script = resolve(import.meta.dirname, '../../fixtures/outputHash.ts');
    const hash = (threads: number) => execFileSync(process.execPath, ['--import', 'tsx', script, String(threads)], { encoding: 'utf8' }).trim();
    const one = hash(1);
    expect(one).toMatch(/^1 [0-9a-f]{64}$/);
    expect(hash(2).replace(/^2/, '1')).toBe(one);
  });

  it('refuses another number of threads in the same process', () => {
    expect(() => createNodeInfer(registry, 2)).toThrow('internal');
  });
});
