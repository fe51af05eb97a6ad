import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { Raster } from '../core/raster';
import type { Slice } from '../core/slice';
import { postError } from './notices';

/** Signed difference of the pair on the stage, with the symmetric range it is shown in. */
export interface Difference {
  readonly original: Slice;
  readonly generated: Slice;
  readonly raster: Raster;
  /** 99.5th percentile of the absolute values: robust, stated in the legend. */
  readonly limit: number;
}

export const differenceStore = createStore<{ difference: Difference | null }>(() => ({ difference: null }));
export const useDifference = (): Difference | null => useStore(differenceStore, (s) => s.difference);

let latest: Slice | null = null;

/** Computes the difference of a pair; the last asked for wins. */
export async function showDifference(original: Slice, generated: Slice): Promise<void> {
  latest = generated;
  const there = differenceStore.getState().difference;
  if (there?.original === original && there.generated === generated) return;
  try {
    const { differenceMap } = await import('../pipeline/explain');
    const raster = differenceMap(original, generated);
    if (latest !== generated) return;
    differenceStore.setState({ difference: { original, generated, raster, limit: robustLimit(raster.data) } });
  } catch (error) {
    postError(error);
  }
}

/** 99.5th percentile of |v|, from at most 50,000 samples; never 0. */
export function robustLimit(data: Float32Array): number {
  const step = Math.max(1, Math.floor(data.length / 50000));
  const sizes: number[] = [];
  for (let i = 0; i < data.length; i += step) sizes.push(Math.abs(data[i]!));
  sizes.sort((a, b) => a - b);
  return sizes[Math.floor(sizes.length * 0.995)] || sizes.at(-1) || 1;
}
