import { describe, expect, it } from 'vitest';
import { StudioError } from '../../../src/core/errors';
import { pixelToPatient } from '../../../src/core/geometry';
import { createNodeInfer } from '../../../src/inference/node';
import { completeParts, DEFAULT_ENHANCE, enhanceSlice, measureRange, reblend, warningsFor, type EngineContext, type EnhanceResult } from '../../../src/pipeline/enhance';
import { enhanceSeries } from '../../../src/pipeline/enhanceSeries';
import { exportDicom } from '../../../src/pipeline/exportSlice';
import { goldenImage } from '../../fixtures/golden';
import { doublingModel } from '../../fixtures/onnx';
import { registryOf } from '../../fixtures/models';
import { phantom } from '../../fixtures/phantom';
import { makeSlice, makeSource, sliceOf } from '../../fixtures/memorySeries';

const models = registryOf([
  { entry: { id: 'mr', scale: 2, halo: 1, normalisation: { type: 'percentile', low: 0.5, high: 99.5, scope: 'series' } }, variants: { faithful: doublingModel(), perceptual: doublingModel([1], 1.25) } },
  { entry: { id: 'ct', scale: 2, halo: 1, modality: ['CT'], normalisation: { type: 'window', low: -1024, high: 3071 }, license: 'CC-BY-NC-SA-4.0' }, variants: { default: doublingModel() } },
  { entry: { id: 'seg', task: 'segmentation' }, variants: { default: doublingModel() } },
]);
const context: EngineContext = { infer: createNodeInfer(models), models, softwareVersion: '0.1.0' };
const slice = sliceOf(goldenImage(20, 24, 1), 1000);

