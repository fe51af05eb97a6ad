import { StudioError } from '../core/errors';

/** COCO's run-length masks (cocoapi, maskApi.c): columns first, runs of 0 and 1 in turn, beginning with 0. */
export interface CocoRle {
  readonly size: readonly [height: number, width: number];
  /** The compressed form, as pycocotools takes it. */
  readonly counts: string;
}

/** Runs of a binary mask (row-major in), column-major. */
export function maskRuns(mask: ArrayLike<number>, width: number, height: number): number[] {
  const runs: number[] = [];
  let value = 0;
  let run = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const bit = mask[y * width + x] ? 1 : 0;
      if (bit !== value) {
        runs.push(run);
        run = 0;
        value = bit;
      }
      run++;
    }
  }
  runs.push(run);
  return runs;
}

/** A binary mask as compressed RLE (rleToString of maskApi.c: 5 bits a character, deltas against two runs before). */
export function encodeRle(mask: ArrayLike<number>, width: number, height: number): CocoRle {
  const runs = maskRuns(mask, width, height);
  let counts = '';
  for (let i = 0; i < runs.length; i++) {
    let x = runs[i]! - (i > 2 ? runs[i - 2]! : 0);
    for (let more = true; more; ) {
      let c = x & 0x1f;
      x >>= 5;
      more = c & 0x10 ? x !== -1 : x !== 0;
      if (more) c |= 0x20;
      counts += String.fromCharCode(c + 48);
    }
  }
  return { size: [height, width], counts };
}

/** Runs of an RLE, compressed or as numbers; null for what is neither. */
export function cocoRuns(counts: unknown): number[] | null {
  if (Array.isArray(counts)) return counts.every((r) => Number.isInteger(r) && (r as number) >= 0) ? (counts as number[]) : null;
  if (typeof counts !== 'string' || counts.length === 0) return null;
  const runs: number[] = [];
  for (let p = 0; p < counts.length; ) {
    let x = 0;
    let k = 0;
    for (let more = true; more; k++) {
      const c = counts.charCodeAt(p++) - 48;
      // Six groups hold the 31 bits of the largest run; a missing character is NaN.
      if (!(c >= 0 && c < 64) || k > 6) return null;
      x |= (c & 0x1f) << (5 * k);
      more = (c & 0x20) !== 0;
      if (!more && c & 0x10) x |= -1 << (5 * (k + 1));
    }
    if (runs.length > 2) x += runs[runs.length - 2]!;
    if (x < 0) return null;
    runs.push(x);
  }
  return runs;
}

/** Sets the pixels of the odd runs to 1, row-major. */
export function fillRuns(runs: readonly number[], mask: Uint8Array, height: number): void {
  const width = mask.length / height;
  let at = 0;
  runs.forEach((run, i) => {
    if (i & 1) for (let k = at; k < at + run; k++) mask[(k % height) * width + Math.floor(k / height)] = 1;
    at += run;
  });
}

/** The mask of a compressed RLE of our own, row-major 0/1. Throws `label/invalid`. */
export function decodeRle({ size: [height, width], counts }: CocoRle): Uint8Array {
  const runs = cocoRuns(counts);
  if (!runs || runs.reduce((n, r) => n + r, 0) !== width * height) throw new StudioError('label/invalid', 'a run-length mask that does not fill its size');
  const mask = new Uint8Array(width * height);
  fillRuns(runs, mask, height);
  return mask;
}

/** Smallest box around the mask, [x, y, width, height] in pixels; null for an empty one. */
export function maskBox(mask: ArrayLike<number>, width: number, height: number): [number, number, number, number] | null {
  let [x0, y0, x1, y1] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!mask[y * width + x]) continue;
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      if (y > y1) y1 = y;
    }
  }
  return x1 < 0 ? null : [x0, y0, x1 - x0 + 1, y1 - y0 + 1];
}
