import type { DataSet, Element } from 'dicom-parser';
import { StudioError } from '../../core/errors';
import { LIMITS } from './limits';
import { isEncapsulated, type TransferSyntax } from './syntax';
import { numberOfElement, textOf } from './values';

/** Image Pixel Module (PS3.3 C.7.6.3), checked. */
export interface PixelModule {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  /** Frames whose bytes are all there, from the first on; compressed ones are counted by their index instead. */
  readonly complete: number;
  readonly samples: number;
  readonly planar: boolean;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly float: 0 | 32 | 64;
  readonly photometric: string;
  /** Smallest and largest stored value that are padding, or null. */
  readonly padding: { readonly low: number; readonly high: number } | null;
}

/** Typed array of the stored words: `int16`, `uint8`, `float32`… as manifest and `inspect` name it. */
export type Dtype = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'float32' | 'float64';

export function dtypeOf(p: PixelModule): Dtype {
  if (p.float) return p.float === 32 ? 'float32' : 'float64';
  const bits = p.bitsAllocated <= 8 ? 8 : p.bitsAllocated <= 16 ? 16 : 32;
  return `${p.signed ? '' : 'u'}int${bits}`;
}

function wholeNumber(ds: DataSet, tag: string, what: string): number | undefined {
  const e = ds.elements[tag];
  if (!e || e.length === 0) return undefined;
  // Rows and Columns are US: a VR that holds no such number is a trap for parsers that trust it.
  if (e.vr !== undefined && !['US', 'UN', 'xs', 'SS', 'UL', 'IS', 'SL'].includes(e.vr)) throw new StudioError('dicom/corrupt', `${what} has VR ${e.vr}`);
  if ((e.vr === undefined || e.vr === 'US' || e.vr === 'SS') && e.length !== 2 && e.length !== 4) throw new StudioError('dicom/corrupt', `${what} is ${e.length} bytes long`);
  return numberOfElement(ds, tag);
}

/** Reads and checks the module. Throws `dicom/bad-dimensions`, `dicom/unsupported-pixels`, `dicom/corrupt`, `dicom/limits`. */
export function readPixelModule(ds: DataSet, pixels: Element, warnings: string[]): PixelModule {
  const rows = wholeNumber(ds, 'x00280010', 'Rows') ?? 0;
  const columns = wholeNumber(ds, 'x00280011', 'Columns') ?? 0;
  if (!Number.isInteger(rows) || !Number.isInteger(columns) || rows < 1 || columns < 1 || rows > LIMITS.side || columns > LIMITS.side) {
    throw new StudioError('dicom/bad-dimensions', `Rows ${ds.elements.x00280010 ? rows : 'missing'}, Columns ${ds.elements.x00280011 ? columns : 'missing'}`);
  }
  const frames = readFrames(ds, warnings);
  const samples = wholeNumber(ds, 'x00280002', 'Samples per Pixel') ?? 1;
  const float = pixels.tag === 'x7fe00008' ? 32 : pixels.tag === 'x7fe00009' ? 64 : 0;
  const bitsAllocated = float || (wholeNumber(ds, 'x00280100', 'Bits Allocated') ?? 16);
  const bitsStored = float || (wholeNumber(ds, 'x00280101', 'Bits Stored') ?? bitsAllocated);
  const highBit = float ? float - 1 : (wholeNumber(ds, 'x00280102', 'High Bit') ?? bitsStored - 1);
  if (![1, 8, 16, 32, 64].includes(bitsAllocated)) throw new StudioError('dicom/unsupported-pixels', `Bits Allocated ${bitsAllocated}`);
  if (bitsAllocated === 64 && float !== 64) throw new StudioError('dicom/unsupported-pixels', '64-bit integers');
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit >= bitsAllocated || highBit < bitsStored - 1) {
    throw new StudioError('dicom/corrupt', `Bits Stored ${bitsStored}, High Bit ${highBit}, Bits Allocated ${bitsAllocated}`);
  }
  if (samples !== 1 && samples !== 3 && samples !== 4) throw new StudioError('dicom/unsupported-pixels', `${samples} samples a pixel`);
  if (rows * columns * samples > LIMITS.frameSamples) throw new StudioError('dicom/limits', `a frame of ${columns} × ${rows} × ${samples} values`);
  const signed = !float && (numberOfElement(ds, 'x00280103') ?? 0) === 1;
  const photometric = readPhotometric(ds, samples, warnings);
  if (samples === 1 && !/^(MONOCHROME[12]|PALETTE COLOR)$/.test(photometric)) {
    if (/^(RGB|YBR|ARGB|CMYK|HSV)/.test(photometric)) throw new StudioError('dicom/corrupt', `${photometric} with one sample a pixel`);
    warnings.push(`photometric interpretation ${photometric}`);
  }
  if (samples === 1 && photometric === 'PALETTE COLOR' && !hasPalette(ds)) throw new StudioError('dicom/corrupt', 'PALETTE COLOR without its tables');
  return { rows, columns, frames, complete: frames, samples, planar: numberOfElement(ds, 'x00280006') === 1 && samples > 1, bitsAllocated, bitsStored, highBit, signed, float, photometric, padding: readPadding(ds, signed, float) };
}

