import { describe, expect, it } from 'vitest';
import type { TransformStep } from '../../../src/augment';
import { makeRaster } from '../../../src/core/raster';
import type { Slice } from '../../../src/core/slice';
import { run } from '../../fixtures/augment';
import { makeSlice } from '../../fixtures/scannerSlices';

const flat = (value: number, side = 128): Slice => ({ ...makeSlice({ width: side, height: side }), labels: [], raster: makeRaster(new Float32Array(side * side).fill(value), side, side, 'modality') });
const mean = (d: Float32Array) => d.reduce((s, v) => s + v, 0) / d.length;
const deviation = (d: Float32Array) => {
  const m = mean(d);
  return Math.sqrt(d.reduce((s, v) => s + (v - m) ** 2, 0) / d.length);
};

const ALL: TransformStep[] = [
  { type: 'gamma', logGamma: [-0.3, 0.3] },
  { type: 'brightness', shift: [-0.1, 0.1] },
  { type: 'contrast', factor: [0.8, 1.2] },
  { type: 'noise-gaussian', std: 0.05 },
  { type: 'noise-rician', std: 0.05 },
  { type: 'noise-poisson', peak: 200 },
  { type: 'blur', stdMm: 1 },
  { type: 'low-resolution', factor: 2, axes: 'both' },
  { type: 'bias-field', order: 3, coefficients: 0.3 },
  { type: 'motion', degrees: [-5, 5], translationMm: [-5, 5], movements: 2, phaseAxis: 'rows' },
  { type: 'ghosting', ghosts: [4, 8], intensity: [0.5, 1], restore: 0.02, phaseAxis: 'random' },
  { type: 'spike', spikes: 1, intensity: [0.5, 1] },
  { type: 'kspace-truncation', keep: 0.5, axes: 'both' },
  { type: 'gibbs', alpha: 0.6 },
  { type: 'hu-shift', hu: [5, 10] },
  { type: 'dose-noise', dose: 0.25, referenceHu: 12 },
  { type: 'ring', rings: 3, hu: 30, width: 1 },
  { type: 'cupping', hu: 40 },
];

