import { expect, it } from 'vitest';
import { trackOf } from '../../../src/state/degrade';
import { makeSlice } from '../../fixtures/memorySeries';

it('a slice is reduced as its modality comes about, unless a person chose', () => {
  const of = (modality: string) => ({ ...makeSlice(new Array(16).fill(0), 4, 4), modality });
  expect([of('MR'), of('CT'), of('OT')].map((slice) => trackOf({ track: null }, slice))).toEqual(['kspace', 'bicubic', 'bicubic']);
  expect(trackOf({ track: 'kspace' }, of('CT'))).toBe('kspace');
});
