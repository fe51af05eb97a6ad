import { StudioError } from '../../core/errors';

/** What a compressed frame says of itself, read before a codec may allocate anything for it. */
export interface CodestreamInfo {
  readonly kind: 'jpeg' | 'jpeg-ls' | 'jpeg-2000';
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly bits: number;
  readonly signed: boolean;
  /** JPEG-LS: 0 planes, 1 lines, 2 samples. */
  readonly interleave: number;
  /** The codestream ends before its own end marker. */
  readonly truncated: boolean;
  /** JPEG 2000: components of less resolution than the grid. */
  readonly subsampled: boolean;
  /** JPEG: colour transform as APP14 or JFIF state it: YCbCr, RGB, or not said. */
  readonly jpegColour: 'ycc' | 'rgb' | null;
}

const bad = (detail: string): StudioError => new StudioError('dicom/decode-failed', detail);

/** Reads the header of a JPEG, JPEG-LS or JPEG 2000 codestream. Throws `dicom/decode-failed`. */
export function readCodestream(bytes: Uint8Array): CodestreamInfo {
  if (bytes.length < 4) throw new StudioError('dicom/truncated', `a frame of ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return readJpeg(bytes, view);
  if (bytes[0] === 0xff && bytes[1] === 0x4f) return readJ2k(bytes, view, 0);
  // JP2 boxes around a codestream, against the standard but seen.
  if (bytes.length > 12 && view.getUint32(4) === 0x6a502020) {
    for (let i = 12; i + 4 < Math.min(bytes.length, 65536); i++) {
      if (view.getUint32(i) === 0xff4fff51) return readJ2k(bytes, view, i);
    }
  }
  throw bad('the frame does not begin as a JPEG does');
}

function readJpeg(bytes: Uint8Array, view: DataView): CodestreamInfo {
  let at = 2;
  let jpegColour: CodestreamInfo['jpegColour'] = null;
  let found: { ls: boolean; bits: number; height: number; width: number; components: number } | null = null;
  let ids = '';
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) throw bad(`no JPEG marker at byte ${at}`);
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (length < 2) throw bad('a JPEG segment without length');
    const frame = (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) || marker === 0xf7;
    if (frame && at + 10 <= bytes.length) {
      found = { ls: marker === 0xf7, bits: bytes[at + 4]!, height: view.getUint16(at + 5), width: view.getUint16(at + 7), components: bytes[at + 9]! };
      for (let c = 0; c < found.components; c++) ids += String.fromCharCode(bytes[at + 10 + c * 3] ?? 0);
    } else if (marker === 0xee && length >= 14 && text(bytes, at + 4, 5) === 'Adobe') jpegColour = bytes[at + 15] === 1 ? 'ycc' : 'rgb';
    else if (marker === 0xe0 && text(bytes, at + 4, 4) === 'JFIF') jpegColour ??= 'ycc';
    else if (marker === 0xda) {
      if (!found) throw bad('a JPEG scan before its frame header');
      const parts = bytes[at + 4]!;
      const interleave = found.ls ? (bytes[at + 6 + parts * 2] ?? 0) : 2;
      if (ids === 'RGB') jpegColour ??= 'rgb';
      return {
        kind: found.ls ? 'jpeg-ls' : 'jpeg', width: found.width, height: found.height, components: found.components, bits: found.bits,
        signed: false, interleave, truncated: !endsWith(bytes, 0xd9), subsampled: false, jpegColour,
      };
    }
    at += 2 + length;
  }
  throw new StudioError('dicom/truncated', 'the frame ends inside its JPEG header');
}

const text = (bytes: Uint8Array, at: number, n: number): string => String.fromCharCode(...bytes.subarray(at, at + n));

/** Looks for the end marker in the last bytes, behind any padding. */
function endsWith(bytes: Uint8Array, marker: number): boolean {
  const from = Math.max(1, bytes.length - 4096);
  for (let i = bytes.length - 1; i >= from; i--) if (bytes[i] === marker && bytes[i - 1] === 0xff) return true;
  return false;
}

function readJ2k(bytes: Uint8Array, view: DataView, start: number): CodestreamInfo {
  if (start + 50 > bytes.length || view.getUint16(start + 2) !== 0xff51) throw bad('a JPEG 2000 codestream without SIZ');
  const siz = start + 4;
  const width = view.getUint32(siz + 4) - view.getUint32(siz + 12);
  const height = view.getUint32(siz + 8) - view.getUint32(siz + 16);
  const tiles = [view.getUint32(siz + 20), view.getUint32(siz + 24)] as const;
  const components = view.getUint16(siz + 36);
  if (siz + 38 + components * 3 > bytes.length) throw new StudioError('dicom/truncated', 'the frame ends inside its JPEG 2000 header');
  const depth = bytes[siz + 38]!;
  let subsampled = false;
  for (let c = 0; c < components; c++) {
    const at = siz + 38 + c * 3;
    if (bytes[at] !== depth) throw new StudioError('dicom/unsupported-pixels', 'JPEG 2000 components of different depth');
    subsampled ||= bytes[at + 1] !== 1 || bytes[at + 2] !== 1;
  }
  if (tiles[0] < 1 || tiles[1] < 1) throw bad('JPEG 2000 tiles of no size');
  if (Math.ceil(width / tiles[0]) * Math.ceil(height / tiles[1]) > 65535) throw bad('more JPEG 2000 tiles than there can be');
  return {
    kind: 'jpeg-2000', width, height, components, bits: (depth & 0x7f) + 1, signed: (depth & 0x80) !== 0, interleave: 2,
    truncated: !j2kComplete(bytes, view, start), subsampled, jpegColour: null,
  };
}

/** Follows the tile parts by their stated lengths: complete when they end at or before the bytes do. */
function j2kComplete(bytes: Uint8Array, view: DataView, start: number): boolean {
  let at = start + 2;
  while (at + 4 <= bytes.length && view.getUint16(at) !== 0xff90) {
    const marker = view.getUint16(at);
    if (marker === 0xffd9) return true;
    at += 2 + view.getUint16(at + 2);
  }
  for (let parts = 0; parts < 100_000; parts++) {
    if (at + 12 > bytes.length) return at + 2 > bytes.length ? at === bytes.length : view.getUint16(at) === 0xffd9 || parts > 0;
    const marker = view.getUint16(at);
    if (marker !== 0xff90) return parts > 0;
    const length = view.getUint32(at + 6);
    // A length of 0: the tile part reaches to the end marker.
    if (length === 0) return endsWith(bytes, 0xd9);
    if (length < 14 || at + length > bytes.length) return false;
    at += length;
  }
  return false;
}
