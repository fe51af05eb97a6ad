import { encode } from 'fast-png';
import { crc32 } from './crc32';

/** A 16-bit grey PNG. Values 0…65535, row-major. `comment`: a text chunk before the pixels, Latin-1. */
export function writePng16(data: Uint16Array, width: number, height: number, comment?: string): Uint8Array {
  return commented(encode({ width, height, data, depth: 16, channels: 1 }), comment);
}

/** An 8-bit grey PNG, for class ids. */
export function writePng8(data: Uint8Array, width: number, height: number, comment?: string): Uint8Array {
  return commented(encode({ width, height, data, depth: 8, channels: 1 }), comment);
}

/** Signature and IHDR: what stands before any other chunk. */
const HEAD = 33;

/** The PNG with a text chunk `Comment` behind its header, where it is read without the pixels (PNG, 11.3.3.2 tEXt). */
function commented(png: Uint8Array, comment: string | undefined): Uint8Array {
  if (comment === undefined) return png;
  const text = Uint8Array.from(`tEXtComment\0${comment}`, (c) => c.charCodeAt(0) & 255);
  const out = new Uint8Array(png.length + text.length + 8);
  const view = new DataView(out.buffer);
  out.set(png.subarray(0, HEAD));
  view.setUint32(HEAD, text.length - 4);
  out.set(text, HEAD + 4);
  view.setUint32(HEAD + 4 + text.length, crc32(text));
  out.set(png.subarray(HEAD), HEAD + 8 + text.length);
  return out;
}
