import { describe, expect, it } from 'vitest';
import { complexPlane, fft, fft2, realPartRows, realRows } from '../../../src/core/fft';
import { truncateKspace, zeroFillKspace } from '../../../src/core/kspace';
import { toPlane } from '../../../src/core/resample';
import { goldenImage, maxAbsDifference } from '../../fixtures/golden';
import golden from '../../golden/core-numerics.json';

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((s, v, i) => s + v * b[i]!, 0);

describe('discrete Fourier transform', () => {
  it.each([1, 2, 3, 8, 15, 16, 37, 100])('length %i equals the sum it is defined by, and inverts', (n) => {
    const re = Float64Array.from({ length: n }, (_, i) => ((i * 7) % 5) - 1.5), im = Float64Array.from({ length: n }, (_, i) => ((i * 3) % 4) / 3);
    const a = re.slice(), b = im.slice();
    fft(a, b);
    for (let k = 0; k < n; k++) {
      let r = 0, m = 0;
      for (let j = 0; j < n; j++) {
        const t = (-2 * Math.PI * j * k) / n;
        r += re[j]! * Math.cos(t) - im[j]! * Math.sin(t);
        m += re[j]! * Math.sin(t) + im[j]! * Math.cos(t);
      }
      expect(a[k]).toBeCloseTo(r, 9);
      expect(b[k]).toBeCloseTo(m, 9);
    }
    fft(a, b, true);
    expect(maxAbsDifference(a, re)).toBeLessThan(1e-12);
    expect(maxAbsDifference(b, im)).toBeLessThan(1e-12);
  });

  it('keeps energy in two dimensions (Parseval)', () => {
    const p = complexPlane(12, 10);
    p.re.set(goldenImage(10, 12, 3).data);
    const energy = dot(p.re, p.re);
    fft2(p);
    expect((dot(p.re, p.re) + dot(p.im, p.im)) / 120).toBeCloseTo(energy, 9);
  });

  it.each([[8, 4], [7, 5], [6, 1]])('real rows of %i, %i of them, two at a time: the spectra of each, and back', (width, rows) => {
    const data = Float64Array.from(goldenImage(rows, width, 3).data), out = new Float64Array(data.length);
    const spectra: [Float64Array, Float64Array][] = [];
    realRows(data, width, rows, (row, re, im) => {
      const a = data.slice(row * width, (row + 1) * width), b = new Float64Array(width);
      fft(a, b);
      expect(maxAbsDifference(re, a)).toBeLessThan(1e-12);
      expect(maxAbsDifference(im, b)).toBeLessThan(1e-12);
      // Something that is not Hermitian, whose real part is the row itself.
      spectra.push([re.map((v, k) => v + (k === 1 ? 0.5 : k === width - 1 ? -0.5 : 0)), im.slice()]);
    });
    realPartRows(out, width, rows, (row, re, im) => {
      re.set(spectra[row]![0]);
      im.set(spectra[row]![1]);
    });
    expect(maxAbsDifference(out, data)).toBeLessThan(1e-12);
  });
});

describe('track K', () => {
  it('equals numpy', () => {
    expect(maxAbsDifference(truncateKspace(toPlane(goldenImage(24, 16, 1)), 2).data, golden.kspace2)).toBeLessThan(1e-6);
    expect(maxAbsDifference(truncateKspace(toPlane(goldenImage(24, 32, 5)), 4).data, golden.kspace4)).toBeLessThan(1e-6);
    expect(maxAbsDifference(zeroFillKspace(toPlane(goldenImage(12, 8, 3)), 2).data, golden.zerofill2)).toBeLessThan(1e-6);
  });

  it.each([[24, 16, 2], [20, 12, 4], [18, 14, 2], [15, 9, 3]])('%i × %i by %i: zero-filling / s² is the adjoint, exact filling the right inverse', (h, w, s) => {
    const x = toPlane(goldenImage(h, w, 4)), y = toPlane(goldenImage(h / s, w / s, 6));
    expect(dot(truncateKspace(x, s).data, y.data)).toBeCloseTo(dot(x.data, zeroFillKspace(y, s).data) / (s * s), 8);
    expect(maxAbsDifference(truncateKspace(zeroFillKspace(y, s, 2), s).data, y.data)).toBeLessThan(1e-11);
  });

  it('refuses sides that are no multiple of the scale', () => {
    expect(() => truncateKspace(toPlane(goldenImage(9, 8, 1)), 2)).toThrow('model/shape-mismatch');
  });
});
