import type { DataSet } from 'dicom-parser';
import { StudioError } from '../../core/errors';
import { addScaled, sliceNormal, type PixelSpacingMm, type SliceGeometry, type Vec3 } from '../../core/geometry';
import type { SeriesWarning } from '../../core/slice';
import { mosaicLayout, tilePosition, type MosaicLayout } from './mosaic';
import { frameLookup, type FrameLookup } from './functionalGroups';
import { encapsulatedEmpty } from './frames';
import type { ParsedFile } from './parse';
import { completeNativeFrames, dtypeOf, readPixelModule, type Dtype, type PixelModule } from './pixelModule';
import { isHounsfield, readModality } from './voi';
import { characterSet, numberOfElement, numbersOfElement, textOf, textsOf } from './values';

/** One slice that a file holds: a frame, or a tile of a mosaic. */
export interface FrameHeader {
  readonly frame: number;
  readonly tile?: number;
  readonly geometry: SliceGeometry | null;
  readonly pixelSpacingMm: PixelSpacingMm | null;
  readonly sliceThicknessMm?: number;
  /** What tells volumes at one position apart: echo, time, b-value… (name → value as text). */
  readonly keys: Readonly<Record<string, string>>;
}

/** What a DICOM image file says of itself, small enough to keep for thousands of files. */
export interface ImageHeader {
  readonly transferSyntax: string;
  readonly lossy: boolean;
  readonly sopClass: string;
  readonly sopInstanceUid: string;
  readonly seriesUid: string;
  readonly studyUid: string;
  readonly modality: string;
  readonly description: string;
  readonly studyDescription: string;
  readonly patient: { readonly name?: string; readonly id?: string; readonly birthDate?: string };
  readonly instanceNumber?: number;
  /** Synthetic Data (0008,001C) is YES. */
  readonly synthetic?: true;
  /** CT whose values are not Hounsfield units. */
  readonly notHounsfield?: true;
  readonly imageType: readonly string[];
  readonly rows: number;
  readonly columns: number;
  readonly dtype: Dtype;
  readonly colour: boolean;
  readonly photometric: string;
  /** As the header says. */
  readonly numberOfFrames: number;
  /** Frames that are there; fewer than `numberOfFrames` where the file ends early. */
  readonly frames: readonly FrameHeader[];
  readonly notes: readonly SeriesWarning[];
  /** What had to be guessed because the header contradicts itself, one sentence each. */
  readonly repairs: readonly string[];
}

/** A DICOM file without an image: what it is, for whoever can use it. */
export interface OtherHeader {
  readonly sopClass: string;
  readonly modality: string;
  readonly transferSyntax: string;
}

const SEG = '1.2.840.10008.5.1.4.1.1.66.4';
const RTSTRUCT = '1.2.840.10008.5.1.4.1.1.481.3';
const DIRECTORY = '1.2.840.10008.1.3.10';
const PIXEL_LIMIT_KEYS: readonly (readonly [string, string])[] = [
  ['echo', 'x00180086'], ['echo time', 'x00180081'], ['effective echo time', 'x00189082'], ['temporal position', 'x00200100'], ['time index', 'x00209128'],
  ['b-value', 'x00189087'], ['inversion time', 'x00180082'], ['trigger time', 'x00181060'], ['acquisition', 'x00200012'],
  ['flip angle', 'x00181314'], ['stack', 'x00209056'], ['acquisition time', 'x00080032'], ['frame time', 'x00189074'], ['content time', 'x00080033'],
];

/** What a parsed file is, from its SOP Class and Modality. */
export function kindOf(ds: DataSet, mediaSopClass?: string): 'image' | 'seg' | 'rtstruct' | 'directory' {
  const sopClass = textOf(ds, 'x00080016') ?? mediaSopClass;
  if (sopClass === DIRECTORY || ds.elements.x00041220) return 'directory';
  if (sopClass === SEG) return 'seg';
  if (sopClass === RTSTRUCT || (!sopClass && ds.elements.x30060039)) return 'rtstruct';
  return 'image';
}

export function readOtherHeader(file: ParsedFile): OtherHeader {
  const ds = file.dataSet;
  return { sopClass: textOf(ds, 'x00080016') ?? file.meta.mediaSopClass ?? '', modality: textOf(ds, 'x00080060') ?? '', transferSyntax: file.meta.syntax.uid };
}

