import { StudioError } from './errors';

/** Cutting a frame into tiles with a halo, so that a strictly local network gives what it gives untiled. */
export interface Tile {
  /** The part of the frame this tile answers for. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** What is fed: the part with its halo, sides multiples of `multipleOf`; reaches beyond the frame at its edges. */
  readonly inputX: number;
  readonly inputY: number;
  readonly inputWidth: number;
  readonly inputHeight: number;
}

export interface TileOptions {
  /** Largest side of a tile without its halo. */
  readonly tile: number;
  readonly halo: number;
  readonly multipleOf: number;
  /** Exact side of what is fed, for networks of a fixed size: tiles are then patch − 2 · halo at most. */
  readonly patch?: number | null;
}

/** The largest side of a tile, without its halo, that a network of a fixed size can answer for; below 1: none. */
export function tileOfPatch(patch: number, halo: number, multipleOf: number): number {
  return Math.floor((patch - 2 * Math.ceil(halo / multipleOf) * multipleOf) / multipleOf) * multipleOf;
}

/** Equal tiles in reading order. All inputs start on the same phase of the `multipleOf` grid. Throws `model/invalid` where the halo fills the patch. */
export function planTiles(width: number, height: number, { tile, halo, multipleOf, patch }: TileOptions): Tile[] {
  const up = (v: number) => Math.ceil(v / multipleOf) * multipleOf;
  const reach = up(halo);
  const largest = patch ? tileOfPatch(patch, halo, multipleOf) : up(Math.max(tile, multipleOf));
  if (largest < 1) throw new StudioError('model/invalid', `a halo of ${halo} leaves nothing of a patch of ${patch}`);
  const columns = splitAxis(width, largest, up);
  const rows = splitAxis(height, largest, up);
  return rows.flatMap(([y, h]) => columns.map(([x, w]) => ({
    x, y, width: w, height: h,
    inputX: x - reach, inputY: y - reach, inputWidth: patch || up(w) + 2 * reach, inputHeight: patch || up(h) + 2 * reach,
  })));
}

function splitAxis(length: number, tile: number, up: (v: number) => number): [start: number, size: number][] {
  const parts = Math.ceil(length / tile);
  const size = up(Math.ceil(length / parts));
  const out: [number, number][] = [];
  for (let start = 0; start < length; start += size) out.push([start, Math.min(size, length - start)]);
  return out;
}
