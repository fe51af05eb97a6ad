import { affineRas, cross, dot, sliceNormal, subtract, type PixelSpacingMm, type SliceGeometry, type Vec3 } from '../../core/geometry';
import { gridDifference } from '../../core/gridDifference';
import { packLayers, type LabelSet, type SegmentPlanes } from '../../core/labelSet';
import { rasterisePolygons } from '../../core/rasterisePolygons';
import type { Series, SliceHeader } from '../../core/slice';
import { namesSlice, type Segmentation, type SegmentationFrame, type SourceImage } from './readSegmentation';
import type { StructureSet } from './readStructureSet';

/** Either a label set on the series, or why not, as words that follow the label's name. */
export type Placement = { readonly ok: true; readonly set: LabelSet } | { readonly ok: false; readonly words: string };

/** In-plane positions agree to this part of a pixel; planes to this part of the slice distance. */
const PART = 0.05;

type Placed = SliceHeader & { readonly geometry: SliceGeometry; readonly pixelSpacingMm: PixelSpacingMm };
const isPlaced = (h: SliceHeader): h is Placed => h.geometry !== null && h.pixelSpacingMm !== null;

/** Frames of a SEG on the slices of a series, by position whatever their order; slices without a frame are empty. */
export function placeSegmentation(seg: Segmentation, series: Series): Placement {
  const found: { frame: SegmentationFrame; slice: number }[] = [];
  let outside = 0;
  for (const frame of seg.frames) {
    if (!frame.geometry) {
      const named = frame.sources.map((image) => slicesOf(image, series)).find((list) => list.length === 1)?.[0];
      if (named === undefined || seg.rows !== series.rows || seg.columns !== series.columns) return { ok: false, words: 'does not say where its frames lie' };
      found.push({ frame, slice: named });
      continue;
    }
    const near = nearestSlice(series, frame.geometry.positionMm);
    if (!near) return { ok: false, words: `cannot be compared, because ${series.description || 'the series'} does not say where its slices lie` };
    const words = frameDifference(seg, frame, near.header, near.stepMm);
    if (words === 'plane') outside++;
    else if (words) return { ok: false, words };
    else found.push({ frame, slice: sameSource(series, frame, near.index) });
  }
  if (found.length === 0 && seg.frames.length > 0) return { ok: false, words: 'lies between or beyond the slices' };
  const notes = [...seg.notes];
  if (outside > 0) notes.push(`${outside} of ${seg.frames.length} frames lie beyond the loaded slices.`);
  const segments = new Map<number, (Uint8Array | null)[]>(seg.classes.map((c) => [c.id, new Array<Uint8Array | null>(series.slices.length).fill(null)]));
  for (const { frame, slice } of found) {
    const plane = seg.plane(frame.index);
    for (const id of frame.segment ? [frame.segment] : seg.classes.map((c) => c.id)) {
      const planes = segments.get(id)!;
      let target = planes[slice] ?? null;
      for (let i = 0; i < plane.length; i++) if (plane[i] === id) (target ??= new Uint8Array(plane.length))[i] = 1;
      planes[slice] = target;
    }
  }
  return { ok: true, set: makeSet(`DICOM SEG, ${seg.name}`, 'seg', series, seg.classes, [...segments].map(([id, planes]) => ({ id, planes })), notes) };
}

/** Contours of a structure set drawn on the slices of a series: even-odd, a pixel counts when its centre lies inside. */
export function placeStructureSet(structures: StructureSet, series: Series): Placement {
  const notes = [...structures.notes];
  const segments: SegmentPlanes[] = [];
  let placed = 0;
  for (const roi of structures.rois) {
    const polygons: number[][][] = series.slices.map(() => []);
    let outside = 0;
    for (const { points } of roi.contours) {
      const first: Vec3 = [points[0]!, points[1]!, points[2]!];
      const near = nearestSlice(series, first);
      if (!near) return { ok: false, words: `cannot be drawn, because ${series.description || 'the series'} does not say where its slices lie` };
      const { geometry: g, pixelSpacingMm: s } = near.header;
      const normal = sliceNormal(g);
      let worst = 0;
      const polygon: number[] = [];
      for (let i = 0; i < points.length; i += 3) {
        const d = subtract([points[i]!, points[i + 1]!, points[i + 2]!], g.positionMm);
        worst = Math.max(worst, Math.abs(dot(d, normal)));
        polygon.push(dot(d, g.rowDirection) / s[1], dot(d, g.columnDirection) / s[0]);
      }
      if (worst > near.stepMm / 2) outside++;
      else {
        polygons[near.index]!.push(polygon);
        placed++;
      }
    }
    if (outside > 0) notes.push(`${roi.name}: ${outside} of ${roi.contours.length} contours lie beyond the loaded slices.`);
    segments.push({ id: roi.id, planes: polygons.map((list) => (list.length ? nonEmpty(rasterisePolygons(list, series.columns, series.rows)) : null)) });
  }
  if (placed === 0) return { ok: false, words: 'lies on no slice of the series' };
  notes.push('Contours are filled by the even-odd rule; a pixel counts when its centre lies inside.');
  const classes = structures.rois.map(({ id, name, color }) => ({ id, name, ...(color ? { color } : {}) }));
  return { ok: true, set: makeSet(`RT structure set, ${structures.name}`, 'rtstruct', series, classes, segments, notes) };
}

