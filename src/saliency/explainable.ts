import type { Raster } from '../core/raster';
import type { Backend } from '../inference/protocol';
import type { Box } from './types';

/**
 * What a method needs to know of a generator: the pixels of the input that can matter (`box`, inside `frame`), and the
 * shown values of the marked region as a function of them. Vectors are row-major: box pixels in, region pixels out.
 */
export interface Explainable {
  /** The whole input, model range. */
  readonly frame: Raster;
  /** Region ± halo inside the frame: beyond it the gradient is exactly zero. */
  readonly box: Box;
  /** The region in output pixels. */
  readonly region: Box;
  forward(image: Float32Array, signal?: AbortSignal): Promise<Float32Array>;
  /** Vector–Jacobian product, exact; null for models without a gradient graph. */
  readonly vjp: ((image: Float32Array, cotangent: Float32Array, signal?: AbortSignal) => Promise<{ gradient: Float32Array; region: Float32Array }>) | null;
  /** The backend of the latest run. */
  backend(): Backend;
}

/** What a method is called with besides its target. */
export interface MethodHooks {
  readonly signal?: AbortSignal;
  /** Awaited between runs. */
  readonly gate?: () => Promise<void>;
  /** A complete, coarser map over the box, with runs done of all. */
  readonly onUpdate?: (map: Float32Array, done: number, total: number) => void;
}

/** The box's part of a frame. */
export function cutBox(frame: Raster, box: Box): Float32Array {
  const out = new Float32Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const from = (box.y + y) * frame.width + box.x;
    out.set(frame.data.subarray(from, from + box.width), y * box.width);
  }
  return out;
}

/** Intersection of region ± reach with a frame of this size. */
export function boxAround(region: Box, reach: number, width: number, height: number): Box {
  const x = Math.max(0, region.x - reach), y = Math.max(0, region.y - reach);
  return { x, y, width: Math.min(width, region.x + region.width + reach) - x, height: Math.min(height, region.y + region.height + reach) - y };
}

export const sumOf = (values: Float32Array): number => values.reduce((s, v) => s + v, 0);
