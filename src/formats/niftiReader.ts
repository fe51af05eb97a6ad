import { StudioError } from '../core/errors';
import type { Affine, Row4 } from '../core/geometry';

/** Types of NIfTI data that are read, by code, with bytes a voxel. 64-bit integers (labels made with NumPy) are read as 32-bit ones. */
const TYPES = {
  2: ['uint8', 1], 4: ['int16', 2], 8: ['int32', 4], 16: ['float32', 4], 64: ['float64', 8], 256: ['int8', 1], 512: ['uint16', 2], 768: ['uint32', 4], 1024: ['int32', 8], 1280: ['uint32', 8],
} as const;
const OTHER_TYPES: Readonly<Record<number, string>> = { 0: 'no data type', 1: 'single bits', 32: 'complex numbers', 128: 'RGB colour', 1536: '128-bit floats', 1792: 'complex numbers', 2048: 'complex numbers', 2304: 'RGBA colour' };
type TypeName = (typeof TYPES)[keyof typeof TYPES][0];

export interface NiftiHeader {
  /** Columns, rows, slices, volumes. */
  readonly dims: readonly [number, number, number, number];
  readonly spacingMm: readonly [number, number, number];
  /** A NumPy archive may say nothing of its spacing, which then reads 1. */
  readonly spacingUnknown?: true;
  readonly type: TypeName;
  readonly bytesPerVoxel: number;
  readonly dataOffset: number;
  readonly littleEndian: boolean;
  /** Real value = stored × slope + intercept. */
  readonly slope: number;
  readonly intercept: number;
  /** Voxel → RAS mm: sform, else qform; null when the file has neither. */
  readonly affine: Affine | null;
  /** Bytes of the file, header included. */
  readonly totalBytes: number;
  readonly description: string;
}

/** True when the bytes begin as a NIfTI-1 or NIfTI-2 file does. */
export function looksLikeNifti(bytes: Uint8Array): boolean {
  if (bytes.length < 56) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const le of [true, false]) {
    const size = view.getInt32(0, le);
    // A header that is cut: refused as such.
    if (bytes.length < 348 && size === 348) return view.getInt16(40, le) >= 1 && view.getInt16(40, le) <= 7;
    if (size === 348) return (bytes[344] === 0x6e && (bytes[345] === 0x2b || bytes[345] === 0x69)) || view.getInt16(40, le) <= 7;
    if (size === 540) return bytes[4] === 0x6e;
  }
  return false;
}

const invalid = (detail: string): StudioError => new StudioError('nifti/invalid', detail);

/**
 * Reads a NIfTI-1 or NIfTI-2 header (nifti1.h, nifti2.h). `bytes`: at least the first 544 of the file.
 * Throws `nifti/invalid`, `nifti/unsupported` (complex, RGB, header and image in two files, more than 4 dimensions).
 */
