import { describe, expect, it } from 'vitest';
import { createNodeInfer } from '../../../src/inference/node';
import { bringYourOwn } from '../../../src/pipeline/bringYourOwn';
import { DEFAULT_ENHANCE, enhanceSlice } from '../../../src/pipeline/enhance';
import { doublingModel, linearModel, onnxModel } from '../../fixtures/onnx';
import { goldenImage } from '../../fixtures/golden';
import { registryOf } from '../../fixtures/models';
import { sliceOf } from '../../fixtures/memorySeries';

const CONTRACT = {
  id: 'mine', task: 'super-resolution', modality: ['MR'], scale: 2, halo: 1,
  inputs: [{ name: 'image', shape: [1, 1, 'H', 'W'], range: [0, 1] }], outputs: [{ name: 'output', shape: [1, 1, '2H', '2W'] }],
  normalisation: { type: 'percentile', low: 0.5, high: 99.5, scope: 'series' },
};
const contextOf = () => {
  const models = registryOf([]);
  return { models, infer: createNodeInfer(models), softwareVersion: '0.1.0' };
};
const bring = (onnx: Uint8Array, changes: object = {}, gradient?: Uint8Array) => bringYourOwn({ onnx, gradient, contract: JSON.stringify({ ...CONTRACT, ...changes }), name: 'mine.onnx' }, contextOf());

describe('bring your own model', () => {
  it('is checked, added, and then used as any other', async () => {
    const context = contextOf();
    const { forward, gradient } = doublingModel();
    const entry = await bringYourOwn({ onnx: forward, gradient, contract: JSON.stringify(CONTRACT), name: 'mine.onnx' }, context);
    expect(entry.id).toMatch(/^own-mine-[0-9a-f]{6}$/);
    expect(entry.variants.default!.gradient!.sha256).toMatch(/^[0-9a-f]{64}$/);
    const { augmentation } = await enhanceSlice(sliceOf(goldenImage(8, 8, 1), 900), entry.id, DEFAULT_ENHANCE, context);
    expect(augmentation.slice.raster.width).toBe(16);
    await expect(bringYourOwn({ onnx: forward, contract: JSON.stringify(CONTRACT), name: 'again' }, context)).rejects.toThrow('there is a model named own-mine');
  });

  it('is refused with what is wrong, and leaves nothing in the list', async () => {
    const { forward } = doublingModel();
    await expect(bring(new TextEncoder().encode('GIF89a, not a model'))).rejects.toThrow('model/invalid');
    await expect(bringYourOwn({ onnx: forward, contract: '{', name: '' }, contextOf())).rejects.toThrow('the contract is not JSON');
    await expect(bring(forward, { task: 'magic' })).rejects.toThrow('model/invalid: task');
    await expect(bring(forward, { inputs: [{ name: 'picture', shape: [1, 1, 'H', 'W'] }] })).rejects.toThrow('inputs are image; the contract says picture');
    await expect(bring(forward, { inputs: [{ name: 'image', shape: [1, 3, 'H', 'W'] }] })).rejects.toThrow('model/shape-mismatch');
    await expect(bring(forward, { outputs: [{ name: 'other', shape: [1, 1, 'H', 'W'] }] })).rejects.toThrow('other is missing');
    await expect(bring(forward, {}, forward)).rejects.toThrow('the contract says image, cotangent');
    const external = onnxModel({ nodes: [{ op: 'Identity', inputs: ['image'], outputs: ['output'] }], weights: [{ name: 'w', dims: [1], values: [], external: true }], inputs: { image: [1, 1, 'H', 'W'] }, outputs: { output: [1, 1, 'H', 'W'] } });
    await expect(bring(external)).rejects.toThrow('keeps its weights in other files');
    const context = contextOf();
    await expect(bringYourOwn({ onnx: linearModel([1]).forward, contract: JSON.stringify(CONTRACT), name: 'lies.onnx' }, context)).rejects.toThrow('a trial run gave 1 × 1 × 24 × 24; 1 × 1 × 48 × 48 was promised');
    expect(context.models.list()).toEqual([]);
  });
});
