/**
 * Polygons → mask by the even-odd rule: a pixel belongs to the mask when its centre (integer coordinates) lies inside
 * an odd number of them, so an inner contour is a hole and a keyhole closes itself. Sub-pixel edges are decided by the
 * centre alone; left and upper edges belong to the shape, right and lower ones do not, so that shapes that share
 * an edge never share a pixel. Each polygon is a flat list x0, y0, x1, y1, … in pixels and closes itself.
 */
export function rasterisePolygons(polygons: readonly ArrayLike<number>[], width: number, height: number): Uint8Array {
  const mask = new Uint8Array(width * height);
  const crossings: number[][] = Array.from({ length: height }, () => []);
  for (const polygon of polygons) {
    const count = polygon.length / 2;
    for (let i = 0; i < count; i++) {
      const j = i + 1 === count ? 0 : i + 1;
      addEdge(crossings, polygon[2 * i]!, polygon[2 * i + 1]!, polygon[2 * j]!, polygon[2 * j + 1]!);
    }
  }
  for (let y = 0; y < height; y++) {
    const xs = crossings[y]!.sort((a, b) => a - b);
    for (let k = 0; k + 1 < xs.length; k += 2) {
      const from = Math.max(0, Math.ceil(xs[k]!));
      const to = Math.min(width, Math.ceil(xs[k + 1]!));
      for (let x = from; x < to; x++) mask[y * width + x] = 1;
    }
  }
  return mask;
}

function addEdge(crossings: number[][], x0: number, y0: number, x1: number, y1: number): void {
  if (y0 === y1) return;
  const [top, bottom, xt, xb] = y0 < y1 ? [y0, y1, x0, x1] : [y1, y0, x1, x0];
  const last = Math.min(crossings.length, Math.ceil(bottom));
  for (let y = Math.max(0, Math.ceil(top)); y < last; y++) crossings[y]!.push(xt + ((y - top) * (xb - xt)) / (bottom - top));
}
