import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeRaster } from '../../../src/core/raster';
import type { Slice, StoredPixels, VoiWindow } from '../../../src/core/slice';
import { greyOf } from '../../../src/core/window';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { importFiles } from '../../../src/pipeline/importFiles';
import { displayImage } from '../../../src/ui/viewport/displayImage';
import { voiOfViewport } from '../../../src/ui/viewport/voiTable';
import { asInput } from '../../fixtures/dicom';
import { SHARED, skipWithoutShared } from '../../fixtures/shared';

const SIGMOID: VoiWindow = { center: 0, width: 100, function: 'SIGMOID' };

function slice(data: Int16Array | Uint16Array, more: Partial<StoredPixels> = {}, inverted = false): Slice {
  const stored: StoredPixels = { data, bitsStored: 16, slope: 1, intercept: 0, padding: null, ...more };
  const raster = makeRaster(Float32Array.from(data, (v) => v * stored.slope + stored.intercept), data.length, 1, 'modality');
  return { id: 'x', raster, stored, pixelSpacingMm: null, modality: 'MR', window: SIGMOID, inverted, geometry: null, source: { kind: 'image', name: 'x', bits: 16 } };
}

/** What cornerstone-core draws: pixel → table or slope and intercept → straight window → bytes. */
function drawn(s: Slice, window: VoiWindow): number[] {
  const image = displayImage(s, 1, 1);
  const { voi, modalityLUT } = voiOfViewport(image, window);
  return Array.from(image.getPixelData(), (p) => {
    const value = modalityLUT ? modalityLUT.lut[p]! : p * image.slope + image.intercept;
    const grey = ((value - voi.windowCenter) / voi.windowWidth + 0.5) * 255;
    return Uint8ClampedArray.of(image.invert ? 255 - grey : grey)[0]!;
  });
}
const wanted = (s: Slice, window: VoiWindow): number[] => [...Uint8ClampedArray.from(s.raster.data, greyOf(window, s.inverted))];

describe('display image and window', () => {
  const data = Int16Array.of(-32768, -300, -50, -1, 0, 1, 25, 50, 300, 32767);
  const lut = { first: -60, values: Uint16Array.from({ length: 120 }, (_, i) => 4095 - i * 20), bits: 12 };
  const windows: VoiWindow[] = [
    SIGMOID, { center: 10, width: 80, function: 'LINEAR' }, { center: 10, width: 80, function: 'LINEAR_EXACT' },
    { center: 0, width: 120, function: 'LINEAR', lut }, { center: 3, width: 1, function: 'LINEAR' },
  ];
  it.each([false, true])('every function on signed data with rescale, inverted %s', (inverted) => {
    const s = slice(data, { slope: 0.5, intercept: 7 }, inverted);
    for (const window of windows) expect(drawn(s, window)).toEqual(wanted(s, window));
  });

  it.each([false, true])('padding is black, inverted %s', (inverted) => {
    const s = slice(Int16Array.of(-2000, -100, 0, 100), { padding: { low: -2000, high: -2000 } }, inverted);
    for (const window of windows.slice(0, 3)) {
      expect(drawn(s, window)[0]).toBe(0);
      expect(drawn(s, window).slice(1)).toEqual(wanted(s, window).slice(1));
    }
  });

  it.skipIf(skipWithoutShared('a file with a VOI LUT'))('a file with a VOI LUT is drawn through it: the table of the corpus is the identity from 8 to 16 bits', async () => {
    const bytes = readFileSync(`${SHARED}/data/dicom/valid/files/pydicom-data__vlut_04.dcm`);
    const { series } = await importFiles([asInput('vlut.dcm', new Uint8Array(bytes))], { decoder: createInlineDecoder() });
    const s = await series[0]!.loadSlice(0);
    expect(s.window.lut!.bits).toBe(16);
    expect(drawn(s, s.window)).toEqual([...s.raster.data]);
    expect(new Set(s.raster.data).size).toBe(256);
  });
});
