import type { LabelMap } from '../core/slice';
import type { AugmentState, Warp } from './state';

/** x' = a·x + b·y + c, y' = d·x + e·y + f. */
export type Affine2 = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export function affineWarp(width: number, height: number, m: Affine2): Warp {
  return {
    width,
    height,
    map(x, y, out) {
      out[0] = m[0] * x + m[1] * y + m[2];
      out[1] = m[3] * x + m[4] * y + m[5];
    },
  };
}

/** Size of the grid after the pending warps. */
export function gridSize(state: AugmentState): { width: number; height: number } {
  return state.pending.at(-1) ?? state.raster;
}

/** Adds a geometric step. Image and labels move when the next value step, or the end, asks for them. */
export function addWarp(state: AugmentState, warp: Warp, moves = true): AugmentState {
  return { ...state, pending: [...state.pending, warp], spatialLocationsPreserved: state.spatialLocationsPreserved && !moves };
}

/**
 * Carries the pending warps out as one: image bilinear, labels and padding nearest, at the very same coordinates.
 * Beyond half a pixel outside the image: `fill` and background.
 */
export function settle(state: AugmentState): AugmentState {
  if (state.pending.length === 0) return state;
  const { width, height } = gridSize(state);
  const { raster, labels } = state;
  const data = new Float32Array(width * height);
  const maps = labels.map(() => new Uint8Array(width * height));
  const padding = state.padding ? new Uint8Array(width * height) : null;
  const point = new Float64Array(2);
  const warps = [...state.pending].reverse();
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      point[0] = x;
      point[1] = y;
      for (const warp of warps) warp.map(point[0]!, point[1]!, point);
      const sx = point[0]!;
      const sy = point[1]!;
      if (!(sx >= -0.5 && sy >= -0.5 && sx < raster.width - 0.5 && sy < raster.height - 0.5)) {
        data[i] = state.fill;
        if (padding) padding[i] = 1;
        continue;
      }
      data[i] = bilinear(raster.data, raster.width, raster.height, sx, sy);
      const near = Math.floor(sy + 0.5) * raster.width + Math.floor(sx + 0.5);
      for (let l = 0; l < maps.length; l++) maps[l]![i] = labels[l]!.data[near]!;
      if (padding) padding[i] = state.padding![near]!;
    }
  }
  return {
    ...state,
    raster: { ...raster, data, width, height },
    labels: labels.map((label, l): LabelMap => ({ ...label, data: maps[l]!, width, height })),
    padding,
    pending: [],
  };
}

/** Value at (x, y), edges replicated. At whole numbers it is the pixel itself, bit for bit. */
export function bilinear(data: ArrayLike<number>, width: number, height: number, x: number, y: number): number {
  const cx = x < 0 ? 0 : x > width - 1 ? width - 1 : x;
  const cy = y < 0 ? 0 : y > height - 1 ? height - 1 : y;
  const x0 = Math.floor(cx);
  const y0 = Math.floor(cy);
  const fx = cx - x0;
  const fy = cy - y0;
  const at = y0 * width + x0;
  const right = fx > 0 ? 1 : 0;
  const down = fy > 0 ? width : 0;
  const top = data[at]! + fx * (data[at + right]! - data[at]!);
  const bottom = data[at + down]! + fx * (data[at + down + right]! - data[at + down]!);
  return top + fy * (bottom - top);
}
