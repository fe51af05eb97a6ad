import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TransformStep } from '../../../src/augment';
import { dice } from '../../../src/core/labelOps';
import { pixelToPatient } from '../../../src/core/geometry';
import { makeRaster } from '../../../src/core/raster';
import type { Slice } from '../../../src/core/slice';
import { run } from '../../fixtures/augment';
import { makeSlice } from '../../fixtures/scannerSlices';

/** A bright square on black, and its mask. */
function square(width = 128, height = 112, spacing: [number, number] = [0.9, 0.7]): Slice {
  const data = new Float32Array(width * height);
  const mask = new Uint8Array(width * height);
  for (let y = 36; y < 76; y++) {
    for (let x = 44; x < 84; x++) {
      data[y * width + x] = 1000;
      mask[y * width + x] = 3;
    }
  }
  return {
    ...makeSlice({ width, height }),
    raster: makeRaster(data, width, height, 'modality'),
    pixelSpacingMm: spacing,
    labels: [{ data: mask, width, height, classes: [{ id: 3, name: 'square' }], source: 'test' }],
  };
}

const step: fc.Arbitrary<TransformStep> = fc.oneof(
  fc.constant<TransformStep>({ type: 'flip', axes: ['horizontal', 'vertical'], each: 0.5 }),
  fc.constant<TransformStep>({ type: 'rotate', degrees: [-30, 30] }),
  fc.constant<TransformStep>({ type: 'rotate', degrees: 90 }),
  fc.constant<TransformStep>({ type: 'scale', factor: [0.85, 1.2], anisotropic: true }),
  fc.constant<TransformStep>({ type: 'translate', mm: [-5, 5] }),
  fc.constant<TransformStep>({ type: 'elastic', controlPoints: 7, maxDisplacementMm: [0, 7.5], lockedBorders: 2 }),
  fc.constant<TransformStep>({ type: 'crop', fraction: [0.9, 1], centre: 'label' }),
);

