import { StudioError } from '../../core/errors';
import { LIMITS } from './limits';
import type { ParsedFile } from './parse';
import { nativeFrameBits, type PixelModule } from './pixelModule';
import { isEncapsulated } from './syntax';
import type { ByteSource } from './source';

interface Fragment {
  /** Offset of its bytes in the source. */
  readonly at: number;
  readonly length: number;
}

/** Where the bytes of each frame lie. */
export interface FrameIndex {
  /** Fragments of frame `i`; their bytes joined are the frame. */
  readonly frames: readonly (readonly Fragment[])[];
  /** Set when the file ended before the pixel data did. */
  readonly truncated: boolean;
}

/** True where a pixel data element is there but holds nothing. */
export function encapsulatedEmpty(file: ParsedFile): boolean {
  const p = file.pixels;
  if (!p) return true;
  return !p.hadUndefinedLength && p.length === 0;
}

/** Reads ahead in steps, so that walking thousands of fragment headers is not thousands of reads. */
class Window {
  private start = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private step = 64 * 1024;
  constructor(private readonly source: ByteSource) {}

  async header(at: number): Promise<DataView | null> {
    if (at + 8 > this.source.size) return null;
    if (at < this.start || at + 8 > this.start + this.bytes.length) {
      // Where fragments are longer than what is read ahead, reading ahead is waste.
      this.step = at >= this.start + this.bytes.length + 1024 && this.bytes.length > 0 ? 16 : 64 * 1024;
      this.start = at;
      this.bytes = await this.source.read(at, Math.min(this.source.size, at + this.step));
    }
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + at - this.start, 8);
  }
}

/** Finds every fragment of encapsulated pixel data and gives it to its frame (PS3.5 A.4). */
export async function indexFrames(file: ParsedFile, pixel: PixelModule): Promise<FrameIndex> {
  const element = file.pixels!;
  const { source } = file;
  const window = new Window(source);
  const fragments: Fragment[] = [];
  let table: Fragment | null = null;
  let at = element.dataOffset;
  let truncated = false;
  const end = element.hadUndefinedLength ? source.size : Math.min(source.size, element.dataOffset + element.length);
  for (;;) {
    if (at + 8 > end) {
      truncated = element.hadUndefinedLength === true;
      break;
    }
    const view = (await window.header(at))!;
    const tag = ((view.getUint16(0, true) << 16) | view.getUint16(2, true)) >>> 0;
    const length = view.getUint32(4, true);
    if (tag === 0xfffee0dd) break;
    if (tag !== 0xfffee000) throw new StudioError('dicom/corrupt', `no fragment at byte ${at}`);
    const data = at + 8;
    if (length === 0xffffffff || data + length > end) truncated = true;
    const fragment = { at: data, length: Math.min(length, end - data) };
    if (!table) table = fragment;
    else if (fragment.length > 0) fragments.push(fragment);
    if (fragments.length > LIMITS.fragments) throw new StudioError('dicom/limits', `more than ${LIMITS.fragments} fragments`);
    if (truncated) break;
    at = data + length;
  }
  // A frame where the offset table belongs, as some writers have it.
  if (fragments.length === 0 && table && table.length > 0 && (await begins(table, source))) fragments.push(table);
  if (fragments.length === 0) throw new StudioError('dicom/truncated', 'no frame in the pixel data');
  const offsets = pixel.frames > 1 ? await frameOffsets(file, pixel, table!) : null;
  return { frames: await assign(fragments, pixel.frames, offsets, source), truncated };
}

