import { StudioError } from '../../core/errors';
import type { Raster } from '../../core/raster';
import { maskBounds } from './maskGeometry';
import { shapeOutline, type MaskShape } from './maskShape';

/**
 * Pixel size the lesion models saw in training, mm (LIDC patches 0.68–0.82; LGG slices about 0.9). A slice whose pixels
 * are within a quarter of it is taken as it stands; others are resampled to it, so that texture has the right scale.
 */
export const TRAINED_SPACING_MM: Readonly<Record<string, number>> = { CT: 0.72, MR: 0.9 };

/** Where the model's patch lies on the slice: patch pixel p is at slice pixel `origin + step · p`. */
export interface PatchPlan {
  readonly size: number;
  readonly step: number;
  readonly originX: number;
  readonly originY: number;
}

/** Lesions keep this many patch pixels clear of the patch's edge, so that the model sees their surroundings. */
const MARGIN = 4;

/** Largest mask side (mm; pixels without spacing) that fits the patch. */
export function largestSide(patch: number, spacingMm: readonly [number, number] | null, modality: string): number {
  const step = patchStep(spacingMm, modality);
  return (patch - 2 * MARGIN) * step * (spacingMm ? Math.min(...spacingMm) : 1);
}

type Outline = Omit<MaskShape, 'x' | 'y'>;

/** The outline as far as a mask side of `largest` (see {@link largestSide}) holds it: rounder where it swings beyond, smaller where a circle does. */
export function fitOutline(outline: Outline, spacingMm: readonly [number, number] | null, largest: number): Outline {
  const pixel = spacingMm ? Math.min(...spacingMm) : 1;
  const room = Math.floor(largest / pixel + 1e-6);
  const fits = (shape: Outline): boolean => {
    const points = shapeOutline({ ...shape, x: 0, y: 0 }, spacingMm);
    return [0, 1].every((axis) => {
      let low = Infinity, high = -Infinity;
      for (let i = axis; i < points.length; i += 2) {
        low = Math.min(low, points[i]!);
        high = Math.max(high, points[i]!);
      }
      // So many pixel centres can lie between the two, wherever the shape stands.
      return Math.floor(high - low) + 1 <= room;
    });
  };
  const rounder = [1, 0.8, 0.6, 0.4, 0.2, 0].map((part) => ({ ...outline, irregularity: outline.irregularity * part }));
  return rounder.find(fits) ?? { ...outline, irregularity: 0, diameter: Math.min(outline.diameter, (room - 0.5) * pixel) };
}

function patchStep(spacingMm: readonly [number, number] | null, modality: string): number {
  const trained = TRAINED_SPACING_MM[modality];
  if (!spacingMm || !trained) return 1;
  const ratio = trained / Math.sqrt(spacingMm[0] * spacingMm[1]);
  return ratio > 0.8 && ratio < 1.25 ? 1 : ratio;
}

/** Whether the patch holds the mask with its margin. An empty mask fits. */
export function fitsPatch(mask: Uint8Array, width: number, height: number, size: number, spacingMm: readonly [number, number] | null, modality: string): boolean {
  const bounds = maskBounds(mask, width, height);
  return !bounds || Math.max(bounds.x1 - bounds.x0, bounds.y1 - bounds.y0) <= (size - 2 * MARGIN) * patchStep(spacingMm, modality);
}

/**
 * Centres the patch on the mask. Throws `lesion/mask-empty`, or `lesion/mask-too-large` with the largest side that fits.
 * Where nothing is resampled the patch lies on whole pixels.
 */
