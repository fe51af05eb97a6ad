import { addScaled, affineRas, dot, norm, sliceNormal, subtract, type Affine, type SliceGeometry, type Vec3 } from '../../core/geometry';
import type { SeriesWarning } from '../../core/slice';
import type { FrameHeader, ImageHeader } from '../read/header';
import { sameOrientation, sameSpacing } from './sameGrid';

/** One slice on its way into a volume. `file` is whatever finds the file again. */
export interface Placed<F> {
  readonly file: F;
  readonly header: ImageHeader;
  readonly frame: FrameHeader;
}

/** A stack of slices of one orientation, one echo, one time, sorted along its normal. */
export interface Volume<F> {
  readonly slices: readonly Placed<F>[];
  readonly affine: Affine | null;
  readonly sliceSpacingMm: number | null;
  readonly warnings: readonly SeriesWarning[];
  /** What tells this volume from its siblings ("echo 2"); empty when there is one. */
  readonly label: string;
  /** How many volumes the slices at these positions make. */
  readonly siblings: number;
}

/** Positions closer than this along the normal are one position. */
const SAME_MM = 1e-3;
/** Slices of one series → volumes: by size and orientation, then split where positions repeat. */
export function makeVolumes<F>(slices: readonly Placed<F>[]): Volume<F>[] {
  const groups: Placed<F>[][] = [];
  for (const s of slices) {
    const group = groups.find((g) => fits(g[0]!, s));
    if (group) group.push(s);
    else groups.push([s]);
  }
  const oriented = groups.filter((g) => g[0]!.frame.geometry).length;
  const mixed = oriented > 1 && new Set(groups.filter((g) => g[0]!.frame.geometry).map((g) => orientationKey(g[0]!.frame.geometry!))).size > 1;
  return groups.flatMap((group) => {
    const volumes = group[0]!.frame.geometry ? stack(group) : [flat(group)];
    return mixed ? volumes.map((v) => ({ ...v, warnings: [...v.warnings, { code: 'mixed-orientations' as const, detail: `${groups.length} orientations in one series` }] })) : volumes;
  });
}

const orientationKey = (g: SliceGeometry): string => [...g.rowDirection, ...g.columnDirection].map((v) => (Math.round(v * 50) / 50 || 0).toFixed(2)).join(' ');

function fits<F>(a: Placed<F>, b: Placed<F>): boolean {
  if (a.header.rows !== b.header.rows || a.header.columns !== b.header.columns || a.header.colour !== b.header.colour) return false;
  const ga = a.frame.geometry;
  const gb = b.frame.geometry;
  if (!ga || !gb) return !ga && !gb;
  const sa = a.frame.pixelSpacingMm;
  const sb = b.frame.pixelSpacingMm;
  if (sa && sb && !sameSpacing(sa, sb)) return false;
  return ga.frameOfReferenceUid === gb.frameOfReferenceUid && sameOrientation(ga, gb);
}

const byNumber = <F>(a: Placed<F>, b: Placed<F>): number => (a.header.instanceNumber ?? 0) - (b.header.instanceNumber ?? 0) || a.frame.frame - b.frame.frame || (a.frame.tile ?? 0) - (b.frame.tile ?? 0);

/** Slices without geometry: in the order of their numbers. */
function flat<F>(slices: readonly Placed<F>[]): Volume<F> {
  return { slices: [...slices].sort(byNumber), affine: null, sliceSpacingMm: null, label: '', siblings: 1, warnings: [{ code: slices[0]!.frame.pixelSpacingMm ? 'no-position' : 'no-geometry', detail: 'no position or orientation in the file' }] };
}

interface AtPosition<F> {
  readonly at: number;
  readonly slices: Placed<F>[];
}

function stack<F>(slices: readonly Placed<F>[]): Volume<F>[] {
  const normal = sliceNormal(slices[0]!.frame.geometry!);
  const positions: AtPosition<F>[] = [];
  const sorted = slices.map((slice) => ({ slice, at: dot(slice.frame.geometry!.positionMm, normal) })).sort((a, b) => a.at - b.at || byNumber(a.slice, b.slice));
  for (const { slice, at } of sorted) {
    const last = positions[positions.length - 1];
    if (last && at - last.at < SAME_MM && samePlace(last.slices[0]!, slice)) last.slices.push(slice);
    else positions.push({ at, slices: [slice] });
  }
  const deepest = Math.max(...positions.map((p) => p.slices.length));
  if (deepest === 1) {
    const one = finish(positions.map((p) => p.slices[0]!), normal, '', 1, []);
    return (one.warnings.some((w) => IRREGULAR.has(w.code)) && byAcquisition(one.slices, normal)) || [one];
  }
  return split(slices, positions, normal, deepest);
}

