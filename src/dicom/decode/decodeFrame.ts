import { StudioError } from '../../core/errors';
import { inflateBounded } from '../read/source';
import { beginsCodestream, beginsRle, type FrameBytes } from '../read/frames';
import { isHalfChroma, nativeFrameBits, type PixelModule } from '../read/pixelModule';
import type { TransferSyntax } from '../read/syntax';
import { readCodestream, type CodestreamInfo } from './codestream';
import { runColourCodec } from './colourCodec';
import { runCodec, type CodecName } from './codecWasm';
import { decodeRle } from './rle';
import { expand422, interleave, unpackBits, wordsFrom, type Words } from './stored';

/** A decoded frame before masks, tables and colour: words as stored, colour interleaved by pixel. */
export interface DecodedFrame {
  readonly words: Words;
  /** Photometric interpretation of `words`: JPEG 2000 undoes its own colour transform. */
  readonly photometric: string;
}

/**
 * Decodes one frame. `littleEndian` is the order of uncompressed words. Throws `dicom/decode-failed`,
 * `dicom/truncated`, `dicom/unsupported-pixels`, `dicom/limits`.
 */
export async function decodeFrame(frame: FrameBytes, pixel: PixelModule, syntax: TransferSyntax, littleEndian: boolean): Promise<DecodedFrame> {
  switch (packingOf(frame, pixel, syntax)) {
    case 'native':
    case 'uncompressed-frame':
      return native(frame, pixel, littleEndian);
    case 'deflated-frame': {
      const limit = Math.ceil((pixel.rows * pixel.columns * pixel.samples * pixel.bitsAllocated) / 8) + 64;
      const { bytes } = inflateBounded(frame.bytes, limit + 65536, () => new StudioError('dicom/limits', 'a deflated frame larger than its image'));
      return native({ ...frame, bytes, bit: 0 }, pixel, littleEndian);
    }
    case 'rle':
      return { words: wordsFrom(decodeRle(frame.bytes, pixel), pixel, pixel.rows * pixel.columns * pixel.samples, true), photometric: pixel.photometric };
    default:
      return compressed(frame, pixel);
  }
}

/** How a frame is really packed: by its first bytes where they contradict the transfer syntax. */
function packingOf(frame: FrameBytes, pixel: PixelModule, { packing }: TransferSyntax): TransferSyntax['packing'] {
  if (!frame.fragments) return packing;
  const plain = packing === 'native' || packing === 'uncompressed-frame';
  const extra = frame.bytes.length - Math.ceil(nativeFrameBits(pixel) / 8);
  if (plain && (extra === 0 || extra === 1)) return packing;
  if (beginsCodestream(frame.bytes)) return 'jpeg';
  if (beginsRle(frame.bytes)) return 'rle';
  if (plain && extra > 0) throw new StudioError('dicom/corrupt', `${frame.bytes.length} bytes in a fragment where an uncompressed frame takes ${frame.bytes.length - extra}`);
  return packing;
}

function native(frame: FrameBytes, pixel: PixelModule, littleEndian: boolean): DecodedFrame {
  const pixels = pixel.rows * pixel.columns;
  if (pixel.bitsAllocated === 1) return { words: unpackBits(frame.bytes, frame.bit, pixels * pixel.samples), photometric: pixel.photometric };
  if (isHalfChroma(pixel)) {
    const packed = wordsFrom(frame.bytes, pixel, Math.ceil(pixels / 2) * 4, littleEndian);
    return { words: expand422(packed, pixels), photometric: pixel.photometric.replace('_422', '') };
  }
  const words = wordsFrom(frame.bytes, pixel, pixels * pixel.samples, littleEndian);
  return { words: pixel.planar ? interleave(words, pixels, pixel.samples) : words, photometric: pixel.photometric };
}

/** OpenJPEG reads HTJ2K as well, and names its damage where OpenJPH (in the same module) loops for ever. */
const CODEC: Readonly<Record<CodestreamInfo['kind'], CodecName>> = { jpeg: 'DecodeJpeg', 'jpeg-ls': 'DecodeJpegLs', 'jpeg-2000': 'DecodeJpeg2000' };

