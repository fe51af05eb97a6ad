import { StudioError } from '../core/errors';
import type { VoxelGrid } from '../core/gridDifference';
import type { LabelClass } from '../core/slice';

/** A label volume on a voxel grid of its own (NIfTI), not yet attached. */
export interface LabelVolume {
  readonly kind: 'nifti';
  /** File name, shown. */
  readonly name: string;
  readonly grid: VoxelGrid;
  /** Class ids, column fastest, then row, then slice. */
  readonly data: Uint8Array;
  readonly classes: readonly LabelClass[];
  /** The series in whose own file it lies (NPZ): it attaches to that one alone. */
  readonly of?: string;
}

/**
 * Checks that `values` are class ids and names those that occur. `names` come from a `dataset.json`; without one a
 * class is called `Class 3`. Throws `label/invalid` for fractions, negative values and ids above 255: such a volume is
 * an image, not a label.
 */
export function makeLabelVolume(name: string, grid: VoxelGrid, values: ArrayLike<number>, names: ReadonlyMap<number, string> = new Map()): LabelVolume {
  const count = grid.dims[0] * grid.dims[1] * grid.dims[2];
  if (values.length !== count) throw new StudioError('label/invalid', `${name} holds ${values.length} values for ${grid.dims.join(' × ')} voxels`);
  const data = new Uint8Array(count);
  const present = new Uint8Array(256);
  for (let i = 0; i < count; i++) {
    const v = values[i]!;
    if (!(v >= 0 && v <= 255) || v !== Math.floor(v)) throw new StudioError('label/invalid', `${name} holds the value ${v}, which is no class id (0 to 255)`);
    data[i] = v;
    present[v] = 1;
  }
  const ids = new Set([...names.keys()].filter((id) => id > 0));
  for (let id = 1; id < 256; id++) if (present[id]) ids.add(id);
  const classes = [...ids].sort((a, b) => a - b).map((id) => ({ id, name: names.get(id) ?? `Class ${id}` }));
  return { kind: 'nifti', name, grid, data, classes };
}
