import { describe, expect, it } from 'vitest';
import { makeRaster } from '../../../src/core/raster';
import type { Slice } from '../../../src/core/slice';
import { parseRecipe, type RecipeInput } from '../../../src/dataset/recipe';
import { runRecipe, type RunModelStep } from '../../../src/dataset/runRecipe';
import { makeSlice } from '../../fixtures/scannerSlices';

/** A disc of 40 HU in air, padding −3024 HU (stored −2000) outside the circle of reconstruction. */
const side = 64;
const data = Float32Array.from({ length: side * side }, (_, i) => {
  const r = Math.hypot((i % side) - 31.5, Math.floor(i / side) - 31.5);
  return r > 31 ? -3024 : r < 24 ? 40 : -1000;
});
const ct: Slice = {
  ...makeSlice({ modality: 'CT', width: side, height: side }), labels: [], raster: makeRaster(data, side, side, 'HU'),
  stored: { data: Int16Array.from(data, (v) => v + 1024), bitsStored: 16, slope: 1, intercept: -1024, padding: { low: -2000, high: -2000 } },
};
const MIDDLE = 32 * side + 32;

describe('a model step after others', () => {
  const seen: Slice[] = [];
  const same: RunModelStep = async (slice) => {
    seen.push(slice);
    return { slice, infos: [], values: {}, warnings: [], meter: null, agreement: null };
  };
  const run = (steps: NonNullable<RecipeInput['steps']>) => runRecipe(parseRecipe({ verisim: 'recipe', version: 1, name: 'n', seed: 1, outputs: [{ format: 'npz' }], steps }), ct, { id: 'x', source: 0, series: 's', copy: 1 }, same);
  const model = { type: 'super-resolve', model: 'm' } as const;

  it('sees the grey grid of the source with its padding, and steps behind it know that padding is none of their values', async () => {
    const shift = { type: 'hu-shift', hu: 7.4 } as const;
    const gamma = { type: 'gamma', logGamma: 0.3 } as const;
    const without = await run([shift, gamma]);
    const through = await run([shift, model, gamma]);
    expect(seen[0]!.stored).toMatchObject({ slope: 1, intercept: -1024, padding: { low: -2000, high: -2000 } });
    expect([seen[0]!.raster.data[0], seen[0]!.stored!.data[0], seen[0]!.raster.data[MIDDLE]]).toEqual([-3024, -2000, 47]);
    // Soft tissue is the largest value that is no padding, air the smallest: gamma leaves both.
    expect(through.slice.raster.data[MIDDLE]).toBeCloseTo(without.slice.raster.data[MIDDLE]!, 0);
    expect(through.slice.raster.data[32 * side + 4]).toBeCloseTo(-992.6, 0);
    expect(through.slice.raster.data[0]).toBe(-3024);
    const contrast = await run([shift, model, { type: 'contrast', factor: 1.1 }]);
    const plain = await run([shift, { type: 'contrast', factor: 1.1 }]);
    expect(Math.abs(contrast.slice.raster.data[MIDDLE]! - plain.slice.raster.data[MIDDLE]!)).toBeLessThan(1);
  });

  it('counts what the stored type does not hold', async () => {
    const { clamped } = await run([{ type: 'contrast', factor: 4 }, model]);
    expect(clamped).toBe(0);
    const wide: Slice = { ...ct, stored: { ...ct.stored!, data: Uint16Array.from(data, (v) => v + 3024), intercept: -3024, padding: { low: 0, high: 0 } } };
    const low = await runRecipe(parseRecipe({ verisim: 'recipe', version: 1, name: 'n', seed: 1, outputs: [{ format: 'npz' }], steps: [{ type: 'contrast', factor: 4 }, { type: 'hu-shift', hu: -500 }, model] }), wide, { id: 'x', source: 0, series: 's', copy: 1 }, same);
    expect(low.clamped).toBe(data.filter((v) => v === -1000).length);
  });
});