/** Photometric interpretations of three or four samples that can be shown. */
const COLOUR = /^(RGB|YBR_(FULL|FULL_422|PARTIAL_420|PARTIAL_422|RCT|ICT))$/;

function readPhotometric(ds: DataSet, samples: number, warnings: string[]): string {
  const stated = (textOf(ds, 'x00280004') ?? '').toUpperCase();
  if (samples === 1) return stated || 'MONOCHROME2';
  if (stated === '' || /^MONOCHROME/.test(stated)) {
    if (stated) warnings.push(`${stated} with ${samples} samples a pixel, read as RGB`);
    return 'RGB';
  }
  if (!COLOUR.test(stated) && !(stated === 'ARGB' && samples === 4)) throw new StudioError('dicom/unsupported-pixels', `photometric interpretation ${stated}`);
  return stated;
}

const hasPalette = (ds: DataSet): boolean =>
  [1, 2, 3].every((n) => ds.elements[`x0028110${n}`] && ((ds.elements[`x0028120${n}`]?.length ?? 0) > 0 || (ds.elements[`x0028122${n}`]?.length ?? 0) > 0));

function readFrames(ds: DataSet, warnings: string[]): number {
  const text = textOf(ds, 'x00280008');
  if (text === undefined) return 1;
  const frames = Number(text);
  if (!/^\+?\d+$/.test(text)) {
    const leading = parseInt(text, 10);
    if (!(leading >= 1)) throw new StudioError('dicom/bad-dimensions', `Number of Frames "${text}"`);
    warnings.push(`Number of Frames "${text}" read as ${leading}`);
    return Math.min(leading, LIMITS.frames);
  }
  if (frames > LIMITS.frames) throw new StudioError('dicom/limits', `${frames} frames`);
  if (frames === 0) {
    warnings.push('Number of Frames is 0');
    return 1;
  }
  return frames;
}

function readPadding(ds: DataSet, signed: boolean, float: number): PixelModule['padding'] {
  const value = float ? numberOfElement(ds, float === 32 ? 'x00280122' : 'x00280123') : numberOfElement(ds, 'x00280120', signed);
  if (value === undefined) return null;
  const limit = float ? numberOfElement(ds, float === 32 ? 'x00280124' : 'x00280125') : numberOfElement(ds, 'x00280121', signed);
  return { low: Math.min(value, limit ?? value), high: Math.max(value, limit ?? value) };
}

/** Uncompressed YBR with one pair of chroma for two pixels. */
export const isHalfChroma = (p: PixelModule): boolean => p.samples === 3 && /^YBR_(FULL|PARTIAL)_422$/.test(p.photometric);

/** Bytes one uncompressed frame takes in the file (may end inside a byte where pixels are bits). */
export function nativeFrameBits(p: PixelModule): number {
  const perPixel = isHalfChroma(p) ? 2 : p.samples;
  return p.rows * p.columns * perPixel * p.bitsAllocated;
}

/**
 * For uncompressed pixels: how many frames the file, or the element, really holds whole; `present` is its bytes of pixel
 * data. Room for a whole frame more than is stated is told. Throws `dicom/truncated` where not even the first is whole.
 */
export function completeNativeFrames(p: PixelModule, syntax: TransferSyntax, pixels: Element, present: number, warnings: string[] = []): number {
  if (isEncapsulated(syntax) || pixels.hadUndefinedLength) return p.frames;
  const expected = Math.ceil((nativeFrameBits(p) * p.frames) / 8);
  if (present >= expected) {
    if ((present - expected) * 8 >= nativeFrameBits(p)) warnings.push(`${present} bytes of pixels where ${expected} belong`);
    return p.frames;
  }
  const whole = Math.floor((present * 8) / nativeFrameBits(p));
  if (whole >= 1) return whole;
  const full = Math.ceil((nativeFrameBits({ ...p, photometric: 'RGB' }) * p.frames) / 8);
  throw new StudioError('dicom/truncated', `${present} of ${Math.min(expected, full)} bytes of pixels`);
}
