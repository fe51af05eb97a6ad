import { describe, expect, it } from 'vitest';
import { spearman } from '../../../src/core/metrics';
import { createNodeInfer } from '../../../src/inference/node';
import { loadManifest } from '../../../src/models';
import { DEFAULT_ENHANCE, enhanceSlice, reblend, type EngineContext, type EnhanceSettings } from '../../../src/pipeline/enhance';
import { areasOfInterest, differenceMap, explainRegion, realismMap, type ExplainTarget, type SaliencyMap } from '../../../src/pipeline/explain';
import { goldenImage } from '../../fixtures/golden';
import { doublingModel, linearModel, onnxModel } from '../../fixtures/onnx';
import { hasShipped, readShipped, registryOf } from '../../fixtures/models';
import { phantom } from '../../fixtures/phantom';
import { makeSlice, sliceOf } from '../../fixtures/memorySeries';

const mean4 = onnxModel({ nodes: [{ op: 'AveragePool', inputs: ['image'], outputs: ['output'], attributes: { kernel_shape: [4, 4], strides: [4, 4] } }], inputs: { image: [1, 1, 'H', 'W'] }, outputs: { output: [1, 1, 'h', 'w'] } });
const KERNEL = Array.from({ length: 9 }, (_, i) => (i + 1) / 20);
const built = registryOf([
  { entry: { id: 'blend', scale: 2, halo: 1 }, variants: { faithful: doublingModel(KERNEL), perceptual: doublingModel([1], 0.5) } },
  { entry: { id: 'patch', task: 'lesion-insert', patch: 8, halo: 0, inputs: [{ name: 'image', shape: [1, 1, 8, 8] }, { name: 'mask', shape: [1, 1, 8, 8] }] }, variants: { default: linearModel(KERNEL) } },
  { entry: { id: 'realism', task: 'realism', multipleOf: 4, outputs: [{ name: 'output', shape: [1, 1, 'h', 'w'] }] }, variants: { default: { forward: mean4 } } },
  { entry: { id: 'segment', task: 'segmentation', halo: 1 }, variants: { default: linearModel([1]) } },
]);
const infer = createNodeInfer(built);
const context: EngineContext = { infer, models: built, softwareVersion: '0.1.0' };
const identity = { low: 0, high: 1, source: 'identity' as const };
/** Values on a fine grid of their own, so that no rounding hides a small change. */
const slice = { ...makeSlice(new Float32Array(16 * 14), 16, 14), raster: { ...goldenImage(14, 16, 3), unit: 'modality' as const }, stored: null };
const target = (settings: Partial<EnhanceSettings>): ExplainTarget => ({ kind: 'super-resolution', modelId: 'blend', range: identity, settings: { perceptual: 0, consistent: false, operator: 'auto', ...settings } });

