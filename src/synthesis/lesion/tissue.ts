import { fillHoles, labelComponents, largestComponent } from '../../core/components';
import { dilate, distanceInside, erode } from '../../core/distance';
import { countMask, maskWhere } from '../../core/mask';
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
 * 6 cm² whose core, 3 mm from their edge, has a mean between −950 and −550 HU (bowel gas and the trachea are emptier), vessels up to 4 mm closed,
 * 1.5 mm kept from the wall. A classical decision on one slice: no model, no atlas.
 */
export function findLung(slice: Slice): Tissue {
  const { data, width, height } = slice.raster;
  const [row, column] = slice.pixelSpacingMm ?? [0.7, 0.7];
  const soft = maskWhere(data.length, (i) => data[i]! > -400);
  const body = fillHoles(largestComponent(soft, width, height), width, height);
  const air = maskWhere(data.length, (i) => body[i]! && data[i]! < -500);
  const { labels, components } = labelComponents(air, width, height);
  const core = erode(air, width, height, 3, [row, column]);
  const sums = new Float64Array(components.length + 1);
  const corePixels = new Float64Array(components.length + 1);
  for (let i = 0; i < labels.length; i++) {
    if (!core[i]) continue;
    sums[labels[i]!]! += data[i]!;
    corePixels[labels[i]!]!++;
  }
  const pixelMm2 = row * column;
  const lung = new Uint8Array(components.length + 1);
  for (const c of components) {
    const mean = sums[c.label]! / corePixels[c.label]!;
    if (c.pixels * pixelMm2 >= 600 && corePixels[c.label]! > 0 && mean > -950 && mean < -550) lung[c.label] = 1;
  }
  const open = maskWhere(labels.length, (i) => lung[labels[i]!]!);
  const closed = fillHoles(erode(dilate(open, width, height, 2, [row, column]), width, height, 2, [row, column]), width, height);
  const inside = maskWhere(closed.length, (i) => closed[i]! && body[i]! && data[i]! < 200);
  const plausible = erode(inside, width, height, 1.5, [row, column]);
  return { organ: 'lung', plausible, body, pixels: countMask(plausible), how: 'Lung: air inside the body with the density of lung, vessels closed, 1.5 mm from the wall.' };
}

/**
 * Brain on MR: the body (above 12 % of the way from the darkest value to the 99th percentile, largest region, holes
 * filled), what is brighter than bone in it, opened by 2 to 7 mm until the deep regions let go of the scalp, grown
 * back, holes filled; then without dark fluid (below 40 % of the region's median) and 2 mm from its edge.
 * Only large even regions of that stay (see below): face, orbits and skull base mostly do not.
 */
export function findBrain(slice: Slice): Tissue {
  const { data, width, height } = slice.raster;
  const spacing = slice.pixelSpacingMm ?? [0.9, 0.9];
  const low = quantile(data, 0.02);
  const high = quantile(data, 0.99);
  const body = fillHoles(largestComponent(maskWhere(data.length, (i) => data[i]! > low + 0.12 * (high - low)), width, height), width, height);
  const depth = distanceInside(body, width, height, spacing, false);
  const deepest = depth.reduce((m, d) => (d > m ? d : m), 0);
  const tissueMedian = medianWhere(data, maskWhere(depth.length, (i) => depth[i]! > 0.4 * deepest));
  // Fat of the scalp is far brighter than brain and never deep; what is that bright and shallow is left out.
  const isScalp = (v: number, i: number): boolean => depth[i]! < 12 && v > low + 1.6 * (tissueMedian - low);
  const bright = maskWhere(data.length, (i) => body[i]! && data[i]! > low + 0.5 * (tissueMedian - low) && !isScalp(data[i]!, i));
  let core: Uint8Array = new Uint8Array(data.length);
  for (let radius = 2; radius <= 7; radius++) {
    const { labels, components } = labelComponents(erode(bright, width, height, radius, spacing), width, height);
    const keep = deepComponents(labels, components.length, depth, deepest);
    const grown = dilate(maskWhere(labels.length, (i) => keep[labels[i]!]!), width, height, radius, spacing);
    core = maskWhere(grown.length, (i) => grown[i]! && bright[i]!);
    if (!reachesSkin(core, depth)) break;
  }
  const filled = fillHoles(closeGaps(core, width, height, spacing), width, height);
  const even = evenRegions(data, filled, width, height, spacing);
  const median = medianWhere(data, even);
  const solid = maskWhere(even.length, (i) => even[i]! && data[i]! > low + 0.4 * (median - low));
  const plausible = erode(fillSmallGaps(solid, width, height, spacing), width, height, 2, spacing);
  return { organ: 'brain', plausible, body, pixels: countMask(plausible), how: 'Brain: what lies deep inside the skull in large, even regions, without dark fluid, 2 mm from its edge. On slices through the face it may still err.' };
}