describe('value steps', () => {
  it.each(ALL)('$type changes values, not size, labels or source, and gives the same bits again', (step) => {
    const slice = makeSlice({ modality: /hu|dose|ring|cupping/.test(step.type) ? 'CT' : 'MR' });
    const before = slice.raster.data.slice();
    const once = run(slice, [step]);
    expect(once.raster.data).toEqual(run(slice, [step]).raster.data);
    expect(once.raster.data).not.toEqual(before);
    expect(slice.raster.data).toEqual(before);
    expect(once.labels).toEqual(slice.labels);
    expect(once.raster.data.every(Number.isFinite)).toBe(true);
    if (step.type !== 'hu-shift') expect(run(slice, [step], 'other').raster.data.length).toBe(before.length);
  });

  it('give a colour image in grey: its old colours would be shown in place of what was made', () => {
    const slice = makeSlice({ width: 16, height: 16 });
    const colour: Slice = { ...slice, stored: null, rgb: new Uint8Array(3 * 16 * 16) };
    for (const step of [{ type: 'brightness', shift: 0.1 }, { type: 'rotate', degrees: 90 }] as const) expect(run(colour, [step]).rgb).toBeUndefined();
  });

  it('Gaussian noise has the standard deviation asked for, as a share of the span', () => {
    const slice = makeSlice({ width: 200, height: 200 });
    const noisy = run(slice, [{ type: 'noise-gaussian', std: 0.05 }]);
    const difference = noisy.raster.data.map((v, i) => v - slice.raster.data[i]!);
    expect(deviation(difference) / 900).toBeGreaterThan(0.045);
    expect(deviation(difference) / 900).toBeLessThan(0.055);
    expect(Math.abs(mean(difference))).toBeLessThan(1);
  });

  it('Rician noise raises the background to σ·√(π/2)', () => {
    const data = new Float32Array(160 * 160);
    data.fill(1000, 0, 12800);
    const slice = { ...flat(0, 160), raster: makeRaster(data, 160, 160, 'modality') };
    const noisy = run(slice, [{ type: 'noise-rician', std: 0.05 }]);
    expect(mean(noisy.raster.data.slice(13000))).toBeCloseTo(50 * Math.sqrt(Math.PI / 2), -0.5);
  });

  it('Poisson noise keeps the mean, and its variance follows the value', () => {
    const data = Float32Array.from({ length: 160 * 160 }, (_, i) => (i < 200 ? 0 : i < 12800 ? 250 : 1000));
    const slice = { ...flat(0, 160), raster: makeRaster(data, 160, 160, 'modality') };
    const out = run(slice, [{ type: 'noise-poisson', peak: 100 }]).raster.data;
    const low = out.slice(300, 12000);
    const high = out.slice(13000);
    expect(mean(high)).toBeGreaterThan(995);
    expect(mean(high)).toBeLessThan(1005);
    expect(deviation(high) / deviation(low)).toBeGreaterThan(1.8);
    expect(deviation(high) / deviation(low)).toBeLessThan(2.2);
  });

  it('blur spreads a point to a Gaussian of the width asked for, in millimetres, and keeps its sum', () => {
    const data = new Float32Array(64 * 64);
    data[32 * 64 + 32] = 1000;
    const slice: Slice = { ...flat(0, 64), pixelSpacingMm: [2, 1], raster: makeRaster(data, 64, 64, 'modality') };
    const out = run(slice, [{ type: 'blur', stdMm: 3 }]).raster.data;
    const moment = (axis: (i: number) => number) => Math.sqrt(out.reduce((s, v, i) => s + v * (axis(i) - 32) ** 2, 0) / out.reduce((s, v) => s + v, 0));
    expect(out.reduce((s, v) => s + v, 0)).toBeCloseTo(1000, 1);
    expect(moment((i) => i % 64)).toBeCloseTo(3, 1);
    expect(moment((i) => Math.floor(i / 64))).toBeCloseTo(1.5, 1);
  });

  it('a bias field of coefficient 0 is no field; of order 0 it is one factor', () => {
    const slice = makeSlice();
    expect(run(slice, [{ type: 'bias-field', order: 3, coefficients: 0 }]).raster.data).toEqual(slice.raster.data);
    const out = run(flat(100), [{ type: 'bias-field', order: 0, coefficients: 0.5 }]).raster.data;
    expect(deviation(out)).toBeLessThan(1e-4);
  });

  it('keeping all of k-space, or alpha 0, leaves the image', () => {
    const slice = makeSlice();
    for (const step of [{ type: 'kspace-truncation', keep: 1, axes: 'both' }, { type: 'gibbs', alpha: 0 }, { type: 'ghosting', ghosts: 4, intensity: 0, restore: 0, phaseAxis: 'rows' }] as const) {
      const out = run(slice, [step]).raster.data;
      expect(Math.max(...out.map((v, i) => Math.abs(v - slice.raster.data[i]!)))).toBeLessThan(1e-2);
    }
  });

  it('truncated k-space overshoots at an edge by about nine per cent (Gibbs)', () => {
    const data = Float32Array.from({ length: 128 * 128 }, (_, i) => (i % 128 >= 32 && i % 128 < 96 ? 1000 : 0));
    const slice = { ...flat(0), raster: makeRaster(data, 128, 128, 'modality') };
    const out = run(slice, [{ type: 'kspace-truncation', keep: 0.4, axes: 'columns' }]).raster.data;
    expect(Math.max(...out)).toBeGreaterThan(1060);
    expect(Math.max(...out)).toBeLessThan(1110);
  });

  it('ghosts repeat the object along the phase axis only', () => {
    const data = new Float32Array(128 * 128);
    for (let y = 56; y < 72; y++) for (let x = 56; x < 72; x++) data[y * 128 + x] = 1000;
    const slice = { ...flat(0), raster: makeRaster(data, 128, 128, 'modality') };
    const out = run(slice, [{ type: 'ghosting', ghosts: 4, intensity: 1, restore: 0, phaseAxis: 'rows' }]).raster.data;
    expect(Math.abs(out[(64 + 32) * 128 + 64]!)).toBeGreaterThan(100);
    expect(Math.abs(out[64 * 128 + 64 + 32]!)).toBeLessThan(20);
  });

  it('dose noise doubles when a quarter of the dose goes to a sixteenth, by √5, and holds less low frequencies than white noise', () => {
    const water: Slice = { ...makeSlice({ modality: 'CT', width: 128, height: 128 }), labels: [], raster: makeRaster(new Float32Array(128 * 128), 128, 128, 'HU') };
    const quarter = run(water, [{ type: 'dose-noise', dose: 0.25, referenceHu: 10 }]).raster.data;
    const sixteenth = run(water, [{ type: 'dose-noise', dose: 1 / 16, referenceHu: 10 }]).raster.data;
    expect(deviation(quarter)).toBeGreaterThan(15);
    expect(deviation(quarter)).toBeLessThan(19);
    expect(deviation(sixteenth) / deviation(quarter)).toBeCloseTo(Math.sqrt(15 / 3), 2);
    const blocks = new Float32Array(8 * 8);
    quarter.forEach((v, i) => (blocks[Math.floor(i / 128 / 16) * 8 + Math.floor((i % 128) / 16)]! += v / 256));
    // White noise would leave a sixteenth.
    expect(deviation(blocks) / deviation(quarter)).toBeLessThan(0.05);
  });

  it('cupping darkens the middle of the body and leaves air', () => {
    const slice = makeSlice({ modality: 'CT' });
    const out = run(slice, [{ type: 'cupping', hu: 40 }]).raster.data;
    const change = (x: number, y: number) => out[y * 64 + x]! - slice.raster.data[y * 64 + x]!;
    expect(change(32, 24)).toBeLessThan(-35);
    expect(change(0, 0)).toBe(0);
    expect(change(8, 24)).toBeGreaterThan(-15);
  });
});

describe('padding (−3024 HU outside the reconstruction circle)', () => {
  const side = 128;
  const data = Float32Array.from({ length: side * side }, (_, i) => (Math.hypot((i % side) - 63.5, Math.floor(i / side) - 63.5) > 62 ? -3024 : 40 + (i % 3)));
  const slice: Slice = {
    ...makeSlice({ modality: 'CT', width: side, height: side }), labels: [], raster: makeRaster(data, side, side, 'HU'),
    stored: { data: Int16Array.from(data, (v) => v + 1024), bitsStored: 16, slope: 1, intercept: -1024, padding: { low: -2000, high: -2000 } },
  };
  it.each([...ALL.filter((s) => ['blur', 'low-resolution', 'kspace-truncation', 'gibbs', 'motion', 'ghosting'].includes(s.type)), { type: 'rotate', degrees: 7 }, { type: 'scale', factor: 1.1, anisotropic: false }] as TransformStep[])('is not smeared into tissue by $type', (step) => {
    const out = run(slice, [step]).raster.data;
    const tissue = out.filter((v) => v !== -3024);
    expect(tissue.length).toBeGreaterThan(side * side * 0.6);
    expect(tissue.length).toBeLessThan(side * side);
    expect(Math.min(...tissue)).toBeGreaterThan(20);
  });
});
