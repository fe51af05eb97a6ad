import { StudioError } from '../../core/errors';
import type { SliceGeometry, Vec3 } from '../../core/geometry';
import { makeRaster, rangeOf, type Raster } from '../../core/raster';
import type { Slice, VoiWindow } from '../../core/slice';
import { readCodestream } from '../../dicom/decode/codestream';
import { runCodec } from '../../dicom/decode/codecWasm';
import { luminance, toRgb } from '../../dicom/decode/colour';
import { isHounsfield } from '../../formats/pictureFacts';
import { greyIfEqual, type Picture } from '../../formats/picture';
import type { NiftiHeader, NiftiValues } from '../../formats/niftiReader';
import type { PlainSlice } from './protocol';

/** Slices of files that are not DICOM: NIfTI volumes and pictures. */

/** Plane of slice `k` of a NIfTI volume in its stored order: RAS affine → LPS. Null without an affine. */
export function niftiGeometry(h: NiftiHeader, k: number): SliceGeometry | null {
  const a = h.affine;
  if (!a) return null;
  const column = (c: 0 | 1 | 2): Vec3 => [-a[0][c], -a[1][c], a[2][c]];
  const unit = (v: Vec3): Vec3 | null => {
    const n = Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    return n > 0 ? [v[0] / n, v[1] / n, v[2] / n] : null;
  };
  const row = unit(column(0));
  const col = unit(column(1));
  if (!row || !col) return null;
  const step = column(2);
  return { positionMm: [-a[0][3] + k * step[0], -a[1][3] + k * step[1], a[2][3] + k * step[2]], rowDirection: row, columnDirection: col };
}

/** [between rows, between columns] in mm, from the affine where there is one; null where the file does not say. */
export function niftiSpacing(h: NiftiHeader): readonly [number, number] | null {
  if (h.spacingUnknown) return null;
  const a = h.affine;
  if (!a) return [h.spacingMm[1], h.spacingMm[0]];
  const length = (c: 0 | 1): number => Math.sqrt(a[0][c] * a[0][c] + a[1][c] * a[1][c] + a[2][c] * a[2][c]);
  return [length(1), length(0)];
}

export function niftiSlice(h: NiftiHeader, values: NiftiValues, s: PlainSlice): Slice {
  const { data, stored } = onlyNumbers(values, h.slope, h.intercept);
  const raster = makeRaster(data, h.dims[0], h.dims[1], s.modality === 'CT' ? 'HU' : 'modality');
  return {
    id: s.id, raster,
    stored: { data: stored, bitsStored: values.BYTES_PER_ELEMENT * 8, slope: h.slope, intercept: h.intercept, padding: null },
    pixelSpacingMm: niftiSpacing(h),
    modality: s.modality,
    window: windowFor(raster, s.modality),
    geometry: niftiGeometry(h, s.slice),
    sliceThicknessMm: h.spacingMm[2],
    source: { kind: 'nifti', name: s.name },
  };
}

/**
 * Values after slope and intercept. What is no finite number (NaN outside a brain mask, as SPM and nilearn write it, or a
 * division by 0) reads as the smallest value of the slice, stored 0 where it has none: one NaN would make a whole spectrum NaN.
 */
function onlyNumbers(values: NiftiValues, slope: number, intercept: number): { data: Float32Array; stored: NiftiValues } {
  const data = new Float32Array(values.length);
  let least = -1;
  let holes = false;
  for (let i = 0; i < data.length; i++) {
    data[i] = values[i]! * slope + intercept;
    if (!Number.isFinite(data[i]!)) holes = true;
    else if (least < 0 || data[i]! < data[least]!) least = i;
  }
  if (!holes) return { data, stored: values };
  const stored = values.slice();
  const [value, storedValue] = least < 0 ? [Number.isFinite(intercept) ? intercept : 0, 0] : [data[least]!, stored[least]!];
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i]!)) continue;
    data[i] = value;
    stored[i] = storedValue;
  }
  return { data, stored };
}

