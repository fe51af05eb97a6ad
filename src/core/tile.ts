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
}

/** Equal tiles in reading order. All inputs start on the same phase of the `multipleOf` grid. */
export function planTiles(width: number, height: number, { tile, halo, multipleOf }: TileOptions): Tile[] {
  const up = (v: number) => Math.ceil(v / multipleOf) * multipleOf;
  const reach = up(halo);
  const columns = splitAxis(width, up(Math.max(tile, multipleOf)), up);
  const rows = splitAxis(height, up(Math.max(tile, multipleOf)), up);
  return rows.flatMap(([y, h]) => columns.map(([x, w]) => ({
    x, y, width: w, height: h,
    inputX: x - reach, inputY: y - reach, inputWidth: up(w) + 2 * reach, inputHeight: up(h) + 2 * reach,
  })));
}

function splitAxis(length: number, tile: number, up: (v: number) => number): [start: number, size: number][] {
  const parts = Math.ceil(length / tile);
  const size = up(Math.ceil(length / parts));
  const out: [number, number][] = [];
  for (let start = 0; start < length; start += size) out.push([start, Math.min(size, length - start)]);
  return out;
}