function makeSet(source: string, kind: LabelSet['kind'], series: Series, classes: LabelSet['classes'], segments: readonly SegmentPlanes[], notes: string[]): LabelSet {
  return { id: `${series.id}/${source}`, seriesId: series.id, source, kind, width: series.columns, height: series.rows, classes, layers: packLayers(segments, series.slices.length), notes };
}

const nonEmpty = (plane: Uint8Array): Uint8Array | null => (plane.some((v) => v > 0) ? plane : null);

/** The slice whose plane lies nearest, with the distance between slices there (mm). */
function nearestSlice(series: Series, at: Vec3): { index: number; header: Placed; stepMm: number } | null {
  let best: { index: number; header: Placed; distance: number } | null = null;
  series.slices.forEach((header, index) => {
    if (!isPlaced(header)) return;
    const distance = Math.abs(dot(subtract(at, header.geometry.positionMm), sliceNormal(header.geometry)));
    if (!best || distance < best.distance) best = { index, header, distance };
  });
  if (!best) return null;
  const { index, header } = best as { index: number; header: Placed };
  return { index, header, stepMm: series.sliceSpacingMm || Math.max(...header.pixelSpacingMm) };
}

/** Slices of several times or echoes share a place: then the frame's own source image decides. */
function sameSource(series: Series, frame: SegmentationFrame, index: number): number {
  const here = series.slices[index]!.geometry!.positionMm;
  for (const named of frame.sources.flatMap((image) => slicesOf(image, series))) {
    const there = series.slices[named]!.geometry?.positionMm;
    if (there?.every((v, i) => Math.abs(v - here[i]!) < 1e-3)) return named;
  }
  return index;
}

/** The slices that a source image names: several where it does not say which frame of a multi-frame one. */
const slicesOf = (image: SourceImage, series: Series): number[] => series.slices.flatMap((h, i) => (namesSlice(image, h) ? [i] : []));

/** Null when the frame lies on the slice; `plane` when it lies on none; else words. */
function frameDifference(seg: Segmentation, frame: SegmentationFrame, header: Placed, stepMm: number): string | null {
  const g = frame.geometry!;
  const spacing = frame.pixelSpacingMm ?? header.pixelSpacingMm;
  const normal = sliceNormal(header.geometry);
  const offset = subtract(g.positionMm, header.geometry.positionMm);
  const tilt = cross(normal, sliceNormal(g));
  const parallel = Math.abs(tilt[0]) + Math.abs(tilt[1]) + Math.abs(tilt[2]) < 1e-3;
  const inPlane = [dot(offset, header.geometry.rowDirection) / header.pixelSpacingMm[1], dot(offset, header.geometry.columnDirection) / header.pixelSpacingMm[0]];
  const sameAxes = dot(g.rowDirection, header.geometry.rowDirection) > 0.99999 && dot(g.columnDirection, header.geometry.columnDirection) > 0.99999;
  const sameSize = seg.rows === header.rows && seg.columns === header.columns;
  const sameSpacing = spacing.every((s, i) => Math.abs(s - header.pixelSpacingMm[i]!) <= (PART * header.pixelSpacingMm[i]!) / Math.max(1, seg.rows, seg.columns) + 1e-4);
  const onGrid = parallel && sameAxes && sameSize && sameSpacing && inPlane.every((d) => Math.abs(d) <= PART);
  if (onGrid) return Math.abs(dot(offset, normal)) <= PART * stepMm ? null : 'plane';
  const step = normal.map((v) => v * stepMm) as unknown as Vec3;
  const difference = gridDifference(
    { dims: [seg.columns, seg.rows, 1], affine: affineRas(g, spacing, step) },
    { dims: [header.columns, header.rows, 1], affine: affineRas(header.geometry, header.pixelSpacingMm, step) },
  );
  return difference?.words ?? 'lies on another grid';
}
