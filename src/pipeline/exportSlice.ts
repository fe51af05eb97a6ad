import { strToU8, zipSync } from 'fflate';
import type { DicomAttributes } from '../core/dicomJson';
import { StudioError } from '../core/errors';
import { rootSource } from '../core/lineage';
import { rangeOf, type Raster } from '../core/raster';
import type { Slice, StoredPixels } from '../core/slice';
import { deidentify } from '../dicom/deidentify';
import { commonRescale, derivedDicom, joinSpans, lacksGrid, spanOf, type Rescale } from '../dicom/write';
import { classicFrame } from '../dicom/write/classicFrame';
import { evenRuns, sliceVolume, stackVolume, writeNiftiGz } from '../formats/niftiWriter';
import { writePng16 } from '../formats/pngWriter';
import { markOf } from '../formats/syntheticMark';
import { zipStream, type ZipEntry } from '../formats/zipStream';

export { methodsText, type MethodsText } from '../dataset/methodsText';

export interface ExportedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

export interface DicomExportOptions {
  readonly softwareVersion: string;
  /**
   * HMAC key of the project (16 bytes or more): DICOM sources are de-identified by the Basic Profile of PS3.15 with none of
   * its options: device, dates, characteristics and descriptions go. Null keeps all.
   */
  readonly key: Uint8Array | null;
  readonly instanceNumber?: number;
  readonly seriesDescription?: string;
  /** The grey grid of the series, where its source has none: {@link sharedGrid}. */
  readonly rescale?: Rescale;
}

/** One DICOM grey grid for slices of a series of which one at least has none (float NIfTI); undefined where the source's is taken. */
export function sharedGrid(slices: readonly Slice[]): Rescale | undefined {
  const lacks = (slice: Slice): boolean => {
    const origin = rootSource(slice.source);
    return lacksGrid(slice, origin.kind === 'dicom' ? classicFrame(origin.attributes, origin.frame) : undefined);
  };
  if (!slices.some(lacks)) return undefined;
  return commonRescale(slices.map(spanOf).reduce(joinSpans));
}

const stem = (text: string): string => text.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '').toLowerCase() || 'slice';

/**
 * A generated slice as a DICOM file: derived, marked synthetic, geometry by the half-pixel rule, 16 bits.
 * Throws `dicom/bad-dimensions`.
 */
export function exportDicom(slice: Slice, options: DicomExportOptions): ExportedFile & { readonly attributes: DicomAttributes } {
  const origin = rootSource(slice.source);
  const attributes = origin.kind === 'dicom' ? classicFrame(origin.attributes, origin.frame) : undefined;
  const cleaned = attributes && options.key ? deidentify(attributes, { key: options.key }).attributes : attributes;
  const file = derivedDicom(slice, {
    softwareVersion: options.softwareVersion,
    ...(cleaned ? { sourceAttributes: cleaned } : {}),
    ...(options.key ? { uidKey: options.key } : {}),
    ...(options.instanceNumber !== undefined ? { instanceNumber: options.instanceNumber } : {}),
    ...(options.seriesDescription ? { seriesDescription: options.seriesDescription } : {}),
    ...(options.rescale ? { rescale: options.rescale } : {}),
  });
  const number = String(options.instanceNumber ?? 1).padStart(4, '0');
  return { name: `synthetic-${stem(options.seriesDescription ?? slice.modality)}-${number}.dcm`, bytes: file.bytes, type: 'application/dicom', attributes: file.attributes };
}

/** ZIP dates are fixed, so that equal content gives equal bytes. 1980-01-01 is the first that ZIP knows. */
const FIXED_DATE = new Date(1980, 0, 1, 0, 0, 0);

const README = { name: 'README.txt', text: 'Synthetic images made with Verisim Studio. Research and teaching, not for diagnosis.\n' };

/** Files in one ZIP, not compressed again (DICOM of a few megabytes). */
export function zipFiles(files: readonly ExportedFile[], name: string): ExportedFile {
  const entries = Object.fromEntries(files.map((f) => [f.name, f.bytes]));
  const bytes = zipSync({ ...entries, [README.name]: strToU8(README.text) }, { level: 0, mtime: FIXED_DATE });
  return { name, bytes: new Uint8Array(bytes), type: 'application/zip' };
}