describe('enhance one slice', () => {
  it('keeps 16 bits exactly, halves the spacing and moves the position by the half-pixel rule', async () => {
    const { augmentation, meter, clamped } = await enhanceSlice(slice, 'mr', DEFAULT_ENHANCE, context);
    const made = augmentation.slice;
    expect([made.raster.width, made.raster.height]).toEqual([48, 40]);
    for (let y = 0; y < 40; y++) for (let x = 0; x < 48; x++) expect(made.stored!.data[y * 48 + x]).toBe(slice.stored!.data[(y >> 1) * 24 + (x >> 1)]);
    expect(made.raster.data).toEqual(Float32Array.from(made.stored!.data));
    expect(made.pixelSpacingMm).toEqual([0.4, 0.4]);
    // The four new pixels lie round the old one: their mean position is the old position.
    const corners = [[0, 0], [1, 0], [0, 1], [1, 1]].map(([x, y]) => pixelToPatient(made.geometry!, made.pixelSpacingMm!, x!, y!));
    for (const k of [0, 1, 2] as const) expect(corners.reduce((s, c) => s + c[k], 0) / 4).toBeCloseTo(slice.geometry!.positionMm[k], 9);
    expect(clamped).toBe(0);
    expect(meter.unit).toBe('grey levels');
    expect(augmentation.info.model).toMatchObject({ id: 'mr', variant: 'faithful' });
    expect(augmentation.info.parameters).toMatchObject({ scale: 2, consistent: false, operator: 'kspace', normalisation: 'percentile' });
  });

  it('slider and switch work on outputs that are there, and say so in the provenance', async () => {
    const first = await enhanceSlice(slice, 'mr', DEFAULT_ENHANCE, context);
    expect([...first.parts.outputs.keys()]).toEqual(['faithful']);
    const parts = await completeParts(first.parts, context);
    expect([...parts.outputs.keys()]).toEqual(['faithful', 'perceptual']);
    expect(parts.outputs.get('faithful')).toBe(first.parts.outputs.get('faithful'));
    expect(await completeParts(parts, context)).toBe(parts);
    const half = reblend(parts, { perceptual: 0.5, consistent: false, operator: 'bicubic' }, context);
    const model = (v: number) => (v - parts.range.low) / (parts.range.high - parts.range.low);
    expect(model(half.augmentation.slice.raster.data[0]!)).toBeCloseTo(1.125 * model(slice.raster.data[0]!), 2);
    expect(half.augmentation.info.model!.variant).toBe('blend 0.50');
    expect(half.augmentation.info.parameters.secondWeights).toBe(models.get('mr').variants.perceptual!.sha256);
    for (const operator of ['bicubic', 'kspace'] as const) {
      const consistent = reblend(parts, { perceptual: 1, consistent: true, operator }, context);
      expect(consistent.meter.maxAbs255).toBeLessThan(0.5);
      expect(consistent.meterBefore.rmse255).toBeGreaterThan(3);
      expect(consistent.augmentation.info.model!.variant).toBe(`perceptual consistent ${operator}`);
    }
  });

  it.each(['bicubic', 'kspace'] as const)('consistent (%s) reduces to the input where an unsigned source has a background of zero, and where its grey steps are coarse', async (operator) => {
    const half = (peak: number) => phantom(48, 48, 2).data.map((v, i) => (i % 48 < 20 ? 0 : Math.round(Math.max(0, v) * peak)));
    for (const peak of [1000, 200]) {
      const values = half(peak);
      const unsigned = makeSlice(values, 48, 48, { stored: { data: Uint16Array.from(values), bitsStored: 12, slope: 1, intercept: 0, padding: null } });
      const range = { low: 0, high: peak, source: 'percentile' as const };
      const { meter, augmentation, clamped } = await enhanceSlice(unsigned, 'mr', { ...DEFAULT_ENHANCE, consistent: true, operator }, context, range);
      expect(meter.maxAbs255, `${peak}`).toBeLessThan(0.5);
      expect(clamped).toBe(0);
      const { raster, stored } = augmentation.slice;
      expect(stored!.data).toBeInstanceOf(Int16Array);
      expect(raster.data).toEqual(Float32Array.from(stored!.data));
      const { attributes } = exportDicom(augmentation.slice, { softwareVersion: '0.1.0', key: null });
      expect(attributes['00280103']!.Value).toEqual([1]);
      // What is not projected keeps the sign of its source, and so does what needs the 16th bit.
      expect((await enhanceSlice(unsigned, 'mr', DEFAULT_ENHANCE, context, range)).augmentation.slice.stored!.data).toBeInstanceOf(Uint16Array);
    }
    const bright = half(60000);
    const full = makeSlice(bright, 48, 48, { stored: { data: Uint16Array.from(bright), bitsStored: 16, slope: 1, intercept: 0, padding: null } });
    expect((await enhanceSlice(full, 'mr', { ...DEFAULT_ENHANCE, consistent: true, operator }, context)).augmentation.slice.stored!.data).toBeInstanceOf(Uint16Array);
  });

  it('the mean over eight orientations stands in the provenance, and is kept when the other weights are run', async () => {
    const told: [number, number][] = [];
    const { parts, augmentation } = await enhanceSlice(slice, 'mr', { perceptual: 0, consistent: true, operator: 'kspace', averaged: true }, { ...context, onProgress: (done, total) => told.push([done, total]) });
    expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((done) => [done, 8]));
    expect(augmentation.info.model!.variant).toBe('faithful averaged consistent kspace');
    expect(augmentation.info.parameters.orientations).toBe(8);
    expect((await completeParts(parts, context)).averaged).toBe(true);
    const plain = await enhanceSlice(slice, 'mr', DEFAULT_ENHANCE, context);
    expect(plain.augmentation.info.parameters).not.toHaveProperty('orientations');
  });

  it('measures what was made up: a gain of 1.25 shows as a quarter of the image', async () => {
    const flat = makeSlice(Array.from({ length: 144 }, () => 400), 12, 12);
    const { meter } = await enhanceSlice(flat, 'mr', { perceptual: 1, consistent: false, operator: 'bicubic' }, context, { low: 0, high: 1000, source: 'percentile' });
    expect(meter.rmse).toBeCloseTo(100, 3);
    expect(meter.map.data[50]).toBeCloseTo(100, 3);
    expect(meter.rmse255).toBeCloseTo(25.5, 3);
  });

  it('measures it over what was asked of the model alone: padding does not thin it out', async () => {
    const values = Array.from({ length: 1024 }, (_, i) => (i < 768 ? -1 : 400));
    const padded = makeSlice(values, 32, 32, { stored: { data: Int16Array.from(values), bitsStored: 16, slope: 1, intercept: 0, padding: { low: -1, high: -1 } } });
    const { meter } = await enhanceSlice(padded, 'mr', { perceptual: 1, consistent: false, operator: 'bicubic' }, context, { low: 0, high: 1000, source: 'percentile' });
    // A gain of 1.25 on 400, but for ringing at the border of the padding.
    expect(meter.rmse).toBeGreaterThan(90);
    expect(meter.map.data.slice(0, 768).every((v) => v === 0)).toBe(true);
  });

  it('puts padding and what lies outside a CT window back as it was', async () => {
    const values = Array.from({ length: 64 }, (_, i) => (i === 9 ? -2000 : i === 20 ? 9000 : i));
    const ct = makeSlice(values, 8, 8, { modality: 'CT', stored: { data: Int16Array.from(values), bitsStored: 16, slope: 1, intercept: 0, padding: { low: -2000, high: -2000 } } });
    const { augmentation, warnings, meter } = await enhanceSlice(ct, 'ct', DEFAULT_ENHANCE, context);
    const { raster, stored } = augmentation.slice;
    expect([raster.data[2 * 16 + 2], raster.data[3 * 16 + 3], raster.data[4 * 16 + 8]]).toEqual([-2000, -2000, 9000]);
    expect(stored!.data[2 * 16 + 2]).toBe(-2000);
    expect(raster.data[0]).toBe(0);
    expect(augmentation.info.parameters.filledPixels).toBe(2);
    expect(meter.unit).toBe('HU');
    expect(warnings.map((w) => w.code)).toEqual(['unknown-scope', 'non-commercial']); // a slice built here says neither body part nor sequence
  });

  it('clamps what overshoots 16 bits and counts it', async () => {
    const bright = makeSlice(Array.from({ length: 64 }, (_, i) => (i < 8 ? 32000 : 100)), 8, 8);
    const { clamped, augmentation, warnings } = await enhanceSlice(bright, 'mr', { ...DEFAULT_ENHANCE, perceptual: 1 }, context, { low: 0, high: 1000, source: 'percentile' });
    expect(clamped).toBe(32);
    expect(Math.max(...augmentation.slice.raster.data)).toBe(32767);
    expect(warnings.map((w) => w.code)).toContain('clamped');
  });

  it('carries labels, and keeps fractions where the source has no integer grid', async () => {
    const labels = [{ data: Uint8Array.from(slice.raster.data, (v) => (v > 500 ? 3 : 0)), width: 24, height: 20, classes: [{ id: 3, name: 'bright' }], source: 'made' }];
    const { augmentation } = await enhanceSlice({ ...slice, labels, stored: null, raster: { ...slice.raster, data: slice.raster.data.map((v) => v + 0.25) } }, 'mr', DEFAULT_ENHANCE, context);
    const made = augmentation.slice;
    expect([made.labels![0]!.width, made.labels![0]!.height]).toEqual([48, 40]);
    expect(made.labels![0]!.data[5 * 48 + 7]).toBe(labels[0]!.data[2 * 24 + 3]);
    expect(made.stored).toBeNull();
    expect(made.raster.data[0]).toBeCloseTo(slice.raster.data[0]! + 0.25, 2);
  });

  it('refuses a model of another task and an image without contrast', async () => {
    await expect(enhanceSlice(slice, 'seg', DEFAULT_ENHANCE, context)).rejects.toThrow('model/invalid');
    await expect(enhanceSlice(makeSlice(new Array(64).fill(7), 8, 8), 'mr', DEFAULT_ENHANCE, context)).rejects.toThrow('model/bad-output');
  });
});