const EVEN = 0.14;
const OPEN_MM = 3;
const GROW_MM = 5;

/**
 * The large even regions of a mask: brain is smooth over some millimetres, while muscle, fat and bone of the skull base
 * change from pixel to pixel. Spread (standard deviation over 5 × 5 pixels) below 14 % of the median, opened by 3 mm, and
 * of those regions the ones at least a fifth as large as the largest; grown back by 5 mm within the mask.
 */
function evenRegions(data: Float32Array, mask: Uint8Array, width: number, height: number, spacing: readonly [number, number]): Uint8Array {
  const limit = EVEN * medianWhere(data, mask);
  const even = maskWhere(mask.length, (i) => mask[i]! && spread(data, i, width, height) < limit);
  const opened = erode(even, width, height, OPEN_MM, spacing);
  const { labels, components } = labelComponents(opened, width, height);
  const largest = components.reduce((m, c) => Math.max(m, c.pixels), 0);
  const seeds = maskWhere(labels.length, (i) => labels[i]! > 0 && components[labels[i]! - 1]!.pixels >= 0.2 * largest);
  const grown = dilate(seeds, width, height, GROW_MM, spacing);
  return fillHoles(maskWhere(mask.length, (i) => grown[i]! && mask[i]!), width, height);
}

/** Standard deviation of the 5 × 5 pixels around `i`; large at the frame. */
function spread(data: Float32Array, i: number, width: number, height: number): number {
  const x = i % width;
  const y = Math.floor(i / width);
  if (x < 2 || y < 2 || x >= width - 2 || y >= height - 2) return Infinity;
  let sum = 0;
  let squares = 0;
  for (let dy = -2; dy <= 2; dy++) {
    for (let dx = -2; dx <= 2; dx++) {
      const v = data[i + dy * width + dx]!;
      sum += v;
      squares += v * v;
    }
  }
  return Math.sqrt(Math.max(0, squares / 25 - (sum / 25) * (sum / 25)));
}

/** Plausible tissue for a model's modality. */
export function findTissue(slice: Slice): Tissue {
  return slice.raster.unit === 'HU' ? findLung(slice) : findBrain(slice);
}

const closeGaps = (mask: Uint8Array, w: number, h: number, s: readonly [number, number]): Uint8Array => erode(dilate(mask, w, h, 4, s), w, h, 4, s);

/** Dark gaps thinner than 2 mm (sulci, vessels) do not part tissue. */
const fillSmallGaps = (mask: Uint8Array, w: number, h: number, s: readonly [number, number]): Uint8Array => erode(dilate(mask, w, h, 1, s), w, h, 1, s);

/** Regions that lie deep enough to be brain: on average 7 mm, and somewhere 40 % of the deepest, below the skin. */
function deepComponents(labels: Int32Array, count: number, depth: Float64Array, deepest: number): Uint8Array {
  const sum = new Float64Array(count + 1);
  const pixels = new Float64Array(count + 1);
  const most = new Float64Array(count + 1);
  for (let i = 0; i < labels.length; i++) {
    const l = labels[i]!;
    if (l === 0) continue;
    sum[l]! += depth[i]!;
    pixels[l]!++;
    if (depth[i]! > most[l]!) most[l] = depth[i]!;
  }
  return Uint8Array.from(sum, (s, l) => (l > 0 && s / pixels[l]! > 7 && most[l]! > 0.4 * deepest ? 1 : 0));
}

/** True when more than 1 % of the region lies within 3 mm of the skin: it still hangs on the scalp. */
function reachesSkin(core: Uint8Array, depth: Float64Array): boolean {
  let shallow = 0;
  for (let i = 0; i < core.length; i++) if (core[i] && depth[i]! < 3) shallow++;
  return shallow > 0.01 * countMask(core);
}

function quantile(data: Float32Array, p: number): number {
  const sorted = Float32Array.from(data).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
}

function medianWhere(data: Float32Array, mask: Uint8Array): number {
  const values = data.filter((_, i) => mask[i]).sort();
  return values[Math.floor(values.length / 2)] ?? 0;
}