/** Offsets of the frames from the Extended or the Basic Offset Table, or null where neither can be used. */
async function frameOffsets(file: ParsedFile, pixel: PixelModule, table: Fragment): Promise<number[] | null> {
  const extended = file.dataSet.elements.x7fe00001;
  if (extended && extended.length >= pixel.frames * 8) {
    const bytes = (file.dataSet.byteArray as Uint8Array).subarray(extended.dataOffset, extended.dataOffset + extended.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const offsets = Array.from({ length: pixel.frames }, (_, i) => Number(view.getBigUint64(i * 8, true)));
    if (ascending(offsets)) return offsets;
  }
  if (table.length >= pixel.frames * 4) {
    const bytes = await file.source.read(table.at, table.at + pixel.frames * 4);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const offsets = Array.from({ length: pixel.frames }, (_, i) => view.getUint32(i * 4, true));
    if (ascending(offsets)) return offsets;
  }
  return null;
}

const ascending = (offsets: readonly number[]): boolean => offsets[0] === 0 && offsets.every((o, i) => i === 0 || o > offsets[i - 1]!);

async function assign(fragments: readonly Fragment[], frames: number, offsets: readonly number[] | null, source: ByteSource): Promise<Fragment[][]> {
  if (frames === 1) return [[...fragments]];
  const origin = fragments[0]!.at - 8;
  if (offsets) {
    const out: Fragment[][] = Array.from({ length: frames }, () => []);
    let frame = 0;
    for (const f of fragments) {
      while (frame + 1 < frames && f.at - 8 - origin >= offsets[frame + 1]!) frame++;
      out[frame]!.push(f);
    }
    const last = out.findLastIndex((list) => list.length > 0);
    // A file that ends early lacks the last frames of its table; a gap before them means that the table is wrong.
    const whole = last + 1 === frames || fragments.length < frames;
    if (whole && out.slice(0, last + 1).every((list) => list.length > 0)) return out.slice(0, last + 1);
  }
  if (fragments.length === frames) return fragments.map((f) => [f]);
  // No table: a frame begins where a codestream does (SOI, SOC of JPEG 2000, an RLE header); others have one fragment a frame.
  if (fragments.length < frames && !(await begins(fragments[0]!, source))) return fragments.map((f) => [f]);
  const out: Fragment[][] = [];
  for (const f of fragments) {
    if (out.length === 0 || (await begins(f, source))) out.push([f]);
    else out[out.length - 1]!.push(f);
  }
  return out;
}

async function begins(f: Fragment, source: ByteSource): Promise<boolean> {
  const head = await source.read(f.at, Math.min(f.at + 8, f.at + f.length));
  return beginsCodestream(head) || beginsRle(head);
}

/** True where the bytes begin as a JPEG, JPEG-LS or JPEG 2000 codestream does. */
export const beginsCodestream = (b: Uint8Array): boolean => b[0] === 0xff && (b[1] === 0xd8 || (b[1] === 0x4f && b[2] === 0xff && b[3] === 0x51));

/** True where they begin as an RLE header: 1 to 15 segments, the first behind the header's 64 bytes. */
export const beginsRle = (b: Uint8Array): boolean => b.length >= 8 && b[0]! >= 1 && b[0]! <= 15 && b[4] === 64 && [1, 2, 3, 5, 6, 7].every((i) => b[i] === 0);

/** The bytes of one frame as they lie in the file; for bits, those that hold any of its bits. */
export interface FrameBytes {
  readonly bytes: Uint8Array;
  /** First bit of the frame in `bytes`, where pixels are single bits. */
  readonly bit: number;
  readonly truncated: boolean;
  /** Taken from fragments, not from a plain run of pixels. */
  readonly fragments?: boolean;
}

/** Reads frame `frame`. Throws `dicom/truncated` when it is not there, `dicom/limits` when it is absurdly long. */
export async function readFrameBytes(file: ParsedFile, pixel: PixelModule, frame: number, index?: FrameIndex): Promise<FrameBytes> {
  const element = file.pixels!;
  if (!isEncapsulated(file.meta.syntax) && !element.hadUndefinedLength) {
    if (frame >= pixel.complete) throw new StudioError('dicom/truncated', `frame ${frame + 1} of ${pixel.frames} is not whole`);
    const bits = nativeFrameBits(pixel);
    // Frames of bits follow each other without padding (PS3.5 8.1.1, SEG).
    const from = Math.floor((bits * frame) / 8);
    const to = Math.ceil((bits * (frame + 1)) / 8);
    const bytes = await (inSwappedWords(file, pixel) ? readSwapped : readPlain)(file.source, element.dataOffset, from, to);
    if (bytes.length < to - from) throw new StudioError('dicom/truncated', `frame ${frame + 1} has ${bytes.length} of ${to - from} bytes`);
    return { bytes, bit: (bits * frame) % 8, truncated: false };
  }
  const { frames, truncated } = index ?? (await indexFrames(file, pixel));
  const parts = frames[frame];
  if (!parts) throw new StudioError('dicom/truncated', `frame ${frame + 1} of ${pixel.frames} is missing`);
  const total = parts.reduce((sum, p) => sum + p.length, 0);
  if (total > LIMITS.encodedFrameBytes) throw new StudioError('dicom/limits', `a compressed frame of ${total} bytes`);
  const cut = truncated && frame === frames.length - 1;
  if (parts.length === 1) return { bytes: await file.source.read(parts[0]!.at, parts[0]!.at + total), bit: 0, truncated: cut, fragments: true };
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(await file.source.read(part.at, part.at + part.length), at);
    at += part.length;
  }
  return { bytes, bit: 0, truncated: cut, fragments: true };
}

/** Pixels of 8 bits or fewer as OW are words of two bytes, which big endian turns round (PS3.5 8.1.1, A.3). */
const inSwappedWords = (file: ParsedFile, pixel: PixelModule): boolean => !file.meta.encoding.littleEndian && file.pixels!.vr === 'OW' && pixel.bitsAllocated <= 8;

const readPlain = (source: ByteSource, origin: number, from: number, to: number): Promise<Uint8Array> => source.read(origin + from, origin + to);

async function readSwapped(source: ByteSource, origin: number, from: number, to: number): Promise<Uint8Array> {
  const start = from - (from % 2);
  const words = (await source.read(origin + start, origin + to + (to % 2))).slice();
  for (let i = 0; i + 1 < words.length; i += 2) [words[i], words[i + 1]] = [words[i + 1]!, words[i]!];
  return words.subarray(from - start, to - start);
}

/** How many frames compressed pixel data hold whole. Throws `dicom/truncated` where it is not even the first. */
export function completeFrames(index: FrameIndex, pixel: PixelModule): number {
  const complete = index.truncated ? index.frames.length - 1 : index.frames.length;
  if (complete < 1) throw new StudioError('dicom/truncated', `0 of ${pixel.frames} frames are there`);
  return Math.min(complete, pixel.frames);
}
