import { describe, expect, it } from 'vitest';
import { toModelRange } from '../../../src/core/normalise';
import type { Augmentation, Slice } from '../../../src/core/slice';
import { createNodeInfer } from '../../../src/inference/node';
import type { EngineContext, ValueRange } from '../../../src/pipeline/enhance';
import { lesionQuestion, lesionRealism } from '../../../src/pipeline/explainLesion';
import { DEFAULT_LESION, insertLesion } from '../../../src/pipeline/insertLesion';
import { removeLesion } from '../../../src/pipeline/removeLesion';
import { chestSlice } from '../../fixtures/chest';
import { lesionRegistry } from '../../fixtures/lesionModels';

const models = lesionRegistry();
const context: EngineContext = { infer: createNodeInfer(models), models, softwareVersion: '0.1.0' };
const range: ValueRange = { low: -1000, high: 400, source: 'window' };
const slice = chestSlice();
const { width, height } = slice.raster;
const insert = (labelRimPx: number, into = slice) => insertLesion(into, { ...DEFAULT_LESION, modelId: 'lesion-insert-flat', seed: 5, place: { kind: 'centre', x: 0.3 * width, y: 0.5 * height }, labelRimPx, insist: true }, range, context, { check: false });
const square = (data: Float32Array) => ({ data, dims: [1, 1, 64, 64] });

describe('the question about a painted lesion', () => {
  it.each([0, 2])('asks the network with the patch, mask and noise that made it, where the label is %i px narrower too', async (rim) => {
    const { augmentation, mask } = await insert(rim);
    expect(augmentation.paintedInto).toBeUndefined();
    await expectAgain(slice, augmentation, mask);
  });

  it('is about the slice with the lesions before it', async () => {
    const first = (await insert(0)).augmentation.slice;
    const { augmentation, mask } = await insert(0, first);
    expect(augmentation.paintedInto).toBe(first);
    await expectAgain(first, augmentation, mask);
    const patchOf = (base: Slice) => lesionQuestion(base, augmentation, models.get('lesion-insert-flat')).target.patch.data;
    expect(patchOf(first)).not.toEqual(patchOf(slice));
  });

  async function expectAgain(base: Slice, augmentation: Augmentation, mask: Uint8Array): Promise<void> {
    const { target, toSlice } = lesionQuestion(base, augmentation, models.get('lesion-insert-flat'));
    const { outputs } = await context.infer({ modelId: target.modelId, variant: 'default', graph: 'forward' }, { image: square(target.patch.data), mask: square(target.mask.data), z: { data: target.z!, dims: [1, 4] } });
    const again = toSlice({ raster: { ...target.patch, data: outputs.output!.data as Float32Array }, box: { x: 0, y: 0, width: 64, height: 64 }, signed: false, nativePx: 1 });
    const painted = toModelRange(augmentation.slice.raster, range);
    let compared = 0;
    mask.forEach((v, i) => {
      if (!v) return;
      compared++;
      expect(Math.abs(again.raster.data[i]! - painted.data[i]!), `pixel ${i}`).toBeLessThan(1 / 1400); // a stored step of 1 HU
    });
    expect(compared).toBe(augmentation.info.parameters.maskPixels);
  }
});

describe('realism of a lesion', () => {
  it('holds the scores of the cells on and near what was filled, at their place on the slice, and their mean', async () => {
    const { augmentation, mask } = await insert(2);
    const { map, mean } = await lesionRealism(augmentation, models.get('critic-level'), context);
    const painted = toModelRange(augmentation.slice.raster, range);
    const { data } = map.raster;
    const deep = mask.findIndex((_, i) => [-4, 0, 4].every((dy) => [-4, 0, 4].every((dx) => mask[i + dy * width + dx])));
    expect(deep).toBeGreaterThan(0);
    expect(Math.abs(data[deep]! - painted.data[deep]!)).toBeLessThan(1 / 1400); // all its cell is filled with one value
    mask.forEach((v, i) => v && expect(Number.isFinite(data[i])).toBe(true));
    expect(data[0]).toBeNaN();
    const cells = new Map<number, number>();
    data.forEach((v, i) => Number.isFinite(v) && cells.set(v, i));
    expect(cells.size).toBeGreaterThan(4);
    expect(mean).toBeGreaterThan(Math.min(...cells.keys()));
    expect(mean).toBeLessThan(Math.max(...cells.keys()));
    expect(map.nativePx).toBe(4);
  });

  it('is refused for what no lesion model made', async () => {
    const { augmentation } = await insert(0);
    await expect(lesionRealism({ ...augmentation, info: { ...augmentation.info, kind: 'super-resolution' } }, models.get('critic-level'), context)).rejects.toMatchObject({ code: 'model/invalid' });
    const { mask } = await insert(0);
    const removed = await removeLesion(slice, { modelId: 'lesion-remove-flat', mask, growMm: 0 }, range, context);
    expect(lesionQuestion(slice, removed.augmentation, models.get('lesion-remove-flat')).target.z).toBeUndefined();
  });
});
