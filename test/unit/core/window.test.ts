import { describe, expect, it } from 'vitest';
import { greyOf, movedWindow, straightWindow, windowValue } from '../../../src/core/window';

// PS3.3 C.11.2.1.2 with ymin = 0, ymax = 255.
const standardLinear = (x: number, c: number, w: number) =>
  x <= c - 0.5 - (w - 1) / 2 ? 0 : x > c - 0.5 + (w - 1) / 2 ? 255 : ((x - (c - 0.5)) / (w - 1) + 0.5) * 255;
const standardExact = (x: number, c: number, w: number) => (x <= c - w / 2 ? 0 : x > c + w / 2 ? 255 : ((x - c) / w + 0.5) * 255);
const standardSigmoid = (x: number, c: number, w: number) => 255 / (1 + Math.exp((-4 * (x - c)) / w));

describe('VOI LUT functions', () => {
  it.each([
    ['LINEAR', standardLinear], ['LINEAR_EXACT', standardExact], ['SIGMOID', standardSigmoid],
  ] as const)('%s is the formula of the standard', (fn, standard) => {
    for (const [center, width] of [[40, 400], [2048, 4096], [0, 100], [0.5, 1], [-600, 1500], [127.5, 2]] as const) {
      const grey = greyOf({ center, width, function: fn });
      const inverse = greyOf({ center, width, function: fn }, true);
      for (let x = center - width; x <= center + width; x += width / 37) {
        expect(grey(x)).toBeCloseTo(standard(x, center, width), 9);
        expect(inverse(x)).toBeCloseTo(255 - standard(x, center, width), 9);
      }
    }
  });

  it('known values: sigmoid at c, c ± w/4 and c ± w/2', () => {
    const voi = { center: 2048, width: 4096, function: 'SIGMOID' as const };
    expect(windowValue(2048, voi)).toBe(0.5);
    expect(windowValue(3072, voi)).toBeCloseTo(0.7310585786, 10);
    expect(windowValue(0, voi)).toBeCloseTo(0.1192029220, 10);
    expect(windowValue(1e6, voi)).toBe(1);
  });

  it('a window without a function is LINEAR, the default of the standard', () => {
    expect(windowValue(2047.5, { center: 2048, width: 4096 })).toBe(0.5);
    expect(straightWindow({ center: 2048, width: 4096 })).toEqual({ center: 2047.5, width: 4095 });
  });

  it('a table: clamped at both ends, over the bits of its entries, rounded to its input', () => {
    const lut = { first: -2, values: Uint16Array.of(4095, 2000, 100, 0), bits: 12 };
    const grey = greyOf({ center: 0, width: 4, function: 'LINEAR', lut });
    expect([-99, -2, -1, 0, 0.4, 1, 99].map(grey)).toEqual([255, 255, (2000 / 4095) * 255, (100 / 4095) * 255, (100 / 4095) * 255, 0, 0]);
    expect(greyOf({ center: 0, width: 4, lut }, true)(-2)).toBe(0);
  });

  it('moved by hand: a table gives way to a straight window, other functions stay', () => {
    const lut = { first: 0, values: Uint16Array.of(0, 1), bits: 1 };
    expect(movedWindow({ center: 5, width: 9, function: 'LINEAR', explanation: 'NORMAL', lut }, 6, 0)).toEqual({ center: 6, width: 1, function: 'LINEAR' });
    expect(movedWindow({ center: 5, width: 9, function: 'SIGMOID', explanation: 'A' }, 6, 0.5)).toEqual({ center: 6, width: 0.5, function: 'SIGMOID' });
    expect(movedWindow({ center: 5, width: 9 }, 6, 10)).toEqual({ center: 6, width: 10, function: 'LINEAR' });
  });
});
