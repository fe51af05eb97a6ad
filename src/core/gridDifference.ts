import type { Affine, Vec3 } from './geometry';

/** A voxel grid: voxel (column, row, slice) → RAS mm, and its size along the three axes. */
export interface VoxelGrid {
  readonly dims: readonly [number, number, number];
  readonly affine: Affine;
}

/** How one grid differs from another, and the sentence that says so. */
export interface GridDifference {
  readonly kind: 'spacing' | 'shape' | 'flip' | 'axes' | 'rotation' | 'shift';
  /** Reads after "tumour.nii.gz …": `is shifted by 3.0 mm along the head–foot axis`. */
  readonly words: string;
  /**
   * Set where both grids hold the same voxels at the same places in another storage order: axis `order[a]` of the
   * label is axis `a` of the image, backwards where `flipped[a]`.
   */
  readonly reorder?: { readonly order: readonly [number, number, number]; readonly flipped: readonly [boolean, boolean, boolean] };
}

/** Two affines are the same when every entry agrees to this (mm). */
export const GRID_TOLERANCE_MM = 1e-3;

const AXIS_WORDS = ['left–right', 'front–back', 'head–foot'] as const;

const column = (m: Affine, c: 0 | 1 | 2 | 3): Vec3 => [m[0][c], m[1][c], m[2][c]];
const length = (v: Vec3): number => Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const mm = (v: number): string => (v < 0.1 ? v.toPrecision(2) : v.toFixed(v < 10 ? 2 : 1));

/** Null when `given` (a label) lies on the grid of `image` to `GRID_TOLERANCE_MM`; else the difference, in words. */
export function gridDifference(given: VoxelGrid, image: VoxelGrid): GridDifference | null {
  const label = given.dims[2] === 1 && image.dims[2] === 1 ? withStepOf(given, image) : given;
  if (sameGrid(label, image)) return null;
  const reorder = findReorder(label, image);
  if (reorder) {
    const turned = reorder.order.some((from, to) => from !== to);
    const axes = reorder.flipped.flatMap((f, a) => (f ? [dominantAxis(column(image.affine, a as 0 | 1 | 2))] : []));
    return turned
      ? { kind: 'axes', words: 'holds the same voxels with its axes stored in another order', reorder }
      : { kind: 'flip', words: `is flipped along the ${axes.join(' and ')} axis`, reorder };
  }
  const li = [0, 1, 2].map((a) => length(column(label.affine, a as 0 | 1 | 2)));
  const im = [0, 1, 2].map((a) => length(column(image.affine, a as 0 | 1 | 2)));
  if (li.some((s, a) => Math.abs(s - im[a]!) > GRID_TOLERANCE_MM)) {
    return { kind: 'spacing', words: `has another spacing, ${li.map(mm).join(' × ')} mm instead of ${im.map(mm).join(' × ')} mm` };
  }
  if (label.dims.some((n, a) => n !== image.dims[a])) {
    return { kind: 'shape', words: `has another size, ${label.dims.join(' × ')} instead of ${image.dims.join(' × ')} voxels` };
  }
  const cosines = ([0, 1, 2] as const).map((a) => dot(column(label.affine, a), column(image.affine, a)) / (li[a]! * im[a]! || 1));
  const reversed = ([0, 1, 2] as const).filter((a) => cosines[a]! < -0.99);
  if (reversed.length > 0) {
    return { kind: 'flip', words: `is flipped along the ${reversed.map((a) => dominantAxis(column(image.affine, a))).join(' and ')} axis, and lies elsewhere` };
  }
  if (cosines.some((c) => c < 0.99999)) {
    return { kind: 'rotation', words: 'is turned against the images' };
  }
  const lo = column(label.affine, 3);
  const io = column(image.affine, 3);
  const delta: Vec3 = [lo[0] - io[0], lo[1] - io[1], lo[2] - io[2]];
  const parts = delta.flatMap((d, a) => (Math.abs(d) > GRID_TOLERANCE_MM ? [`${mm(Math.abs(d))} mm along the ${AXIS_WORDS[a]} axis`] : []));
  if (parts.length === 0) return { kind: 'rotation', words: 'is turned slightly against the images' };
  return { kind: 'shift', words: `is shifted by ${parts.join(' and ')}` };
}

/** A single slice has no step to the next; writers put its thickness or 1 there. Only its direction is compared. */
function withStepOf(label: VoxelGrid, image: VoxelGrid): VoxelGrid {
  const own = column(label.affine, 2);
  const other = column(image.affine, 2);
  const factor = length(own) > 0 ? length(other) / length(own) : 1;
  const row = (r: 0 | 1 | 2) => [label.affine[r][0], label.affine[r][1], own[r] * factor, label.affine[r][3]] as const;
  return { dims: label.dims, affine: [row(0), row(1), row(2), [0, 0, 0, 1]] };
}

function sameGrid(a: VoxelGrid, b: VoxelGrid): boolean {
  if (a.dims.some((n, i) => n !== b.dims[i])) return false;
  for (let r = 0; r < 3; r++) for (let c = 0; c < 4; c++) if (Math.abs(a.affine[r]![c]! - b.affine[r]![c]!) > GRID_TOLERANCE_MM) return false;
  // Entries that agree can still drift apart over many voxels: the far corner may differ by a tenth of a voxel.
  const far = a.dims.map((n) => n - 1) as unknown as Vec3;
  const smallest = Math.min(...([0, 1, 2] as const).map((c) => length(column(b.affine, c))));
  const pa = apply(a.affine, far);
  const pb = apply(b.affine, far);
  return length([pa[0] - pb[0], pa[1] - pb[1], pa[2] - pb[2]]) <= 0.1 * smallest;
}

const apply = (m: Affine, v: Vec3): Vec3 => [0, 1, 2].map((r) => m[r]![0] * v[0] + m[r]![1] * v[1] + m[r]![2] * v[2] + m[r]![3]) as unknown as Vec3;

const ORDERS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] as const;

function findReorder(label: VoxelGrid, image: VoxelGrid): GridDifference['reorder'] | undefined {
  for (const order of ORDERS) {
    for (let bits = 0; bits < 8; bits++) {
      if (bits === 0 && order === ORDERS[0]) continue;
      const flipped = [(bits & 1) > 0, (bits & 2) > 0, (bits & 4) > 0] as const;
      if (sameGrid(reordered(label, order, flipped), image)) return { order, flipped };
    }
  }
  return undefined;
}

function reordered(grid: VoxelGrid, order: readonly [number, number, number], flipped: readonly [boolean, boolean, boolean]): VoxelGrid {
  const dims = order.map((a) => grid.dims[a]!) as [number, number, number];
  const origin = order.map((a, i) => (flipped[i] ? grid.dims[a]! - 1 : 0));
  const corner: [number, number, number] = [0, 0, 0];
  order.forEach((a, i) => (corner[a] = origin[i]!));
  const start = apply(grid.affine, corner);
  const row = (r: 0 | 1 | 2) =>
    [...order.map((a, i) => grid.affine[r][a as 0 | 1 | 2] * (flipped[i] ? -1 : 1)), start[r]] as unknown as readonly [number, number, number, number];
  return { dims, affine: [row(0), row(1), row(2), [0, 0, 0, 1]] };
}

function dominantAxis(v: Vec3): string {
  const a = v.map(Math.abs);
  return AXIS_WORDS[a.indexOf(Math.max(...a))]!;
}