/**
 * Pixel module of a file, with the frames that its length really holds. Throws `dicom/no-pixel-data`, `dicom/truncated`
 * where no frame is whole or an image lacks its pixels, and what `readPixelModule` throws.
 */
export function requirePixels(file: ParsedFile, warnings: string[] = []): PixelModule {
  if (!file.pixels) throw withoutPixels(file.dataSet);
  const module = readPixelModule(file.dataSet, file.pixels, warnings);
  const present = Math.min(file.pixels.length, file.source.size - file.pixels.dataOffset);
  if (encapsulatedEmpty(file)) throw new StudioError('dicom/truncated', 'the pixel data element is empty');
  return { ...module, complete: completeNativeFrames(module, file.meta.syntax, file.pixels, present, warnings) };
}

/** CR, CT, US, MR, NM, secondary captures, XA, RF, DX, MG, OP, PET: classes whose objects are images and nothing else. */
const IMAGE_CLASS = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(1|2|3\.1|4|4\.1|4\.3|4\.4|6\.1|7|12|13|20|77\.1|128|130)(\.|$)/;

/** A report holds no image, and nothing is wrong with that; an image without its pixels is broken. */
function withoutPixels(ds: DataSet): StudioError {
  const [rows, columns] = [numberOfElement(ds, 'x00280010'), numberOfElement(ds, 'x00280011')];
  // Spectroscopy has rows, and its own data; a Pixel Data Provider URL says that the pixels lie elsewhere.
  const elsewhere = ds.elements.x56000020 ?? ds.elements.x00287fe0;
  const sopClass = textOf(ds, 'x00080016') ?? '';
  if (!elsewhere && rows && columns) return new StudioError('dicom/truncated', `the header is that of an image of ${columns} × ${rows}, but its pixels are missing`);
  if (!elsewhere && IMAGE_CLASS.test(sopClass) && sopClass !== '1.2.840.10008.5.1.4.1.1.4.2') return new StudioError('dicom/truncated', 'an image by its SOP Class, but its pixels are missing');
  const modality = textOf(ds, 'x00080060');
  return new StudioError('dicom/no-pixel-data', modality ? `modality ${modality}` : '');
}

/** Reads the header of an image file. */
export function readImageHeader(file: ParsedFile): ImageHeader {
  const ds = file.dataSet;
  const warnings: string[] = [...file.contradictions];
  const pixel = requirePixels(file, warnings);
  const charset = characterSet(ds);
  const lookup = frameLookup(ds);
  const mosaic = mosaicLayout(ds, pixel, warnings);
  const imageType = textsOf(ds, 'x00080008').map((t) => t.toUpperCase());
  const text = (tag: string): string => textOf(ds, tag, charset) ?? '';
  const sopInstanceUid = text('x00080018');
  const modality = text('x00080060') || 'OT';
  const notes = notesOf(ds, pixel, imageType, file, mosaic);
  const slope = lookup.holder(0, 'x00281053');
  if (slope && slope.elements.x00281053!.length > 0 && !numberOfElement(slope, 'x00281053')) warnings.push(`Rescale Slope "${textOf(slope, 'x00281053') ?? ''}" read as 1`);
  if (lookup.items > 0 && lookup.items < pixel.frames) {
    notes.push({ code: 'missing-frames', detail: `${pixel.frames - lookup.items} of ${pixel.frames} frames have no description of their own, so that their place is not known` });
  }
  return onlyComplete({
    transferSyntax: file.meta.syntax.uid,
    lossy: isLossy(ds, file),
    sopClass: text('x00080016') || (file.meta.mediaSopClass ?? ''),
    sopInstanceUid,
    seriesUid: text('x0020000e'),
    studyUid: text('x0020000d'),
    modality,
    description: text('x0008103e') || text('x00181030'),
    studyDescription: text('x00081030'),
    patient: { name: text('x00100010') || undefined, id: text('x00100020') || undefined, birthDate: text('x00100030') || undefined },
    instanceNumber: numberOfElement(ds, 'x00200013'),
    ...(text('x0008001c') === 'YES' ? { synthetic: true } : {}),
    ...(modality === 'CT' && !isHounsfield(modality, readModality(lookup, 0, pixel.signed)) ? { notHounsfield: true } : {}),
    imageType,
    rows: mosaic ? mosaic.rows : pixel.rows,
    columns: mosaic ? mosaic.columns : pixel.columns,
    dtype: dtypeOf(pixel),
    colour: pixel.samples > 1 || pixel.photometric === 'PALETTE COLOR',
    photometric: pixel.photometric,
    numberOfFrames: pixel.frames,
    frames: mosaic ? mosaicFrames(ds, lookup, mosaic) : doseOffsets(ds, pixel.frames, frameHeaders(ds, lookup, pixel)),
    notes,
    repairs: warnings,
  }, pixel.complete);
}

