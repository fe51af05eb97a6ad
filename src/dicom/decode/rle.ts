import { StudioError } from '../../core/errors';
import type { PixelModule } from '../read/pixelModule';

/**
 * RLE Lossless (PS3.5 Annex G): one PackBits segment for each byte of each sample, most significant byte first.
 * Returns little-endian bytes, colour interleaved by pixel. Throws `dicom/decode-failed` when a segment ends early.
 */
export function decodeRle(bytes: Uint8Array, pixel: PixelModule): Uint8Array {
  const perSample = Math.max(1, pixel.bitsAllocated / 8);
  const pixels = pixel.rows * pixel.columns;
  const expected = perSample * pixel.samples;
  if (bytes.length < 64) throw new StudioError('dicom/truncated', 'an RLE header of less than 64 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  if (count !== expected) throw new StudioError('dicom/decode-failed', `${count} RLE segments where ${expected} belong`);
  const stride = expected;
  const out = new Uint8Array(pixels * stride);
  for (let s = 0; s < count; s++) {
    const from = view.getUint32(4 + s * 4, true);
    const to = s + 1 < count ? view.getUint32(8 + s * 4, true) : bytes.length;
    if (from < 64 || from > bytes.length || to < from) throw new StudioError('dicom/decode-failed', `RLE segment ${s + 1} begins at ${from}`);
    const sample = Math.floor(s / perSample);
    const byte = perSample - 1 - (s % perSample);
    const written = unpack(bytes, from, Math.min(to, bytes.length), out, sample * perSample + byte, stride, pixels);
    if (written < pixels) throw new StudioError('dicom/truncated', `RLE segment ${s + 1} gives ${written} of ${pixels} pixels`);
  }
  return out;
}

/** PackBits into every `stride`-th byte from `at` on. Returns how many were written, at most `limit`. */
function unpack(bytes: Uint8Array, from: number, to: number, out: Uint8Array, at: number, stride: number, limit: number): number {
  let n = 0;
  let i = from;
  while (i < to && n < limit) {
    const control = bytes[i++]!;
    if (control < 128) {
      const run = Math.min(control + 1, to - i, limit - n);
      for (let k = 0; k < run; k++, at += stride) out[at] = bytes[i + k]!;
      i += control + 1;
      n += run;
    } else if (control > 128) {
      if (i >= to) break;
      const value = bytes[i++]!;
      const run = Math.min(257 - control, limit - n);
      for (let k = 0; k < run; k++, at += stride) out[at] = value;
      n += run;
    }
  }
  return n;
}
