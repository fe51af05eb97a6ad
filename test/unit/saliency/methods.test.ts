import { describe, expect, it } from 'vitest';
import { createNodeInfer } from '../../../src/inference/node';
import { imageTarget } from '../../../src/pipeline/explainTargets';
import { diffusionIndex, gradCam, gradient, integratedGradients, localAttribution, occlusion, rise, scoreFaithfulness, smoothGrad } from '../../../src/saliency';
import { detectGradients } from '../../../src/saliency/detector';
import { blurBox, gaussianTaps } from '../../../src/saliency/blur';
import { progressiveOrder } from '../../../src/saliency/gradients';
import { goldenImage, maxAbsDifference } from '../../fixtures/golden';
import { linearModel, squareModel, doublingModel } from '../../fixtures/onnx';
import { registryOf } from '../../fixtures/models';
import { phantom } from '../../fixtures/phantom';

const KERNEL = Array.from({ length: 25 }, (_, i) => ((i * 11) % 25) / 25 - 0.4);
/** Looks only at the pixel two to the left and one up, besides a little of itself. */
const PLANTED = Array.from({ length: 25 }, (_, i) => (i === 1 * 5 + 0 ? 1 : i === 12 ? 0.05 : 0));
const models = registryOf([
  { entry: { id: 'linear', halo: 2 }, variants: { default: linearModel(KERNEL) } },
  { entry: { id: 'identity', halo: 2 }, variants: { default: linearModel([1]) } },
  { entry: { id: 'planted', halo: 2 }, variants: { default: linearModel(PLANTED) } },
  { entry: { id: 'square', halo: 1 }, variants: { default: squareModel() } },
  { entry: { id: 'double', halo: 1, scale: 2 }, variants: { default: doublingModel() } },
  { entry: { id: 'closed', halo: 2 }, variants: { default: { forward: linearModel(KERNEL).forward } } },
]);
const infer = createNodeInfer(models);
const one = new Map([['default', 1]]);
const frame = goldenImage(20, 24, 3);
const ask = (id: string, region: { x: number; y: number; width: number; height: number }, consistent: 'bicubic' | null = null, image = frame) => imageTarget(image, region, models.get(id), one, consistent, infer);
const sum = (v: Float32Array) => v.reduce((s, x) => s + x, 0);

describe('gradient', () => {
  it('of a linear model is its kernel', async () => {
    const target = ask('linear', { x: 9, y: 8, width: 1, height: 1 });
    const { map } = await gradient(target);
    expect(target.box).toEqual({ x: 7, y: 6, width: 5, height: 5 });
    expect(maxAbsDifference(map, KERNEL)).toBeLessThan(1e-6);
  });

  it('of the identity is the region', async () => {
    const target = ask('identity', { x: 3, y: 4, width: 2, height: 3 });
    const { map } = await gradient(target);
    for (let i = 0; i < map.length; i++) {
      const x = target.box.x + (i % target.box.width), y = target.box.y + Math.floor(i / target.box.width);
      expect(map[i]).toBe(x >= 3 && x < 5 && y >= 4 && y < 7 ? 1 : 0);
    }
  });

  it('at the frame’s corner folds what replication fed back to the edge: its sum stays the kernel’s', async () => {
    const { map } = await gradient(ask('linear', { x: 0, y: 0, width: 1, height: 1 }));
    expect(sum(map)).toBeCloseTo(KERNEL.reduce((a, b) => a + b, 0), 5);
  });

  it('of an enlarger counts all new pixels of a cell', async () => {
    const target = ask('double', { x: 11, y: 10, width: 3, height: 2 });
    const { map } = await gradient(target);
    const at = (x: number, y: number) => map[(y - target.box.y) * target.box.width + x - target.box.x];
    expect([at(5, 5), at(6, 5), at(7, 5)]).toEqual([2, 4, 0]);
  });

  it('agrees with central differences, through the bicubic projection too', async () => {
    for (const [id, consistent] of [['square', null], ['double', 'bicubic'], ['linear', 'bicubic']] as const) {
      const target = ask(id, { x: 5, y: 6, width: 4, height: 3 }, consistent);
      const { map } = await gradient(target);
      const image = Float32Array.from({ length: map.length }, (_, i) => frame.data[(target.box.y + Math.floor(i / target.box.width)) * 24 + target.box.x + (i % target.box.width)]!);
      const size = map.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      for (let i = 0; i < map.length; i += 17) {
        const step = 1 / 64, up = image.slice(), down = image.slice();
        up[i]! += step;
        down[i]! -= step;
        const slope = (sum(await target.forward(up)) - sum(await target.forward(down))) / (2 * step);
        expect(Math.abs(slope - map[i]!) / size, `${id} ${i}`).toBeLessThan(1e-3);
      }
    }
  });

  it('needs a gradient graph', async () => {
    await expect(gradient(ask('closed', { x: 1, y: 1, width: 1, height: 1 }))).rejects.toThrow('model/no-gradient');
  });
});

