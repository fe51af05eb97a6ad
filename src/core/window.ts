import { exp } from './math';
import type { VoiWindow } from './slice';

/** VOI LUT functions (PS3.3 C.11.2.1.2, C.11.2.1.3): modality value → 0…1. Display only, never the data path. */
export function windowValue(value: number, voi: VoiWindow): number {
  const { center, width } = voi;
  if (voi.function === 'SIGMOID') return 1 / (1 + exp((-4 * (value - center)) / width));
  const [c, w] = voi.function === 'LINEAR' ? [center - 0.5, width - 1] : [center, width];
  if (w <= 0) return value <= c ? 0 : 1;
  return Math.min(1, Math.max(0, (value - c) / w + 0.5));
}
