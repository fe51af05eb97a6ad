import type { PixelSpacingMm, SliceGeometry } from '../core/geometry';
import type { Random } from '../core/random';
import type { Raster } from '../core/raster';
import type { LabelMap } from '../core/slice';

/** Output pixel → input pixel, both with centres at whole numbers. Writes x and y into `out`. */
export interface Warp {
  readonly width: number;
  readonly height: number;
  map(x: number, y: number, out: Float64Array): void;
}

/** A slice on its way through the steps. Image, labels and padding always share one grid. */
export interface AugmentState {
  readonly raster: Raster;
  readonly labels: readonly LabelMap[];
  /** 1 where a pixel is padding (outside the reconstruction circle, or moved in from beyond the image); null: no padding. */
  readonly padding: Uint8Array | null;
  /** Value of what comes in from beyond the image. */
  readonly fill: number;
  readonly pixelSpacingMm: PixelSpacingMm | null;
  readonly geometry: SliceGeometry | null;
  /** Geometric steps not yet carried out: consecutive ones are sampled once, so that nothing is blurred twice. */
  readonly pending: readonly Warp[];
  /** False once pixels no longer lie where the scanner saw them. */
  readonly spatialLocationsPreserved: boolean;
}

/** What a step drew, as it goes into the provenance. */
export type StepValues = Readonly<Record<string, number | string | boolean | readonly number[]>>;

/** Chance for one step: `values` for its settings, `texture` for noise over the pixels. */
export interface Streams {
  readonly values: Random;
  readonly texture: Random;
}

export interface StepResult {
  readonly state: AugmentState;
  readonly values: StepValues;
}

/** A fixed number, or [low, high] to draw from uniformly. */
export type Range = number | readonly [low: number, high: number];

/** One number of a range. A fixed number draws nothing. */
export function drawFrom(random: Random, range: Range): number {
  return typeof range === 'number' ? range : random.uniform(range[0], range[1]);
}

/** A whole number of a range, both ends included. */
export function drawInteger(random: Random, range: Range): number {
  return typeof range === 'number' ? Math.round(range) : random.integer(Math.ceil(range[0]), Math.floor(range[1]));
}

/** The state with other pixel values on the same grid. */
export function withValues(state: AugmentState, data: Float32Array): AugmentState {
  return { ...state, raster: { ...state.raster, data } };
}

/** The state with `f` applied to each value, and to that of what comes in from beyond the image. */
export function mapValues(state: AugmentState, f: (value: number) => number): AugmentState {
  return { ...withValues(state, state.raster.data.map(f)), fill: f(state.fill) };
}

/** The 0.5 and 99.5 percentiles of what is not padding; high > low always. */
export function valueSpan(state: AugmentState): { low: number; high: number } {
  const { raster, padding } = state;
  const kept = padding ? raster.data.filter((_, i) => !padding[i]) : raster.data.slice();
  const sorted = (kept.length ? kept : raster.data.slice()).sort();
  const at = (p: number): number => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
  const low = at(0.005);
  const high = at(0.995);
  return high > low ? { low, high } : { low, high: low + 1 };
}
