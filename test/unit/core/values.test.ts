import { describe, expect, it } from 'vitest';
import { createHistogram } from '../../../src/core/histogram';
import { fromModelRange, toModelRange } from '../../../src/core/normalise';
import { makeRandom } from '../../../src/core/random';
import { makeRaster } from '../../../src/core/raster';
import { planTiles } from '../../../src/core/tile';
import { windowValue } from '../../../src/core/window';
import { mix } from '../../../src/core/blend';

describe('histogram percentiles', () => {
  it('are exact for integers of either sign, without what is skipped', () => {
    const random = makeRandom(5);
    const values = Float32Array.from({ length: 4000 }, () => random.integer(-1200, 3000));
    const h = createHistogram();
    h.add(values.subarray(0, 1500));
    h.add(Float32Array.of(-2000, -2000, NaN), (v) => v === -2000);
    h.add(values.subarray(1500));
    const sorted = [...values].sort((a, b) => a - b);
    expect(h.count).toBe(4000);
    for (const p of [0.5, 25, 50, 99.5]) expect(h.percentile(p)).toBe(sorted[Math.ceil((p / 100) * 4000) - 1]);
    expect(h.percentile(0)).toBe(sorted[0]);
    expect(h.percentile(100)).toBe(sorted[3999]);
  });

  it('are within 1/8192 for fractions, and NaN when empty', () => {
    const h = createHistogram();
    expect(h.percentile(50)).toBeNaN();
    h.add(Float32Array.of(0.1234567, -0.7654321, 1e-6));
    expect(Math.abs(h.percentile(100) - 0.1234567)).toBeLessThan(0.1234567 / 8192);
    expect(Math.abs(h.percentile(1) + 0.7654321)).toBeLessThan(0.7654321 / 8192);
  });
});

describe('normalisation', () => {
  it('gives every 16-bit integer back, and never clips', () => {
    const data = Float32Array.from({ length: 65536 }, (_, i) => i - 32768);
    const raster = makeRaster(data, 256, 256, 'modality');
    const back = fromModelRange(toModelRange(raster, { low: 37, high: 1789 }), { low: 37, high: 1789 }, 'modality');
    expect(back.data.every((v, i) => Math.round(v) === data[i])).toBe(true);
  });

  it('fills marked pixels to the range, refuses to normalise twice and an empty range', () => {
    const r = makeRaster(Float32Array.of(-2000, 0, 100), 3, 1, 'HU');
    const m = toModelRange(r, { low: -1024, high: 3072 }, Uint8Array.of(1, 0, 0));
    expect(m.data[0]).toBe(0);
    expect(m.data[1]).toBe(0.25);
    expect(() => toModelRange(m, { low: 0, high: 1 })).toThrow('internal');
    expect(() => toModelRange(r, { low: 1, high: 1 })).toThrow('model/bad-output');
    expect(() => fromModelRange(r, { low: 0, high: 1 }, 'HU')).toThrow('internal');
  });
});

describe('tiles', () => {
  it.each([[256, 256, 128, 14, 1], [500, 333, 128, 10, 4], [17, 9, 64, 8, 2], [130, 130, 128, 6, 8]])('%i × %i by %i cover each pixel once, on one phase', (w, h, tile, halo, m) => {
    const seen = new Uint8Array(w * h);
    for (const t of planTiles(w, h, { tile, halo, multipleOf: m })) {
      expect(t.width).toBeLessThanOrEqual(Math.ceil(tile / m) * m);
      expect(t.inputWidth % m).toBe(0);
      expect(((t.inputX % m) + m) % m).toBe(0);
      expect(t.x - t.inputX).toBeGreaterThanOrEqual(halo);
      expect(t.inputX + t.inputWidth).toBeGreaterThanOrEqual(t.x + t.width + halo);
      for (let y = t.y; y < t.y + t.height; y++) for (let x = t.x; x < t.x + t.width; x++) seen[y * w + x]!++;
    }
    expect(seen.every((n) => n === 1)).toBe(true);
  });
});

describe('window and blend', () => {
  it('follows PS3.3 C.11.2.1.2', () => {
    const linear = { center: 2048, width: 4096, function: 'LINEAR' as const };
    expect(windowValue(0, linear)).toBe(0);
    expect(windowValue(4095, linear)).toBe(1);
    expect(windowValue(2047.5, linear)).toBeCloseTo(0.5, 12);
    expect(windowValue(0, { center: 0, width: 100, function: 'LINEAR_EXACT' })).toBe(0.5);
    expect(windowValue(5, { center: 5, width: 100, function: 'SIGMOID' })).toBe(0.5);
    expect([9, 10].map((v) => windowValue(v, { center: 10, width: 1, function: 'LINEAR' }))).toEqual([0, 1]);
  });

  it('blends and keeps the ends themselves', () => {
    const a = makeRaster(Float32Array.of(0, 1), 2, 1, 'model'), b = makeRaster(Float32Array.of(1, 3), 2, 1, 'model');
    expect([...mix(a, b, 0.25).data]).toEqual([0.25, 1.5]);
    expect(mix(a, b, 0)).toBe(a);
    expect(mix(a, b, 1)).toBe(b);
    expect(() => mix(a, makeRaster(Float32Array.of(1), 1, 1, 'model'), 0.5)).toThrow('internal');
  });
});
