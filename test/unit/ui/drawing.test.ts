import { describe, expect, it } from 'vitest';
import { makeRaster } from '../../../src/core/raster';
import type { Slice } from '../../../src/core/slice';
import { bodyBox } from '../../../src/state/bodyBox';
import { colormap, paintMap } from '../../../src/ui/maps/colormaps';
import { displayImage } from '../../../src/ui/viewport/displayImage';
import { figure, number } from '../../../src/ui/viewport/format';
import { maskCorner, maskOutline } from '../../../src/ui/viewport/outline';

const base = { id: 's', pixelSpacingMm: [1, 1] as const, modality: 'CT', window: { center: 40, width: 400, function: 'LINEAR' as const }, geometry: null, source: { kind: 'nifti' as const, name: 'x' } };

describe('outlines', () => {
  it('follow pixel edges, once round each part and each hole', () => {
    const single = Uint8Array.from([0, 0, 0, 0, 1, 0, 0, 0, 0]);
    expect(maskOutline(single, 3, 3)).toBe('M1 1L2 1L2 2L1 2Z');
    const ring = Uint8Array.from([1, 1, 1, 1, 0, 1, 1, 1, 1]);
    expect(maskOutline(ring, 3, 3).match(/M/g)).toHaveLength(2);
    expect(maskOutline(new Uint8Array(9), 3, 3)).toBe('');
    expect(maskCorner(single, 3)).toEqual({ left: 1, x: 2, y: 1 });
    expect(maskCorner(new Uint8Array(9), 3)).toBeNull();
  });
});

describe('maps', () => {
  it('viridis ends where it is published to end, and berlin is black in its middle', () => {
    expect([...colormap('viridis').slice(0, 3)]).toEqual([68, 1, 84]);
    expect([...colormap('viridis').slice(765)]).toEqual([253, 231, 37]);
    expect(Math.max(...colormap('berlin').slice(127 * 3, 129 * 3))).toBeLessThanOrEqual(2);
  });

  it('alpha is zero up to the threshold, rises over 0.30 of the range, and NaN is clear', () => {
    const out = new Uint8ClampedArray(5 * 4);
    paintMap(Float32Array.from([0, 0.1, 0.25, 0.9, NaN]), { colormap: 'viridis', range: [0, 1], threshold: 0.1, opacity: 1 }, out);
    expect([out[3], out[7]]).toEqual([0, 0]);
    expect(out[11]).toBe(Math.round((0.15 / 0.3) ** 0.8 * 255));
    expect(out[15]).toBe(255);
    expect(out[19]).toBe(0);
    paintMap(Float32Array.from([-1, 0, 1, 0, 0]), { colormap: 'berlin', range: [-1, 1], threshold: null, opacity: 1 }, out);
    expect(out[3]).toBe(255);
    expect(out[2]!).toBeGreaterThan(out[0]!);
    expect(out[8]!).toBeGreaterThan(out[10]!);
  });
});

describe('the display image', () => {
  it('uses the integers of the file, padding black, and gives back the values by slope and intercept', () => {
    const data = Int16Array.from([-2000, 0, 1024, 2000]);
    const slice: Slice = { ...base, raster: makeRaster(Float32Array.from(data, (v) => v - 1024), 4, 1, 'HU'), stored: { data, bitsStored: 16, slope: 1, intercept: -1024, padding: { low: -2000, high: -2000 } } };
    const image = displayImage(slice, 1, 1);
    const pixels = image.getPixelData();
    const shown = [...pixels].map((v) => v * image.slope + image.intercept);
    expect(shown[0]).toBeLessThanOrEqual(-3024); // far below the darkest value
    expect(shown.slice(1)).toEqual([-1024, 0, 976]);
    expect([image.minPixelValue, image.maxPixelValue]).toEqual([pixels[0], pixels[3]]);
    expect([...data]).toEqual([-2000, 0, 1024, 2000]);
  });

  it('spreads float values over 16 bits', () => {
    const values = Float32Array.from([-0.5, 0, 0.25, 1.5]);
    const image = displayImage({ ...base, raster: makeRaster(values, 2, 2, 'modality'), stored: null }, 1, 1);
    const pixels = image.getPixelData();
    values.forEach((v, i) => expect(Math.abs(pixels[i]! * image.slope + image.intercept - v)).toBeLessThan(2 / 65535));
  });
});

describe('the fitted box', () => {
  it('holds the body and leaves the air out', () => {
    const size = 100;
    const data = new Float32Array(size * size).fill(-1000);
    for (let y = 20; y < 70; y++) for (let x = 30; x < 90; x++) data[y * size + x] = 40;
    const slice: Slice = { ...base, pixelSpacingMm: [2, 1], raster: makeRaster(data, size, size, 'HU'), stored: null };
    expect(bodyBox(slice)).toEqual({ x: 30, y: 40, width: 60, height: 100 });
  });

  it('is the whole field for an image without background', () => {
    const slice: Slice = { ...base, raster: makeRaster(new Float32Array(64).fill(3), 8, 8, 'modality'), stored: null };
    expect(bodyBox(slice)).toEqual({ x: 0, y: 0, width: 8, height: 8 });
  });
});

describe('numbers on the stage', () => {
  it('carry a real minus and as many digits as say something', () => {
    expect([number(-862), number(-0.2), number(0.857, 2)]).toEqual(['−862', '0', '0.86']);
    expect([figure(0.06), figure(27.71), figure(1204.3), figure(-0.5), figure(0.0034)]).toEqual(['0.06', '27.7', '1204', '−0.50', '0.0034']);
  });
});