/** The header of a file that holds only its first `complete` frames whole: the others are told, never drawn. */
export function onlyComplete(header: ImageHeader, complete: number): ImageHeader {
  if (complete >= header.numberOfFrames) return header;
  const note: SeriesWarning = { code: 'missing-frames', detail: `the file ends early, ${complete} of ${header.numberOfFrames} frames are there` };
  return { ...header, frames: header.frames.filter((f) => f.frame < complete), notes: [note, ...header.notes.filter((n) => n.code !== note.code)] };
}

/** Lossy by its transfer syntax, or because it once was (Lossy Image Compression (0028,2110)). */
function isLossy(ds: DataSet, file: ParsedFile): boolean {
  return file.meta.syntax.lossy || textOf(ds, 'x00282110') === '01';
}

/** Headers of the frames that are there. Without functional groups they differ in nothing but their number. */
function frameHeaders(ds: DataSet, lookup: FrameLookup, pixel: PixelModule): FrameHeader[] {
  if (lookup.items === 0) {
    const one = frameHeader(ds, lookup, 0);
    return Array.from({ length: pixel.complete }, (_, frame) => ({ ...one, frame }));
  }
  return Array.from({ length: pixel.complete }, (_, f) => frameHeader(ds, lookup, f));
}

function frameHeader(ds: DataSet, lookup: FrameLookup, frame: number): FrameHeader {
  const geometry = readGeometry(ds, lookup, frame);
  const keys: Record<string, string> = {};
  for (const [name, tag] of PIXEL_LIMIT_KEYS) {
    const holder = lookup.holder(frame, tag);
    const value = holder && keyText(holder, tag);
    if (value) keys[name] = value;
  }
  const type = lookup.holder(frame, 'x00089007') ?? ds;
  const image = textsOf(type, type.elements.x00089007 ? 'x00089007' : 'x00080008').slice(2).join(' ');
  if (image) keys['image type'] = image;
  return { frame, geometry, pixelSpacingMm: readSpacing(lookup, frame), sliceThicknessMm: numberIn(lookup, frame, 'x00180050'), keys };
}

function keyText(holder: DataSet, tag: string): string | undefined {
  const vr = holder.elements[tag]?.vr;
  if (vr === 'FD' || vr === 'UL' || vr === 'US' || vr === 'FL') {
    const n = numberOfElement(holder, tag);
    return n === undefined ? undefined : String(n);
  }
  return textOf(holder, tag);
}

const numberIn = (lookup: FrameLookup, frame: number, tag: string): number | undefined => {
  const ds = lookup.holder(frame, tag);
  return ds && numberOfElement(ds, tag);
};

const finite = (v: readonly number[], n: number): boolean => v.length >= n && v.slice(0, n).every(Number.isFinite);

/** Plane of a frame, with its directions made orthonormal; null when the file does not say, or says nonsense. */
export function readGeometry(ds: DataSet, lookup: FrameLookup, frame: number): SliceGeometry | null {
  const at = lookup.holder(frame, 'x00200032');
  const turned = lookup.holder(frame, 'x00200037');
  if (!at || !turned) return null;
  const p = numbersOfElement(at, 'x00200032');
  const o = numbersOfElement(turned, 'x00200037');
  if (!finite(p, 3) || !finite(o, 6)) return null;
  const row = unit([o[0]!, o[1]!, o[2]!]);
  const raw = unit([o[3]!, o[4]!, o[5]!]);
  if (!row || !raw) return null;
  const along = row[0] * raw[0] + row[1] * raw[1] + row[2] * raw[2];
  if (along > 0.01 || along < -0.01) return null;
  const frameOfReferenceUid = textOf(ds, 'x00200052');
  return { positionMm: [p[0]!, p[1]!, p[2]!], rowDirection: row, columnDirection: raw, ...(frameOfReferenceUid ? { frameOfReferenceUid } : {}) };
}

