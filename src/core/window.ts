import { exp } from './math';
import type { VoiWindow, WindowSetting } from './slice';

/** VOI LUT functions and tables (PS3.3 C.11.2.1.1 to .3): modality value → 0…1. Display only, never the data path. */
export function windowValue(value: number, voi: WindowSetting): number {
  const { center, width, lut } = voi;
  if (lut) {
    const at = Math.min(lut.values.length - 1, Math.max(0, Math.round(value) - lut.first));
    return lut.values[at]! / ((1 << lut.bits) - 1);
  }
  if (voi.function === 'SIGMOID') return 1 / (1 + exp((-4 * (value - center)) / width));
  const [c, w] = linearRamp(voi);
  if (w <= 0) return value <= c ? 0 : 1;
  return Math.min(1, Math.max(0, (value - c) / w + 0.5));
}

/** Centre and width of the straight line that LINEAR (with its half step) or LINEAR_EXACT draws; null for other functions. */
export function straightWindow(voi: WindowSetting): { readonly center: number; readonly width: number } | null {
  if (voi.lut || voi.function === 'SIGMOID') return null;
  const [center, width] = linearRamp(voi);
  return { center, width };
}

function linearRamp({ center, width, function: fn }: WindowSetting): readonly [center: number, width: number] {
  return fn === 'LINEAR_EXACT' ? [center, width] : [center - 0.5, width - 1];
}

/** The same as a function of the value alone: 0…255, inverted after the VOI where asked (MONOCHROME1). */
export function greyOf(voi: WindowSetting, inverted = false): (value: number) => number {
  const straight = straightWindow(voi);
  const sign = inverted ? -255 : 255;
  const from = inverted ? 255 : 0;
  if (!straight || straight.width <= 0) return (value) => from + sign * windowValue(value, voi);
  const low = straight.center - straight.width / 2;
  return (value) => from + sign * Math.min(1, Math.max(0, (value - low) / straight.width));
}

/**
 * A window moved by hand. SIGMOID and LINEAR_EXACT stay what they are; a table gives way to a straight window.
 * LINEAR is defined from a width of 1 on, the others above 0.
 */
export function movedWindow(voi: WindowSetting, center: number, width: number): VoiWindow {
  const fn = voi.lut ? 'LINEAR' : (voi.function ?? 'LINEAR');
  return { center, width: Math.max(fn === 'LINEAR' ? 1 : 1e-6, width), function: fn };
}
