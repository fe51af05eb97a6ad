import type { PixelSpacingMm } from './geometry';
import type { LabelSet } from './labelSet';

/** What `verisim inspect --json` and the labels panel tell of a class. */
export interface ClassStatistics {
  readonly id: number;
  readonly name: string;
  readonly voxels: number;
  /** Millilitres; null where the spacing is not known. */
  readonly volumeMl: number | null;
}

/** Voxels of each class in the whole set (a voxel in two layers with the same class counts once). */
export function classStatistics(
  set: LabelSet,
  spacingMm: PixelSpacingMm | null,
  sliceSpacingMm: number | null,
): ClassStatistics[] {
  const voxelMl = spacingMm && sliceSpacingMm ? (spacingMm[0] * spacingMm[1] * sliceSpacingMm) / 1000 : null;
  return set.classes.map(({ id, name }) => {
    let voxels = 0;
    const slices = set.layers[0]?.length ?? 0;
    for (let s = 0; s < slices; s++) voxels += countOnSlice(set, id, s);
    return { id, name, voxels, volumeMl: voxelMl === null ? null : voxels * voxelMl };
  });
}

/** Area of one class on one slice: mm² where the spacing is known, else null; and the pixel count. */
export function classArea(
  set: LabelSet,
  classId: number,
  index: number,
  spacingMm: PixelSpacingMm | null,
): { pixels: number; areaMm2: number | null } {
  const pixels = countOnSlice(set, classId, index);
  return { pixels, areaMm2: spacingMm ? pixels * spacingMm[0] * spacingMm[1] : null };
}

function countOnSlice(set: LabelSet, classId: number, index: number): number {
  const planes = set.layers.map((layer) => layer[index]).filter((plane) => plane != null);
  if (planes.length === 0) return 0;
  let count = 0;
  const length = planes[0]!.length;
  for (let i = 0; i < length; i++) {
    if (planes.some((plane) => plane[i] === classId)) count++;
  }
  return count;
}