describe('what is explained is the shown image', () => {
  it.each([
    ['the blend', { perceptual: 0.25 }],
    ['bicubic consistency', { perceptual: 0.25, consistent: true, operator: 'bicubic' as const }],
    ['k-space consistency', { perceptual: 0.25, consistent: true, operator: 'kspace' as const }],
    ['the mean over eight orientations', { perceptual: 0.25, averaged: true }],
    ['that and bicubic consistency', { perceptual: 0.25, averaged: true, consistent: true, operator: 'bicubic' as const }],
    ['that and k-space consistency', { perceptual: 0.25, averaged: true, consistent: true, operator: 'kspace' as const }],
  ])('through %s the gradient agrees with differences of the enhanced slice', async (_, settings) => {
    const region = { x: 11, y: 12, width: 5, height: 4 };
    const { map, explains } = await explainRegion(slice, target(settings), { method: 'gradient', region }, context);
    expect(explains).toBe('shown image');
    const full: EnhanceSettings = { ...DEFAULT_ENHANCE, ...settings };
    const sum = async (index: number, step: number): Promise<number> => {
      const data = slice.raster.data.slice();
      data[index]! += step;
      const { raster } = reblend((await enhanceSlice({ ...slice, raster: { ...slice.raster, data } }, 'blend', full, context, identity)).parts, full, context).augmentation.slice;
      let total = 0;
      for (let y = 0; y < region.height; y++) for (let x = 0; x < region.width; x++) total += raster.data[(region.y + y) * raster.width + region.x + x]!;
      return total;
    };
    const size = map.raster.data.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    for (const index of [6 * 16 + 5, 7 * 16 + 7, 5 * 16 + 9, 9 * 16 + 6, 3 * 16 + 3, 0]) {
      const slope = ((await sum(index, 0.25)) - (await sum(index, -0.25))) / 0.5;
      expect(Math.abs(slope - map.raster.data[index]!) / size, `pixel ${index}`).toBeLessThan(1e-3);
    }
  });

  it('says where a step cannot be gone through, and refuses an empty region', async () => {
    const consistent = target({ consistent: true, operator: 'kspace' });
    expect((await explainRegion(slice, consistent, { method: 'occlusion', region: { x: 4, y: 4, width: 2, height: 2 } }, context)).explains).toBe('network output only');
    for (const region of [{ x: 4, y: 4, width: 0, height: 2 }, { x: 99, y: 0, width: 3, height: 3 }]) {
      await expect(explainRegion(slice, target({}), { method: 'gradient', region }, context)).rejects.toThrow('saliency/no-region');
    }
  });

  it('says that the score of the gradient through k-space is of the network’s output', async () => {
    const ask = (settings: Partial<EnhanceSettings>) => explainRegion(slice, target(settings), { method: 'gradient', region: { x: 8, y: 8, width: 4, height: 4 }, faithfulness: true }, context);
    const [through, local] = [await ask({ consistent: true, operator: 'kspace' }), await ask({ consistent: true, operator: 'bicubic' })];
    expect([through.explains, through.parameters.scored]).toEqual(['shown image', 'network output only']);
    expect(through.faithfulness!.sentence).toMatch(/ This was scored on the network’s output, without the projection\.$/);
    expect(local.parameters).not.toHaveProperty('scored');
    expect(local.faithfulness!.sentence).not.toContain('without the projection');
  });

  it.each([[7, 12, 1, 6], [31, 21, 1, 6], [3, 0, 9, 1]])('LAM sees a region of one pixel as two, inside the image (%d, %d: %d × %d)', async (x, y, width, height) => {
    const { map, region } = await explainRegion(slice, target({}), { method: 'lam', region: { x, y, width, height }, steps: 4 }, context);
    expect([region.width, region.height]).toEqual([Math.max(2, width), Math.max(2, height)]);
    expect([region.x >= 0, region.x + region.width <= 32, region.y + region.height <= 28]).toEqual([true, true, true]);
    expect(region.x <= x && region.y <= y && map.raster.data.some((v) => v !== 0)).toBe(true);
  });

  it('is zero beyond region ± halo, to the bit', async () => {
    const { map } = await explainRegion(slice, target({}), { method: 'gradient', region: { x: 12, y: 12, width: 2, height: 2 } }, context);
    expect(map.box).toEqual({ x: 5, y: 5, width: 3, height: 3 });
    map.raster.data.forEach((v, i) => {
      const x = i % 16, y = Math.floor(i / 16);
      if (x < 5 || x > 7 || y < 5 || y > 7) expect(v).toBe(0);
      else expect(v).not.toBe(0);
    });
  });
});

describe('other targets and maps', () => {
  it('a lesion patch is explained on the patch', async () => {
    const patch = goldenImage(8, 8, 2);
    const { map } = await explainRegion(slice, { kind: 'lesion', modelId: 'patch', patch, mask: { ...patch, data: new Float32Array(64) } }, { method: 'gradient', region: { x: 3, y: 3, width: 1, height: 1 } }, { ...context, infer: (ref, { mask: _, ...inputs }, signal) => infer(ref, inputs, signal) });
    expect([map.raster.width, map.raster.data[2 * 8 + 2], map.raster.data[4 * 8 + 4]]).toEqual([8, expect.closeTo(0.05, 6), expect.closeTo(0.45, 6)]);
  });

  it('the difference map is zero for the same image, and against an enlarged one uses bicubic', async () => {
    expect(differenceMap(slice, slice).data.every((v) => v === 0)).toBe(true);
    const flat = makeSlice(new Array(64).fill(5), 8, 8), big = makeSlice(new Array(256).fill(8), 16, 16);
    expect([...new Set(differenceMap(flat, big).data)]).toEqual([3]);
  });

  it('realism comes in the cells of its model, on the slice', async () => {
    const steps = makeSlice(Array.from({ length: 64 }, (_, i) => ((i % 8) < 4 ? 0 : 1)), 8, 8);
    const { raster, nativePx } = await realismMap(steps, 'realism', context);
    expect([nativePx, raster.data[0], raster.data[3], raster.data[4]]).toEqual([4, 0, 0, 1]);
    await expect(realismMap(steps, 'segment', context)).rejects.toThrow('model/invalid');
  });

  it('segmenters, critics and their explanations see the same values: padding filled, nothing clipped', async () => {
    const values = [-3024, -1000, 1200, 400, 40, -700, 0, 0, 0, 0, 0, 0, 0, 0, 0, -3024];
    const ct = makeSlice(values, 4, 4, { modality: 'CT', stored: { data: Int16Array.from(values), bitsStored: 16, slope: 1, intercept: 0, padding: { low: -3024, high: -3024 } } });
    const window = { low: -1000, high: 400, source: 'window' as const }, fed: number[][] = [];
    const spy: EngineContext = { ...context, infer: (ref, inputs, signal) => {
      const { data, dims } = inputs.image!;
      const reach = (dims[3]! - 4) / 2; // 1 for the segmenter, 4 for the critic
      fed.push(Array.from({ length: 16 }, (_, i) => data[(Math.floor(i / 4) + reach) * dims[3]! + (i % 4) + reach]!));
      return infer(ref, inputs, signal);
    } };
    const whole = { x: 0, y: 0, width: 4, height: 4 };
    await areasOfInterest(ct, 'segment', spy, window);
    await explainRegion(ct, { kind: 'segmentation', modelId: 'segment', range: window }, { method: 'gradient', region: whole }, spy);
    await realismMap(ct, 'realism', spy, window);
    for (const seen of fed) expect(seen.map((v) => Math.round(v * 1400 - 1000))).toEqual(values.map((v) => Math.max(-1000, v)));
    expect(fed).toHaveLength(3);
  });

  it('areas of interest: probability and label', async () => {
    const { probability, label } = await areasOfInterest(makeSlice([0, 1, 1, 0], 2, 2), 'segment', context);
    expect([[...probability.raster.data], [...label.data]]).toEqual([[0, 1, 1, 0], [0, 1, 1, 0]]);
  });
});