describe('warnings before a run', () => {
  /** Less the one that every model without a list of what it knows gets: cardScope.test.ts. */
  const codesOf = (s: Parameters<typeof warningsFor>[0]) => warningsFor(s, 'mr', models).map((w) => w.code).filter((c) => c !== 'unknown-scope');
  const dicom = (tags: Record<string, (string | number)[]>) => ({ kind: 'dicom' as const, frame: 0, transferSyntax: '', lossy: false, attributes: Object.fromEntries(Object.entries(tags).map(([t, Value]) => [t, { vr: 'CS', Value }])) });
  it.each([
    ['other-modality', { modality: 'CT' }],
    ['already-high-resolution', { pixelSpacingMm: [0.3, 0.3] as const }],
    ['not-square', { pixelSpacingMm: [0.8, 0.7] as const }],
    ['localizer', { source: dicom({ '00080008': ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] }) }],
    ['interpolated-matrix', { source: dicom({ '00181310': [0, 16, 12, 0] }) }],
    ['eight-bit', { source: { kind: 'image' as const, name: 'a.png', bits: 8 as const } }],
  ])('%s', (code, changes) => {
    expect(codesOf({ ...slice, ...changes })).toEqual([code]);
  });
  it('none where all is well', () => {
    expect(codesOf({ ...slice, source: dicom({ '00181310': [24, 0, 0, 20], '00080008': ['ORIGINAL', 'PRIMARY', 'M'] }) })).toEqual([]);
  });
});

