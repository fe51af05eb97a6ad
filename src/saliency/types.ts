import type { Raster } from '../core/raster';

/** A rectangle in pixels; `x`, `y` of its first pixel. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type SaliencyMethod = 'gradient' | 'integrated-gradients' | 'lam' | 'smoothgrad' | 'occlusion' | 'rise' | 'grad-cam';

/** A map over the original slice. Zero outside `box`, exactly, for the gradient family. */
export interface SaliencyMap {
  /** At the original's size, unit `map`. Native values, nothing interpolated. */
  readonly raster: Raster;
  /** Where values can differ from zero: region ± halo, in original pixels. */
  readonly box: Box;
  /** True when values have a sign (then a diverging map centred on zero fits). */
  readonly signed: boolean;
  /** Side of one independent cell in original pixels (1 for gradients; the patch for occlusion; the grid for RISE). */
  readonly nativePx: number;
}

/** Share of the region that is left while pixels are deleted, or regained while inserted, in one order. 0…1 each. */
export interface FaithfulnessCurve {
  readonly order: 'map' | 'random' | 'sobel';
  readonly fractions: readonly number[];
  readonly deletion: readonly number[];
  readonly insertion: readonly number[];
  readonly deletionArea: number;
  readonly insertionArea: number;
}

export interface Faithfulness {
  readonly curves: readonly FaithfulnessCurve[];
  /** Root mean square change of the region when everything round it is deleted, model range: next to nothing means that the curves are of noise. */
  readonly effect: number;
  /** (area of random − area of map) / area of random for deletion: ≥ 0.3 is good. */
  readonly versusRandom: number;
  readonly versusSobel: number;
  /** One finished sentence on what the number means. */
  readonly sentence: string;
}
