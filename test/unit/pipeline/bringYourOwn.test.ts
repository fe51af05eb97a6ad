import { describe, expect, it } from 'vitest';
import { planTiles } from '../../../src/core/tile';
import { createNodeInfer } from '../../../src/inference/node';
import { bringYourOwn } from '../../../src/pipeline/bringYourOwn';
import { DEFAULT_ENHANCE, enhanceSlice } from '../../../src/pipeline/enhance';
import { areasOfInterest, explainRegion, realismMap } from '../../../src/pipeline/explain';
import { DEFAULT_LESION, insertLesion } from '../../../src/pipeline/insertLesion';
import { chestSlice } from '../../fixtures/chest';
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

  it('is refused where the studio cannot feed what the contract says', async () => {
    const { forward } = doublingModel();
    const port = (side: number) => ({ inputs: [{ name: 'image', shape: [1, 1, side, side] }] });
    await expect(bring(forward, { patch: 32, ...port(64) })).rejects.toThrow('model/invalid: an image of 1 × 1 × 64 × 64 is no square of the patch, 32');
    await expect(bring(forward, { patch: 30, multipleOf: 8 })).rejects.toThrow('a patch of 30 is no multiple of 8');
    await expect(bring(forward, { patch: 32, halo: 16 })).rejects.toThrow('a halo of 16 leaves nothing of a patch of 32');
    await expect(bring(forward, { inputs: [...CONTRACT.inputs, { name: 'mask', shape: [1, 1, 'H', 'W'] }] })).rejects.toThrow('a super-resolution model takes 1 input; the contract names 2');
  });
});

