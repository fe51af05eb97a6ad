import { numberOf, type DicomAttributes } from '../../core/dicomJson';
import { fillMask } from '../../core/padding';
import { rangeOf } from '../../core/raster';
import type { Slice } from '../../core/slice';

/** Modality value = stored × slope + intercept. */
export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
  /** Pixel Representation; by the values of the slice where it is not told. */
  readonly signed?: boolean;
}

/** What the values of a series are, as far as a grey grid needs it. */
export interface ValueSpan {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

/** A slice as 16-bit stored values, little endian, ready for Pixel Data (7FE0,0010). */
export interface StoredImage {
  readonly bytes: Uint8Array;
  readonly signed: boolean;
  readonly rescale: Rescale;
  /** Pixel Padding Value and Range Limit in stored values, low ≤ high. */
  readonly padding: { readonly low: number; readonly high: number } | null;
  /** How many values did not fit the stored type and were clamped to it. */
  readonly clamped: number;
  readonly min: number;
  readonly max: number;
  /** The stored integers of the slice, as they were. */
  readonly verbatim: boolean;
}

/**
 * The values of `slice` in 16 bits. Where the slice has stored integers of at most 16 bits that say what its raster says,
 * they go out as they are;
 * else the raster is put on the grey grid of the source (its Rescale Slope and Intercept, its signedness) by rounding
 * half up, and what overshoots the type is clamped and counted. Without a source grid integers stay integers, and
 * fractions get a slope that spreads their range over 16 bits.
 */
export function storeSlice(slice: Slice, source: DicomAttributes | undefined, rescale?: Rescale): StoredImage {
  const { stored, raster } = slice;
  if (stored && !rescale && fitsSixteenBits(stored.data) && agrees(slice)) {
    const signed = stored.data instanceof Int8Array || stored.data instanceof Int16Array;
    return { ...pack(stored.data, signed, { slope: stored.slope, intercept: stored.intercept }, stored.padding, 1, 0), verbatim: true };
  }
  const theirs = rescale ? null : sourceRescale(slice, source);
  const grid = rescale ?? theirs ?? ownRescale(slice);
  const signed = rescale?.signed ?? (theirs && source ? numberOf(source, '00280103') === 1 : lowestStored(slice, grid) < 0);
  // On a grid of our own the source's padding value means something else.
  return pack(raster.data, signed, grid, rescale ? movedPadding(slice, rescale, signed) : theirs && sourcePadding(slice, source), grid.slope, grid.intercept);
}

/** Whether stored values and raster say the same; a raster that was changed alone is what counts. */
function agrees({ stored, raster }: Slice): boolean {
  if (!stored || stored.data.length !== raster.data.length) return false;
  return raster.data.every((v, i) => Math.abs(stored.data[i]! * stored.slope + stored.intercept - v) <= 1e-3 * Math.max(1, Math.abs(v)));
}

function fitsSixteenBits(data: NonNullable<Slice['stored']>['data']): data is Int8Array | Uint8Array | Int16Array | Uint16Array {
  return data.BYTES_PER_ELEMENT <= 2;
}

function sourceRescale(slice: Slice, source: DicomAttributes | undefined): Rescale | null {
  if (source?.['00283000']) return null;
  if (slice.stored && fitsSixteenBits(slice.stored.data)) return { slope: slice.stored.slope, intercept: slice.stored.intercept };
  // Float pixels have no Bits Stored.
  if (!source || (numberOf(source, '00280101') ?? numberOf(source, '00280100') ?? 16) > 16) return null;
  const slope = numberOf(source, '00281053') ?? 1;
  return slope === 0 ? null : { slope, intercept: numberOf(source, '00281052') ?? 0 };
}

/**
 * Whether the values of `slice` have no grid of a source to go onto (float NIfTI, more than 16 bits): the slices of a series
 * then need one in common, see {@link commonRescale}.
 */
export function lacksGrid(slice: Slice, source: DicomAttributes | undefined): boolean {
  return sourceRescale(slice, source) === null;
}

/** Padding, which may be -1e30 in float pixels, does not count. */
export function spanOf(slice: Slice): ValueSpan {
  const { raster, modality } = slice;
  const padding = fillMask(slice, null);
  const data = padding ? raster.data.filter((_, i) => !padding[i]) : raster.data;
  return { ...rangeOf(data.length ? data : raster.data), whole: modality === 'CT' || data.every((v) => Number.isInteger(v)) };
}

export const joinSpans = (a: ValueSpan, b: ValueSpan): ValueSpan => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max), whole: a.whole && b.whole });

