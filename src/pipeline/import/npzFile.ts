import { StudioError } from '../../core/errors';
import type { Affine, Row4 } from '../../core/geometry';
import { niftiValues, type NiftiHeader } from '../../formats/niftiReader';
import { nativeType, NPY_HEAD, npyTexts, npyValues, readNpyHeader, type NpyHeader } from '../../formats/npyReader';
import type { ZipEntry } from '../../formats/zipReader';
import { entryLimit, FileRef } from './fileRef';

/** A volume in a NumPy archive: where its bytes are and how they are read, as a NIfTI volume would be. */
interface NpzVolume {
  readonly ref: FileRef;
  readonly header: NiftiHeader;
  /** Some of its values, of the first where there are many, are no numbers. */
  readonly holes: boolean;
}

/** Names under which image and mask are looked for, in this order. */
const IMAGE = ['image', 'images', 'img', 'imgs', 'data'];
const LABEL = ['label', 'labels', 'mask', 'masks', 'gt', 'gts', 'seg'];
/** Names of the classes: text `i` belongs to class id `i`. */
const NAMES = ['class_names', 'label_names'];

/** True for an archive of NumPy arrays and nothing else. */
export const isNpz = (entries: readonly ZipEntry[]): boolean => entries.length > 0 && entries.every((e) => e.name.endsWith('.npy'));

/**
 * Image and mask of an `.npz` file: arrays of rows × columns or slices × rows × columns. `affine` (4 × 4, voxel → RAS mm)
 * and `spacing_mm` (between rows, between columns) say where it lies; without them nothing is known of that. `class_names`
 * (texts, the id is the index) names the values of the mask; the text `notice` describes the image.
 * Throws `npz/invalid`, `input/not-an-image` where no array is named as an image.
 */
export async function readNpzFile(archive: FileRef, entries: readonly ZipEntry[]): Promise<{ image: NpzVolume; label: NpzVolume | null; classNames: ReadonlyMap<number, string> | null }> {
  const arrays = new Map<string, { ref: FileRef; size: number }>();
  for (const e of entries) arrays.set(e.name.slice(0, -4).toLowerCase(), { ref: archive.part(archive.path, e.from, e.to, e.packed ? 'deflate-raw' : 'none', entryLimit(e.size)), size: e.size });
  const find = (names: readonly string[]) => names.flatMap((n) => arrays.get(n) ?? [])[0];
  const image = find(IMAGE);
  if (!image) throw new StudioError('input/not-an-image', `a NumPy archive of ${[...arrays.keys()].slice(0, 6).join(', ')}; an image would be called ${IMAGE.join(', ')}`);
  const place = await placeOf(arrays.get('affine')?.ref, arrays.get('spacing_mm')?.ref);
  const notice = arrays.get('notice');
  const description = notice && notice.size <= MAX_NAMES ? (npyTexts(await bytesOf(notice.ref))?.[0] ?? '') : '';
  const label = find(LABEL);
  const names = find(NAMES);
  const texts = label && names && names.size <= MAX_NAMES ? npyTexts(await bytesOf(names.ref)) : null;
  const classNames = texts && new Map(texts.flatMap((t, id): [number, string][] => (id > 0 && t ? [[id, t]] : [])));
  return { image: await volumeOf(image, place, description), label: label ? await volumeOf(label, place) : null, classNames };
}

const MAX_NAMES = 2 * 1024 * 1024;

type Place = Pick<NiftiHeader, 'affine' | 'spacingMm' | 'spacingUnknown'>;

async function volumeOf({ ref, size }: { ref: FileRef; size: number }, place: Place, description = ''): Promise<NpzVolume> {
  const head = await bytesOf(ref, NPY_HEAD);
  const h = readNpyHeader(head);
  const dims = dimsOf(h);
  const voxels = dims[0] * dims[1] * dims[2];
  const common = { dims, littleEndian: true, slope: 1, intercept: 0, description, ...place };
  if (size < h.dataOffset + voxels * h.bytes) throw new StudioError('npz/invalid', `${size - h.dataOffset} bytes for ${voxels} values of ${h.bytes}`);
  const type = nativeType(h);
  if (type) {
    const header: NiftiHeader = { ...common, type, bytesPerVoxel: h.bytes, dataOffset: h.dataOffset, littleEndian: h.littleEndian, totalBytes: h.dataOffset + voxels * h.bytes };
    const first = niftiValues(header, head.subarray(h.dataOffset), Math.min(voxels, Math.floor((head.length - h.dataOffset) / h.bytes)));
    return { ref, header, holes: first.some((v) => !Number.isFinite(v)) };
  }
  const values = npyValues(h, await bytesOf(ref));
  const blob = new Blob([values.buffer as ArrayBuffer]);
  return { ref: new FileRef(ref.path, blob), header: { ...common, type: 'float64', bytesPerVoxel: 8, dataOffset: 0, totalBytes: values.byteLength }, holes: values.some((v) => !Number.isFinite(v)) };
}

/** Columns, rows, slices. A last axis of one is a single channel. */
function dimsOf({ shape }: NpyHeader): [number, number, number, number] {
  const axes = shape.length > 2 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
  const text = shape.join(' × ');
  if (axes.length < 2 || axes.length > 3 || axes.some((n) => !(n >= 1 && n <= 65535))) throw new StudioError('npz/invalid', `an array of ${text || 'one value'}`);
  if (axes.length === 3 && axes[2]! <= 4 && axes[0]! > 4) throw new StudioError('npz/invalid', `an array of ${text}, which seems to be in colour`);
  return [axes.at(-1)!, axes.at(-2)!, axes.length === 3 ? axes[0]! : 1, 1];
}

async function placeOf(affine: FileRef | undefined, spacing: FileRef | undefined): Promise<Place> {
  const a = affine ? await numbers(affine, [4, 4]) : null;
  const s = spacing ? await numbers(spacing, [2]) : null;
  const known = s?.every((v) => v > 0) ?? false;
  const rows = a ? [0, 1, 2].map((r) => a.slice(r * 4, r * 4 + 4) as unknown as Row4) : null;
  const matrix: Affine | null = rows && (known || !s) ? [rows[0]!, rows[1]!, rows[2]!, [0, 0, 0, 1]] : null;
  if (matrix && !matrix.flat().every(Number.isFinite)) throw new StudioError('npz/invalid', 'an affine that is no number');
  return { affine: matrix, spacingMm: known ? [s![1]!, s![0]!, 1] : [1, 1, 1], ...(matrix || known ? {} : { spacingUnknown: true }) };
}

async function numbers(ref: FileRef, shape: readonly number[]): Promise<number[] | null> {
  const file = await bytesOf(ref);
  const h = readNpyHeader(file);
  return h.shape.join() === shape.join() ? [...npyValues(h, file)] : null;
}

async function bytesOf(ref: FileRef, head?: number): Promise<Uint8Array> {
  if (head === undefined) return new Uint8Array(await (await ref.toBlob()).arrayBuffer());
  const { blob, from, to } = await ref.head(head);
  return new Uint8Array(await blob!.slice(from, to).arrayBuffer());
}
