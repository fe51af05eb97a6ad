import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNodeInfer } from '../../../src/inference/node';
import type { EngineContext, ValueRange } from '../../../src/pipeline/enhance';
import { checkLesion, DEFAULT_LESION, insertLesion, lesionVariations, PlaceRefused, planLesion, type LesionSettings } from '../../../src/pipeline/insertLesion';
import { lesionQuestion } from '../../../src/pipeline/explainLesion';
import { isFlair } from '../../../src/pipeline/lesionWarnings';
import { removeLesion } from '../../../src/pipeline/removeLesion';
import { findLesions } from '../../../src/pipeline/segment';
import { segmentSlice } from '../../../src/synthesis/lesion/segment';
import { drawShape, findLung, fitOutline, judgePlace, largestSide, maskBounds, moveMask, proposePlace } from '../../../src/synthesis/lesion';
import { chestSlice } from '../../fixtures/chest';
import { lesionRegistry } from '../../fixtures/lesionModels';
import { sourceAttributes } from '../../fixtures/scannerSlices';

const models = lesionRegistry();
const context: EngineContext = { infer: createNodeInfer(models), models, softwareVersion: '0.1.0' };
const range: ValueRange = { low: -1000, high: 400, source: 'window' };
const slice = chestSlice();
const { width, height } = slice.raster;
const settings = (changes: Partial<LesionSettings> = {}): LesionSettings => ({ ...DEFAULT_LESION, modelId: 'lesion-insert-flat', seed: 1, place: { kind: 'centre', x: 0.3 * width, y: 0.5 * height }, ...changes });

