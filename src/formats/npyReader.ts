import { StudioError } from '../core/errors';
import type { NiftiHeader } from './niftiReader';

/** What an `.npy` file of numbers says of its array (NumPy, numpy.lib.format). */
export interface NpyHeader {
  /** `b` bool, `i`, `u` integer, `f` float. */
  readonly type: 'b' | 'i' | 'u' | 'f';
  readonly bytes: number;
  readonly littleEndian: boolean;
  /** First index fastest. */
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly dataOffset: number;
}

const bad = (detail: string): StudioError => new StudioError('npz/invalid', detail);

/** Bytes that hold any header this reader takes, and enough values to look at. */
export const NPY_HEAD = 64 * 1024;

/** Reads the header of an `.npy` file, versions 1 to 3. Throws `npz/invalid` (no such file, objects, text, complex numbers). */
export function readNpyHeader(b: Uint8Array): NpyHeader {
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
  if (b.length < 12 || String.fromCharCode(...b.subarray(1, 6)) !== 'NUMPY' || b[0] !== 0x93) throw bad('an .npy file that is none');
  const long = b[6]! > 1;
  const from = long ? 12 : 10;
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
  if (from + length > b.length) throw bad('a header that does not end');
  const text = new TextDecoder().decode(b.subarray(from, from + length));
  const descr = /'descr':\s*'([<>|=])([biuf])(\d+)'/.exec(text);
  const shape = /'shape':\s*\(([\d\s,L]*)\)/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  if (!descr) throw bad(`values of type ${/'descr':\s*(.{0,40})/.exec(text)?.[1] ?? 'unknown'}`);
  if (!shape || !order) throw bad('a header without shape or order');
  return {
    type: descr[2] as NpyHeader['type'], bytes: Number(descr[3]), littleEndian: descr[1] !== '>', fortran: order[1] === 'True',
    shape: shape[1]!.split(',').filter((n) => n.trim()).map((n) => parseInt(n, 10)), dataOffset: from + length,
  };
}

/** The texts of an `.npy` file of one axis (type `U` or `S`), at most 256; null for anything else. */
export function npyTexts(b: Uint8Array): string[] | null {
  if (b.length < 12) return null;
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const from = b[6]! > 1 ? 12 : 10;
  const at = from + (from === 12 ? view.getUint32(8, true) : view.getUint16(8, true));
  const text = new TextDecoder().decode(b.subarray(from, at));
  const [, order, type, width] = /'descr':\s*'([<>|])([US])(\d+)'/.exec(text) ?? [];
  const count = Number(/'shape':\s*\((\d+),?\)/.exec(text)?.[1] ?? NaN);
  const bytes = Number(width) * (type === 'U' ? 4 : 1);
  if (b[0] !== 0x93 || !(count <= 256) || !(bytes <= 4096) || b.length < at + count * bytes) return null;
  return Array.from({ length: count }, (_, i) => {
    const start = at + i * bytes;
    if (type === 'S') return new TextDecoder().decode(b.subarray(start, start + bytes)).replace(/\0+$/, '');
    const points = Array.from({ length: Number(width) }, (_, k) => view.getUint32(start + 4 * k, order !== '>'));
    return points.some((p) => p > 0x10ffff) ? '' : String.fromCodePoint(...points).replace(/\0+$/, '');
  });
}

const NATIVE: Readonly<Record<string, NiftiHeader['type']>> = { b1: 'uint8', u1: 'uint8', i1: 'int8', u2: 'uint16', i2: 'int16', u4: 'uint32', i4: 'int32', f4: 'float32', f8: 'float64' };

/** The type as a volume of ours stores it; null where the array has to be converted first. */
export const nativeType = (h: NpyHeader): NiftiHeader['type'] | null => (h.fortran && h.shape.length > 1 ? null : (NATIVE[h.type + h.bytes] ?? null));

/**
 * Values in C order. 64-bit integers and half floats become 64- and 32-bit floats. Throws `npz/invalid` for too few bytes, other
 * types, and 64-bit integers beyond ±2⁵³.
 */
export function npyValues(h: NpyHeader, file: Uint8Array): Float64Array {
  const count = h.shape.reduce((n, s) => n * s, 1);
  if (file.length < h.dataOffset + count * h.bytes) throw bad(`${file.length - h.dataOffset} bytes for ${count} values of ${h.bytes}`);
  const view = new DataView(file.buffer, file.byteOffset + h.dataOffset);
  const read = readerOf(h, view);
  const out = new Float64Array(count);
  if (!h.fortran) for (let i = 0; i < count; i++) out[i] = read(i * h.bytes);
  else {
    const index = h.shape.map(() => 0);
    const stride = h.shape.map((_, d) => h.shape.slice(0, d).reduce((n, s) => n * s, 1));
    for (let i = 0; i < count; i++) {
      out[i] = read(index.reduce((n, k, d) => n + k * stride[d]!, 0) * h.bytes);
      for (let d = index.length - 1; d >= 0 && ++index[d]! >= h.shape[d]!; d--) index[d] = 0;
    }
  }
  return out;
}

function readerOf({ type, bytes, littleEndian: le }: NpyHeader, v: DataView): (at: number) => number {
  const big = (n: bigint): number => {
    const value = Number(n);
    if (!Number.isSafeInteger(value)) throw bad(`the value ${n}, beyond what is exact`);
    return value;
  };
  switch (type + bytes) {
    case 'b1': case 'u1': return (at) => v.getUint8(at);
    case 'i1': return (at) => v.getInt8(at);
    case 'u2': return (at) => v.getUint16(at, le);
    case 'i2': return (at) => v.getInt16(at, le);
    case 'u4': return (at) => v.getUint32(at, le);
    case 'i4': return (at) => v.getInt32(at, le);
    case 'u8': return (at) => big(v.getBigUint64(at, le));
    case 'i8': return (at) => big(v.getBigInt64(at, le));
    case 'f4': return (at) => v.getFloat32(at, le);
    case 'f8': return (at) => v.getFloat64(at, le);
    case 'f2': return (at) => half(v.getUint16(at, le));
    default: throw bad(`values of type ${type}${bytes}`);
  }
}

/** IEEE 754 binary16. */
function half(h: number): number {
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  const value = exponent === 31 ? (fraction ? NaN : Infinity) : exponent ? ((1024 + fraction) * (1 << exponent)) / 33_554_432 : fraction / 16_777_216;
  return h & 0x8000 ? -value : value;
}
