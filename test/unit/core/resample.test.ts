import { describe, expect, it } from 'vitest';
import { factorGram, solveBanded } from '../../../src/core/banded';
import { applySeparable, axisOperator, enlargeNearest, resample, toPlane } from '../../../src/core/resample';
import { goldenImage, maxAbsDifference } from '../../fixtures/golden';
import golden from '../../golden/core-numerics.json';

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((s, v, i) => s + v * b[i]!, 0);

describe('resampling on the half-pixel grid', () => {
  it('equals PyTorch, reducing and enlarging', () => {
    expect(maxAbsDifference(resample(goldenImage(24, 16, 1), 8, 12, 'bicubic').data, golden.bicubic2)).toBeLessThan(2e-6);
    expect(maxAbsDifference(resample(goldenImage(24, 20, 1), 5, 6, 'bicubic').data, golden.bicubic4)).toBeLessThan(2e-6);
    expect(maxAbsDifference(resample(goldenImage(7, 6, 3), 12, 14, 'bicubic').data, golden.enlarge2)).toBeLessThan(2e-6);
  });

  it('keeps a constant, and a ramp inside the frame, in place', () => {
    for (const kernel of ['bicubic', 'lanczos'] as const) {
      const ramp = { data: Float32Array.from({ length: 20 * 4 }, (_, i) => i % 20), width: 20, height: 4, unit: 'model' as const };
      const up = resample(ramp, 40, 8, kernel);
      // Low-res sample i lies at 2i + ½: high-res j holds (j − ½)/2.
      for (let j = 12; j < 28; j++) expect(Math.abs(up.data[3 * 40 + j]! - (j - 0.5) / 2)).toBeLessThan(kernel === 'bicubic' ? 1e-5 : 0.03);
      const flat = resample({ ...ramp, data: ramp.data.map(() => 0.7) }, 10, 2, kernel);
      expect(maxAbsDifference(flat.data, flat.data.map(() => 0.7))).toBeLessThan(1e-6);
    }
  });

  it('has an exact adjoint', () => {
    const x = toPlane(goldenImage(24, 18, 2)), y = toPlane(goldenImage(8, 6, 3));
    const v = axisOperator(24, 8, 'bicubic'), h = axisOperator(18, 6, 'bicubic');
    expect(dot(applySeparable(x, v, h).data, y.data)).toBeCloseTo(dot(x.data, applySeparable(y, v, h, true).data), 9);
  });

  it('enlarges labels in blocks', () => {
    expect([...enlargeNearest(Uint8Array.of(1, 2, 3, 4), 2, 2, 2)]).toEqual([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
  });
});

describe('banded Cholesky', () => {
  it('solves A·Aᵀ x = b', () => {
    const op = axisOperator(20, 10, 'bicubic');
    const dense = Array.from({ length: 10 }, (_, i) => Array.from({ length: 20 }, (_, j) => {
      const k = j - op.start[i]!;
      return k >= 0 && k < op.count[i]! ? op.weights[i * op.stride + k]! : 0;
    }));
    const x = Float64Array.from({ length: 10 }, (_, i) => ((i * 5) % 7) - 3);
    const b = Float64Array.from({ length: 10 }, (_, i) => dot(dense[i]!, dense[0]!.map((_, j) => dense.reduce((s, row, k) => s + row[j]! * x[k]!, 0))));
    solveBanded(factorGram(op), b, 0, 1);
    expect(maxAbsDifference(b, x)).toBeLessThan(1e-9);
  });
});
