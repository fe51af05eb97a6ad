/** Mask → closed outline along pixel edges, as an SVG path in grid coordinates. Cached by mask. */
const cache = new WeakMap<Uint8Array, string>();

export function maskOutline(mask: Uint8Array, width: number, height: number): string {
  let path = cache.get(mask);
  if (path === undefined) {
    path = trace(mask, width, height);
    cache.set(mask, path);
  }
  return path;
}

/** Directed boundary edges (inside on the right), joined into loops. */
function trace(mask: Uint8Array, width: number, height: number): string {
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] !== 0;
  const next = new Map<number, number[]>();
  const w = width + 1;
  const edge = (x0: number, y0: number, x1: number, y1: number) => {
    const from = y0 * w + x0;
    const list = next.get(from);
    if (list) list.push(y1 * w + x1);
    else next.set(from, [y1 * w + x1]);
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!inside(x, y)) continue;
      if (!inside(x, y - 1)) edge(x, y, x + 1, y);
      if (!inside(x + 1, y)) edge(x + 1, y, x + 1, y + 1);
      if (!inside(x, y + 1)) edge(x + 1, y + 1, x, y + 1);
      if (!inside(x - 1, y)) edge(x, y + 1, x, y);
    }
  }
  let path = '';
  for (const [start, targets] of next) {
    while (targets.length) {
      path += `M${start % w} ${Math.floor(start / w)}`;
      let at = targets.pop()!;
      let lastX = start % w;
      let lastY = Math.floor(start / w);
      let pending = '';
      let direction = '';
      while (at !== start) {
        const x = at % w;
        const y = Math.floor(at / w);
        const heading = `${Math.sign(x - lastX)},${Math.sign(y - lastY)}`;
        if (heading !== direction) path += pending;
        direction = heading;
        pending = `L${x} ${y}`;
        lastX = x;
        lastY = y;
        const onward = next.get(at)?.pop();
        if (onward === undefined) break;
        at = onward;
      }
      path += `${pending}Z`;
    }
  }
  return path;
}

/** Where to write beside a mask: right and left end of its bounding box, in grid coordinates; null when empty. */
export function maskCorner(mask: Uint8Array, width: number): { left: number; x: number; y: number } | null {
  let right = -1;
  let left = Infinity;
  let top = Infinity;
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    right = Math.max(right, (i % width) + 1);
    left = Math.min(left, i % width);
    top = Math.min(top, Math.floor(i / width));
  }
  return right < 0 ? null : { left, x: right, y: top };
}
