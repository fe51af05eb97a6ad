import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { DicomAttributes } from '../../core/dicomJson';
import { StudioError, toStudioError } from '../../core/errors';
import type { Slice } from '../../core/slice';
import { decodeFrame } from '../../dicom/decode/decodeFrame';
import { decodeSlice } from '../../dicom/decode/slice';
import type { Words } from '../../dicom/decode/stored';
import { completeFrames, indexFrames, readFrameBytes, type FrameIndex } from '../../dicom/read/frames';
import { kindOf, onlyComplete, readImageHeader, readOtherHeader, requirePixels, type ImageHeader } from '../../dicom/read/header';
import { looksLikeDicom } from '../../dicom/read/meta';
import { parseFile, type ParsedFile } from '../../dicom/read/parse';
import type { PixelModule } from '../../dicom/read/pixelModule';
import type { ByteSource } from '../../dicom/read/source';
import { isEncapsulated } from '../../dicom/read/syntax';
import { itemsOfElement, textsOf, toAttributes } from '../../dicom/read/values';
import { looksLikeNifti, niftiValues, readNiftiHeader, sliceRange, type NiftiHeader } from '../../formats/niftiReader';
import { saysSynthetic } from '../../formats/syntheticMark';
import { isJpeg, isPng, readPng, readPngComment, readPngHeader } from '../../formats/picture';
import { foreignKind, isAppleDouble } from './foreignFile';
import { decodeJpegPicture, niftiSlice, pictureSlice, readJpegHeader } from './plainSlices';
import type { DecodeKind, DecodeProtocol, FrameStats, Probe, SegmentationData, WireFile } from './protocol';

/** Opens a wire file as random-access bytes: by Blob, or in Node by path. Injected by the worker's entry. */
export type OpenFile = (file: WireFile) => Promise<ByteSource>;

interface Open {
  readonly parsed: ParsedFile;
  header?: ImageHeader;
  index?: FrameIndex;
}

/** Multi-frame files are asked for again and again: the index of the last few is kept. */
const KEPT = 4;
const kept = new Map<string, Open>();

async function openDicom(file: WireFile, open: OpenFile): Promise<Open> {
  const found = kept.get(file.key);
  if (found) return found;
  const made: Open = { parsed: await parseFile(await open(file)) };
  kept.set(file.key, made);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
  return made;
}

/** Does what a message asks. Pure but for the cache of file indices; throws StudioError. */
export async function handleDecode<K extends DecodeKind>(kind: K, request: DecodeProtocol[K]['request'], open: OpenFile): Promise<DecodeProtocol[K]['response']> {
  const run = HANDLERS[kind] as (r: DecodeProtocol[K]['request'], open: OpenFile) => Promise<DecodeProtocol[K]['response']>;
  return run(request, open);
}

const HANDLERS: { [K in DecodeKind]: (r: DecodeProtocol[K]['request'], open: OpenFile) => Promise<DecodeProtocol[K]['response']> } = {
  probe: (r, open) => probe(r.file, r.stats, r.partial === true, open),
  async dicomSlice({ file, slice }, open): Promise<Slice> {
    const o = await openDicom(file, open);
    o.header ??= readImageHeader(o.parsed);
    if (isEncapsulated(o.parsed.meta.syntax)) o.index ??= await indexFrames(o.parsed, requirePixels(o.parsed));
    return decodeSlice(o.parsed, slice, o.header, o.index);
  },
  async niftiSlice({ file, header, slice }, open): Promise<Slice> {
    const { from, to } = sliceRange(header, slice.slice, slice.volume);
    const bytes = await (await open(file)).read(from, to);
    return niftiSlice(header, niftiValues(header, bytes, header.dims[0] * header.dims[1]), slice);
  },
  async pictureSlice({ file, what, slice }, open): Promise<Slice> {
    const source = await open(file);
    const bytes = await source.read(0, source.size);
    return pictureSlice(what === 'png' ? readPng(bytes) : await decodeJpegPicture(bytes), slice);
  },
  async attributes({ file }, open): Promise<DicomAttributes> {
    const { parsed } = await openDicom(file, open);
    return toAttributes(parsed.dataSet);
  },
  segmentation: ({ file }, open) => segmentation(file, open),
};

const startsWith = (b: Uint8Array, ...codes: number[]): boolean => codes.every((c, i) => b[i] === c);

