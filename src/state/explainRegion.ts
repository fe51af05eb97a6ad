import type { Box } from '../pipeline/explain';

/** Side of the region that a click marks, in generated pixels. */
const CLICK_SIZE = 8;

interface Grid {
  readonly width: number;
  readonly height: number;
}

/** The region between two points, pixels of the generated slice; a click marks a small square. */
export function regionBetween(a: { x: number; y: number }, b: { x: number; y: number }, size: Grid): Box {
  const clamp = (v: number, max: number) => Math.min(max, Math.max(0, Math.round(v)));
  let [x0, x1] = [clamp(Math.min(a.x, b.x), size.width), clamp(Math.max(a.x, b.x), size.width)];
  let [y0, y1] = [clamp(Math.min(a.y, b.y), size.height), clamp(Math.max(a.y, b.y), size.height)];
  if (x1 - x0 < 3 && y1 - y0 < 3) {
    x0 = Math.min(size.width - CLICK_SIZE, Math.max(0, Math.floor(b.x) - CLICK_SIZE / 2));
    y0 = Math.min(size.height - CLICK_SIZE, Math.max(0, Math.floor(b.y) - CLICK_SIZE / 2));
    [x1, y1] = [x0 + CLICK_SIZE, y0 + CLICK_SIZE];
  }
// A straight stroke is two pixels wide: LAM asks about differences of neighbours.
  const [width, height] = [Math.max(2, x1 - x0), Math.max(2, y1 - y0)];
  return { x: Math.max(0, Math.min(x0, size.width - width)), y: Math.max(0, Math.min(y0, size.height - height)), width, height };
}

/** The same place on another grid of the same field of view. */
export function regionOnGrid(region: Box, from: Grid, to: Grid): Box {
  const [kx, ky] = [to.width / from.width, to.height / from.height];
  return regionBetween({ x: region.x * kx, y: region.y * ky }, { x: (region.x + region.width) * kx, y: (region.y + region.height) * ky }, to);
}