function unit(v: Vec3): Vec3 | null {
  const length = Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  if (!(length > 0.5 && length < 2)) return null;
  // Directions that are unit vectors to within their written digits stay as they are written.
  if (Math.abs(length - 1) < 1e-4) return v;
  return [v[0] / length, v[1] / length, v[2] / length];
}

/** Pixel Spacing, else Imager Pixel Spacing, else an ultrasound region's; null when none. */
function readSpacing(lookup: FrameLookup, frame: number): PixelSpacingMm | null {
  for (const tag of ['x00280030', 'x00181164', 'x00182010']) {
    const ds = lookup.holder(frame, tag);
    const v = ds ? numbersOfElement(ds, tag) : [];
    if (finite(v, 2) && v[0]! > 0 && v[1]! > 0) return [v[0]!, v[1]!];
  }
  return null;
}

/** RT Dose: planes lie at Grid Frame Offset Vector (3004,000C) along the normal, relative or from the first on. */
function doseOffsets(ds: DataSet, stated: number, frames: FrameHeader[]): FrameHeader[] {
  const offsets = numbersOfElement(ds, 'x3004000c');
  if (offsets.length !== stated || frames.length < 2 || !offsets.every(Number.isFinite)) return frames;
  return frames.map((f, i) => {
    if (!f.geometry) return f;
    const n = sliceNormal(f.geometry);
    const along = offsets[i]! - offsets[0]!;
    return { ...f, geometry: { ...f.geometry, positionMm: addScaled(f.geometry.positionMm, n, along) } };
  });
}

function mosaicFrames(ds: DataSet, lookup: FrameLookup, mosaic: MosaicLayout): FrameHeader[] {
  const whole = frameHeader(ds, lookup, 0);
  return Array.from({ length: mosaic.tiles }, (_, tile) => ({
    ...whole,
    tile,
    geometry: whole.geometry && whole.pixelSpacingMm ? tilePosition(mosaic, whole.geometry, whole.pixelSpacingMm, tile) : null,
  }));
}

/** Overlay Data and Overlay Bit Position of the sixteen overlay groups, 6000 to 601E. */
const OVERLAYS = Array.from({ length: 16 }, (_, i) => [`x60${(2 * i).toString(16).padStart(2, '0')}3000`, `x60${(2 * i).toString(16).padStart(2, '0')}0102`] as const);

function notesOf(ds: DataSet, pixel: PixelModule, imageType: readonly string[], file: ParsedFile, mosaic: MosaicLayout | null): SeriesWarning[] {
  const notes: SeriesWarning[] = [];
  let overlays = 0;
  let embedded = 0;
  for (const [data, position] of OVERLAYS) {
    if (ds.elements[data]) overlays++;
    else if (ds.elements[position]) embedded++;
  }
  if (overlays > 0 || (embedded > 0 && pixel.bitsStored < pixel.bitsAllocated)) {
    notes.push({ code: 'overlays-ignored', detail: `${overlays + embedded} overlay${overlays + embedded === 1 ? '' : 's'}` });
  }
  if (pixel.samples > 1 || pixel.photometric === 'PALETTE COLOR') notes.push({ code: 'colour', detail: pixel.photometric });
  if (isLossy(ds, file)) notes.push({ code: 'lossy-source', detail: file.meta.syntax.lossy ? file.meta.syntax.name : 'compressed with loss before' });
  if (imageType.includes('LOCALIZER') || imageType.includes('SCOUT')) notes.push({ code: 'localizer', detail: imageType.join('\\') });
  if (pixel.bitsAllocated === 8 && /^MONOCHROME/.test(pixel.photometric)) notes.push({ code: 'eight-bit', detail: '8 bits a pixel' });
  const matrix = numbersOfElement(ds, 'x00181310').filter((n) => n > 0);
  const acquired = Math.max(0, ...matrix);
  if (acquired > 0 && acquired < Math.max(pixel.rows, pixel.columns) && !mosaic) {
    notes.push({ code: 'interpolated-matrix', detail: `acquired ${matrix.join(' × ')}, stored ${pixel.columns} × ${pixel.rows}` });
  }
  return notes;
}
