import { zipSync, type Zippable } from 'fflate';
import { StudioError } from '../core/errors';

/** An array as NumPy has it, C order; texts become an array of type `<U`. */
export interface NpyArray {
  readonly data: Uint8Array | Int16Array | Uint16Array | Int32Array | Float32Array | Float64Array | readonly string[];
  readonly shape: readonly number[];
}

const DTYPES: Record<string, string> = { Uint8Array: '|u1', Int16Array: '<i2', Uint16Array: '<u2', Int32Array: '<i4', Float32Array: '<f4', Float64Array: '<f8' };
/** The earliest date a ZIP can say, so that the same arrays give the same bytes. */
const FIXED_DATE = new Date(1980, 0, 2);

/** An `.npy` file, format 1.0. Throws `internal` when data do not fill the shape. */
export function writeNpy({ data: given, shape }: NpyArray): Uint8Array {
  const { data, descr } = ArrayBuffer.isView(given) ? { data: given, descr: DTYPES[given.constructor.name] } : textArray(given);
  if (shape.reduce((n, s) => n * s, 1) !== given.length) throw new StudioError('internal', `${given.length} values for shape ${shape.join(' × ')}`);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  const out = new Uint8Array(length + data.byteLength);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(out.buffer).setUint16(8, length - 10, true);
  out.set(new TextEncoder().encode(`${text.padEnd(length - 11)}\n`), 10);
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length);
  return out;
}

/** UTF-32 code points, each text filled up with zeros to the longest. */
function textArray(texts: readonly string[]): { data: Uint32Array; descr: string } {
  const points = texts.map((t) => Array.from(t, (c) => c.codePointAt(0)!));
  const width = points.reduce((n, p) => Math.max(n, p.length), 1);
  const data = new Uint32Array(width * texts.length);
  points.forEach((p, i) => data.set(p, i * width));
  return { data, descr: `<U${width}` };
}

/** An `.npz` file (ZIP of `.npy`, deflated, dates fixed). */
export function writeNpz(arrays: Readonly<Record<string, NpyArray>>): Uint8Array {
  const files: Zippable = {};
  for (const [name, array] of Object.entries(arrays)) files[`${name}.npy`] = [writeNpy(array), { mtime: FIXED_DATE }];
  return zipSync(files, { level: 6, mtime: FIXED_DATE });
}
