import { gzipSync } from 'fflate';
import { StudioError } from '../core/errors';
import { addScaled, affineRas, cross, dot, norm, sliceNormal, subtract, type Affine, type Row4, type Vec3 } from '../core/geometry';
import { rangeOf } from '../core/raster';
import type { Slice } from '../core/slice';
import { markOf } from './syntheticMark';

export type NiftiArray = Uint8Array | Int16Array | Uint16Array | Float32Array;

/** A volume of one grid; `data` is column fastest, then row, then slice. */
export interface NiftiVolume {
  readonly data: NiftiArray;
  /** [columns, rows, slices]. */
  readonly size: readonly [number, number, number];
  /** Voxel index → RAS millimetres. */
  readonly affine: Affine;
  /** Real value = stored × slope + intercept. Default 1 and 0. */
  readonly slope?: number;
  readonly intercept?: number;
  /** At most 79 ASCII characters. */
  readonly description?: string;
}

const HEADER = 352;
const TYPES = { Uint8Array: [2, 8], Int16Array: [4, 16], Uint16Array: [512, 16], Float32Array: [16, 32] } as const;

/**
 * A NIfTI-1 single file (`.nii`), little endian, with sform and qform (code 1, scanner). Millimetres. A qform is a rotation
 * and cannot shear: of a sheared volume (gantry tilt) its code is 0, unknown, so that the sform alone counts.
 * Throws `geometry/mismatch` when the data do not fill the size.
 */
export function writeNifti(volume: NiftiVolume): Uint8Array<ArrayBuffer> {
  const { data, size, affine } = volume;
  if (data.length !== size[0] * size[1] * size[2]) throw new StudioError('geometry/mismatch', `${data.length} values for ${size.join(' × ')}`);
  const [datatype, bits] = TYPES[data.constructor.name as keyof typeof TYPES];
  const out = new Uint8Array(HEADER + data.byteLength);
  const view = new DataView(out.buffer);
  const column = (c: 0 | 1 | 2): Vec3 => [affine[0][c], affine[1][c], affine[2][c]];
  const spacing = [norm(column(0)), norm(column(1)), norm(column(2))] as const;
  const q = quaternionOf(column(0), column(1), column(2), spacing);
  view.setInt32(0, 348, true);
  out[39] = 0;
  [3, ...size, 1, 1, 1, 1].forEach((n, i) => view.setInt16(40 + i * 2, n, true));
  view.setInt16(70, datatype, true);
  view.setInt16(72, bits, true);
  [q.handedness, ...spacing, 0, 0, 0, 0].forEach((n, i) => view.setFloat32(76 + i * 4, n, true));
  view.setFloat32(108, HEADER, true);
  view.setFloat32(112, volume.slope ?? 1, true);
  view.setFloat32(116, volume.intercept ?? 0, true);
  out[123] = 2;
  const text = (volume.description ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 79);
  for (let i = 0; i < text.length; i++) out[148 + i] = text.charCodeAt(i);
  view.setInt16(252, q.sheared ? 0 : 1, true);
  view.setInt16(254, 1, true);
  [q.b, q.c, q.d, affine[0][3], affine[1][3], affine[2][3]].forEach((n, i) => view.setFloat32(256 + i * 4, n, true));
  ([affine[0], affine[1], affine[2]] as Row4[]).forEach((row, r) => row.forEach((n, c) => view.setFloat32(280 + r * 16 + c * 4, n, true)));
  out.set([0x6e, 0x2b, 0x31, 0], 344);
  putArray(view, HEADER, data);
  return out;
}

/** {@link writeNifti}, gzipped with a fixed date: equal volumes give equal bytes. */
export function writeNiftiGz(volume: NiftiVolume): Uint8Array {
  return gzipSync(writeNifti(volume), { level: 6, mtime: 0 });
}

const isGenerated = (slice: Slice): boolean => slice.source.kind === 'generated';

/** One slice as a volume of one slice, its thickness (or 1 mm) the step along its normal. `synthetic`: what its description says. */
export function sliceVolume(slice: Slice, data: NiftiArray = nativeValues(slice), synthetic = isGenerated(slice)): NiftiVolume {
  return { data, size: [slice.raster.width, slice.raster.height, 1], affine: sliceAffine(slice), description: markOf(synthetic) };
}

/** Slices nearer to each other than this (mm) share a place: as a volume they would have no extent. */
const ONE_PLACE = 1e-3;

/**
 * Slices in order, cut where two share a place (times, echoes) and where the step between positions changes (by more than a tenth): where slices are missing, a
 * volume would put all after them at the wrong place. Slices without a position stay together.
 */
export function evenRuns(slices: readonly Slice[]): Slice[][] {
  const runs: Slice[][] = [];
  let step: Vec3 | null = null;
  for (const slice of slices) {
    const run = runs.at(-1);
    const a = run?.at(-1)!.geometry?.positionMm, b = slice.geometry?.positionMm;
    const next: Vec3 | null = a && b ? subtract(b, a) : null;
    if (!run || (next && norm(next) < ONE_PLACE) || (step && next && norm(subtract(next, step)) > 0.1 * norm(step))) {
      runs.push([slice]);
      step = null;
    } else {
      run.push(slice);
      step ??= next;
    }
  }
  return runs;
}