describe('lesion masks', () => {
  it('have the area of the wanted circle whatever the irregularity and spacing; the same seed gives the same mask', () => {
    fc.assert(
      fc.property(fc.double({ min: 8, max: 60, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), fc.integer(), fc.double({ min: 0.5, max: 1.5, noNaN: true }), (diameter, irregularity, seed, row) => {
        const shape = { x: 64.3, y: 63.8, diameter, irregularity, seed };
        const mask = drawShape(shape, 128, 128, [row, 1]);
        const area = mask.reduce((n, v) => n + v, 0) * row;
        const wanted = Math.PI * (diameter / 2) ** 2;
        expect(Math.abs(area / wanted - 1)).toBeLessThan(0.12 + 3 / diameter);
        expect(drawShape(shape, 128, 128, [row, 1])).toEqual(mask);
      }),
      { numRuns: 25 },
    );
  });
});

describe('places', () => {
  const tissue = findLung(slice);
  it('the lung is found, the wall and the outside are not', () => {
    const at = (x: number, y: number) => tissue.plausible[Math.round(y * height) * width + Math.round(x * width)];
    expect([at(0.3, 0.5), at(0.7, 0.4)]).toEqual([1, 1]);
    expect([at(0.5, 0.5), at(0.5, 0.78), at(0.02, 0.5)]).toEqual([0, 0, 0]);
  });

  it('every proposed place is accepted, lies apart from what is taken, and is the same for the same seed', () => {
    const taken = new Uint8Array(width * height);
    for (let seed = 0; seed < 8; seed++) {
      const place = proposePlace(slice, tissue, { diameter: 12, irregularity: 0.5, seed }, seed, taken);
      expect(judgePlace(place.mask, slice, tissue)).toEqual({ ok: true });
      expect(proposePlace(slice, tissue, { diameter: 12, irregularity: 0.5, seed }, seed, taken).mask).toEqual(place.mask);
      expect(place.mask.filter((v, i) => v && taken[i])).toHaveLength(0);
      place.mask.forEach((v, i) => (taken[i] ||= v));
    }
  });

  it('a refusal says how much lies outside and a move that mends it', () => {
    const mask = drawShape({ x: 0.17 * width, y: 0.5 * height, diameter: 20, irregularity: 0, seed: 1 }, width, height, slice.pixelSpacingMm);
    const verdict = judgePlace(mask, slice, tissue);
    if (verdict.ok || !verdict.move) throw new Error('accepted');
    expect(verdict.words).toMatch(/^The mask reached the chest wall: \d+ % lay outside the lung\. Move it inwards by \d+ mm or make it smaller\.$/);
    expect(judgePlace(moveMask(mask, slice, verdict.move), slice, tissue)).toEqual({ ok: true });
  });

  it('no lung, no place: an empty slice is refused in words', () => {
    const empty = { ...slice, raster: { ...slice.raster, data: new Float32Array(width * height).fill(40) } };
    const none = findLung(empty);
    expect(none.pixels).toBe(0);
    expect(() => proposePlace(empty, none, { diameter: 12, irregularity: 0, seed: 1 }, 1)).toThrow(/lesion\/no-place/);
  });
});

describe('insertion', () => {
  it('changes nothing outside the mask, bit for bit, and fills the mask with what the model gave', async () => {
    const result = await insertLesion(slice, settings(), range, context);
    const after = result.augmentation.slice;
    const before = slice.stored!.data;
    let changed = 0;
    let outside = 0;
    for (let i = 0; i < before.length; i++) {
      const same = after.stored!.data[i] === before[i] && after.raster.data[i] === slice.raster.data[i];
      if (!same && result.mask[i]) changed++;
      else if (!same) outside++;
    }
    expect(outside).toBe(0);
    expect(changed).toBe(result.measures.pixels);
    expect(after.stored!.data).toBeInstanceOf(Int16Array);
    expect(result.changedOutside).toBe(0);
    expect(result.measures.diameterMm).toBeCloseTo(12, 0);
    expect(new Set(Array.from(result.mask.keys()).filter((i) => result.mask[i]).map((i) => after.stored!.data[i])).size).toBe(1);
  });

  it('is shown in grey on a colour image, whose colours know nothing of it', async () => {
    const colour = { ...slice, rgb: new Uint8Array(3 * width * height) };
    expect((await insertLesion(colour, settings(), range, context, { check: false })).augmentation.slice.rgb).toBeUndefined();
  });

  it('the segmenter finds what was put in; the labels carry it as a new class, others keep their ids', async () => {
    const old = { data: new Uint8Array(width * height), width, height, classes: [{ id: 4, name: 'rib' }], source: 'test' };
    old.data[5] = 4;
    const result = await insertLesion({ ...slice, labels: [old] }, settings(), range, context);
    expect(result.check!.dice).toBeGreaterThan(0.95);
    expect(result.check!.foundBefore).toBe(0);
    const [map] = result.augmentation.slice.labels!;
    expect(map!.classes).toMatchObject([{ id: 4, name: 'rib' }, { id: 1, name: 'synthetic lesion' }]);
    expect(map!.data[5]).toBe(4);
    expect(Array.from(map!.data, (v) => (v === 1 ? 1 : 0))).toEqual(Array.from(result.mask));
    const merged = await insertLesion({ ...slice, labels: [old] }, settings({ mergeIntoClass: { id: 4 } }), range, context);
    expect(merged.classId).toBe(4);
    expect(merged.augmentation.slice.labels![0]!.classes).toHaveLength(1);
  });

  it('same seed, same bytes; another seed, another lesion; softness and contrast stay inside the mask', async () => {
    const bytes = async (changes: Partial<LesionSettings>) => Array.from((await insertLesion(slice, settings(changes), range, context, { check: false })).augmentation.slice.stored!.data);
    expect(await bytes({})).toEqual(await bytes({}));
    expect(await bytes({ seed: 2 })).not.toEqual(await bytes({}));
    const mean = async (changes: Partial<LesionSettings>) => (await insertLesion(slice, settings(changes), range, context, { check: false })).measures;
    const [plain, strong, none] = [await mean({}), await mean({ contrast: 0.2 }), await mean({ contrast: -1 })];
    expect(strong.meanInside).toBeGreaterThan(plain.meanInside + 100);
    expect(Math.abs(none.meanInside - none.meanRing)).toBeLessThan(0.5 * (plain.meanInside - plain.meanRing));
    const source = Array.from(slice.stored!.data);
    expect(await bytes({ contrast: -1 })).toEqual(source);
    const difference = (stored: number[]) => stored.map((v, i) => v - source[i]!);
    const once = difference(await bytes({}));
    difference(await bytes({ contrast: 0.2 })).forEach((v, i) => expect(Math.abs(v - 1.2 * once[i]!)).toBeLessThanOrEqual(1.2)); // rounding to the stored grid
    const soft = await insertLesion(slice, settings({ softnessMm: 4 }), range, context, { check: false });
    expect(soft.changedOutside).toBe(0);
    expect(soft.measures.meanInside).toBeLessThan(plain.meanInside);
  });

  it('a rim outside the label: the same pixels change, the label ends inside the mask, and no label vanishes', async () => {
    const whole = await insertLesion(slice, settings(), range, context, { check: false });
    const inner = await insertLesion(slice, settings({ labelRimPx: 2 }), range, context, { check: false });
    const label = inner.augmentation.mask!.data;
    expect(whole.augmentation.mask!.data).toEqual(whole.mask);
    expect(inner.mask).toEqual(whole.mask);
    expect(inner.augmentation.slice.stored!.data).toEqual(whole.augmentation.slice.stored!.data);
    const at = (x: number, y: number) => y * width + x;
    for (let y = 2; y < height - 2; y++) for (let x = 2; x < width - 2; x++) {
      // Labelled is what has two pixels of mask on every side.
      const deep = [-2, -1, 0, 1, 2].every((d) => whole.mask[at(x + d, y)] && whole.mask[at(x, y + d)]);
      if (label[at(x, y)]) expect(deep).toBe(true);
    }
    expect(label.some((v) => v === 1)).toBe(true);
    expect(inner.augmentation.slice.labels![0]!.data).toEqual(label);
    expect(inner.augmentation.info.parameters.labelRimPx).toBe(2);
    expect(whole.augmentation.info.parameters).not.toHaveProperty('labelRimPx');
    const dot = Uint8Array.from(whole.mask, () => 0);
    const middle = label.indexOf(1);
    for (const d of [0, 1, width, width + 1]) dot[middle + d] = 1;
    const small = await insertLesion(slice, settings({ labelRimPx: 4, place: { kind: 'mask', mask: dot }, insist: true }), range, context, { check: false });
    expect(small.augmentation.mask!.data).toEqual(dot);
  });

  it('refusals carry a reason: wall, size, empty mask, modality', async () => {
    const wall = insertLesion(slice, settings({ place: { kind: 'centre', x: 0.17 * width, y: 0.5 * height } }), range, context);
    await expect(wall).rejects.toBeInstanceOf(PlaceRefused);
    await expect(wall).rejects.toMatchObject({ code: 'lesion/outside-body' });
    const insisted = await insertLesion(slice, settings({ place: { kind: 'centre', x: 0.17 * width, y: 0.5 * height }, insist: true }), range, context, { check: false });
    expect(insisted.warnings.map((w) => w.code)).toContain('placed-by-hand');
    await expect(insertLesion(slice, settings({ place: { kind: 'centre', x: 10, y: 10 }, insist: true }), range, context)).rejects.toMatchObject({ code: 'lesion/outside-body', verdict: { final: true } });
    await expect(insertLesion(slice, settings({ sizeMm: 400 }), range, context)).rejects.toMatchObject({ code: 'lesion/mask-too-large' });
    await expect(insertLesion(slice, settings({ place: { kind: 'mask', mask: new Uint8Array(width * height) } }), range, context)).rejects.toMatchObject({ code: 'lesion/mask-empty' });
    await expect(insertLesion({ ...slice, modality: 'MR' }, settings(), range, context)).rejects.toMatchObject({ code: 'model/wrong-modality' });
    const picture = { ...slice, raster: { ...slice.raster, unit: 'modality' as const } };
    await expect(insertLesion(picture, settings(), range, context)).rejects.toThrow(/Hounsfield/);
    const outside = new Uint8Array(width * height).fill(0, 0).map((_, i) => (i % width < 6 && i < 6 * width ? 1 : 0));
    await expect(insertLesion(slice, settings({ place: { kind: 'mask', mask: outside } }), range, context)).rejects.toThrow(/beyond the body/);
  });

  it('works on coarse, fine and unknown spacing; padding and a value table are left alone', async () => {
    for (const spacing of [[0.35, 0.35], [1.3, 1.3], null] as ([number, number] | null)[]) {
      const other = chestSlice({ width: spacing?.[0] === 0.35 ? 640 : 256, spacing });
      const result = await insertLesion(other, settings({ place: { kind: 'auto' }, sizeMm: 9 }), range, context, { check: false });
      expect(result.changedOutside).toBe(0);
      expect(result.measures.meanInside).toBeGreaterThan(-300);
    }
    const table = { ...slice, stored: { ...slice.stored!, slope: 3 } };
    const result = await insertLesion(table, settings(), range, context, { check: false });
    expect(result.augmentation.slice.stored).toBeNull();
    expect(result.changedOutside).toBe(0);
  });

  it('variations share mask and place and differ in the seed', async () => {
    const seen: { seed: number | null; bytes: string }[] = [];
    let mask: Uint8Array | null = null;
    await lesionVariations(slice, settings({ place: { kind: 'auto' } }), 4, range, context, (r) => {
      seen.push({ seed: r.augmentation.info.seed, bytes: r.augmentation.slice.stored!.data.toString() });
      if (mask) expect(r.mask).toEqual(mask);
      mask = r.mask;
    });
    expect(seen.map((s) => s.seed)).toEqual([1, 2, 3, 4]);
    expect(new Set(seen.map((s) => s.bytes)).size).toBe(4);
  });
});

describe('a shape', () => {
  it('as large as the patch allows fits it whatever its seed: it is drawn rounder where it would swing beyond', async () => {
    // 56 pixels of 0.7 mm, as the studio's slider ends.
    const fine = { ...slice, pixelSpacingMm: [0.7, 0.7] as const };
    const largest = largestSide(64, fine.pixelSpacingMm, 'CT');
    const sides: number[] = [];
    for (let seed = 0; seed < 12; seed++) {
      for (const sizeMm of [largest, 39]) {
        const { mask } = planLesion(fine, settings({ seed, sizeMm, irregularity: 1 }), models.get('lesion-insert-flat'));
        const bounds = maskBounds(mask, width, height)!;
        sides.push(Math.max(bounds.x1 - bounds.x0, bounds.y1 - bounds.y0));
      }
    }
    expect(Math.max(...sides)).toBeLessThanOrEqual(56);
    expect(Math.min(...sides)).toBeGreaterThan(48);
    // What fits stays as it was.
    const outline = { diameter: 20, irregularity: 1, seed: 3 };
    expect(fitOutline(outline, [0.7, 0.7], largest)).toEqual(outline);
    await expect(insertLesion(fine, settings({ seed: 4, sizeMm: 39, irregularity: 1, insist: true }), range, context, { check: false })).resolves.toBeDefined();
  });

  it('that was drawn before is told as it was drawn, and so are its variations', async () => {
    const mask = drawShape({ x: 0.3 * width, y: 0.5 * height, diameter: 12, irregularity: 0.5, seed: 9 }, width, height, slice.pixelSpacingMm);
    const parameters = async (changes: Partial<LesionSettings>) => (await insertLesion(slice, settings({ sizeMm: 12, irregularity: 0.5, ...changes }), range, context, { check: false })).augmentation.info.parameters;
    expect(await parameters({ place: { kind: 'mask', mask, drawn: 'auto' } })).toMatchObject({ place: 'auto', sizeMm: 12, irregularity: 0.5 });
    const painted = await parameters({ place: { kind: 'mask', mask } });
    expect(painted).toMatchObject({ place: 'mask', irregularity: null });
    expect(painted.sizeMm).not.toBe(12);
    const told: unknown[] = [];
    await lesionVariations(slice, settings({ place: { kind: 'centre', x: 0.3 * width, y: 0.5 * height } }), 2, range, context, (r) => told.push(r.augmentation.info.parameters.place));
    expect(told).toEqual(['centre', 'centre']);
  });
});

describe('the segmenter’s agreement', () => {
  const square = (x0: number, y0: number, side: number) => Uint8Array.from({ length: width * height }, (_, i) => (i % width >= x0 && i % width < x0 + side && i >= y0 * width && i < (y0 + side) * width ? 1 : 0));
  const filled = (masks: Uint8Array[]) => ({ ...slice, stored: null, raster: { ...slice.raster, data: slice.raster.data.map((v, i) => (masks.some((m) => m[i]) ? 390 : Math.min(v, 0))) } });

  it('is with what meets the mask: a neighbour that was there before does not count', async () => {
    const [mine, neighbour] = [square(60, 60, 12), square(80, 62, 10)];
    const check = await checkLesion(filled([neighbour]), filled([neighbour, mine]), mine, range, context);
    expect([check!.dice, check!.foundBefore, check!.foundAfter]).toEqual([1, 100, 244]);
  });

  it('is asked in the segmenter’s own normalisation', async () => {
    const { infer } = context, own = lesionRegistry();
    const wide = { list: (task?: string) => own.list(task as 'segmentation').map((m) => (m.task === 'segmentation' ? { ...m, normalisation: { type: 'window' as const, low: -1000, high: 1000 } } : m)), get: (id: string) => wide.list().find((m) => m.id === id)! };
    const fed: number[] = [];
    const spy: EngineContext = { ...context, models: { ...own, ...wide }, infer: (ref, inputs, signal) => {
      if (ref.modelId === 'segment-level') fed.push(Math.max(...inputs.image!.data));
      return infer(ref, inputs, signal);
    } };
    const { measures } = await insertLesion(slice, settings({ insist: true }), range, spy);
    // 260 HU and more inside the lesion: 0.9 and more of −1000…400, some 0.63 of −1000…1000.
    expect(measures.meanInside).toBeGreaterThan(200);
    expect(fed.at(-1)!).toBeCloseTo((measures.meanInside + 1000) / 2000, 2);
    await insertLesion(slice, settings({ insist: true }), range, spy, { checkRange: { low: -1000, high: 3000, source: 'window' } });
    expect(fed.at(-1)!).toBeCloseTo((measures.meanInside + 1000) / 4000, 2);
  });

  it('over a region is that over the whole slice: tiles start on the model’s grid', async () => {
    const model = context.models.get('segment-level');
    const seen: number[][] = [];
    const region = { x: 53, y: 91, width: 30, height: 21 };
    const pooled: EngineContext['infer'] = (_, { image }) => {
      const [, , h, w] = image!.dims as [number, number, number, number];
      seen.push([h % 8, w % 8]);
      // The mean of each cell of 8 × 8, as a network gives it that pools.
      const data = image!.data.map((_v, i) => {
        const [x, y] = [Math.floor((i % w) / 8) * 8, Math.floor(i / w / 8) * 8];
        let sum = 0;
        for (let k = 0; k < 64; k++) sum += image!.data[(y + (k >> 3)) * w + x + (k & 7)]!;
        return sum / 64;
      });
      return Promise.resolve({ outputs: { probability: { data, dims: image!.dims } }, backend: 'wasm', milliseconds: 0 });
    };
    const whole = await segmentSlice(slice, model, range, pooled), part = await segmentSlice(slice, model, range, pooled, { region });
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
      const inside = x >= 53 && x < 83 && y >= 91 && y < 112, i = y * width + x;
      if (part.probability.data[i] !== (inside ? whole.probability.data[i] : 0)) throw new Error(`pixel ${x}, ${y}`);
    }
    expect(seen.flat().every((v) => v === 0)).toBe(true);
  });
});

