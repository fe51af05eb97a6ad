import type { DicomAttributes } from '../../core/dicomJson';
import { StudioError } from '../../core/errors';
import type { LabelClass, LabelMap } from '../../core/slice';
import { sameGrid } from '../geometry/sameGrid';
import { packedFrames } from './packFrames';

/** An exported image and its labels. `attributes` are those of the written file (`derivedDicom`). */
export interface SegmentedImage {
  readonly attributes: DicomAttributes;
  readonly labels: readonly LabelMap[];
  /** Classes of their own, each drawn when its turn comes. */
  readonly drawn?: readonly DrawnClass[];
}

/** One class that has pixels on an image; ids are not bound to the 255 of a label map. */
export interface DrawnClass {
  readonly classId: number;
  readonly width: number;
  readonly height: number;
  /** 0/1, row-major. */
  mask(): Uint8Array;
}

/** One class on one image that bears it. */
export interface Frame {
  readonly image: number;
  readonly classId: number;
}

/** The frames of a SEG, class by class, and their pixels. Planes are drawn one by one: a series of many classes has tens of thousands. */
export interface Frames {
  readonly list: readonly Frame[];
  readonly pixels: Uint8Array;
  readonly overlapping: boolean;
}

/** Throws `label/mismatch` when images differ in grid, or a label in size. */
export function collectFrames(images: readonly SegmentedImage[], classes: readonly LabelClass[], rows: number, columns: number): Frames {
  const borne = classes.length === 0 ? images.map(() => new Set<number>()) : images.map((image) => {
    if (!sameGrid(images[0]!.attributes, image.attributes)) throw new StudioError('label/mismatch', 'images of one segmentation share size, spacing and orientation');
    return idsOn(image, rows, columns);
  });
  const list = classes.flatMap(({ id }) => images.flatMap((_, image): Frame[] => (borne[image]!.has(id) ? [{ image, classId: id }] : [])));
  const byImage = images.map((): number[] => []);
  list.forEach((frame, n) => byImage[frame.image]!.push(n));
  const packed = packedFrames(list.length, rows * columns);
  let overlapping = false;
  images.forEach((image, i) => {
    const taken = new Uint8Array(rows * columns);
    for (const n of byImage[i]!) {
      const plane = planeOf(image, list[n]!.classId, rows * columns);
      for (let p = 0; p < plane.length; p++) {
        if (!plane[p]) continue;
        overlapping ||= taken[p] === 1;
        taken[p] = 1;
      }
      packed.put(n, plane);
    }
  });
  return { list, pixels: packed.bytes, overlapping };
}

function idsOn({ labels, drawn }: SegmentedImage, rows: number, columns: number): Set<number> {
  const ids = new Set<number>();
  for (const map of [...labels, ...(drawn ?? [])]) {
    if (map.width !== columns || map.height !== rows) throw new StudioError('label/mismatch', `${map.width} × ${map.height} on ${columns} × ${rows}`);
  }
  for (const { data } of labels) for (let i = 0; i < data.length; i++) ids.add(data[i]!);
  for (const { classId } of drawn ?? []) ids.add(classId);
  return ids;
}

function planeOf({ labels, drawn }: SegmentedImage, classId: number, length: number): Uint8Array {
  const plane = new Uint8Array(length);
  for (const { data } of labels) for (let i = 0; i < length; i++) if (data[i] === classId) plane[i] = 1;
  for (const one of drawn ?? []) {
    if (one.classId !== classId) continue;
    const mask = one.mask();
    for (let i = 0; i < length; i++) if (mask[i]) plane[i] = 1;
  }
  return plane;
}
