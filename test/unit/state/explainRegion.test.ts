import { expect, it } from 'vitest';
import { regionBetween, regionOnGrid } from '../../../src/state/explainRegion';

it('a region stays at its place in the body when the grid changes', () => {
  expect(regionOnGrid({ x: 100, y: 60, width: 20, height: 12 }, { width: 256, height: 256 }, { width: 512, height: 512 })).toEqual({ x: 200, y: 120, width: 40, height: 24 });
  expect(regionOnGrid({ x: 200, y: 120, width: 40, height: 24 }, { width: 512, height: 512 }, { width: 128, height: 256 })).toEqual({ x: 50, y: 60, width: 10, height: 12 });
});

it('a click marks a square inside the image', () => {
  expect(regionBetween({ x: 1, y: 1 }, { x: 1, y: 1 }, { width: 64, height: 64 })).toEqual({ x: 0, y: 0, width: 8, height: 8 });
  expect(regionBetween({ x: 63, y: 30 }, { x: 63, y: 30 }, { width: 64, height: 64 })).toEqual({ x: 56, y: 26, width: 8, height: 8 });
});