describe('removal', () => {
  it('takes the lesion out of image and labels, tells how much, and the segmenter no longer finds it', async () => {
    const inserted = await insertLesion(slice, settings(), range, context);
    const found = await findLesions(inserted.augmentation.slice, range, context);
    const nodule = Uint8Array.from(found.mask, (v, i) => (v && inserted.mask[i] ? 1 : 0));
    const removed = await removeLesion(inserted.augmentation.slice, { modelId: 'lesion-remove-flat', mask: nodule, growMm: 2 }, range, context);
    expect(removed.check!.foundBefore).toBeGreaterThan(0.9 * inserted.measures.pixels);
    expect(removed.check!.foundAfter).toBe(0);
    expect(removed.changedOutside).toBe(0);
    expect(removed.removed).toMatchObject([{ name: 'synthetic lesion', pixels: inserted.measures.pixels }]);
    expect(removed.augmentation.slice.labels![0]!.data.every((v) => v === 0)).toBe(true);
    const [a, b] = [maskBounds(nodule, width, height)!, maskBounds(removed.mask, width, height)!];
    expect(b.x1 - b.x0).toBeGreaterThan(a.x1 - a.x0);
  });
});

describe('removal of several', () => {
  const at = (x: number) => drawShape({ x: x * width, y: 0.5 * height, diameter: 9, irregularity: 0, seed: 1 }, width, height, slice.pixelSpacingMm);
  const [left, right] = [at(0.3), at(0.7)];
  const both = left.map((v, i) => v | right[i]!);

  it('takes out what the segmenter finds in both lungs, one patch for each, as one removal that can be explained', async () => {
    const asked: number[] = [];
    const spied: EngineContext = { ...context, infer: (ref, inputs, signal) => {
      asked.push(inputs.mask!.data.reduce((n, v) => n + v, 0));
      return context.infer(ref, inputs, signal);
    } };
    const labels = [{ data: both, width, height, classes: [{ id: 1, name: 'nodule' }], source: 'test' }];
    const { augmentation, mask, removed } = await removeLesion({ ...slice, labels }, { modelId: 'lesion-remove-flat', mask: both, growMm: 0 }, range, spied, { check: false });
    expect(asked).toHaveLength(2);
    expect(mask).toEqual(both);
    both.forEach((v, i) => v && expect(augmentation.slice.raster.data[i]).toBe(-860));
    expect(removed).toEqual([{ id: 1, name: 'nodule', pixels: both.reduce((n, v) => n + v, 0) }]);
    expect(augmentation.info.parameters.lesions).toBe(2);
    const { lesion, target } = lesionQuestion(augmentation.paintedInto!, augmentation, models.get('lesion-remove-flat'));
    expect(lesion.width).toBeLessThan(40);
    expect(target.mask.data.reduce((n, v) => n + v, 0)).toBe(asked[1]);
  });

  it('fills what fits one patch at once, and refuses one lesion that does not', async () => {
    const near = left.map((v, i) => v | (left[i - 24] ?? 0));
    const { augmentation } = await removeLesion(slice, { modelId: 'lesion-remove-flat', mask: near, growMm: 0 }, range, context, { check: false });
    expect(augmentation.info.parameters).not.toHaveProperty('lesions');
    expect(augmentation).not.toHaveProperty('paintedInto');
    const wide = left.map((_, i) => (i > 60 * width && i < 62 * width ? 1 : 0));
    await expect(removeLesion(slice, { modelId: 'lesion-remove-flat', mask: wide, growMm: 0 }, range, context)).rejects.toMatchObject({ code: 'lesion/mask-too-large' });
    await expect(removeLesion(slice, { modelId: 'lesion-remove-flat', mask: new Uint8Array(width * height), growMm: 2 }, range, context)).rejects.toMatchObject({ code: 'lesion/mask-empty' });
  });
});

describe('which sequence it is', () => {
  it('by description or by inversion and echo time', () => {
    const mr = (attributes: Parameters<typeof sourceAttributes>[0]) => ({ ...slice, modality: 'MR', source: { kind: 'dicom' as const, attributes: sourceAttributes(attributes), frame: 0, transferSyntax: '', lossy: false } });
    const e = (vr: string, ...Value: (string | number)[]) => ({ vr, Value });
    expect(isFlair(mr({}))).toBe(true);
    expect(isFlair(mr({ attributes: { '0008103E': e('LO', 'AX T2') } }))).toBe(false);
    expect(isFlair(mr({ attributes: { '0008103E': e('LO', 'AX'), '00180082': e('DS', 2500), '00180081': e('DS', 120) } }))).toBe(true);
    expect(isFlair({ ...slice, source: { kind: 'nifti', name: 'case_0000.nii.gz' } })).toBeNull();
  });
});
