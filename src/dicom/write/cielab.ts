import { pow } from '../../core/math';

/** sRGB 0…255 → CIELab (D65 → D50, Bradford) as three 16-bit values, as Recommended Display CIELab Value has it (PS3.3 C.10.7.1.1). */
export function cielab([r, g, b]: readonly [number, number, number]): [number, number, number] {
  const linear = (v: number): number => (v / 255 <= 0.04045 ? v / 255 / 12.92 : pow((v / 255 + 0.055) / 1.055, 2.4));
  const [lr, lg, lb] = [linear(r), linear(g), linear(b)];
  const x = (0.4360747 * lr + 0.3850649 * lg + 0.1430804 * lb) / 0.9642;
  const y = 0.2225045 * lr + 0.7168786 * lg + 0.0606169 * lb;
  const z = (0.0139322 * lr + 0.0971045 * lg + 0.7141733 * lb) / 0.8249;
  const f = (t: number): number => (t > 216 / 24389 ? pow(t, 1 / 3) : ((24389 / 27) * t + 16) / 116);
  const [fx, fy, fz] = [f(x), f(y), f(z)];
  const scale = (v: number): number => Math.max(0, Math.min(65535, Math.round(v)));
  return [
    scale(((116 * fy - 16) / 100) * 65535),
    scale(((500 * (fx - fy) + 128) / 255) * 65535),
    scale(((200 * (fy - fz) + 128) / 255) * 65535),
  ];
}
