import { StudioError } from '../../core/errors';
import type { StoredPixels } from '../../core/slice';
import { dtypeOf, type PixelModule } from '../read/pixelModule';

/** Words of a frame as they stand in the file (before mask and sign), colour interleaved by pixel. */
export type Words = StoredPixels['data'];

const MAKE = {
  int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array, float32: Float32Array, float64: Float64Array,
} as const;

const littleMachine = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** `count` words of the frame's dtype from `bytes`, in the byte order given. */
export function wordsFrom(bytes: Uint8Array, pixel: PixelModule, count: number, littleEndian: boolean): Words {
  const Type = MAKE[dtypeOf(pixel)];
  const size = Type.BYTES_PER_ELEMENT;
  if (bytes.length < count * size) throw new StudioError('dicom/truncated', `${bytes.length} of ${count * size} bytes of a frame`);
  // Bytes that were read for this frame alone need no copy.
  const own = bytes.byteOffset === 0 && bytes.buffer.byteLength === count * size && bytes.buffer instanceof ArrayBuffer;
  const copy = own ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice(0, count * size);
  if (size > 1 && littleEndian !== littleMachine) swap(copy, size);
  return new Type(copy.buffer, 0, count);
}

function swap(bytes: Uint8Array<ArrayBuffer>, size: number): void {
  if (size === 2) {
    // Two words at a time; an odd last one alone.
    const pairs = new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
    for (let i = 0; i < pairs.length; i++) pairs[i] = ((pairs[i]! & 0xff00ff) << 8) | ((pairs[i]! >>> 8) & 0xff00ff);
    const rest = pairs.length * 4;
    if (rest + 1 < bytes.length) bytes.subarray(rest, rest + 2).reverse();
    return;
  }
  for (let i = 0; i + size <= bytes.length; i += size) {
    for (let a = i, b = i + size - 1; a < b; a++, b--) {
      const t = bytes[a]!;
      bytes[a] = bytes[b]!;
      bytes[b] = t;
    }
  }
}

/** Unpacks single bits, least significant first, from bit `first` on. */
export function unpackBits(bytes: Uint8Array, first: number, count: number): Uint8Array<ArrayBuffer> {
  if (bytes.length * 8 < first + count) throw new StudioError('dicom/truncated', `${bytes.length * 8 - first} of ${count} bits of a frame`);
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const bit = first + i;
    out[i] = (bytes[bit >> 3]! >> (bit & 7)) & 1;
  }
  return out;
}

/** Planes one after the other → pixel after pixel. */
export function interleave<T extends Words>(planes: T, pixels: number, samples: number): T {
  const out = new (planes.constructor as new (n: number) => T)(planes.length);
  for (let s = 0; s < samples; s++) {
    for (let i = 0, at = s, from = s * pixels; i < pixels; i++, at += samples) out[at] = planes[from + i]!;
  }
  return out;
}

/** YBR_FULL_422: Y1 Y2 Cb Cr for two pixels → Y Cb Cr for each (PS3.3 C.7.6.3.1.2). */
export function expand422(packed: Words, pixels: number): Words {
  const out = new (packed.constructor as new (n: number) => Words)(pixels * 3);
  for (let i = 0, from = 0; i < pixels; i += 2, from += 4) {
    for (let k = 0; k < 2 && i + k < pixels; k++) {
      out[(i + k) * 3] = packed[from + k]!;
      out[(i + k) * 3 + 1] = packed[from + 2]!;
      out[(i + k) * 3 + 2] = packed[from + 3]!;
    }
  }
  return out;
}

/**
 * The stored values proper: bits outside [High Bit − Bits Stored + 1, High Bit] are dropped (overlays may hide there),
 * the sign is that of High Bit. Returns the same array where nothing changes.
 */
export function cleanWords(words: Words, pixel: PixelModule): Words {
  const { bitsStored, highBit, signed } = pixel;
  const width = words.BYTES_PER_ELEMENT * 8;
  if (pixel.float || pixel.bitsAllocated === 1 || (bitsStored >= width && highBit === width - 1)) return words;
  const shift = highBit + 1 - bitsStored;
  const up = 32 - bitsStored;
  let clean = true;
  for (let i = 0; i < words.length && clean; i++) {
    const v = words[i]!;
    const c = signed ? ((v >> shift) << up) >> up : (((v >>> shift) << up) >>> up);
    clean = c === v;
  }
  if (clean) return words;
  const out = new (words.constructor as new (n: number) => Words)(words.length);
  for (let i = 0; i < words.length; i++) {
    const v = words[i]!;
    out[i] = signed ? ((v >> shift) << up) >> up : ((v >>> shift) << up) >>> up;
  }
  return out;
}