/** Slices of one grid, in order, as a volume; the step is the distance of the first two positions, or the thickness where they are one (see `evenRuns`). */
export function stackVolume(slices: readonly Slice[]): NiftiVolume {
  const first = slices[0];
  if (!first) throw new StudioError('dataset/no-sources');
  const { width, height } = first.raster;
  const data = new Float32Array(width * height * slices.length);
  slices.forEach((slice, i) => {
    if (slice.raster.width !== width || slice.raster.height !== height) throw new StudioError('geometry/mismatch', `slice ${i} has another size`);
    data.set(slice.raster.data, i * width * height);
  });
  const a = first.geometry?.positionMm;
  const b = slices[1]?.geometry?.positionMm;
  const step = a && b ? subtract(b, a) : null;
  return { data: narrow(data), size: [width, height, slices.length], affine: sliceAffine(first, step && norm(step) >= ONE_PLACE ? step : undefined), description: markOf(slices.some(isGenerated)) };
}

/** Voxel → RAS affine of a slice; pixels of 1 mm and the identity orientation where the file did not say. */
export function sliceAffine(slice: Slice, step?: Vec3): Affine {
  const spacing = slice.pixelSpacingMm ?? ([1, 1] as const);
  const geometry = slice.geometry ?? { positionMm: [0, 0, 0] as Vec3, rowDirection: [1, 0, 0] as Vec3, columnDirection: [0, 1, 0] as Vec3 };
  const normal = sliceNormal(geometry);
  const thickness = slice.sliceThicknessMm || 1;
  return affineRas(geometry, spacing, step ?? [normal[0] * thickness, normal[1] * thickness, normal[2] * thickness]);
}

/** Values in the smallest of int16, uint16 and float32 that holds them all exactly. */
export function nativeValues(slice: Slice): NiftiArray {
  return narrow(slice.raster.data);
}

function narrow(data: Float32Array): NiftiArray {
  const { min, max } = rangeOf(data);
  if (min < -32768 || max > 65535 || (min < 0 && max > 32767) || !data.every((v) => Math.floor(v) === v)) return data;
  return max > 32767 ? Uint16Array.from(data) : Int16Array.from(data);
}

function putArray(view: DataView, offset: number, data: NiftiArray): void {
  if (data instanceof Uint8Array) for (let i = 0; i < data.length; i++) view.setUint8(offset + i, data[i]!);
  else if (data instanceof Int16Array) for (let i = 0; i < data.length; i++) view.setInt16(offset + i * 2, data[i]!, true);
  else if (data instanceof Uint16Array) for (let i = 0; i < data.length; i++) view.setUint16(offset + i * 2, data[i]!, true);
  else for (let i = 0; i < data.length; i++) view.setFloat32(offset + i * 4, data[i]!, true);
}

/** Axes whose cosine is beyond this are not perpendicular. */
const SHEARED = 1e-4;

/**
 * Quaternion (b, c, d) and handedness of the rotation part, as nifti1_io's mat44_to_quatern. Of sheared axes the first stays,
 * the second is turned within their plane, and the third becomes its normal.
 */
function quaternionOf(x: Vec3, y: Vec3, z: Vec3, s: readonly number[]): { b: number; c: number; d: number; handedness: number; sheared: boolean } {
  const unit = (v: Vec3, n: number): Vec3 => (n > 0 ? [v[0] / n, v[1] / n, v[2] / n] : [0, 0, 0]);
  const cx = unit(x, s[0]!);
  let cy = unit(y, s[1]!);
  let cz = unit(z, s[2]!);
  const sheared = [dot(cx, cy), dot(cx, cz), dot(cy, cz)].some((cosine) => Math.abs(cosine) > SHEARED);
  if (sheared) {
    cy = addScaled(cy, cx, -dot(cx, cy));
    cy = unit(cy, norm(cy));
    const normal = cross(cx, cy);
    cz = dot(normal, cz) < 0 ? [-normal[0], -normal[1], -normal[2]] : normal;
  }
  const det = cx[0] * (cy[1] * cz[2] - cy[2] * cz[1]) - cy[0] * (cx[1] * cz[2] - cx[2] * cz[1]) + cz[0] * (cx[1] * cy[2] - cx[2] * cy[1]);
  const handedness = det < 0 ? -1 : 1;
  if (handedness < 0) cz = [-cz[0], -cz[1], -cz[2]];
  const m = [[cx[0], cy[0], cz[0]], [cx[1], cy[1], cz[1]], [cx[2], cy[2], cz[2]]] as const;
  const a = m[0][0] + m[1][1] + m[2][2] + 1;
  if (a > 0.5) {
    const half = 0.5 * Math.sqrt(a);
    return { b: (0.25 * (m[2][1] - m[1][2])) / half, c: (0.25 * (m[0][2] - m[2][0])) / half, d: (0.25 * (m[1][0] - m[0][1])) / half, handedness, sheared };
  }
  const xd = 1 + m[0][0] - (m[1][1] + m[2][2]);
  const yd = 1 + m[1][1] - (m[0][0] + m[2][2]);
  const zd = 1 + m[2][2] - (m[0][0] + m[1][1]);
  let [w, b, c, d] = [0, 0, 0, 0];
  if (xd > 1) {
    b = 0.5 * Math.sqrt(xd);
    [c, d, w] = [(0.25 * (m[0][1] + m[1][0])) / b, (0.25 * (m[0][2] + m[2][0])) / b, (0.25 * (m[2][1] - m[1][2])) / b];
  } else if (yd > 1) {
    c = 0.5 * Math.sqrt(yd);
    [b, d, w] = [(0.25 * (m[0][1] + m[1][0])) / c, (0.25 * (m[1][2] + m[2][1])) / c, (0.25 * (m[0][2] - m[2][0])) / c];
  } else {
    d = 0.5 * Math.sqrt(zd);
    [b, c, w] = [(0.25 * (m[0][2] + m[2][0])) / d, (0.25 * (m[1][2] + m[2][1])) / d, (0.25 * (m[1][0] - m[0][1])) / d];
  }
  return w < 0 ? { b: -b, c: -c, d: -d, handedness, sheared } : { b, c, d, handedness, sheared };
}
