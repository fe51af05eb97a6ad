/** Points of a line between two pixels of the fine grid, both ends included, as maskApi.c steps them. */
function addLine([xa, ya]: readonly [number, number], [xb, yb]: readonly [number, number], u: number[], v: number[]): void {
  const [dx, dy] = [Math.abs(xb - xa), Math.abs(yb - ya)];
  const wide = dx >= dy;
  const flip = wide ? xa > xb : ya > yb;
  const [xs, ys, xe, ye] = flip ? [xb, yb, xa, ya] : [xa, ya, xb, yb];
  const long = wide ? dx : dy;
  const slope = long === 0 ? 0 : wide ? (ye - ys) / dx : (xe - xs) / dy;
  for (let d = 0; d <= long; d++) {
    const t = flip ? long - d : d;
    u.push(wide ? t + xs : Math.trunc(xs + slope * t + 0.5));
    v.push(wide ? Math.trunc(ys + slope * t + 0.5) : t + ys);
  }
}

/** Steps of the fine grid in one pixel. */
const FINE = 5;

/**
 * Fills a polygon as COCO's reader does (rleFrPoly of cocoapi's maskApi.c: the outline on a grid five times as fine,
 * inside by parity down each column), so that the mask is that of pycocotools bit for bit. `xy`: x, y in turn, in
 * pixels, (0, 0) the outer corner of the first one. `mask`: row-major; pixels inside become 1, others stay.
 */
export function fillCocoPolygon(xy: readonly number[], width: number, height: number, mask: Uint8Array): void {
  const n = xy.length >> 1;
  const points = Array.from({ length: n }, (_, i) => [Math.trunc(FINE * xy[i * 2]! + 0.5), Math.trunc(FINE * xy[i * 2 + 1]! + 0.5)] as const);
  const u: number[] = [];
  const v: number[] = [];
  points.forEach((p, i) => addLine(p, points[(i + 1) % n]!, u, v));
  // Where the outline passes from one pixel column to the next, everything below it changes sides, into the next columns too.
  const turns = new Uint8Array(width * height + 1);
  for (let j = 1; j < u.length; j++) {
    if (u[j] === u[j - 1]) continue;
    const x = (Math.min(u[j]!, u[j]! < u[j - 1]! ? u[j]! : u[j]! - 1) + 0.5) / FINE - 0.5;
    if (Math.floor(x) !== x || x < 0 || x > width - 1) continue;
    const y = Math.ceil(Math.min(height, Math.max(0, (Math.min(v[j]!, v[j - 1]!) + 0.5) / FINE - 0.5)));
    turns[x * height + y]! ^= 1;
  }
  let inside = 0;
  for (let at = 0; at < width * height; at++) {
    inside ^= turns[at]!;
    if (inside) mask[(at % height) * width + Math.floor(at / height)] = 1;
  }
}