/** The same for many files: each is made when its turn comes, and the browser keeps what was written (on disk, where it is much). */
export async function zipAsMade(files: AsyncIterable<ExportedFile>): Promise<Blob> {
  const entry = (name: string, bytes: Uint8Array): ZipEntry => ({ name, read: () => Promise.resolve(bytes) });
  async function* entries(): AsyncGenerator<ZipEntry> {
    for await (const { name, bytes } of files) yield entry(name, bytes);
    yield entry(README.name, strToU8(README.text));
  }
  const pieces: Blob[] = [];
  const reader = zipStream(entries()).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) pieces.push(new Blob([next.value as Uint8Array<ArrayBuffer>]));
  return new Blob(pieces, { type: 'application/zip' });
}

/**
 * A slice as a 16-bit grey PNG: stored integers where the file has them (offset where they are negative or too high), else the
 * values spread over 16 bits. What was done stands in a text chunk: value = grey × slope + intercept.
 */
export function exportPng(slice: Slice, name: string): ExportedFile {
  const { width, height } = slice.raster;
  const { min, max } = rangeOf(slice.raster.data);
  const grid = pngGrid(slice.stored, min, max);
  const data = new Uint16Array(width * height);
  for (let i = 0; i < data.length; i++) data[i] = Math.min(65535, Math.max(0, Math.round((slice.raster.data[i]! - grid.low) / grid.slope)));
  const generated = slice.source.kind === 'generated';
  const bytes = writePng16(data, width, height, `${markOf(generated)}. Verisim Studio. value = grey * ${grid.slope} + ${grid.low}`);
  return { name: `${generated ? 'synthetic-' : ''}${stem(name)}.png`, bytes: new Uint8Array(bytes), type: 'image/png' };
}

/** The stored integers as they are, by the lowest where that is negative or the highest does not fit; else 16 bits from lowest to highest. */
function pngGrid(stored: StoredPixels | null, min: number, max: number): { slope: number; low: number } {
  const spread = { slope: max > min ? (max - min) / 65535 : 1, low: min };
  if (!stored || stored.slope <= 0) return spread;
  const { slope, intercept } = stored;
  const low = Math.min(intercept, min);
  if (max - low <= 65535 * slope) return { slope, low };
  return max - min <= 65535 * slope ? { slope, low: min } : spread;
}

export { evenRuns } from '../formats/niftiWriter';

/** Slices of one grid as gzipped NIfTI: a volume, or several in a ZIP where slices are missing between. Throws as `exportNifti`. */
export function exportVolumes(slices: readonly Slice[], name: string): ExportedFile {
  const files = evenRuns(slices).map((run, k, runs) => exportNifti(run, runs.length > 1 ? `${name} part ${k + 1}` : name));
  return files.length > 1 ? zipFiles(files, `synthetic-${stem(name)}.zip`) : files[0] ?? exportNifti(slices, name);
}

/** Slices of one grid as a gzipped NIfTI volume. Throws `geometry/mismatch`, `geometry/unknown`. */
export function exportNifti(slices: readonly Slice[], name: string): ExportedFile {
  if (slices.length === 0) throw new StudioError('dataset/no-sources');
  return { name: `synthetic-${stem(name)}.nii.gz`, bytes: new Uint8Array(writeNiftiGz(stackVolume(slices))), type: 'application/gzip' };
}

/** A map as float NIfTI with its method and parameters beside it. Throws `geometry/mismatch`. */
export function exportMapFiles(slice: Slice, map: Raster, about: Readonly<Record<string, unknown>>): ExportedFile {
  const sized = map.width === slice.raster.width && map.height === slice.raster.height ? slice : { ...slice, raster: map, pixelSpacingMm: null, geometry: null };
  const name = `map-${stem(String(about.method ?? 'saliency'))}`;
  const volume = new Uint8Array(writeNiftiGz(sliceVolume(sized, map.data)));
  const json = new Uint8Array(strToU8(`${JSON.stringify(about, null, 2)}\n`));
  return zipFiles([{ name: `${name}.nii.gz`, bytes: volume, type: 'application/gzip' }, { name: `${name}.json`, bytes: json, type: 'application/json' }], `${name}.zip`);
}