/** The frame must be what the data set says, before a codec allocates for it. */
function expectShape(info: CodestreamInfo, pixel: PixelModule, truncated: boolean): void {
  if (info.width !== pixel.columns || info.height !== pixel.rows) {
    throw new StudioError('dicom/bad-dimensions', `the compressed frame is ${info.width} × ${info.height}, the header says ${pixel.columns} × ${pixel.rows}`);
  }
  if (info.components !== pixel.samples) throw new StudioError('dicom/corrupt', `the compressed frame has ${info.components} components, the header says ${pixel.samples}`);
  if (info.bits > Math.max(8, pixel.bitsAllocated) || info.bits > 16) throw new StudioError('dicom/unsupported-pixels', `${info.bits} bits in the compressed frame`);
  if (info.kind === 'jpeg-2000' && (pixel.samples === 4 || (pixel.samples === 1 && info.subsampled))) {
    throw new StudioError('dicom/unsupported-pixels', pixel.samples === 4 ? 'JPEG 2000 of four components' : 'a JPEG 2000 component of less resolution than its grid');
  }
  if (truncated || info.truncated) throw new StudioError('dicom/truncated', 'the compressed frame has no end');
}

async function compressed(frame: FrameBytes, pixel: PixelModule): Promise<DecodedFrame> {
  const info = readCodestream(frame.bytes);
  expectShape(info, pixel, frame.truncated);
  const shape = { columns: pixel.columns, rows: pixel.rows, bitsAllocated: info.bits <= 8 ? 8 : 16, bitsStored: info.bits, samples: pixel.samples, signed: info.kind === 'jpeg-2000' ? info.signed : pixel.signed };
  const { bytes, message } = inDepth(pixel, info) ? { bytes: await runColourCodec(frame.bytes), message: '' } : await runCodec(CODEC[info.kind], frame.bytes, shape);
  const count = pixel.rows * pixel.columns * pixel.samples;
  const size = info.bits <= 8 ? 1 : 2;
  if (bytes.length < count * size) throw new StudioError('dicom/decode-failed', `${bytes.length} of ${count * size} bytes came out`);
  if (/premature|corrupt|bogus|truncat/i.test(message)) throw new StudioError('dicom/decode-failed', message.slice(0, 200));
  const words = widen(bytes, count, size, pixel, info);
  const planes = info.kind === 'jpeg-ls' && info.interleave === 0 && pixel.samples > 1;
  return { words: planes ? interleave(words, pixel.rows * pixel.columns, pixel.samples) : words, photometric: photometricAfter(pixel, info) };
}

/** JPEG 2000 colour that only the second codec reads. */
const inDepth = (pixel: PixelModule, info: CodestreamInfo): boolean => info.kind === 'jpeg-2000' && pixel.samples === 3 && (info.subsampled || info.bits > 8);

/** The codec's bytes as words of the file's dtype; a codestream without sign is given the header's (header wins). */
function widen(bytes: Uint8Array, count: number, size: number, pixel: PixelModule, info: CodestreamInfo): Words {
  const source = size === 1 ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  const target = wordsFrom(new Uint8Array(count * Math.max(1, pixel.bitsAllocated / 8)), pixel, count, true);
  const extend = info.kind === 'jpeg-2000' && pixel.signed ? 32 - info.bits : 0;
  const same = extend === 0 && size === target.BYTES_PER_ELEMENT;
  if (same) {
    new Uint8Array(target.buffer).set(bytes.subarray(0, count * size));
    return target;
  }
  for (let i = 0; i < count; i++) target[i] = extend ? (source[i]! << extend) >> extend : source[i]!;
  return target;
}

function photometricAfter(pixel: PixelModule, info: CodestreamInfo): string {
  if (pixel.samples !== 3) return pixel.photometric;
  // Subsampled components leave the codec as RGB.
  if (info.subsampled) return 'RGB';
  if (info.kind === 'jpeg-2000') return /^YBR_(RCT|ICT)$/.test(pixel.photometric) ? 'RGB' : pixel.photometric;
  if (info.kind === 'jpeg') {
    // What the JPEG says of its colour wins over the header, as libjpeg has it.
    if (info.jpegColour === 'ycc') return 'YBR_FULL';
    if (info.jpegColour === 'rgb') return 'RGB';
    return pixel.photometric === 'YBR_FULL_422' || pixel.photometric === 'RGB' ? (pixel.photometric === 'RGB' ? 'RGB' : 'YBR_FULL') : pixel.photometric;
  }
  return pixel.photometric === 'YBR_FULL_422' ? 'YBR_FULL' : pixel.photometric;
}