describe.skipIf(!hasShipped('sr-mr-x2.onnx'))('shipped models', async () => {
  const shipped = await loadManifest(readShipped);
  const real: EngineContext = { infer: createNodeInfer(shipped), models: shipped, softwareVersion: '0.1.0' };
  const tissue = sliceOf(phantom(64, 64, 7), 1000);
  const range = { low: 0, high: 1000, source: 'percentile' as const };
  const region = { x: 56, y: 60, width: 16, height: 16 };
  const ask = (modelId: string, variant: number, options: object) => explainRegion(tissue, { kind: 'super-resolution', modelId, range, settings: { perceptual: variant, consistent: false, operator: 'auto' } }, { method: 'gradient', region, ...options }, real);
  const inside = ({ raster, box }: SaliencyMap): number[] => Array.from({ length: box.width * box.height }, (_, i) => raster.data[(box.y + Math.floor(i / box.width)) * raster.width + box.x + (i % box.width)]!);
  const cases = shipped.list('super-resolution').filter((m) => m.scale === 2 || m.scale === 4).flatMap((m) => (m.variants.perceptual ? [[m.id, 0], [m.id, 1]] : [[m.id, 0]])) as [string, number][];

  it.each(cases)('%s at %d: with all weights randomised the signed map is another (|Spearman| ≤ 0.2)', async (id, variant) => {
    const plain = inside((await ask(id, variant, {})).map);
    const noise = [1, 2, 3, 4, 5];
    const correlations = await Promise.all(noise.map(async (seed) => spearman(plain, inside((await ask(id, variant, { randomise: 1, seed })).map))));
    expect(Math.abs(correlations.reduce((a, b) => a + b, 0) / noise.length)).toBeLessThanOrEqual(0.2);
    expect(spearman(plain, inside((await ask(id, variant, {})).map))).toBeCloseTo(1, 9);
  });

  it.each(cases)('%s at %d: LAM is complete within 2 %%, and faithful', async (id, variant) => {
    const { completenessError, diffusionIndex, faithfulness } = await ask(id, variant, { method: 'lam', faithfulness: true });
    expect(completenessError).toBeLessThanOrEqual(0.02);
    expect(diffusionIndex).toBeGreaterThan(0.5);
    expect(faithfulness!.versusRandom).toBeGreaterThanOrEqual(0.3);
    expect(faithfulness!.versusSobel).toBeGreaterThan(0);
  });

  it('Grad-CAM of a segmenter comes in the cells of its deepest features and is not negative', async () => {
    const model = shipped.list('segmentation')[0]!;
    const { map } = await explainRegion(tissue, { kind: 'segmentation', modelId: model.id, range }, { method: 'grad-cam', region: { x: 20, y: 24, width: 16, height: 16 } }, real);
    const values = map.raster.data, m = model.multipleOf;
    expect(map.nativePx).toBe(m);
    expect(values.every((v) => v >= 0)).toBe(true);
    for (let y = 0; y < 64; y += m) for (let x = 0; x < 64; x += m) for (let k = 1; k < m; k++) expect(values[y * 64 + x + k]).toBe(values[y * 64 + x]);
  });
});
