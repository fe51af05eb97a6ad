import { describe, expect, it } from 'vitest';
import { makeRandom } from '../../../src/core/random';
import type { LabelMap, Slice } from '../../../src/core/slice';
import { parseRecipe } from '../../../src/dataset/recipe';
import type { ModelStep } from '../../../src/dataset/recipeSteps';
import { createNodeInfer } from '../../../src/inference/node';
import { makeModelSteps } from '../../../src/pipeline/buildDataset';
import { labelledLesions } from '../../../src/pipeline/knownLesions';
import { findLung } from '../../../src/synthesis/lesion';
import { chestSlice } from '../../fixtures/chest';
import { lesionRegistry } from '../../fixtures/lesionModels';
import { makeSlice, makeSource } from '../../fixtures/memorySeries';
import { doublingModel } from '../../fixtures/onnx';
import { registryOf } from '../../fixtures/models';

const models = lesionRegistry();
const chest = chestSlice();
const { width, height } = chest.raster;
const run = makeModelSteps([{ source: makeSource([chest]), labels: [] }], { infer: createNodeInfer(models), models, softwareVersion: 'x' });
const stepOf = (step: object): ModelStep => parseRecipe({ verisim: 'recipe', version: 1, name: 'n', seed: 1, outputs: [{ format: 'npz' }], steps: [step] }).steps[0] as ModelStep;

const map = (name: string, inside: (x: number, y: number, i: number) => boolean | number): LabelMap =>
  ({ data: Uint8Array.from({ length: width * height }, (_, i) => (inside(i % width, Math.floor(i / width), i) ? 1 : 0)), width, height, classes: [{ id: 1, name }], source: name });
const disc = (cx: number, cy: number, r: number) => (x: number, y: number) => (x - cx * width) ** 2 + (y - cy * height) ** 2 <= r * r;
const labelled = (...labels: LabelMap[]): Slice => ({ ...chest, labels });
const count = (a: ArrayLike<number>) => Array.from(a).filter((v) => v !== 0).length;

describe('lesions among labelled ones', () => {
  const { plausible } = findLung(chest);
  const insert = (extra: object = {}) => stepOf({ type: 'insert-lesion', model: 'lesion-insert-flat', sizeMm: 10, ...extra });
  /** Pixels that changed under a label that covers one lung, or both. */
  const overlap = async (name: string, part: 'left' | 'both', extra: object = {}): Promise<number> => {
    const label = map(name, (x, _, i) => plausible[i]! && (part === 'both' || x < width / 2));
    let hit = 0;
    for (let seed = 0; seed < 3; seed++) {
      const { slice } = await run(labelled(label), insert(extra), makeRandom(`s${seed}`), 0);
      hit += count(slice.raster.data.map((v, i) => (label.data[i] && v !== chest.raster.data[i] ? 1 : 0)));
    }
    return hit;
  };

  it('a new one never lies on a real one; organs are no obstacle; `avoid` names other classes', async () => {
    expect(await overlap('Nodule_2', 'left')).toBe(0);
    expect(await overlap('lesion', 'left')).toBe(0);
    expect(await overlap('Class 1', 'left', { avoid: ['Class 1'] })).toBe(0);
    expect(await overlap('lung', 'both')).toBeGreaterThan(0);
    await expect(overlap('mass', 'both')).rejects.toMatchObject({ code: 'lesion/no-place' });
  });

  it('knows lesions by their names, of the kind that goes in', () => {
    const is = (name: string, kind: string) => labelledLesions([map(name, () => 1)], width * height, kind, null).includes(1);
    for (const name of ['nodule', 'lung_nodules', 'Rundherd links', 'cancer', 'Lungenmetastase', 'GTV-1']) expect(is(name, 'nodule'), name).toBe(true);
    for (const name of ['peritumoral edema', 'necrotic core', 'enhancing_tumor', 'Gliom', 'Ödem']) expect(is(name, 'glioma'), name).toBe(true);
    for (const name of ['lung', 'Lunge', 'brain', 'massive vessel', 'Class 1', 'rib']) expect([is(name, 'nodule'), is(name, 'glioma')], name).toEqual([false, false]);
    expect(is('edema', 'nodule')).toBe(false);
  });
});

describe('removal step', () => {
  const remove = stepOf({ type: 'remove-lesion', model: 'lesion-remove-flat', classes: ['nodule'], growMm: 2 });
  const lung = map('lung', (_, __, i) => chest.raster.data[i]! < -700 && chest.raster.data[i]! > -950);

  it('takes two nodules that are too far apart for one patch, and leaves the lung that they lie in', async () => {
    const two = map('nodule', (x, y) => disc(0.3, 0.5, 6)(x, y) || disc(0.7, 0.5, 6)(x, y));
    const { slice, infos, values } = await run(labelled(two, lung), remove, makeRandom(1), 0);
    expect(infos).toHaveLength(2);
    expect(values).toMatchObject({ pixels: count(two.data), removed: `nodule: ${count(two.data)}` });
    expect(slice.labels!.map((m) => count(m.data))).toEqual([0, count(lung.data)]);
    two.data.forEach((v, i) => v && expect(slice.raster.data[i]).toBe(-860));
  });

  it('nodules that touch once they are grown go together; none leaves the slice alone', async () => {
    const near = map('nodule', (x, y) => disc(0.3, 0.5, 3)(x, y) || disc(0.3 + 9 / width, 0.5, 3)(x, y));
    expect((await run(labelled(near), remove, makeRandom(1), 0)).infos).toHaveLength(1);
    const bare = labelled(lung);
    expect((await run(bare, remove, makeRandom(1), 0)).slice).toBe(bare);
  });
});

it('what a cancelled item was measuring is measured anew by the one that waited for the same numbers', async () => {
  const entry = { id: 'mr', scale: 2, halo: 1, normalisation: { type: 'percentile' as const, low: 0.5, high: 99.5, scope: 'series' as const } };
  const registry = registryOf([{ entry, variants: { default: doublingModel() } }]);
  const slices = [1, 2, 3].map((k) => makeSlice(Array.from({ length: 256 }, (_, i) => (i % 50) * k), 16, 16));
  const source = makeSource(slices);
  let cancel = true;
  const flaky = { ...source, loadSlice: async (index: number) => {
    if (index === 2 && cancel) {
      cancel = false;
      throw new DOMException('Cancelled.', 'AbortError');
    }
    return source.loadSlice(index);
  } };
  const steps = makeModelSteps([{ source: flaky, labels: [] }], { infer: createNodeInfer(registry), models: registry, softwareVersion: 'x' });
  const controller = new AbortController();
  const step = stepOf({ type: 'super-resolve', model: 'mr' });
  const preview = steps(slices[0]!, step, makeRandom(1), 0, controller.signal);
  const build = steps(slices[0]!, step, makeRandom(1), 0);
  controller.abort();
  await expect(preview).rejects.toThrow('Cancelled.');
  expect((await build).infos[0]!.parameters.normalisationHigh).toBeGreaterThan(100);
});