const IRREGULAR = new Set<SeriesWarning['code']>(['uneven-spacing', 'missing-slices']);

/** Acquisitions that interleave or overlap, each even by itself, are volumes of their own; else null. */
function byAcquisition<F>(slices: readonly Placed<F>[], normal: Vec3): Volume<F>[] | null {
  const groups = new Map<string, Placed<F>[]>();
  for (const s of slices) {
    const key = s.frame.keys.acquisition ?? '';
    groups.set(key, [...(groups.get(key) ?? []), s]);
  }
  if (groups.size < 2 || groups.size > 16 || [...groups.values()].some((g) => g.length < 3)) return null;
  const ranges = [...groups.values()].map((g) => [dot(g[0]!.frame.geometry!.positionMm, normal), dot(g[g.length - 1]!.frame.geometry!.positionMm, normal)] as const).sort((a, b) => a[0] - b[0]);
  if (!ranges.some((r, i) => i > 0 && r[0] < ranges[i - 1]![1])) return null;
  const volumes = [...groups].map(([label, list]) => finish(list, normal, `acquisition ${label}`, groups.size, several(groups.size, ['acquisition'])));
  return volumes.some((v) => v.warnings.some((w) => IRREGULAR.has(w.code))) ? null : volumes;
}

const samePlace = <F>(a: Placed<F>, b: Placed<F>): boolean => norm(subtract(a.frame.geometry!.positionMm, b.frame.geometry!.positionMm)) < 0.01;

/** Positions repeat: finds what tells the slices at one position apart (echo, time, b-value…) and splits by it. */
function split<F>(slices: readonly Placed<F>[], positions: readonly AtPosition<F>[], normal: Vec3, deepest: number): Volume<F>[] {
  const names = [...new Set(slices.flatMap((s) => Object.keys(s.frame.keys)))];
  const order = ['echo', 'echo time', 'effective echo time', 'b-value', 'temporal position', 'time index', 'inversion time', 'trigger time', 'flip angle', 'image type', 'acquisition', 'stack', 'acquisition time', 'frame time', 'content time'];
  const candidates = order.filter((n) => names.includes(n));
  const chosen: string[] = [];
  // The fewest keys, in that order, under which no position comes twice.
  for (const key of candidates) {
    if (unique(positions, [key])) {
      chosen.splice(0, chosen.length, key);
      break;
    }
    if (chosen.length < 4 && separates(positions, chosen, key)) chosen.push(key);
    if (chosen.length > 1 && unique(positions, chosen)) break;
  }
  if (chosen.length > 0 && unique(positions, chosen)) {
    const groups = new Map<string, Placed<F>[]>();
    for (const p of positions) for (const s of p.slices) {
      const value = labelOf(s, chosen);
      groups.set(value, [...(groups.get(value) ?? []), s]);
    }
    // A key that leaves mostly single slices (a content time on every slice) tells no volumes apart.
    if (groups.size <= deepest * 2) {
      return [...groups].sort((a, b) => a[0].localeCompare(b[0], 'en', { numeric: true })).map(([label, list]) => finish(list, normal, label, groups.size, several(groups.size, chosen)));
    }
  }
  // Nothing tells them apart. The same number at every position: volumes in the order of their numbers.
  if (positions.length > 1 && positions.every((p) => p.slices.length === deepest)) {
    return Array.from({ length: deepest }, (_, v) => finish(positions.map((p) => [...p.slices].sort(byNumber)[v]!), normal, `volume ${v + 1}`, deepest, several(deepest, ['order of acquisition'])));
  }
  const doubled = positions.reduce((n, p) => n + p.slices.length - 1, 0);
  return [finish(positions.flatMap((p) => p.slices), normal, '', 1, [{ code: 'duplicate-slices', detail: `${doubled} slices lie where another does` }])];
}

