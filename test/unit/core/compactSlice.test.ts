import { afterEach, describe, expect, it, vi } from 'vitest';
import { compactSlice, sliceBytes } from '../../../src/core/compactSlice';
import { makeRaster } from '../../../src/core/raster';
import { storeRaster } from '../../../src/core/storeRaster';
import type { Slice, StoredPixels } from '../../../src/core/slice';
import { makeSlice } from '../../fixtures/scannerSlices';

afterEach(() => vi.unstubAllGlobals());

const SOURCE: StoredPixels = { data: new Int16Array(6), bitsStored: 16, slope: 0.37, intercept: -1024, padding: null };
const slice = (): Slice => ({ ...makeSlice(), ...storeRaster(makeRaster(Float32Array.of(-1024, -3.3, 0, 17.1, 99.9, 3071), 3, 2, 'HU'), SOURCE, true) });

/** As if the values were let go at once. */
class Forgetful {
  deref(): undefined {}
}

describe('a slice without its float values', () => {
  it('gives them to the last bit, again and again, also in copies and to workers', () => {
    vi.stubGlobal('WeakRef', Forgetful);
    const whole = slice(), compact = compactSlice(whole);
    expect(compact.raster).not.toBe(whole.raster);
    expect(compact.raster).toEqual(whole.raster);
    expect({ ...compact, id: whole.id }).toEqual(whole);
    expect(structuredClone(compact)).toEqual(whole);
    expect(compactSlice(compact)).toBe(compact);
  });

  it('keeps the values while somebody holds them', () => {
    const whole = slice(), compact = compactSlice(whole);
    expect(compact.raster).toBe(whole.raster);
    expect([sliceBytes(whole), sliceBytes(compact)]).toEqual([6 * 4 + 6 * 2, 6 * 2]);
  });

  it('is the slice itself where the stored values say something else, or are wider than 16 bits', () => {
    const other = { ...slice(), raster: makeRaster(Float32Array.of(-1024, -3.3, 0, 17.1, 99.9, 3071), 3, 2, 'HU') };
    const float = { ...slice(), stored: { ...SOURCE, data: Float32Array.of(1, 2, 3, 4, 5, 6), slope: 1, intercept: 0 }, raster: makeRaster(Float32Array.of(1, 2, 3, 4, 5, 6), 3, 2, 'HU') };
    for (const s of [other, float, { ...slice(), stored: null }]) expect(compactSlice(s)).toBe(s);
  });
});
