import { decode } from 'fast-png';
import { StudioError } from '../core/errors';

/** A PNG or JPEG picture: grey values or colour, as stored. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly bits: 8 | 16;
  /** Grey values, or null for colour. */
  readonly grey: Uint8Array | Uint16Array | null;
  /** sRGB bytes of a colour picture. */
  readonly rgb: Uint8Array | null;
}

export const isPng = (b: Uint8Array): boolean => b[0] === 0x89 && b[1] === 0x50 && b[2] === 0x4e && b[3] === 0x47 && b[4] === 0x0d && b[5] === 0x0a;
export const isJpeg = (b: Uint8Array): boolean => b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff;

const MAX_PIXELS = 48 * 1024 * 1024;

/** Width, height and depth of a PNG, from its first chunk. Throws `png/invalid`, `input/too-large`. */
export function readPngHeader(b: Uint8Array): { width: number; height: number; bits: 8 | 16 } {
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
  if (b.length < 33 || view.getUint32(12) !== 0x49484452) throw new StudioError('png/invalid', 'no IHDR');
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  if (width < 1 || height < 1) throw new StudioError('png/invalid', `${width} × ${height}`);
  if (width > 65535 || height > 65535 || width * height > MAX_PIXELS) throw new StudioError('input/too-large', `${width} × ${height} pixels`);
  return { width, height, bits: b[24] === 16 ? 16 : 8 };
}

/** The text chunk `Comment` of a PNG, as far as it stands in these first bytes; empty without one. */
export function readPngComment(b: Uint8Array): string {
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
  for (let at = 8; at + 12 <= b.length; at += 12 + view.getUint32(at)) {
    const text = String.fromCharCode(...b.subarray(at + 4, Math.min(at + 264, at + 8 + view.getUint32(at), b.length)));
    if (text.startsWith('tEXtComment\0')) return text.slice(12);
    if (text.startsWith('IDAT')) return '';
  }
  return '';
}

/** Decodes a PNG with 8 or 16 bits (fewer are widened). Throws `png/invalid`. */
export function readPng(bytes: Uint8Array): Picture {
  readPngHeader(bytes);
  let png: ReturnType<typeof decode>;
  try {
    png = decode(bytes);
  } catch (error) {
    throw new StudioError('png/invalid', error instanceof Error ? error.message : String(error), { cause: error });
  }
  const { width, height, channels, depth, palette } = png;
  const bits = depth === 16 ? 16 : 8;
  const pixels = width * height;
  const data = png.data;
  if (palette) {
    const rgb = new Uint8Array(pixels * 3);
    const indices = depth < 8 ? unpack(data as Uint8Array, width, height, depth) : data;
    for (let i = 0; i < pixels; i++) rgb.set((palette[indices[i]!] ?? [0, 0, 0]).slice(0, 3), i * 3);
    return greyIfEqual(rgb, width, height);
  }
  if (channels <= 2) {
    const source = depth < 8 ? unpack(data as Uint8Array, width, height, depth) : data;
    const grey = bits === 16 ? new Uint16Array(pixels) : new Uint8Array(pixels);
    const scale = depth < 8 ? 255 / ((1 << depth) - 1) : 1;
    for (let i = 0; i < pixels; i++) grey[i] = source[i * channels]! * scale;
    return { width, height, bits, grey, rgb: null };
  }
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) for (let c = 0; c < 3; c++) rgb[i * 3 + c] = bits === 16 ? data[i * channels + c]! >> 8 : data[i * channels + c]!;
  return greyIfEqual(rgb, width, height);
}

/** Grey samples of fewer than 8 bits, rows padded to bytes → one byte each. */
function unpack(packed: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const stride = Math.ceil((width * depth) / 8);
  if (packed.length === width * height) return packed;
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      out[y * width + x] = (packed[y * stride + (bit >> 3)]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }
  }
  return out;
}

/** A colour picture whose three channels are the same everywhere is a grey one. */
export function greyIfEqual(rgb: Uint8Array, width: number, height: number): Picture {
  for (let i = 0; i < rgb.length; i += 3) if (rgb[i] !== rgb[i + 1] || rgb[i] !== rgb[i + 2]) return { width, height, bits: 8, grey: null, rgb };
  return { width, height, bits: 8, grey: Uint8Array.from({ length: width * height }, (_, i) => rgb[i * 3]!), rgb: null };
}
