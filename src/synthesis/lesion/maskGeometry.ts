/** Bounding box, centre and size of a mask; null where it is empty. Pixels; `x1`, `y1` are excluded. */
export interface MaskBounds {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly pixels: number;
}

export function maskBounds(mask: ArrayLike<number>, width: number, height: number): MaskBounds | null {
  let x0 = width;
  let y0 = height;
  let x1 = 0;
  let y1 = 0;
  let pixels = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!mask[y * width + x]) continue;
      pixels++;
      if (x < x0) x0 = x;
      if (x >= x1) x1 = x + 1;
      if (y < y0) y0 = y;
      if (y >= y1) y1 = y + 1;
    }
  }
  return pixels ? { x0, y0, x1, y1, pixels } : null;
}

/** The mask moved by whole pixels; what leaves the frame is lost. */
export function shiftMask(mask: Uint8Array, width: number, height: number, dx: number, dy: number): Uint8Array {
  const out = new Uint8Array(mask.length);
  for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
    for (let x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) out[(y + dy) * width + x + dx] = mask[y * width + x]!;
  }
  return out;
}

/**
 * How much of the result is taken, 0…1: 0 outside the mask and at its very edge, 1 deeper inside than `softness`
 * (mm, or pixels without spacing), smooth between (3t² − 2t³). With softness 0 it is the mask itself.
 * The softening lies inside the mask, so that what is labelled is exactly what may have changed.
 */
export function softenInside(distance: Float64Array, softness: number, halfPixel: number): Float32Array {
  return Float32Array.from(distance, (d) => {
    if (d <= 0) return 0;
    if (softness <= 0) return 1;
    const t = Math.min(1, Math.max(0, (d - halfPixel) / softness));
    return t * t * (3 - 2 * t);
  });
}