async function probe(file: WireFile, stats: boolean, partial: boolean, open: OpenFile): Promise<Probe> {
  const source = await open(file);
  if (source.size === 0) throw new StudioError('input/empty', '');
  const head = await source.read(0, 1024);
  const marked = head.length >= 132 && startsWith(head.subarray(128), 0x44, 0x49, 0x43, 0x4d);
  if (!marked) {
    if (startsWith(head, 0x50, 0x4b, 3, 4) || startsWith(head, 0x50, 0x4b, 5, 6)) return { what: partial ? 'promising' : 'zip' };
    if (startsWith(head, 0x1f, 0x8b, 8)) return { what: 'gzip' };
    if (looksLikeNifti(head)) return probeNifti(source, head, stats, partial);
    if (partial && (isPng(head) || isJpeg(head))) return { what: 'promising' };
    if (isPng(head)) return probePng(source, head, stats);
    if (isJpeg(head)) return probeJpeg(source, stats);
    if (!partial && /^\s*[{[]/.test(ascii(head.subarray(0, 64)))) return probeJson(source);
    if (!partial && looksLikeYolo(ascii(head)) && source.size <= TEXT_BYTES) return { what: 'text', text: await textOf(source) };
    if (isAppleDouble(head) || !looksLikeDicom(head, source.size)) throw new StudioError(head.length < 132 ? 'dicom/not-dicom' : 'input/not-an-image', foreignKind(head));
  }
  return partial ? { what: 'promising' } : probeDicom(file, stats, open);
}

const ascii = (b: Uint8Array): string => String.fromCharCode(...b);

async function probeDicom(file: WireFile, stats: boolean, open: OpenFile): Promise<Probe> {
  const o = await openDicom(file, open);
  const { parsed } = o;
  const kind = kindOf(parsed.dataSet, parsed.meta.mediaSopClass);
  if (kind === 'directory') return { what: 'directory', references: itemsOfElement(parsed.dataSet, 'x00041220').flatMap((r) => textsOf(r, 'x00041500').join('/') || []) };
  if (kind === 'rtstruct') return { what: 'rtstruct', header: readOtherHeader(parsed) };
  if (kind === 'seg') {
    const pixel = requirePixels(parsed);
    requireAll(pixel);
    return { what: 'seg', header: readOtherHeader(parsed), frames: pixel.frames, rows: pixel.rows, columns: pixel.columns, ...(stats ? { stats: await firstFrame(o) } : {}) };
  }
  let header = readImageHeader(parsed);
  if (isEncapsulated(parsed.meta.syntax)) {
    const pixel = requirePixels(parsed);
    o.index = await indexFrames(parsed, pixel);
    const there = o.index.frames.length;
    header = onlyComplete(header, completeFrames(o.index, pixel));
    if (there > pixel.frames) header = { ...header, repairs: [...header.repairs, `${there} compressed frames where ${pixel.frames} belong`] };
  }
  o.header = header;
  if (!stats) return { what: 'dicom', header };
  try {
    return { what: 'dicom', header, stats: await firstFrame(o) };
  } catch (error) {
    const { code, detail } = toStudioError(error);
    return { what: 'dicom', header, failed: { code, detail } };
  }
}

/** A label without some of its frames would be a wrong one. */
function requireAll(pixel: PixelModule): void {
  if (pixel.complete < pixel.frames) throw new StudioError('dicom/truncated', `${pixel.complete} of ${pixel.frames} frames are there`);
}

async function firstFrame(o: Open): Promise<FrameStats> {
  const pixel = requirePixels(o.parsed);
  const { words } = await decodeFrame(await readFrameBytes(o.parsed, pixel, 0, o.index), pixel, o.parsed.meta.syntax, o.parsed.meta.encoding.littleEndian);
  return statsOf(words, pixel.rows, pixel.columns);
}

/** SHA-256 as hex: by the platform where it has it (secure contexts, Node), else in JavaScript. */
async function hash(bytes: Uint8Array): Promise<string> {
  const digest = globalThis.crypto?.subtle ? new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)) : sha256(bytes);
  return bytesToHex(digest);
}

/** Minimum, maximum, mean and hash of stored values. Sums of integers are exact, since they stay below 2^53. */
async function statsOf(words: Words, rows: number, columns: number): Promise<FrameStats> {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (let i = 0; i < words.length; i++) {
    const v = words[i]!;
    if (v < min) min = v;
    if (v > max) max = v;
    sum += v;
  }
  const dtype = words.constructor.name.replace('Array', '').toLowerCase();
  return { dtype, rows, columns, min, max, mean: sum / words.length, sha256: await hash(new Uint8Array(words.buffer, words.byteOffset, words.byteLength)) };
}

