import { describe, expect, it } from 'vitest';
import { makeRaster } from '../../../../src/core/raster';
import type { DicomAttributes } from '../../../../src/core/dicomJson';
import type { Slice } from '../../../../src/core/slice';
import { commonRescale, lacksGrid, spanOf, storeSlice } from '../../../../src/dicom/write/pixelStorage';
import { makeSlice } from '../../../fixtures/scannerSlices';

const ofValues = (values: readonly number[], stored: Slice['stored']): Slice => ({ ...makeSlice(), raster: makeRaster(Float32Array.from(values), values.length, 1, 'modality'), stored });
const us = (value: number): DicomAttributes[string] => ({ vr: 'US', Value: [value] });
const back = ({ bytes, signed, rescale }: ReturnType<typeof storeSlice>): number[] => {
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 2 }, (_, i) => (signed ? view.getInt16(i * 2, true) : view.getUint16(i * 2, true)) * rescale.slope + rescale.intercept);
};

describe('float pixels (no Bits Stored)', () => {
  const source: DicomAttributes = { '00280100': us(32) };
  const values = [0, 0.25, 0.5, 0.94];

  it('get a grid that keeps their fractions, generated ones too', () => {
    for (const stored of [null, { data: Float32Array.from(values), bitsStored: 32, slope: 1, intercept: 0, padding: null }]) {
      const slice = ofValues(values, stored);
      expect(lacksGrid(slice, source)).toBe(true);
      for (const made of [storeSlice(slice, source), storeSlice(slice, source, commonRescale(spanOf(slice)))]) back(made).forEach((v, i) => expect(v).toBeCloseTo(values[i]!, 4));
    }
  });

  it('keep them beside padding of -1e30, which stays padding', () => {
    const data = Float32Array.of(-1e30, ...values), padding = { low: data[0]!, high: data[0]! };
    const slice = ofValues([...data], { data, bitsStored: 32, slope: 1, intercept: 0, padding });
    const made = storeSlice(slice, source, commonRescale(spanOf(slice)));
    back(made).slice(1).forEach((v, i) => expect(v).toBeCloseTo(values[i]!, 4));
    expect([made.padding, new DataView(made.bytes.buffer).getUint16(0, true)]).toEqual([{ low: 0, high: 0 }, 0]);
  });
});

it('values of a Modality LUT above the stored type are not clamped to it', () => {
  const values = [0, 40000, 65535];
  const slice = ofValues(values, { data: Int16Array.of(-2048, 0, 2047), bitsStored: 16, slope: 1, intercept: 0, padding: { low: -2048, high: -2048 } });
  const source: DicomAttributes = { '00280101': us(16), '00280103': us(1), '00283000': { vr: 'SQ', Value: [{}] } };
  expect(lacksGrid(slice, source)).toBe(true);
  const made = storeSlice(slice, source, commonRescale(spanOf(slice)));
  expect([back(made), made.clamped]).toEqual([values, 0]);
});
