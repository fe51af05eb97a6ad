import { pow } from '../../core/math';

/**
 * Recommended Display CIELab Value (0062,000D), three 16-bit integers (PS3.3 C.10.7.1.1), as sRGB 0…255.
 * D50 white of the ICC connection space, Bradford-adapted to D65 (as the standard's ICC.1 reference asks).
 */
export function cielabToRgb(lab: readonly number[]): readonly [number, number, number] {
  const L = ((lab[0] ?? 0) / 65535) * 100;
  const a = ((lab[1] ?? 0) / 65535) * 255 - 128;
  const b = ((lab[2] ?? 0) / 65535) * 255 - 128;
  const fy = (L + 16) / 116;
  const cube = (t: number): number => (t > 6 / 29 ? t * t * t : 3 * (6 / 29) * (6 / 29) * (t - 4 / 29));
  const X = 0.96422 * cube(fy + a / 500);
  const Y = cube(fy);
  const Z = 0.82521 * cube(fy - b / 200);
  const linear = [
    3.1338561 * X - 1.6168667 * Y - 0.4906146 * Z,
    -0.9787684 * X + 1.9161415 * Y + 0.033454 * Z,
    0.0719453 * X - 0.2289914 * Y + 1.4052427 * Z,
  ];
  const encode = (v: number): number => {
    const c = Math.min(1, Math.max(0, v));
    return Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * pow(c, 1 / 2.4) - 0.055));
  };
  return [encode(linear[0]!), encode(linear[1]!), encode(linear[2]!)];
}
