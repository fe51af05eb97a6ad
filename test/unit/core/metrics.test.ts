import { describe, expect, it } from 'vitest';
import { haarPsi, psnr, rmse, spearman, ssim } from '../../../src/core/metrics';
import { mapRaster } from '../../../src/core/raster';
import { goldenImage } from '../../fixtures/golden';
import golden from '../../golden/core-numerics.json';

describe('image quality', () => {
  const a = goldenImage(48, 40, 7);
  const noise = goldenImage(48, 40, 9);
  const b = mapRaster(a, (v, i) => Math.min(1.25, Math.max(-0.125, v + 0.125 * (noise.data[i]! - 0.5))));
  const unit = { low: 0, high: 1 };

  it('equals scikit-image (PSNR, SSIM) and the laboratory (HaarPSI)', () => {
    expect(psnr(a, b, unit)).toBeCloseTo(golden.psnr_skimage, 4);
    expect(ssim(a, b, unit)).toBeCloseTo(golden.ssim_skimage, 5);
    expect(haarPsi(a, b, unit)).toBeCloseTo(golden.haarpsi, 5);
  });

  it('does not depend on the units the peak is given in', () => {
    const hu = (r: typeof a) => mapRaster(r, (v) => v * 4096 - 1024, 'HU');
    expect(psnr(hu(a), hu(b), { low: -1024, high: 3072 })).toBeCloseTo(psnr(a, b, unit), 3);
    expect(ssim(hu(a), hu(b), { low: -1024, high: 3072 })).toBeCloseTo(ssim(a, b, unit), 5);
  });

  it('of equal images is perfect, also of flat and tiny ones', () => {
    expect(psnr(a, a, unit)).toBeCloseTo(120, 9);
    expect(ssim(a, a, unit)).toBeCloseTo(1, 12);
    expect(haarPsi(a, a, unit)).toBeGreaterThan(0.999);
    const flat = mapRaster(goldenImage(6, 6, 1), () => 0.5);
    expect(ssim(flat, flat, unit)).toBeCloseTo(1, 12);
    expect(haarPsi(flat, flat, unit)).toBeCloseTo(1, 12);
    expect(rmse(a, mapRaster(a, (v) => v + 0.5))).toBeCloseTo(0.5, 6);
  });
});

describe('Spearman', () => {
  it('is 1 for any increasing function, −1 for a decreasing one, and shares ranks of ties', () => {
    expect(spearman([1, 5, 2, 9], [10, 50, 20, 1e6])).toBeCloseTo(1, 12);
    expect(spearman([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
    expect(spearman([1, 1, 2, 3], [1, 2, 3, 4])).toBeCloseTo(0.9486833, 6);
    expect(spearman([1, 1, 1], [1, 2, 3])).toBe(0);
  });
});