/** Steps that {@link commonRescale} leaves free at either end: a sixth of them. */
const FREE_STEPS = 10922;

/**
 * One grid for all slices of a series without a source grid, and for their copies. Whole numbers stay whole, with room below
 * zero where there is any; fractions are spread over two thirds of 16 bits, since copies overshoot their source.
 */
export function commonRescale({ min, max, whole }: ValueSpan): Required<Rescale> {
  if (whole && min >= -32768 && max <= 32767) return { slope: 1, intercept: 0, signed: true };
  if (whole && max - min <= 65535) return { slope: 1, intercept: min >= 0 && max <= 65535 ? 0 : Math.floor(min), signed: false };
  const slope = max > min ? (max - min) / (65535 - 2 * FREE_STEPS) : 1;
  return { slope, intercept: min - FREE_STEPS * slope, signed: false };
}

function ownRescale(slice: Slice): Rescale {
  const { min, max } = rangeOf(slice.raster.data);
  const whole = slice.modality === 'CT' || slice.raster.data.every((v) => Number.isInteger(v));
  if (whole && min >= -32768 && max <= 32767) return { slope: 1, intercept: 0 };
  if (whole && max - min <= 65535) return { slope: 1, intercept: Math.floor(min) };
  return { slope: max > min ? (max - min) / 65535 : 1, intercept: min };
}

function lowestStored(slice: Slice, grid: Rescale): number {
  const { min, max } = rangeOf(slice.raster.data);
  return Math.min((min - grid.intercept) / grid.slope, (max - grid.intercept) / grid.slope) + 0.5;
}

function sourcePadding(slice: Slice, source: DicomAttributes | undefined): StoredImage['padding'] {
  if (slice.stored?.padding) return slice.stored.padding;
  const value = numberOf(source, '00280120');
  if (value === undefined) return null;
  const limit = numberOf(source, '00280121') ?? value;
  return { low: Math.min(value, limit), high: Math.max(value, limit) };
}

/** The source's padding on another grid; what lies below or above the type is clamped to it, as its pixels are. */
function movedPadding(slice: Slice, { slope, intercept }: Rescale, signed: boolean): StoredImage['padding'] {
  const { stored } = slice;
  if (!stored?.padding || !agrees(slice)) return null;
  const [lowest, highest] = signed ? [-32768, 32767] : [0, 65535];
  const move = (value: number): number => Math.min(highest, Math.max(lowest, Math.floor((value * stored.slope + stored.intercept - intercept) / slope + 0.5)));
  const ends = [move(stored.padding.low), move(stored.padding.high)] as const;
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

function pack(data: ArrayLike<number>, signed: boolean, rescale: Rescale, padding: StoredImage['padding'], slope: number, intercept: number): StoredImage {
  const bytes = new Uint8Array(data.length * 2);
  const view = new DataView(bytes.buffer);
  const low = signed ? -32768 : 0;
  const high = signed ? 32767 : 65535;
  let clamped = 0;
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < data.length; i++) {
    const exact = Math.floor((data[i]! - intercept) / slope + 0.5);
    const value = exact >= low ? (exact <= high ? exact : high) : low;
    if (value !== exact) clamped++;
    if (value < min) min = value;
    if (value > max) max = value;
    view.setUint16(i * 2, value & 0xffff, true);
  }
  const inRange = padding && padding.low >= low && padding.high <= high ? padding : null;
  return { bytes, signed, rescale, padding: inRange, clamped, min, max, verbatim: false };
}