export function planPatch(mask: Uint8Array, width: number, height: number, size: number, spacingMm: readonly [number, number] | null, modality: string): PatchPlan {
  const bounds = maskBounds(mask, width, height);
  if (!bounds) throw new StudioError('lesion/mask-empty');
  const step = patchStep(spacingMm, modality);
  if (!fitsPatch(mask, width, height, size, spacingMm, modality)) {
    const limit = largestSide(size, spacingMm, modality);
    throw new StudioError('lesion/mask-too-large', `at most ${limit.toFixed(0)} ${spacingMm ? 'mm' : 'pixels'} fit the model`);
  }
  const centre = (from: number, to: number): number => {
    const start = (from + to - 1) / 2 - (step * (size - 1)) / 2;
    return step === 1 ? Math.round(start) : start;
  };
  return { size, step, originX: centre(bounds.x0, bounds.x1), originY: centre(bounds.y0, bounds.y1) };
}

/** The slice under the patch, `size` × `size`, edges replicated; averaged where the patch is coarser, linear where finer. */
export function extractPatch(raster: Raster, plan: PatchPlan): Float32Array {
  const { size, step, originX, originY } = plan;
  const out = new Float32Array(size * size);
  const taps = step > 1 ? Math.ceil(step) : 1;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let sum = 0;
      for (let j = 0; j < taps; j++) {
        for (let i = 0; i < taps; i++) {
          const offset = (t: number): number => (taps === 1 ? 0 : ((t + 0.5) / taps - 0.5) * step);
          sum += linearAt(raster.data, raster.width, raster.height, originX + step * x + offset(i), originY + step * y + offset(j));
        }
      }
      out[y * size + x] = sum / (taps * taps);
    }
  }
  return out;
}

/** The mask on the patch's grid, nearest. */
export function extractMask(mask: Uint8Array, width: number, height: number, plan: PatchPlan): Float32Array {
  const { size, step, originX, originY } = plan;
  const out = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    const sy = Math.round(originY + step * y);
    for (let x = 0; x < size; x++) {
      const sx = Math.round(originX + step * x);
      out[y * size + x] = sx >= 0 && sy >= 0 && sx < width && sy < height && mask[sy * width + sx] ? 1 : 0;
    }
  }
  return out;
}

/** A patch's value at slice pixel (x, y): the pixel itself where grids agree, else Catmull–Rom between patch pixels. */
export function patchAt(patch: Float32Array, plan: PatchPlan, x: number, y: number): number {
  const px = (x - plan.originX) / plan.step;
  const py = (y - plan.originY) / plan.step;
  const ix = Math.floor(px);
  const iy = Math.floor(py);
  const at = (u: number, v: number): number => patch[Math.min(plan.size - 1, Math.max(0, v)) * plan.size + Math.min(plan.size - 1, Math.max(0, u))]!;
  if (px === ix && py === iy) return at(ix, iy);
  const wx = cubicWeights(px - ix);
  const wy = cubicWeights(py - iy);
  let sum = 0;
  for (let j = 0; j < 4; j++) for (let i = 0; i < 4; i++) sum += wy[j]! * wx[i]! * at(ix + i - 1, iy + j - 1);
  return sum;
}

function linearAt(data: Float32Array, width: number, height: number, x: number, y: number): number {
  const cx = Math.min(width - 1, Math.max(0, x));
  const cy = Math.min(height - 1, Math.max(0, y));
  const x0 = Math.floor(cx);
  const y0 = Math.floor(cy);
  const x1 = Math.min(width - 1, x0 + 1);
  const y1 = Math.min(height - 1, y0 + 1);
  const fx = cx - x0;
  const fy = cy - y0;
  const top = data[y0 * width + x0]! * (1 - fx) + data[y0 * width + x1]! * fx;
  const bottom = data[y1 * width + x0]! * (1 - fx) + data[y1 * width + x1]! * fx;
  return top * (1 - fy) + bottom * fy;
}

/** Catmull–Rom weights (a = −0.5) of the four neighbours at fraction t. */
function cubicWeights(t: number): [number, number, number, number] {
  const t2 = t * t;
  const t3 = t2 * t;
  return [(-t3 + 2 * t2 - t) / 2, (3 * t3 - 5 * t2 + 2) / 2, (-3 * t3 + 4 * t2 + t) / 2, (t3 - t2) / 2];
}