describe('a network of a fixed size', () => {
  const shape = (side: number) => [1, 1, side, side];
  const fixed = (op: object, scale: number, name: string) =>
    onnxModel({ nodes: [{ inputs: [name], outputs: ['output'], ...op } as never], inputs: { [name]: shape(16) }, outputs: { output: shape(16 * scale) } });
  const around = linearModel(Array.from({ length: 9 }, (_, i) => (i + 1) / 45));
  const tissue = sliceOf(goldenImage(37, 50, 1), 900);

  it('gets tiles of exactly that size, and they give what one piece gives', async () => {
    for (const tile of planTiles(50, 37, { tile: 256, halo: 3, multipleOf: 4, patch: 16 })) {
      expect([tile.inputWidth, tile.inputHeight, tile.inputX % 4, tile.inputY % 4].map(Math.abs)).toEqual([16, 16, 0, 0]);
      expect(Math.max(tile.width, tile.height)).toBeLessThanOrEqual(8);
    }
    const context = contextOf(), fed = new Set<string>();
    const spy = { ...context, infer: ((ref, inputs, signal) => (fed.add(Object.values(inputs)[0]!.dims.join()), context.infer(ref, inputs, signal))) as typeof context.infer };
    const contract = { ...CONTRACT, scale: 1, task: 'segmentation', outputs: [{ name: 'output', shape: [1, 1, 'H', 'W'] }] };
    const free = await bringYourOwn({ onnx: around.forward, contract: JSON.stringify({ ...contract, id: 'free' }), name: '' }, context);
    const patch = await bringYourOwn({ onnx: around.forward, contract: JSON.stringify({ ...contract, id: 'patch', patch: 16 }), name: '' }, context);
    const [whole, tiled] = [await areasOfInterest(tissue, free.id, context), await areasOfInterest(tissue, patch.id, spy)];
    expect([...fed]).toEqual(['1,1,16,16']);
    expect(tiled.probability.raster.data).toEqual(whole.probability.raster.data);
    const region = { x: 3, y: 4, width: 6, height: 5 };
    const asked = (modelId: string) => explainRegion(tissue, { kind: 'segmentation', modelId, range: { low: 0, high: 900, source: 'percentile' } }, { method: 'occlusion', region }, spy);
    expect((await asked(patch.id)).map.raster.data).toEqual((await asked(free.id)).map.raster.data);
    await expect(explainRegion(tissue, { kind: 'segmentation', modelId: patch.id, range: { low: 0, high: 900, source: 'percentile' } }, { method: 'occlusion', region: { ...region, width: 30 } }, context)).rejects.toThrow('with its halo this region needs');
  });

  it('is enlarged and judged in tiles; the size may stand in the shape alone, and the input may have any name', async () => {
    const context = contextOf();
    const contract = { ...CONTRACT, halo: 0, inputs: [{ name: 'picture', shape: shape(16) }], outputs: [{ name: 'output', shape: shape(32) }] };
    const onnx = onnxModel({ nodes: [{ op: 'Resize', inputs: ['picture', '', 'scales'], outputs: ['output'], attributes: { mode: 'nearest' } }], weights: [{ name: 'scales', dims: [4], values: [1, 1, 2, 2] }], inputs: { picture: shape(16) }, outputs: { output: shape(32) } });
    const entry = await bringYourOwn({ onnx, contract: JSON.stringify(contract), name: '' }, context);
    expect(entry.patch).toBe(16);
    const { raster } = (await enhanceSlice(tissue, entry.id, DEFAULT_ENHANCE, context)).augmentation.slice;
    expect([raster.width, raster.height]).toEqual([100, 74]);
    expect(Math.max(...Array.from(raster.data, (v, i) => Math.abs(v - tissue.raster.data[Math.floor(i / 200) * 50 + Math.floor((i % 100) / 2)]!)))).toBeLessThan(1.001);
    const critic = fixed({ op: 'AveragePool', attributes: { kernel_shape: [4, 4], strides: [4, 4] } }, 0.25, 'picture');
    const judge = await bringYourOwn({ onnx: critic, contract: JSON.stringify({ ...contract, id: 'judge', task: 'realism', scale: 1, multipleOf: 4, normalisation: { type: 'identity' }, outputs: [{ name: 'output', shape: shape(4) }] }), name: '' }, context);
    const { raster: scores, nativePx } = await realismMap(tissue, judge.id, context);
    let mean = 0;
    for (let k = 0; k < 16; k++) mean += tissue.raster.data[(20 + (k >> 2)) * 50 + 16 + (k & 3)]! / 16;
    expect([nativePx, scores.width, scores.data[21 * 50 + 17]]).toEqual([4, 50, expect.closeTo(mean, 2)]);
  });

  it('lesion models of other port names are fed by their order', async () => {
    const context = contextOf(), square = shape(64);
    const onnx = onnxModel({
      nodes: [{ op: 'Sub', inputs: ['level', 'x'], outputs: ['d'] }, { op: 'Mul', inputs: ['d', 'm'], outputs: ['dm'] }, { op: 'Add', inputs: ['x', 'dm'], outputs: ['output'] }],
      weights: [{ name: 'level', dims: [1], values: [0.9] }], inputs: { x: square, m: square }, outputs: { output: square },
    });
    const contract = { id: 'paint', task: 'lesion-insert', modality: ['CT'], inputs: [{ name: 'x', shape: square }, { name: 'm', shape: square }], outputs: [{ name: 'output', shape: square }], normalisation: { type: 'window', low: -1000, high: 400 } };
    const entry = await bringYourOwn({ onnx, contract: JSON.stringify(contract), name: '' }, context);
    const { measures } = await insertLesion(chestSlice(), { ...DEFAULT_LESION, modelId: entry.id, seed: 1, place: { kind: 'auto' } }, { low: -1000, high: 400, source: 'window' }, context);
    expect(measures.meanInside).toBeCloseTo(260, 0);
  });
});

describe('percentiles of each slice', () => {
  it('are taken where the contract says so, whatever the series has', async () => {
    const context = contextOf();
    const { forward } = doublingModel();
    const series = { low: 0, high: 5000, source: 'percentile' as const };
    const rangeWith = async (scope: string) => {
      const entry = await bringYourOwn({ onnx: forward, contract: JSON.stringify({ ...CONTRACT, id: `of-${scope}`, normalisation: { ...CONTRACT.normalisation, scope } }), name: '' }, context);
      return (await enhanceSlice(sliceOf(goldenImage(8, 8, 1), 900), entry.id, DEFAULT_ENHANCE, context, series)).parts.range;
    };
    expect(await rangeWith('series')).toEqual(series);
    expect((await rangeWith('slice')).high).toBeLessThanOrEqual(900);
  });
});
