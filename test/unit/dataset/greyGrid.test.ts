import { expect, it } from 'vitest';
import { StudioError } from '../../../src/core/errors';
import { greyGridOf } from '../../../src/pipeline/dataset/greyGrid';
import { makeSlice, makeSource } from '../../fixtures/memorySeries';

const slices = [1.5, 100.5].map((value) => makeSlice(new Array(16).fill(value), 4, 4));

it('a series gets the grid of all its slices, not that of those read before something passing came', async () => {
  const whole = await greyGridOf(makeSource(slices));
  const source = makeSource(slices);
  const load = source.loadSlice.bind(source);
  for (const error of [new DOMException('Cancelled.', 'AbortError'), new StudioError('dicom/decode-timeout')]) {
    source.loadSlice = (index: number) => (index === 1 ? Promise.reject(error) : load(index));
    await expect(greyGridOf(source)).rejects.toBe(error);
  }
  source.loadSlice = load;
  expect(await greyGridOf(source)).toEqual(whole);
});

it('a damaged slice is left out', async () => {
  const source = makeSource(slices);
  const load = source.loadSlice.bind(source);
  source.loadSlice = (index: number) => (index === 1 ? Promise.reject(new StudioError('nifti/invalid')) : load(index));
  expect(await greyGridOf(source)).toEqual(await greyGridOf(makeSource(slices.slice(0, 1))));
});
