import { fillHoles, labelComponents, largestComponent } from '../../core/components';
import { dilate, distanceInside, erode } from '../../core/distance';
import type { Slice } from '../../core/slice';

/** Where a lesion of this kind may lie on a slice. */
export interface Tissue {
  readonly organ: 'brain' | 'lung';
  /** 1 where a lesion may lie. */
  readonly plausible: Uint8Array;
  /** 1 inside the outline of the body, air within it included. */
  readonly body: Uint8Array;
  readonly pixels: number;
  /** How it was decided, one sentence for the person. */
  readonly how: string;
}

/**
 * Lung on CT: air (below −500 HU) inside the body (above −400 HU, largest region, holes filled), regions of at least
 * 6 cm² with a mean between −960 and −550 HU (bowel gas and the trachea are emptier), vessels up to 4 mm closed,
 * 1.5 mm kept from the wall. A classical decision on one slice: no model, no atlas.
 */
export function findLung(slice: Slice): Tissue {
  const { data, width, height } = slice.raster;
  const [row, column] = slice.pixelSpacingMm ?? [0.7, 0.7];
  const soft = Uint8Array.from(data, (v) => (v > -400 ? 1 : 0));
  const body = fillHoles(largestComponent(soft, width, height), width, height);
  const air = Uint8Array.from(data, (v, i) => (body[i] && v < -500 ? 1 : 0));
  const { labels, components } = labelComponents(air, width, height);
  const sums = new Float64Array(components.length + 1);
  for (let i = 0; i < labels.length; i++) if (labels[i]) sums[labels[i]!]! += data[i]!;
  const pixelMm2 = row * column;
  const lung = new Uint8Array(components.length + 1);
  for (const c of components) {
    const mean = sums[c.label]! / c.pixels;
    if (c.pixels * pixelMm2 >= 600 && mean > -960 && mean < -550) lung[c.label] = 1;
  }
  const open = Uint8Array.from(labels, (l) => lung[l]!);
  const closed = fillHoles(erode(dilate(open, width, height, 2, [row, column]), width, height, 2, [row, column]), width, height);
  const inside = Uint8Array.from(closed, (v, i) => (v && body[i] && data[i]! < 200 ? 1 : 0));
  const plausible = erode(inside, width, height, 1.5, [row, column]);
  return { organ: 'lung', plausible, body, pixels: count(plausible), how: 'Lung: air inside the body with the density of lung, vessels closed, 1.5 mm from the wall.' };
}

/**
 * Brain on MR: the body (above 12 % of the way from the darkest value to the 99th percentile, largest region, holes
 * filled), what is brighter than bone in it, opened by 3 to 7 mm until the region nearest the middle lets go of the
 * scalp, grown back, holes filled; then without dark fluid (below 40 % of the region's median) and 2 mm from its edge.
 */
export function findBrain(slice: Slice): Tissue {
  const { data, width, height } = slice.raster;
  const spacing = slice.pixelSpacingMm ?? [0.9, 0.9];
  const low = quantile(data, 0.02);
  const high = quantile(data, 0.99);
  const body = fillHoles(largestComponent(Uint8Array.from(data, (v) => (v > low + 0.12 * (high - low) ? 1 : 0)), width, height), width, height);
  const bodyPixels = count(body);
  const inner = erode(body, width, height, 5, spacing);
  const tissueMedian = medianWhere(data, inner);
  const bright = Uint8Array.from(data, (v, i) => (body[i] && v > low + 0.5 * (tissueMedian - low) ? 1 : 0));
  const middle = centreOf(body, width);
  let core: Uint8Array = new Uint8Array(data.length);
  for (let radius = 3; radius <= 7; radius++) {
    const opened = erode(bright, width, height, radius, spacing);
    const { labels, components } = labelComponents(opened, width, height);
    const best = components
      .filter((c) => c.pixels > 0.02 * bodyPixels)
      .sort((a, b) => score(b, middle) - score(a, middle))[0];
    if (!best) break;
    const alone = Uint8Array.from(labels, (l) => (l === best.label ? 1 : 0));
    const grown = dilate(alone, width, height, radius, spacing);
    core = Uint8Array.from(grown, (v, i) => (v && bright[i] ? 1 : 0));
    if (!reachesSkin(core, body, width, height, spacing)) break;
  }
  const filled = fillHoles(closeGaps(core, width, height, spacing), width, height);
  const median = medianWhere(data, filled);
  const solid = Uint8Array.from(filled, (v, i) => (v && data[i]! > low + 0.4 * (median - low) ? 1 : 0));
  const plausible = erode(largestComponent(fillSmallGaps(solid, width, height, spacing), width, height), width, height, 2, spacing);
  return { organ: 'brain', plausible, body, pixels: count(plausible), how: 'Brain: the largest region inside the skull, without dark fluid, 2 mm from its edge.' };
}

/** Plausible tissue for a model's modality. */
export function findTissue(slice: Slice): Tissue {
  return slice.raster.unit === 'HU' ? findLung(slice) : findBrain(slice);
}

const count = (mask: Uint8Array): number => mask.reduce((n, v) => n + v, 0);
const score = (c: { pixels: number; centre: readonly [number, number] }, middle: readonly [number, number]): number => {
  const dx = c.centre[0] - middle[0];
  const dy = c.centre[1] - middle[1];
  return c.pixels / (1 + Math.sqrt(dx * dx + dy * dy) / 20);
};
const closeGaps = (mask: Uint8Array, w: number, h: number, s: readonly [number, number]): Uint8Array => erode(dilate(mask, w, h, 4, s), w, h, 4, s);

/** Dark gaps thinner than 2 mm (sulci, vessels) do not part tissue. */
const fillSmallGaps = (mask: Uint8Array, w: number, h: number, s: readonly [number, number]): Uint8Array => erode(dilate(mask, w, h, 1, s), w, h, 1, s);

function reachesSkin(core: Uint8Array, body: Uint8Array, w: number, h: number, s: readonly [number, number]): boolean {
  const depth = distanceInside(body, w, h, s, false);
  let shallow = 0;
  for (let i = 0; i < core.length; i++) if (core[i] && depth[i]! < 3) shallow++;
  return shallow > 0.01 * count(core);
}

function centreOf(mask: Uint8Array, width: number): [number, number] {
  let sx = 0;
  let sy = 0;
  let n = 0;
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    sx += i % width;
    sy += Math.floor(i / width);
    n++;
  }
  return n ? [sx / n, sy / n] : [0, 0];
}

function quantile(data: Float32Array, p: number): number {
  const sorted = Float32Array.from(data).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
}

function medianWhere(data: Float32Array, mask: Uint8Array): number {
  const values = data.filter((_, i) => mask[i]).sort();
  return values[Math.floor(values.length / 2)] ?? 0;
}
