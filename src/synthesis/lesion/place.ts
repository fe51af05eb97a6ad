import { distanceInside } from '../../core/distance';
import { StudioError } from '../../core/errors';
import { makeRandom } from '../../core/random';
import type { Slice } from '../../core/slice';
import { drawShape, type MaskShape } from './maskShape';
import { maskBounds, shiftMask } from './maskGeometry';
import type { Tissue } from './tissue';

/** Whether a mask may stay where it is; if not, why, in words, and how far to move it. */
export type PlaceVerdict =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** Part of the mask outside plausible tissue, 0…1. */
      readonly outside: number;
      /** More of it lies outside the body than in it: no one may insist. */
      readonly final: boolean;
      /** `The mask reached the chest wall: 18 % lay outside the lung. Move it inwards by 4 mm or make it smaller.` */
      readonly words: string;
      /** Shortest move (pixels) that puts the whole mask into plausible tissue; null where there is none near. */
      readonly move: { readonly dx: number; readonly dy: number; readonly distanceMm: number } | null;
    };

/** Up to this part of a mask may lie outside plausible tissue: single pixels of vessels and noise. */
const TOLERATED = 0.02;

/** Judges a mask on a slice. Throws `lesion/mask-empty`. */
export function judgePlace(mask: Uint8Array, slice: Slice, tissue: Tissue): PlaceVerdict {
  const { width, height } = slice.raster;
  const bounds = maskBounds(mask, width, height);
  if (!bounds) throw new StudioError('lesion/mask-empty');
  let outside = 0;
  let outsideBody = 0;
  let dense = 0;
  let airOutside = 0;
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i] || tissue.plausible[i]) continue;
    outside++;
    if (!tissue.body[i]) outsideBody++;
    else if (tissue.organ === 'lung' && slice.raster.data[i]! > 200) dense++;
    else if (tissue.organ === 'lung' && slice.raster.data[i]! < -900) airOutside++;
  }
  const part = outside / bounds.pixels;
  if (part <= TOLERATED) return { ok: true };
  const organ = tissue.organ;
  const move = findMove(mask, slice, tissue);
  const unit = slice.pixelSpacingMm ? 'mm' : 'pixels';
  const where =
    tissue.pixels === 0
      ? `No ${organ} was found on this slice.`
      : outsideBody > 0.2 * outside
        ? `The mask reached beyond the body: ${percent(part)} lay outside the ${organ}.`
        : dense > 0.2 * outside
          ? `The mask reached bone: ${percent(part)} lay outside the ${organ}.`
          : airOutside > 0.5 * outside
            ? `The mask lies in air: ${percent(part)} lay outside the ${organ}.`
            : organ === 'lung'
              ? `The mask reached the chest wall: ${percent(part)} lay outside the lung.`
              : `The mask reached the edge or the fluid: ${percent(part)} lay outside the brain.`;
  const todo = move ? ` Move it inwards by ${Math.max(1, Math.round(move.distanceMm))} ${unit} or make it smaller.` : tissue.pixels === 0 ? ' Choose another slice.' : ' Make it smaller or choose another place.';
  return { ok: false, outside: part, final: outsideBody > 0.5 * bounds.pixels, words: where + todo, move };
}

const percent = (part: number): string => `${Math.max(1, Math.round(part * 100))} %`;

/** Nearest whole-pixel move, up to 40 mm, that puts the mask inside. */
function findMove(mask: Uint8Array, slice: Slice, tissue: Tissue): { dx: number; dy: number; distanceMm: number } | null {
  const { width, height } = slice.raster;
  const [row, column] = slice.pixelSpacingMm ?? [1, 1];
  const points: number[] = [];
  for (let i = 0; i < mask.length; i++) if (mask[i]) points.push(i);
  const allowed = Math.floor(points.length * TOLERATED);
  const reachX = Math.round(40 / column);
  const reachY = Math.round(40 / row);
  const moves: { dx: number; dy: number; distanceMm: number }[] = [];
  for (let dy = -reachY; dy <= reachY; dy++) {
    for (let dx = -reachX; dx <= reachX; dx++) {
      const distanceMm = Math.sqrt(dx * dx * column * column + dy * dy * row * row);
      if (distanceMm <= 40) moves.push({ dx, dy, distanceMm });
    }
  }
  moves.sort((a, b) => a.distanceMm - b.distanceMm || a.dy - b.dy || a.dx - b.dx);
  for (const move of moves) {
    let bad = 0;
    for (const i of points) {
      const x = (i % width) + move.dx;
      const y = Math.floor(i / width) + move.dy;
      if (x < 0 || y < 0 || x >= width || y >= height || !tissue.plausible[y * width + x]) {
        if (++bad > allowed) break;
      }
    }
    if (bad <= allowed) return move;
  }
  return null;
}

/** The mask moved as `judgePlace` proposes. */
export function moveMask(mask: Uint8Array, slice: Slice, move: { readonly dx: number; readonly dy: number }): Uint8Array {
  return shiftMask(mask, slice.raster.width, slice.raster.height, move.dx, move.dy);
}

/**
 * A place for a lesion of this shape, drawn from the seed: any pixel of plausible tissue whose depth is at least the
 * shape's half width is as likely as any other; places that overlap `taken` or, in the lung, lie on a large vessel
 * (mean above −600 HU under the mask) are drawn again. Throws `lesion/no-place`.
 */
export function proposePlace(slice: Slice, tissue: Tissue, shape: Omit<MaskShape, 'x' | 'y'>, seed: number | string, taken: Uint8Array | null = null): { x: number; y: number; mask: Uint8Array } {
  const { width, height, data } = slice.raster;
  const spacing = slice.pixelSpacingMm ?? [1, 1];
  const depth = distanceInside(tissue.plausible, width, height, spacing);
  const random = makeRandom(`lesion-place/${seed}`);
  for (const need of [0.55, 0.5, 0.4]) {
    const candidates: number[] = [];
    for (let i = 0; i < depth.length; i++) if (depth[i]! >= need * shape.diameter && depth[i]! > 0) candidates.push(i);
    if (candidates.length === 0) continue;
    for (let attempt = 0; attempt < 60; attempt++) {
      const i = random.pick(candidates);
      const x = i % width;
      const y = Math.floor(i / width);
      const mask = drawShape({ ...shape, x, y }, width, height, slice.pixelSpacingMm);
      let pixels = 0;
      let outside = 0;
      let overlap = 0;
      let sum = 0;
      for (let p = 0; p < mask.length; p++) {
        if (!mask[p]) continue;
        pixels++;
        sum += data[p]!;
        if (!tissue.plausible[p]) outside++;
        if (taken?.[p]) overlap++;
      }
      if (pixels === 0 || outside > TOLERATED * pixels || overlap > 0) continue;
      if (tissue.organ === 'lung' && sum / pixels > -600) continue;
      return { x, y, mask };
    }
  }
  throw new StudioError('lesion/no-place', `${tissue.organ}, ${shape.diameter.toFixed(0)} ${slice.pixelSpacingMm ? 'mm' : 'pixels'}`);
}