describe('path methods', () => {
  it('integrated gradients of a linear model are gradient × input, and complete', async () => {
    const target = ask('linear', { x: 9, y: 8, width: 2, height: 2 });
    const g = (await gradient(target)).map, { map, completenessError } = await integratedGradients(target, 10);
    const image = Float32Array.from({ length: map.length }, (_, i) => frame.data[(target.box.y + Math.floor(i / target.box.width)) * 24 + target.box.x + (i % target.box.width)]!);
    expect(maxAbsDifference(map, g.map((v, i) => v * image[i]!))).toBeLessThan(1e-5);
    expect(completenessError).toBeLessThan(1e-4);
  });

  it('integrated gradients of a square are the square: the midpoint rule is exact for it', async () => {
    const { map, completenessError } = await integratedGradients(ask('square', { x: 2, y: 2, width: 1, height: 1 }), 4);
    const at = frame.data[2 * 24 + 2]!;
    expect(sum(map)).toBeCloseTo(at * at, 5);
    expect(completenessError).toBeLessThan(1e-4);
  });

  it('LAM is complete within 2 % on something like tissue, and coarse maps come first', async () => {
    const image = phantom(40, 40, 1), updates: number[] = [];
    const { map, completenessError } = await localAttribution(ask('linear', { x: 12, y: 12, width: 16, height: 16 }, null, image), 50, { onUpdate: (_, done) => updates.push(done) });
    expect(completenessError).toBeLessThan(0.02);
    expect(map.some((v) => v !== 0)).toBe(true);
    expect(updates).toEqual([5, 10, 25]);
  });

  it('visits every step once, spread from the start', () => {
    for (const n of [1, 7, 50, 64]) expect([...progressiveOrder(n)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    expect(progressiveOrder(50).slice(0, 5)).toEqual([5, 15, 25, 35, 45]);
  });

  it('stops when the region has moved on', async () => {
    const controller = new AbortController();
    let runs = 0;
    const gate = async () => void (++runs === 3 && controller.abort());
    await expect(localAttribution(ask('linear', { x: 5, y: 5, width: 8, height: 8 }), 50, { signal: controller.signal, gate })).rejects.toThrow(/Cancel|abort/i);
    expect(runs).toBe(3);
  });
});

describe('the planted dependency is found by every method', () => {
  const region = { x: 12, y: 10, width: 1, height: 1 };
  const target = ask('planted', region);
  const planted = (9 - target.box.y) * target.box.width + (10 - target.box.x);
  const strongest = (map: Float32Array) => map.reduce((best, v, i) => (Math.abs(v) > Math.abs(map[best]!) ? i : best), 0);

  it('gradient, integrated gradients, SmoothGrad', async () => {
    for (const { map } of [await gradient(target), await integratedGradients(target, 5), await smoothGrad(target, 5, 1)]) expect(strongest(map)).toBe(planted);
  });

  it('occlusion with squares of one pixel', async () => {
    expect(strongest((await occlusion(target, {}, [1])).map)).toBe(planted);
  });

  it('RISE', async () => {
    expect(strongest((await rise(target, 400, 2)).map)).toBe(planted);
  });

  it('SmoothGrad of a linear model is its gradient, and its seed decides on a curved one', async () => {
    expect(maxAbsDifference((await smoothGrad(target, 3, 1)).map, (await gradient(target)).map)).toBeLessThan(1e-6);
    const curved = ask('square', region);
    const a = await smoothGrad(curved, 3, 1);
    expect(await smoothGrad(curved, 3, 1)).toEqual(a);
    expect(await smoothGrad(curved, 3, 2)).not.toEqual(a);
  });

  it('is faithful: deleting it first takes the region away at once', async () => {
    const { curves, versusRandom, versusSobel, sentence } = await scoreFaithfulness(target, (await gradient(target)).map, 1);
    expect(versusRandom).toBeGreaterThan(0.5);
    expect(versusSobel).toBeGreaterThan(0.3);
    for (const c of curves) expect([c.deletion[0], c.deletion.at(-1), c.insertion[0], c.insertion.at(-1)]).toEqual([1, 0, 0, 1]);
    expect(sentence).toMatch(/sooner than a random order does, and \d+ % sooner/);
    const wrong = new Float32Array(target.box.width * target.box.height).fill(1);
    wrong[planted] = 0;
    expect((await scoreFaithfulness(target, wrong, 1)).versusRandom).toBeLessThan(0);
  });
});

describe('pieces', () => {
  it('the gradient detector’s gradient agrees with central differences', () => {
    const region = phantom(6, 7, 2).data, { cotangent } = detectGradients(region, 7, 6);
    for (let i = 0; i < region.length; i++) {
      const step = 1e-4, up = Float64Array.from(region), down = Float64Array.from(region);
      up[i]! += step;
      down[i]! -= step;
      const slope = (detectGradients(up as unknown as Float32Array, 7, 6).value - detectGradients(down as unknown as Float32Array, 7, 6).value) / (2 * step);
      expect(slope).toBeCloseTo(cotangent[i]!, 2);
    }
  });

  it('diffusion index: one pixel is nearly 0, an even field 100, independent of the box it stands in', () => {
    const one = new Float32Array(64 * 64);
    one[2000] = 1;
    expect(diffusionIndex(one, 64, 64)).toBeLessThan(0.1);
    expect(diffusionIndex(new Float32Array(64 * 64).fill(-2), 64, 64)).toBeCloseTo(100, 6);
    const small = Float32Array.from({ length: 100 }, (_, i) => i), padded = new Float32Array(400);
    for (let y = 0; y < 10; y++) padded.set(small.subarray(y * 10, y * 10 + 10), (y + 5) * 20 + 5);
    expect(diffusionIndex(padded, 20, 20)).toBeCloseTo(diffusionIndex(small, 10, 10), 9);
    expect(diffusionIndex(new Float32Array(4), 2, 2)).toBe(0);
  });

  it('blur keeps a constant and takes neighbours from outside the box', () => {
    const flat = { ...frame, data: frame.data.map(() => 0.3) }, box = { x: 4, y: 4, width: 3, height: 3 };
    expect(maxAbsDifference(blurBox(flat, box, gaussianTaps(9, 1.2)), new Float32Array(9).fill(0.3))).toBeLessThan(1e-6);
    const whole = blurBox(frame, { x: 0, y: 0, width: 24, height: 20 }, gaussianTaps(9, 1.2));
    expect(blurBox(frame, box, gaussianTaps(9, 1.2))[4]).toBe(whole[5 * 24 + 5]);
    expect(maxAbsDifference(gaussianTaps(9, 0), [0, 0, 0, 0, 1, 0, 0, 0, 0])).toBe(0);
  });

  it('Grad-CAM weighs features by their mean gradient and cuts what is negative', () => {
    expect([...gradCam(Float32Array.of(1, 2, 3, 4, 1, 1, 1, 10), Float32Array.of(1, 1, 1, 1, -1, -1, -1, -1), 2)]).toEqual([0, 1, 2, 0]);
  });
});
