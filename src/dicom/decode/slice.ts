import { StudioError } from '../../core/errors';
import { makeRaster, rangeOf, type Raster } from '../../core/raster';
import type { Slice, StoredPixels, VoiWindow } from '../../core/slice';
import { frameAttributes, frameLookup } from '../read/functionalGroups';
import { readFrameBytes, type FrameIndex } from '../read/frames';
import { readGeometry, readImageHeader, requirePixels, type ImageHeader } from '../read/header';
import { mosaicLayout, type MosaicLayout } from '../read/mosaic';
import type { ParsedFile } from '../read/parse';
import type { PixelModule } from '../read/pixelModule';
import { textOf } from '../read/values';
import { isHounsfield, readModality, readVoiLuts, readWindows, windowOfLut, type ModalityTransform } from '../read/voi';
import { luminance, paletteToRgb, toRgb } from './colour';
import { decodeFrame } from './decodeFrame';
import { cleanWords, type Words } from './stored';

/** Which slice of a file: a frame, and in a mosaic a tile of it. */
export interface SliceRequest {
  readonly id: string;
  readonly frame: number;
  readonly tile?: number;
}

/**
 * Decodes one slice of an indexed file, with everything the studio keeps of it. `raster` holds values after the
 * Modality LUT (unit HU for CT, else modality); of colour its luminance, 0…255, with `rgb` beside.
 * Throws StudioError `dicom/*`.
 */
export async function decodeSlice(file: ParsedFile, request: SliceRequest, header: ImageHeader = readImageHeader(file), index?: FrameIndex): Promise<Slice> {
  const ds = file.dataSet;
  const pixel = requirePixels(file);
  if (request.frame < 0 || request.frame >= pixel.frames) throw new StudioError('dicom/bad-dimensions', `frame ${request.frame + 1} of ${pixel.frames}`);
  const bytes = await readFrameBytes(file, pixel, request.frame, index);
  const decoded = await decodeFrame(bytes, pixel, file.meta.syntax, file.meta.encoding.littleEndian);
  const mosaic = request.tile === undefined ? null : mosaicLayout(ds, pixel);
  const clean = cleanWords(decoded.words, pixel);
  const words = mosaic ? cutTile(clean, pixel, mosaic, request.tile!) : clean;
  const { rows, columns } = mosaic ?? pixel;
  const lookup = frameLookup(ds);
  const modality = readModality(lookup, request.frame, pixel.signed);
  const frame = header.frames.find((f) => f.frame === request.frame && f.tile === request.tile) ?? header.frames[0]!;
  const rgb = header.colour ? (pixel.photometric === 'PALETTE COLOR' ? paletteToRgb(words, ds, pixel.signed) : toRgb(words, pixel, decoded.photometric)) : undefined;
  const raster = rgb ? makeRaster(luminance(rgb), columns, rows, 'modality') : applyModality(words, columns, rows, modality, isHounsfield(header.modality, modality) ? 'HU' : 'modality');
  const stored: StoredPixels | null = rgb ? null : { data: words, bitsStored: pixel.bitsStored, slope: modality.slope, intercept: modality.intercept, padding: pixel.padding };
  const luts = readVoiLuts(lookup, request.frame, pixel.signed || modality.intercept < 0);
  const windows = rgb ? [] : [...readWindows(lookup, request.frame), ...luts.map(windowOfLut)];
  const window = windows[0] ?? guessWindow(raster, stored, rgb !== undefined, header.modality);
  return {
    id: request.id, raster, stored,
    pixelSpacingMm: frame.pixelSpacingMm,
    modality: header.modality,
    window,
    windows: windows.length > 0 ? windows : [window],
    inverted: pixel.photometric === 'MONOCHROME1' || textOf(ds, 'x20500020') === 'INVERSE',
    ...(rgb ? { rgb } : {}),
    geometry: frame.geometry ?? readGeometry(ds, lookup, request.frame),
    ...(frame.sliceThicknessMm !== undefined ? { sliceThicknessMm: frame.sliceThicknessMm } : {}),
    source: { kind: 'dicom', attributes: frameAttributes(ds, request.frame, pixel.signed), frame: request.frame, ...(mosaic ? { tile: request.tile! } : {}), transferSyntax: file.meta.syntax.uid, lossy: header.lossy },
  };
}

/** Stored → modality values (PS3.3 C.11.1), in float32. */
export function applyModality(words: Words, width: number, height: number, m: ModalityTransform, unit: Raster['unit']): Raster {
  const data = new Float32Array(words.length);
  if (m.lut) {
    const { first, values } = m.lut;
    for (let i = 0; i < data.length; i++) data[i] = values[Math.min(values.length - 1, Math.max(0, words[i]! - first))]!;
  } else {
    for (let i = 0; i < data.length; i++) data[i] = words[i]! * m.slope + m.intercept;
  }
  return makeRaster(data, width, height, unit);
}

function cutTile(words: Words, pixel: PixelModule, m: MosaicLayout, tile: number): Words {
  const out = new (words.constructor as new (n: number) => Words)(m.rows * m.columns);
  const x = (tile % m.perSide) * m.columns;
  const y = Math.floor(tile / m.perSide) * m.rows;
  for (let r = 0; r < m.rows; r++) {
    const from = (y + r) * pixel.columns + x;
    out.set(words.subarray(from, from + m.columns) as never, r * m.columns);
  }
  return out;
}

/** A window where the file has none: soft tissue for CT, else the 1st to 99th percentile without padding. */
function guessWindow(raster: Raster, stored: StoredPixels | null, colour: boolean, modality: string): VoiWindow {
  if (colour) return { center: 128, width: 256, function: 'LINEAR' };
  if (modality === 'CT' && raster.unit === 'HU') return { center: 40, width: 400, function: 'LINEAR' };
  const sample: number[] = [];
  const step = Math.max(1, Math.floor(raster.data.length / 20_000));
  const padding = stored?.padding;
  for (let i = 0; i < raster.data.length; i += step) {
    const s = stored ? stored.data[i]! : 0;
    if (padding && s >= padding.low && s <= padding.high) continue;
    const v = raster.data[i]!;
    if (Number.isFinite(v)) sample.push(v);
  }
  sample.sort((a, b) => a - b);
  const low = sample[Math.floor(sample.length * 0.01)] ?? 0;
  const high = sample[Math.min(sample.length - 1, Math.floor(sample.length * 0.99))] ?? 1;
  const range = high > low ? { min: low, max: high } : rangeOf(raster.data);
  const width = range.max - range.min || 1;
  return { center: range.min + width / 2, width, function: 'LINEAR_EXACT' };
}