async function probeNifti(source: ByteSource, head: Uint8Array, stats: boolean, partial: boolean): Promise<Probe> {
  const header = readNiftiHeader(head);
  if (!partial && source.size < header.totalBytes) throw new StudioError('nifti/invalid', `${source.size} of ${header.totalBytes} bytes`);
  const holes = await hasHoles(source, header);
  if (!stats) return { what: 'nifti', header, holes };
  const { from, to } = sliceRange(header, 0);
  const values = niftiValues(header, await source.read(from, to), header.dims[0] * header.dims[1]);
  return { what: 'nifti', header, holes, stats: await statsOf(values, header.dims[1], header.dims[0]) };
}

/** Whether the first slice or the middle one has values that are no numbers (NaN around a brain), as far as their bytes are there. */
async function hasHoles(source: ByteSource, header: NiftiHeader): Promise<boolean> {
  if (!header.type.startsWith('float')) return false;
  for (const slice of [0, Math.floor(header.dims[2] / 2)]) {
    const { from, to } = sliceRange(header, slice);
    const count = Math.floor((Math.min(to, source.size) - from) / header.bytesPerVoxel);
    if (count > 0 && niftiValues(header, await source.read(from, from + count * header.bytesPerVoxel), count).some((v) => !Number.isFinite(v))) return true;
  }
  return false;
}

async function probePng(source: ByteSource, head: Uint8Array, stats: boolean): Promise<Probe> {
  const { width, height, bits } = readPngHeader(head);
  const said = saysSynthetic(readPngComment(head)) ? { synthetic: true as const } : {};
  if (!stats) return { what: 'png', width, height, bits, ...said };
  const picture = readPng(await source.read(0, source.size));
  return { what: 'png', width, height, bits, ...said, stats: await statsOf(picture.grey ?? picture.rgb!, height, width) };
}

async function probeJpeg(source: ByteSource, stats: boolean): Promise<Probe> {
  const bytes = await source.read(0, source.size);
  const { width, height } = readJpegHeader(bytes);
  if (!stats) return { what: 'jpeg', width, height, bits: 8 };
  const picture = await decodeJpegPicture(bytes);
  return { what: 'jpeg', width, height, bits: 8, stats: await statsOf(picture.grey ?? picture.rgb!, height, width) };
}

async function probeJson(source: ByteSource): Promise<Probe> {
  if (source.size > JSON_BYTES) throw new StudioError('input/not-an-image', 'a JSON file');
  return { what: 'json', text: await textOf(source) };
}

const textOf = async (source: ByteSource): Promise<string> => new TextDecoder().decode(await source.read(0, source.size));

/** COCO lists of ten thousand masks are that large. */
const JSON_BYTES = 128 * 1024 * 1024;
const TEXT_BYTES = 4 * 1024 * 1024;

/** Begins as a YOLO label does, or is a list of settings with class names. */
const looksLikeYolo = (text: string): boolean => /^\s*\d{1,5}( +-?[\d.]+(e-?\d+)?){4}/i.test(text) || /^names:/m.test(text);

/** Bytes that the unpacked frames of a segmentation may take. */
const SEG_BYTES = 512 * 1024 * 1024;

async function segmentation(file: WireFile, open: OpenFile): Promise<SegmentationData> {
  const { parsed } = await openDicom(file, open);
  const pixel = requirePixels(parsed);
  requireAll(pixel);
  const size = pixel.rows * pixel.columns;
  if (size * pixel.frames > SEG_BYTES) throw new StudioError('dicom/limits', `a segmentation of ${pixel.frames} frames`);
  const index = isEncapsulated(parsed.meta.syntax) ? await indexFrames(parsed, pixel) : undefined;
  const pixels = new Uint8Array(size * pixel.frames);
  for (let f = 0; f < pixel.frames; f++) {
    const { words } = await decodeFrame(await readFrameBytes(parsed, pixel, f, index), pixel, parsed.meta.syntax, parsed.meta.encoding.littleEndian);
    pixels.set(words, f * size);
  }
  return { attributes: toAttributes(parsed.dataSet), rows: pixel.rows, columns: pixel.columns, pixels };
}
