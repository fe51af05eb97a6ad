import type { Recovery, RecoveryMethod } from '../../pipeline/degradeRecover';
import type { StringKey } from '../strings/t';

export const METHOD_NAMES: Record<RecoveryMethod, StringKey> = {
  nearest: 'degrade.method.nearest',
  bicubic: 'degrade.method.bicubic',
  lanczos: 'degrade.method.lanczos',
  'zero-fill': 'degrade.method.zero-fill',
  faithful: 'degrade.method.faithful',
  perceptual: 'degrade.method.perceptual',
};

/** One scale for all error maps: the 99.5th percentile of the worst method's absolute error; 0 before there is one. */
export function errorLimit(recoveries: readonly Recovery[]): number {
  let limit = 0;
  for (const { error } of recoveries) {
    const sizes: number[] = [];
    const step = Math.max(1, Math.floor(error.data.length / 8000));
    for (let i = 0; i < error.data.length; i += step) sizes.push(Math.abs(error.data[i]!));
    sizes.sort((a, b) => a - b);
    limit = Math.max(limit, sizes[Math.floor(sizes.length * 0.995)] ?? 0);
  }
  return limit;
}