const several = (count: number, keys: readonly string[]): SeriesWarning[] => (count > 1 ? [{ code: 'several-volumes', detail: `${count} volumes by ${keys.join(', ')}` }] : []);
const labelOf = <F>(s: Placed<F>, keys: readonly string[]): string => keys.map((k) => `${k} ${s.frame.keys[k] ?? '–'}`).join(', ');
const unique = <F>(positions: readonly AtPosition<F>[], keys: readonly string[]): boolean => positions.every((p) => new Set(p.slices.map((s) => labelOf(s, keys))).size === p.slices.length);
const separates = <F>(positions: readonly AtPosition<F>[], keys: readonly string[], more: string): boolean =>
  positions.some((p) => new Set(p.slices.map((s) => labelOf(s, [...keys, more]))).size > new Set(p.slices.map((s) => labelOf(s, keys))).size);

/** Affine, spacing and warnings of a sorted stack. */
function finish<F>(slices: readonly Placed<F>[], normal: Vec3, label: string, siblings: number, warnings: readonly SeriesWarning[]): Volume<F> {
  const first = slices[0]!.frame.geometry!;
  const spacing = slices[0]!.frame.pixelSpacingMm;
  const all = [...warnings];
  const along = slices.map((s) => dot(s.frame.geometry!.positionMm, normal));
  const gaps = along.slice(1).map((a, i) => a - along[i]!).filter((g) => g >= SAME_MM);
  const n = slices.length;
  const distinct = gaps.length + 1;
  let step: Vec3;
  let sliceSpacingMm: number | null = null;
  if (distinct > 1) {
    const whole = subtract(slices[n - 1]!.frame.geometry!.positionMm, first.positionMm);
    const found = gapWarnings(gaps, whole, normal);
    all.push(...found);
    if (found.some((w) => w.code === 'gantry-tilt')) {
      step = addScaled([0, 0, 0], whole, 1 / (distinct - 1));
      sliceSpacingMm = norm(step);
    } else {
      // One number must stand for all gaps: the first, as dcm2niix takes it, unless slices are missing.
      sliceSpacingMm = found.some((w) => w.code === 'missing-slices') ? medianOf(gaps) : firstGap(slices);
      step = addScaled([0, 0, 0], normal, sliceSpacingMm);
    }
  } else {
    const thick = slices[0]!.frame.sliceThicknessMm;
    step = addScaled([0, 0, 0], normal, thick && thick > 0 ? thick : 1);
    sliceSpacingMm = thick && thick > 0 ? thick : null;
  }
  if (!spacing) all.push({ code: 'no-geometry', detail: 'no pixel spacing in the file' });
  return { slices, affine: spacing ? affineRas(first, spacing, step) : null, sliceSpacingMm, warnings: all, label, siblings };
}

/** Distance of the first two positions (as dcm2niix measures it). */
function firstGap<F>(slices: readonly Placed<F>[]): number {
  const first = slices[0]!.frame.geometry!.positionMm;
  for (const s of slices) {
    const d = norm(subtract(s.frame.geometry!.positionMm, first));
    if (d >= SAME_MM) return d;
  }
  return 1;
}

const medianOf = (gaps: readonly number[]): number => [...gaps].sort((a, b) => a - b)[Math.floor(gaps.length / 2)]!;

/** `whole`: from the first position to the last. */
function gapWarnings(gaps: readonly number[], whole: Vec3, normal: Vec3): SeriesWarning[] {
  const out: SeriesWarning[] = [];
  const low = Math.min(...gaps);
  const high = Math.max(...gaps);
  const median = medianOf(gaps);
  const wide = gaps.filter((g) => g > 1.5 * median);
  const holes = wide.filter((g) => Math.abs(g / median - Math.round(g / median)) < 0.1);
  if (wide.length > 0 && holes.length === wide.length && gaps.length > 2) {
    out.push({ code: 'missing-slices', detail: `${holes.reduce((k, g) => k + Math.round(g / median) - 1, 0)} missing` });
  } else if (high - low > Math.max(0.01 * median, 0.01)) {
    out.push({ code: 'uneven-spacing', detail: `${low.toFixed(3)} to ${high.toFixed(3)} mm` });
  }
  // Slices that are shifted sideways against their normal: a tilted gantry shears the volume.
  const length = norm(whole);
  const cosine = dot(whole, normal) / length;
  const sine = Math.sqrt(Math.max(0, 1 - cosine * cosine));
  if (sine > 0.0035) out.push({ code: 'gantry-tilt', detail: `slices are shifted ${((sine * length) / gaps.length).toFixed(2)} mm from one to the next` });
  return out;
}