describe('enhance a series', () => {
  const slices = [1, 2, 3, 4].map((seed) => sliceOf(goldenImage(10, 12, seed), 500 * seed));

  it('normalises by one histogram over all slices', async () => {
    const range = await measureRange(makeSource(slices), 'mr', context);
    const all = slices.flatMap((s) => [...s.raster.data]).sort((a, b) => a - b);
    expect(range).toEqual({ low: all[Math.ceil(0.005 * all.length) - 1], high: all[Math.ceil(0.995 * all.length) - 1], source: 'percentile' });
  });

  it('leaves a broken slice out of the histogram, and measures nothing where loading was cancelled or may pass', async () => {
    const failing = (error: Error) => measureRange(makeSource(slices, new Map([[2, error]])), 'mr', context);
    expect(await failing(new StudioError('dicom/truncated'))).toEqual(await measureRange(makeSource(slices.filter((_, i) => i !== 2)), 'mr', context));
    await expect(failing(new DOMException('Cancelled.', 'AbortError'))).rejects.toThrow('Cancelled.');
    for (const code of ['dicom/decode-timeout', 'worker/crashed', 'input/not-readable'] as const) await expect(failing(new StudioError(code))).rejects.toMatchObject({ code });
  });

  it('makes every slice in order, reports the broken one, resumes, and gives a series with geometry', async () => {
    const made = new Map<number, EnhanceResult>();
    const progress: number[][] = [];
    const source = makeSource(slices, new Map([[2, new StudioError('dicom/truncated', 'slice 3')]]));
    const options = { modelId: 'mr', settings: DEFAULT_ENHANCE, range: { low: 0, high: 2000, source: 'percentile' as const }, done: new Set([0]), onSlice: (i: number, r: EnhanceResult) => void made.set(i, r) };
    const outcome = await enhanceSeries(source, options, { ...context, onProgress: (d, t) => progress.push([d, t]) });
    expect([...made.keys()]).toEqual([1, 3]);
    expect(source.loads).toEqual([1, 2, 3]);
    expect(progress).toEqual([[1, 4], [2, 4], [3, 4], [4, 4]]);
    expect(outcome.failed.map((f) => [f.index, f.error.code])).toEqual([[2, 'dicom/truncated']]);
    const series = outcome.series!;
    expect([series.rows, series.columns, series.pixelSpacingMm]).toEqual([20, 24, [0.4, 0.4]]);
    expect(series.slices[3]!.geometry!.positionMm).toEqual(made.get(3)!.augmentation.slice.geometry!.positionMm);
    expect(series.affine![2]).toEqual([0, 0, 5, 30]);
    expect(series.affine![0][3]).toBeCloseTo(100.2, 9);
    expect(series.derived!.sourceId).toBe('series-1');
  });

  it('ends where a result cannot be kept: the next would not fit either', async () => {
    const seen: number[] = [];
    const full = new StudioError('storage/full', 'no space');
    const onSlice = (index: number): void => {
      seen.push(index);
      throw full;
    };
    await expect(enhanceSeries(makeSource([slice, slice]), { modelId: 'mr', settings: DEFAULT_ENHANCE, onSlice }, context)).rejects.toBe(full);
    expect(seen).toEqual([0]);
  });

  it('is the same again, bit for bit, and stops when cancelled', async () => {
    const run = async (own: EngineContext = context) => {
      const made: Float32Array[] = [];
      const { series } = await enhanceSeries(makeSource(slices), { modelId: 'mr', settings: { perceptual: 0.3, consistent: true, operator: 'auto' }, onSlice: (_, r) => void made.push(r.augmentation.slice.raster.data) }, own);
      return { made, id: series!.id, uid: series!.seriesUid };
    };
    expect(await run()).toEqual(await run());
    expect(await run({ ...context, lanes: 3 })).toEqual(await run());
    expect((await run()).made).toHaveLength(4);
    const controller = new AbortController();
    let count = 0;
    const cancelled = enhanceSeries(makeSource(slices), { modelId: 'mr', settings: DEFAULT_ENHANCE, onSlice: () => { count++; controller.abort(); } }, { ...context, signal: controller.signal });
    await expect(cancelled).rejects.toThrow(/Cancel/);
    expect(count).toBe(1);
  });
});