export function readNiftiHeader(bytes: Uint8Array): NiftiHeader {
  if (bytes.length < 348) throw invalid(`${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = [348, 540].includes(view.getInt32(0, true));
  const two = view.getInt32(0, littleEndian) === 540;
  if (!two && view.getInt32(0, littleEndian) !== 348) throw invalid('neither NIfTI-1 nor NIfTI-2');
  if (two && bytes.length < 540) throw invalid(`${bytes.length} bytes`);
  const magic = String.fromCharCode(...(two ? bytes.subarray(4, 7) : bytes.subarray(344, 347)));
  if (magic === 'ni1' || magic === 'ni2') throw new StudioError('nifti/unsupported', 'header and image in two files');
  if (magic !== 'n+1' && magic !== 'n+2') throw new StudioError('nifti/unsupported', 'Analyze 7.5');
  const f32 = (at: number): number => view.getFloat32(at, littleEndian);
  const f64 = (at: number): number => view.getFloat64(at, littleEndian);
  const i64 = (at: number): number => Number(view.getBigInt64(at, littleEndian));
  const dim = Array.from({ length: 8 }, (_, i) => (two ? i64(16 + i * 8) : view.getInt16(40 + i * 2, littleEndian)));
  const pixdim = Array.from({ length: 8 }, (_, i) => (two ? f64(104 + i * 8) : f32(76 + i * 4)));
  const code = two ? view.getInt16(12, littleEndian) : view.getInt16(70, littleEndian);
  const known = TYPES[code as keyof typeof TYPES];
  if (!known) throw new StudioError('nifti/unsupported', OTHER_TYPES[code] ?? `data type ${code}`);
  const rank = dim[0]!;
  if (rank < 2 || rank > 7) throw invalid(`${rank} dimensions`);
  // A time axis of 0 stands for none.
  const sizes = [1, 2, 3, 4].map((i) => (i <= rank ? (i === 4 && dim[i] === 0 ? 1 : dim[i]!) : 1)) as [number, number, number, number];
  if (sizes.some((n) => !(n >= 1 && n <= 65535)) || dim.slice(5, rank + 1).some((n) => n > 1)) {
    throw dim.slice(5, rank + 1).some((n) => n > 1) ? new StudioError('nifti/unsupported', `${rank} dimensions`) : invalid(`a size of ${sizes.join(' × ')}`);
  }
  const dataOffset = two ? i64(168) : f32(108);
  if (!(dataOffset >= (two ? 544 : 352)) || !Number.isInteger(dataOffset) || dataOffset > 64 * 1024 * 1024) throw invalid(`data at byte ${dataOffset}`);
  const voxels = sizes[0] * sizes[1] * sizes[2] * sizes[3];
  const unit = (two ? view.getInt32(500, littleEndian) : bytes[123]!) & 7;
  const toMm = unit === 1 ? 1000 : unit === 3 ? 0.001 : 1;
  const spacing = [1, 2, 3].map((i) => Math.abs(pixdim[i]!) * toMm || 1) as unknown as [number, number, number];
  const slope = two ? f64(176) : f32(112);
  const intercept = two ? f64(184) : f32(116);
  const scaled = Number.isFinite(slope) && slope !== 0;
  const qform = two ? view.getInt32(344, littleEndian) : view.getInt16(252, littleEndian);
  const sform = two ? view.getInt32(348, littleEndian) : view.getInt16(254, littleEndian);
  const rowAt = (r: number): Row4 => [0, 1, 2, 3].map((c) => (two ? f64(400 + r * 32 + c * 8) : f32(280 + r * 16 + c * 4)) * toMm) as unknown as Row4;
  const quaternion = [0, 1, 2, 3, 4, 5].map((i) => (two ? f64(352 + i * 8) : f32(256 + i * 4)));
  const stored: Affine | null = sform > 0 ? [rowAt(0), rowAt(1), rowAt(2), [0, 0, 0, 1]] : null;
  // A matrix of zeros is no place: the quaternion, if there is one, says more.
  const affine: Affine | null = stored && !flat(stored) ? stored : qform > 0 ? fromQuaternion(quaternion, spacing, pixdim[0]! < 0 ? -1 : 1, toMm) : null;
  if (affine && !affine.flat().every(Number.isFinite)) throw invalid('an affine that is no number');
  return {
    dims: sizes, spacingMm: spacing, type: known[0], bytesPerVoxel: known[1], dataOffset, littleEndian,
    slope: scaled ? slope : 1, intercept: scaled && Number.isFinite(intercept) ? intercept : 0, affine, totalBytes: dataOffset + voxels * known[1],
    description: textAt(bytes, two ? 240 : 148, 80),
  };
}

/** True where the matrix takes all voxels to one plane, line or point. */
const flat = ([a, b, c]: Affine): boolean => a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]) === 0;

function textAt(bytes: Uint8Array, at: number, n: number): string {
  let out = '';
  for (let i = at; i < at + n && bytes[i]; i++) out += String.fromCharCode(bytes[i]!);
  return out.trim();
}

/** Method 2 of nifti1.h: rotation from a quaternion, spacing, handedness. */
function fromQuaternion(q: readonly number[], s: readonly number[], qfac: number, toMm: number): Affine {
  const [b, c, d, x, y, z] = q as [number, number, number, number, number, number];
  const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d));
  const t = s[2]! * qfac;
  return [
    [(a * a + b * b - c * c - d * d) * s[0]!, 2 * (b * c - a * d) * s[1]!, 2 * (b * d + a * c) * t, x * toMm],
    [2 * (b * c + a * d) * s[0]!, (a * a + c * c - b * b - d * d) * s[1]!, 2 * (c * d - a * b) * t, y * toMm],
    [2 * (b * d - a * c) * s[0]!, 2 * (c * d + a * b) * s[1]!, (a * a + d * d - b * b - c * c) * t, z * toMm],
    [0, 0, 0, 1],
  ];
}

const MAKE = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array, float32: Float32Array, float64: Float64Array } as const;
export type NiftiValues = InstanceType<(typeof MAKE)[TypeName]>;

/** Byte range of one slice. */
export function sliceRange(h: NiftiHeader, slice: number, volume = 0): { from: number; to: number } {
  const size = h.dims[0] * h.dims[1] * h.bytesPerVoxel;
  const from = h.dataOffset + (volume * h.dims[2] + slice) * size;
  return { from, to: from + size };
}

/**
 * Stored values from little- or big-endian bytes. Throws `nifti/invalid` when they are too few, `nifti/unsupported` when
 * a 64-bit integer does not fit 32 bits.
 */
export function niftiValues(h: NiftiHeader, bytes: Uint8Array, count: number): NiftiValues {
  if (bytes.length < count * h.bytesPerVoxel) throw invalid('the file ends before its data do');
  const copy = bytes.slice(0, count * h.bytesPerVoxel);
  const size = h.bytesPerVoxel;
  if (!h.littleEndian && size > 1) for (let i = 0; i < copy.length; i += size) copy.subarray(i, i + size).reverse();
  return size === 8 && h.type !== 'float64' ? narrowed(h.type, copy, count) : new MAKE[h.type](copy.buffer, 0, count);
}

function narrowed(type: TypeName, bytes: Uint8Array<ArrayBuffer>, count: number): NiftiValues {
  const wide = type === 'int32' ? new BigInt64Array(bytes.buffer, 0, count) : new BigUint64Array(bytes.buffer, 0, count);
  const out = new MAKE[type](count);
  for (let i = 0; i < count; i++) {
    out[i] = Number(wide[i]);
    if (BigInt(out[i]!) !== wide[i]) throw new StudioError('nifti/unsupported', `the 64-bit value ${wide[i]}`);
  }
  return out;
}