describe('geometric steps', () => {
  it('move a bright square and its mask together, in any chain', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 1e6 }), (steps, seed) => {
        const out = run(square(), steps, String(seed));
        const seen = Uint8Array.from(out.raster.data, (v) => (v >= 500 ? 1 : 0));
        fc.pre(seen.reduce((n, v) => n + v, 0) > 400);
        expect(dice(seen, out.labels![0]!.data)).toBeGreaterThanOrEqual(0.98);
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it('keeps class ids as they are, and invents none between two classes', () => {
    const slice = square();
    const data = slice.labels![0]!.data.map((id, i) => (id && i % 128 > 64 ? 9 : id));
    const out = run({ ...slice, labels: [{ ...slice.labels![0]!, data }] }, [{ type: 'rotate', degrees: 17 }, { type: 'elastic', controlPoints: 6, maxDisplacementMm: 5, lockedBorders: 1 }]);
    expect([...new Set(out.labels![0]!.data)].sort()).toEqual([0, 3, 9]);
  });

  it('mirrors twice and turns four times back to the very same values', () => {
    const slice = makeSlice();
    const mirror: TransformStep = { type: 'flip', axes: ['horizontal'], each: 1 };
    expect(run(slice, [mirror, mirror]).raster.data).toEqual(slice.raster.data);
    const once = run(slice, [mirror]).raster.data;
    expect(once[0]).toBe(slice.raster.data[63]);
    const even = square(112, 112, [0.8, 0.8]);
    const turn: TransformStep = { type: 'rotate', degrees: 90 };
    expect(run(even, [turn, turn, turn, turn]).raster.data).toEqual(even.raster.data);
    expect(run(even, [turn]).raster.data).not.toEqual(even.raster.data);
  });

  it('samples a chain once: rotating there and back blurs nothing', () => {
    const slice = square(128, 128, [1, 1]);
    const back = run(slice, [{ type: 'rotate', degrees: 33 }, { type: 'rotate', degrees: -33 }]);
    const inside = (i: number) => Math.hypot((i % 128) - 63.5, Math.floor(i / 128) - 63.5) < 60;
    const worst = slice.raster.data.reduce((most, v, i) => (inside(i) ? Math.max(most, Math.abs(v - back.raster.data[i]!)) : most), 0);
    expect(worst).toBeLessThan(1e-3);
  });

  it('keeps a rotation true in millimetres where pixels are not square', () => {
    const slice = square(128, 128, [2, 1]);
    const out = run(slice, [{ type: 'rotate', degrees: 90 }]);
    const extent = (s: Slice) => {
      const xs: number[] = [];
      const ys: number[] = [];
      s.labels![0]!.data.forEach((id, i) => id && (xs.push(i % 128), ys.push(Math.floor(i / 128))));
      return [Math.max(...xs) - Math.min(...xs) + 1, Math.max(...ys) - Math.min(...ys) + 1];
    };
    expect(extent(slice)).toEqual([40, 40]);
    expect(extent(out)).toEqual([80, 20]);
  });

  it('crops without moving what is kept: each pixel stays at its patient position', () => {
    const slice = makeSlice();
    const out = run(slice, [{ type: 'crop', rows: 20, columns: 24, centre: 'random' }], 'crop');
    expect([out.raster.width, out.raster.height]).toEqual([24, 20]);
    const first = out.geometry!.positionMm;
    const x = Math.round((first[0] - slice.geometry!.positionMm[0]) / 0.8);
    const y = Math.round((first[1] - slice.geometry!.positionMm[1]) / 0.9);
    expect(pixelToPatient(slice.geometry!, slice.pixelSpacingMm!, x, y)).toEqual(first);
    expect(out.raster.data[5 * 24 + 7]).toBe(slice.raster.data[(y + 5) * 64 + x + 7]);
  });

  it('fills what comes in from outside with the lowest value, and keeps padding as padding', () => {
    const slice = makeSlice({ modality: 'CT' });
    const stored = Int16Array.from(slice.raster.data, (v) => v + 1024);
    for (let i = 0; i < 10; i++) stored[i] = -2000;
    const raster = { ...slice.raster, data: Float32Array.from(stored, (v) => v - 1024) };
    const padded: Slice = { ...slice, raster, stored: { data: stored, bitsStored: 16, slope: 1, intercept: -1024, padding: { low: -2000, high: -2000 } } };
    const out = run(padded, [{ type: 'translate', mm: 8 }, { type: 'noise-gaussian', std: 0.05 }]);
    expect(out.raster.data[0]).toBe(-3024);
    expect(out.raster.data[30 * 64 + 40]).toBeGreaterThan(-1100);
  });

  it('elastic with the fewest control points still moves something, whatever borders are locked', () => {
    const slice = makeSlice();
    for (const controlPoints of [4, 5]) expect(run(slice, [{ type: 'elastic', controlPoints, maxDisplacementMm: 7.5, lockedBorders: 2 }]).raster.data).not.toEqual(slice.raster.data);
  });

  it('what comes in after a value step has the value that the background has by then', () => {
    const slice = square(128, 128, [1, 1]);
    const grey: Slice = { ...slice, raster: makeRaster(slice.raster.data.map((v) => 20 + 0.8 * v), 128, 128, 'modality') };
    const turn: TransformStep = { type: 'rotate', degrees: 20 };
    for (const step of [{ type: 'brightness', shift: 0.3 }, { type: 'contrast', factor: 0.7 }, { type: 'gamma', logGamma: 0.3 }, { type: 'hu-shift', hu: 100 }] as const) {
      const { data } = run(grey, [step, turn]).raster;
      expect(data[0], step.type).toBe(data[10 * 128 + 64]);
    }
    expect(run(grey, [{ type: 'hu-shift', hu: 100 }, turn]).raster.data[0]).toBe(120);
  });
});
