import type { Raster } from './raster';
import type { Slice, StoredPixels } from './slice';

/**
 * The slice without its float values, where the stored ones say the same to the last bit: they are made from those when
 * they are asked for, and let go when nobody holds them. A third of the memory. Else the slice as it is.
 */
export function compactSlice(slice: Slice): Slice {
  const { stored } = slice;
  if (isCompact(slice) || !stored || stored.data.BYTES_PER_ELEMENT > 2) return slice;
  const { raster, ...rest } = slice;
  if (!saysTheSame(stored, raster.data)) return slice;
  const { width, height, unit } = raster;
  let held = new WeakRef(raster);
  return Object.defineProperty(rest, 'raster', {
    enumerable: true,
    get(): Raster {
      const there = held.deref();
      if (there) return there;
      const data = new Float32Array(stored.data.length);
      for (let i = 0; i < data.length; i++) data[i] = stored.data[i]! * stored.slope + stored.intercept;
      const made = { data, width, height, unit };
      held = new WeakRef(made);
      return made;
    },
  }) as Slice;
}

/** Bytes that a slice holds by itself. */
export function sliceBytes(slice: Slice): number {
  return (isCompact(slice) ? 0 : slice.raster.data.byteLength) + (slice.stored?.data.byteLength ?? 0) + (slice.rgb?.byteLength ?? 0);
}

const isCompact = (slice: Slice): boolean => Object.getOwnPropertyDescriptor(slice, 'raster')?.get !== undefined;

function saysTheSame({ data, slope, intercept }: StoredPixels, values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (Math.fround(data[i]! * slope + intercept) !== values[i]) return false;
  return data.length === values.length;
}
