import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNodeInfer } from '../../../src/inference/node';
import { loadManifest } from '../../../src/models';
import { goldenImage, maxAbsDifference } from '../../fixtures/golden';
import { readShipped } from '../../fixtures/models';

const folder = resolve(import.meta.dirname, '../../golden');
interface Golden {
  model: string;
  variant: string;
  height: number;
  width: number;
  scale: number;
  output: number[];
  gradImage: number[];
}
const goldens = readdirSync(folder).filter((f) => /^sr-.*\.json$/.test(f)).map((f) => [f, JSON.parse(readFileSync(resolve(folder, f), 'utf8')) as Golden] as const);
const models = await loadManifest(readShipped);
const infer = createNodeInfer(models);

describe('every shipped super-resolution model under WASM', () => {
  it('has golden values from PyTorch for each of its weights', () => {
    const wanted = models.list('super-resolution').flatMap((m) => Object.keys(m.variants).map((v) => `${m.id} ${v}`));
    expect(goldens.map(([, g]) => `${g.model} ${g.variant}`)).toEqual(expect.arrayContaining(wanted));
  });

  it.each(goldens)('%s: output within 5e-6, gradient within 1e-4 relative of autograd, and of central differences within 1e-3', async (_, golden) => {
    const { height: h, width: w, scale: s } = golden;
    const x = goldenImage(h, w, 1).data;
    const c = goldenImage(h * s, w * s, 2).data.map((v) => v - 0.5);
    const dims = [1, 1, h, w], big = [1, 1, h * s, w * s];
    const ref = { modelId: golden.model, variant: golden.variant };
    const forward = async (image: Float32Array) => (await infer({ ...ref, graph: 'forward' }, { image: { data: image, dims } })).outputs.output!.data;
    expect(maxAbsDifference(await forward(x), golden.output)).toBeLessThan(5e-6);
    const { outputs } = await infer({ ...ref, graph: 'gradient' }, { image: { data: x, dims }, cotangent: { data: c, dims: big } });
    const grad = outputs.grad_image!.data;
    const size = golden.gradImage.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    expect(maxAbsDifference(grad, golden.gradImage) / size).toBeLessThan(1e-4);

    // Along a random direction, with halved steps: kinks of LeakyReLU make single pixels jump, a direction averages them.
    const direction = goldenImage(h, w, 9).data.map((v) => v - 0.5);
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
    const step = 1 / 4096;
    const up = await forward(x.map((v, i) => v + step * direction[i]!)), down = await forward(x.map((v, i) => v - step * direction[i]!));
    const slope = (dot(up, c) - dot(down, c)) / (2 * step), scale = Math.sqrt(dot(grad, grad) * dot(direction, direction));
    expect(Math.abs(slope - dot(grad, direction)) / scale).toBeLessThan(1e-3);
  });
});
