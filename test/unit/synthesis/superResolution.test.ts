import { describe, expect, it } from 'vitest';
import { toPlane } from '../../../src/core/resample';
import { createNodeInfer } from '../../../src/inference/node';
import { loadManifest } from '../../../src/models';
import { blendOutputs, inconsistency, makeReduction, projectConsistent, pullBack, runTiled, variantWeights } from '../../../src/synthesis/superResolution';
import { goldenImage, maxAbsDifference } from '../../fixtures/golden';
import { doublingModel, linearModel } from '../../fixtures/onnx';
import { hasShipped, readShipped, registryOf } from '../../fixtures/models';

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((s, v, i) => s + v * b[i]!, 0);

describe('reductions', () => {
  for (const kind of ['bicubic', 'kspace'] as const) for (const [h, w, s] of [[12, 16, 2], [11, 9, 2], [8, 6, 4]] as const) {
    it(`${kind} ×${s} on ${h} × ${w}: the projection reduces to the input, changes nothing twice, and goes back by its adjoint`, () => {
      const reduction = makeReduction(kind, s, w, h);
      const input = goldenImage(h, w, 1), high = goldenImage(h * s, w * s, 2);
      const shown = projectConsistent(high, input, reduction);
      expect(maxAbsDifference(inconsistency(shown, input, reduction).data, new Float32Array(h * w))).toBeLessThan(1e-6);
      expect(maxAbsDifference(projectConsistent(shown, input, reduction).data, shown.data)).toBeLessThan(1e-6);
      // shown = P·high + D⁺·input, so ⟨c, shown⟩ = ⟨Pᵀc, high⟩ + ⟨(D⁺)ᵀc, input⟩.
      const c = toPlane(goldenImage(h * s, w * s, 3));
      const back = pullBack(c, { perceptual: 0, consistent: reduction });
      expect(dot(c.data, shown.data)).toBeCloseTo(dot(back.output.data, high.data) + dot(back.input!.data, input.data), 2);
    });
  }

  it('without consistency a cotangent passes', () => {
    const c = toPlane(goldenImage(4, 4, 1));
    expect(pullBack(c, { perceptual: 0, consistent: null })).toEqual({ output: c, input: null });
  });
});

describe('blend of variants', () => {
  it('weighs faithful and perceptual, and ignores the slider where there is one variant', () => {
    expect([...variantWeights(['faithful', 'perceptual'], 0.25)]).toEqual([['faithful', 0.75], ['perceptual', 0.25]]);
    expect([...variantWeights(['perceptual', 'faithful'], 0)]).toEqual([['faithful', 1]]);
    expect([...variantWeights(['faithful', 'perceptual'], 2)]).toEqual([['perceptual', 1]]);
    expect([...variantWeights(['default'], 0.7)]).toEqual([['default', 1]]);
    const a = goldenImage(2, 2, 1), b = goldenImage(2, 2, 2);
    const mixed = blendOutputs(new Map([['faithful', a], ['perceptual', b]]), 0.5);
    expect(mixed.data[3]).toBeCloseTo((a.data[3]! + b.data[3]!) / 2, 6);
  });
});

describe('tiles through a network', () => {
  const box = Array.from({ length: 25 }, (_, i) => (i % 3) / 10);
  const registry = registryOf([
    { entry: { id: 'double', scale: 2, halo: 2 }, variants: { default: doublingModel(box) } },
    { entry: { id: 'grid', scale: 2, halo: 3, multipleOf: 4 }, variants: { default: doublingModel(box) } },
    { entry: { id: 'liar', scale: 2, halo: 0 }, variants: { default: linearModel([1]) } },
  ]);
  const infer = createNodeInfer(registry);

  it.each(['double', 'grid'])('%s: tiled equals untiled, edges replicated', async (id) => {
    const model = registry.get(id), image = goldenImage(37, 50, 3);
    const whole = await runTiled(image, model, 'default', infer, { tile: 64 });
    const progress: number[][] = [];
    const tiled = await runTiled(image, model, 'default', infer, { tile: 16, onProgress: (d, t) => progress.push([d, t]) });
    expect(maxAbsDifference(tiled.output.data, whole.output.data)).toBeLessThan(1e-6);
    expect(progress.at(-1)).toEqual([progress.length, progress.length]);
    expect(progress.length).toBeGreaterThan(6);
    // The corner: a replicated frame under the kernel.
    const at = (y: number, x: number) => image.data[Math.min(36, Math.max(0, y)) * 50 + Math.min(49, Math.max(0, x))]!;
    const corner = box.reduce((s, k, i) => s + k * at(Math.floor(i / 5) - 2, (i % 5) - 2), 0);
    expect(whole.output.data[0]).toBeCloseTo(corner, 5);
  });

  it('a 512 × 512 slice reaches the network in tiles of bounded size, one at a time', async () => {
    const model = registry.get('double');
    let largest = 0, under = 0, most = 0;
    const { output } = await runTiled(goldenImage(512, 512, 4), model, 'default', async (ref, inputs, signal) => {
      largest = Math.max(largest, inputs.image!.data.length);
      most = Math.max(most, ++under);
      const result = await infer(ref, inputs, signal);
      under--;
      return result;
    });
    expect([output.width, output.height]).toEqual([1024, 1024]);
    expect(most).toBe(1);
    expect(largest).toBeLessThanOrEqual((256 + 2 * model.halo) ** 2);
  });

  it('stops between tiles, waits at the gate, and refuses an output of another size', async () => {
    const model = registry.get('double'), image = goldenImage(40, 40, 3), controller = new AbortController();
    let done = 0, waits = 0;
    const gate = async () => void waits++;
    const run = runTiled(image, model, 'default', infer, { tile: 16, signal: controller.signal, gate, onProgress: () => ++done === 2 && controller.abort() });
    await expect(run).rejects.toThrow(/Cancel/);
    expect([done, waits]).toEqual([2, 2]);
    await expect(runTiled(image, registry.get('liar'), 'default', infer)).rejects.toThrow('model/shape-mismatch');
    await expect(runTiled({ ...image, unit: 'HU' }, model, 'default', infer)).rejects.toThrow('internal');
  });

  it.skipIf(!hasShipped('sr-mr-x2.onnx'))('every shipped super-resolution model: tiled equals untiled to 0.5/255, halo as declared', async () => {
    const shipped = await loadManifest(readShipped);
    const run = createNodeInfer(shipped);
    for (const model of shipped.list('super-resolution')) for (const variant of Object.keys(model.variants)) {
      const image = goldenImage(90, 75, 5);
      const whole = await runTiled(image, model, variant, run, { tile: 128 });
      const tiled = await runTiled(image, model, variant, run, { tile: 32 });
      expect(maxAbsDifference(tiled.output.data, whole.output.data) * 255, `${model.id} ${variant}`).toBeLessThan(0.01);
    }
  });
});
