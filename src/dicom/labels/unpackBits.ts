/**
 * Frame `index` of 1-bit pixel data as one byte a pixel, 0 or 1. Bits run from the least significant one up, and
 * frames follow each other without padding between them (PS3.5 8.1.1, PS3.3 C.8.20.2.1).
 */
export function unpackBitFrame(bytes: Uint8Array, index: number, pixelsPerFrame: number): Uint8Array {
  const out = new Uint8Array(pixelsPerFrame);
  const start = index * pixelsPerFrame;
  for (let i = 0; i < pixelsPerFrame; i++) {
    const bit = start + i;
    out[i] = (bytes[bit >> 3]! >> (bit & 7)) & 1;
  }
  return out;
}

/** Bytes that `frames` frames of 1-bit pixels need, padded to an even length. */
export function packedLength(frames: number, pixelsPerFrame: number): number {
  const bytes = Math.ceil((frames * pixelsPerFrame) / 8);
  return bytes + (bytes & 1);
}