function windowFor(raster: Raster, modality: string): VoiWindow {
  if (modality === 'CT') return { center: 40, width: 400, function: 'LINEAR' };
  const step = Math.max(1, Math.floor(raster.data.length / 20_000));
  const sample: number[] = [];
  for (let i = 0; i < raster.data.length; i += step) if (Number.isFinite(raster.data[i]!)) sample.push(raster.data[i]!);
  sample.sort((a, b) => a - b);
  const low = sample[Math.floor(sample.length * 0.01)] ?? 0;
  const high = sample[Math.min(sample.length - 1, Math.floor(sample.length * 0.995))] ?? 1;
  const range = high > low ? { min: low, max: high } : rangeOf(raster.data);
  const width = range.max - range.min || 1;
  return { center: range.min + width / 2, width, function: 'LINEAR_EXACT' };
}

export function pictureSlice(p: Picture, s: PlainSlice): Slice {
  const full = p.bits === 16 ? 65536 : 256;
  const { slope, intercept } = s.facts && p.grey ? s.facts : { slope: 1, intercept: 0 };
  const grey = p.grey && Float32Array.from(p.grey, (v) => v * slope + intercept);
  const hounsfield = p.grey !== null && s.facts !== undefined && isHounsfield(s.facts);
  const raster = makeRaster(grey ?? luminance(p.rgb!), p.width, p.height, hounsfield ? 'HU' : 'modality');
  const window: VoiWindow = p.bits === 16 ? windowFor(raster, hounsfield ? 'CT' : 'OT') : { center: full / 2, width: full, function: 'LINEAR' };
  return {
    id: s.id, raster,
    stored: p.grey ? { data: p.grey, bitsStored: p.bits, slope, intercept, padding: null } : null,
    pixelSpacingMm: s.facts?.pixelSpacingMm ?? null, modality: s.modality, window,
    ...(p.rgb ? { rgb: p.rgb } : {}),
    geometry: null,
    source: { kind: 'image', name: s.name, bits: p.bits },
  };
}

const MAX_PIXELS = 48 * 1024 * 1024;

/** Size of a JPEG picture. Throws `png/invalid`, `input/too-large`. */
export function readJpegHeader(bytes: Uint8Array): { width: number; height: number; components: number; ycc: boolean } {
  try {
    const info = readCodestream(bytes);
    if (info.kind !== 'jpeg' || info.bits !== 8 || (info.components !== 1 && info.components !== 3)) throw new StudioError('png/invalid', 'a JPEG of a kind that pictures do not have');
    if (info.width < 1 || info.height < 1) throw new StudioError('png/invalid', `${info.width} × ${info.height}`);
    if (info.width * info.height > MAX_PIXELS) throw new StudioError('input/too-large', `${info.width} × ${info.height} pixels`);
    if (info.truncated) throw new StudioError('png/invalid', 'the JPEG has no end');
    return { width: info.width, height: info.height, components: info.components, ycc: info.jpegColour !== 'rgb' };
  } catch (error) {
    if (error instanceof StudioError && error.code.startsWith('dicom/')) throw new StudioError('png/invalid', error.detail, { cause: error });
    throw error;
  }
}

/** Decodes a JPEG picture. Throws `png/invalid`. */
export async function decodeJpegPicture(bytes: Uint8Array): Promise<Picture> {
  const { width, height, components, ycc } = readJpegHeader(bytes);
  let decoded: Uint8Array;
  try {
    decoded = (await runCodec('DecodeJpeg', bytes, { columns: width, rows: height, bitsAllocated: 8, bitsStored: 8, samples: components, signed: false })).bytes;
  } catch (error) {
    throw new StudioError('png/invalid', error instanceof StudioError ? error.detail : String(error), { cause: error });
  }
  if (components === 1) return { width, height, bits: 8, grey: decoded, rgb: null };
  const pixel = { rows: height, columns: width, frames: 1, complete: 1, samples: 3, planar: false, bitsAllocated: 8, bitsStored: 8, highBit: 7, signed: false, float: 0 as const, photometric: 'RGB', padding: null };
  return greyIfEqual(toRgb(decoded, pixel, ycc ? 'YBR_FULL' : 'RGB'), width, height);
}
