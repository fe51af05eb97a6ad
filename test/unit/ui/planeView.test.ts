import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enlargedGeometry } from '../../../src/core/geometry';
import { makeRaster } from '../../../src/core/raster';
import type { Slice } from '../../../src/core/slice';
import type { Camera } from '../../../src/state/view';
import { apply, applyInverse, cornerstoneView, edgeLetters, imageToCell, placeSlice, planeView, scaleBar } from '../../../src/ui/viewport/planeView';

const AXIAL = { positionMm: [-110, -110, 20] as const, rowDirection: [1, 0, 0] as const, columnDirection: [0, 1, 0] as const };

function slice(width: number, height: number, spacing: readonly [number, number] | null, geometry: Slice['geometry']): Slice {
  return {
    id: `${width}`, raster: makeRaster(new Float32Array(width * height), width, height, 'modality'), stored: null, pixelSpacingMm: spacing,
    modality: 'MR', window: { center: 1, width: 2, function: 'LINEAR' }, geometry, source: { kind: 'nifti', name: 'x' },
  };
}

const camera = fc.record({
  zoom: fc.double({ min: 0.3, max: 20, noNaN: true }),
  dx: fc.double({ min: -80, max: 80, noNaN: true }),
  dy: fc.double({ min: -80, max: 80, noNaN: true }),
  rotation: fc.constantFrom(0, 90, 180, 270) as fc.Arbitrary<Camera['rotation']>,
  flipH: fc.boolean(),
  flipV: fc.boolean(),
});

/** cornerstone-core 2.6.1, internal/calculateTransform, written out again: image pixel → canvas pixel. */
function cornerstonePoint(v: ReturnType<typeof cornerstoneView>, canvas: { width: number; height: number }, image: { width: number; height: number; rowMm: number; columnMm: number }, x: number, y: number) {
  let [px, py] = [x - image.width / 2, y - image.height / 2];
  if (v.hflip) px = -px;
  if (v.vflip) py = -py;
  const angle = (v.rotation * Math.PI) / 180;
  const rotate = (a: number, p: number, q: number) => [p * Math.cos(a) - q * Math.sin(a), p * Math.sin(a) + q * Math.cos(a)] as const;
  [px, py] = rotate(angle, px, py);
  [px, py] = [px + v.translation.x, py + v.translation.y];
  [px, py] = rotate(-angle, px, py);
  let [ws, hs] = [v.scale, v.scale];
  if (image.rowMm < image.columnMm) ws *= image.columnMm / image.rowMm;
  else if (image.columnMm < image.rowMm) hs *= image.rowMm / image.columnMm;
  [px, py] = [px * ws, py * hs];
  [px, py] = rotate(angle, px, py);
  return [px + canvas.width / 2, py + canvas.height / 2] as const;
}

describe('the plane of the viewer', () => {
  it('image pixels land where cornerstone draws them, at any zoom, pan, turn, flip, spacing and device ratio', () => {
    fc.assert(
      fc.property(camera, fc.double({ min: 0.3, max: 3, noNaN: true }), fc.double({ min: 0.3, max: 3, noNaN: true }), fc.constantFrom(1, 1.5, 2), (cam, rowMm, columnMm, ratio) => {
        const place = placeSlice(slice(40, 30, [rowMm, columnMm], AXIAL), null);
        const view = planeView({ x: 3, y: 2, width: 20, height: 15 }, 452, 700, cam);
        const m = imageToCell(view, place);
        const v = cornerstoneView(view, place, ratio);
        for (const [x, y] of [[0, 0], [40, 0], [7.5, 21.25], [40, 30]] as const) {
          const ours = apply(m, x, y);
          const theirs = cornerstonePoint(v, { width: 452 * ratio, height: 700 * ratio }, { width: 40, height: 30, rowMm, columnMm }, x, y);
          expect(theirs[0] / ratio).toBeCloseTo(ours[0], 5);
          expect(theirs[1] / ratio).toBeCloseTo(ours[1], 5);
        }
      }),
    );
  });

  it('going there and back gives the same point', () => {
    fc.assert(
      fc.property(camera, fc.double({ min: -50, max: 90, noNaN: true }), fc.double({ min: -50, max: 90, noNaN: true }), (cam, x, y) => {
        const m = imageToCell(planeView({ x: 0, y: 0, width: 30, height: 30 }, 300, 500, cam), placeSlice(slice(40, 30, [1, 1], AXIAL), null));
        const [u, w] = apply(m, x, y);
        const [bx, by] = applyInverse(m, u, w);
        expect(bx).toBeCloseTo(x, 6);
        expect(by).toBeCloseTo(y, 6);
      }),
    );
  });

  it.each([2, 4])('an image enlarged by %i lies on its source in millimetres: the same corner, the same far corner', (scale) => {
    const source = slice(32, 24, [0.9, 0.8], AXIAL);
    const grid = enlargedGeometry(AXIAL, [0.9, 0.8], scale);
    const large = slice(32 * scale, 24 * scale, grid.pixelSpacingMm, grid.geometry);
    const view = planeView({ x: 0, y: 0, width: 20, height: 20 }, 400, 400, { zoom: 2, dx: 3, dy: -4, rotation: 90, flipH: true, flipV: false });
    const a = imageToCell(view, placeSlice(source, source));
    const b = imageToCell(view, placeSlice(large, source));
    for (const [u, v] of [[0, 0], [1, 0], [0.3, 0.7], [1, 1]] as const) {
      const p = apply(a, u * 32, v * 24);
      const q = apply(b, u * 32 * scale, v * 24 * scale);
      expect(q[0]).toBeCloseTo(p[0], 4);
      expect(q[1]).toBeCloseTo(p[1], 4);
    }
  });

  it('letters follow orientation, flips and turns', () => {
    const fitted: Camera = { zoom: 1, dx: 0, dy: 0, rotation: 0, flipH: false, flipV: false };
    const axial = slice(8, 8, [1, 1], AXIAL);
    expect(edgeLetters(axial, fitted)).toEqual({ right: 'L', left: 'R', bottom: 'P', top: 'A' });
    expect(edgeLetters(axial, { ...fitted, flipH: true })).toEqual({ right: 'R', left: 'L', bottom: 'P', top: 'A' });
    expect(edgeLetters(axial, { ...fitted, rotation: 90 })).toEqual({ right: 'A', left: 'P', bottom: 'L', top: 'R' });
    const sagittal = slice(8, 8, [1, 1], { positionMm: [0, 0, 0], rowDirection: [0, 1, 0], columnDirection: [0, 0, -1] });
    expect(edgeLetters(sagittal, fitted)).toEqual({ right: 'P', left: 'A', bottom: 'F', top: 'H' });
    expect(edgeLetters(slice(8, 8, null, null), fitted)).toEqual({ right: '', left: '', bottom: '', top: '' });
  });

  it('the scale bar is 1, 2 or 5 × 10ⁿ and between 60 and 200 pixels long', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 500, noNaN: true }), (perMm) => {
        const { mm, pixels } = scaleBar(perMm);
        expect(pixels).toBeGreaterThanOrEqual(60);
        expect(pixels).toBeLessThanOrEqual(200);
        const digit = mm / 10 ** Math.floor(Math.log10(mm) + 1e-9);
        expect([1, 2, 5].some((d) => Math.abs(d - digit) < 1e-6)).toBe(true);
      }),
    );
  });
});
