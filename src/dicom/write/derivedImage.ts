import { numberOf, stringOf, type DicomAttributes, type DicomElement } from '../../core/dicomJson';
import { StudioError } from '../../core/errors';
import { earlierSteps, rootSource, type FileSource } from '../../core/lineage';
import type { AugmentationInfo, Slice } from '../../core/slice';
import { classicFrame } from './classicFrame';
import { contributingEquipment, derivationCode, derivationText } from './derivation';
import { writePart10 } from './part10';
import { storeSlice, type Rescale, type StoredImage } from './pixelStorage';
import { inheritedAttributes } from './sourceModules';
import { decimalString } from './elementValue';
import { deriveUid } from './uid';
import { codeString, fitText, isValidText } from './validValue';

const CT_IMAGE = '1.2.840.10008.5.1.4.1.1.2';
const MR_IMAGE = '1.2.840.10008.5.1.4.1.1.4';
const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';

/** What an export has to know besides the slice. All of it goes into the UIDs, so equal options give equal bytes. */
export interface DerivedOptions {
  /** How the pixels came about. Default: that of `slice.source` when it is generated; null for a mere conversion. */
  readonly info?: AugmentationInfo | null;
  readonly softwareVersion: string;
  /** Text or hash of the recipe that made the slice; part of the UIDs. */
  readonly recipe?: string;
  /** Which copy of its source this is, from 0; part of the UIDs. Copies are series of their own. */
  readonly copy?: number;
  /** Synthetic Data (0008,001C) = YES. Default: true for whatever was generated, or comes from a source that says YES. */
  readonly synthetic?: boolean;
  /** Attributes of the source (after de-identification) instead of those the slice carries. */
  readonly sourceAttributes?: DicomAttributes;
  /** HMAC key for UIDs of de-identified exports; without it they are plain SHA-256. */
  readonly uidKey?: Uint8Array;
  readonly seriesNumber?: number;
  /** Instance Number. Whole images that are `unchanged` keep the source's. */
  readonly instanceNumber?: number;
  /** Follows the word SYNTHETIC (left out for a conversion) in Series Description. */
  readonly seriesDescription?: string;
  /** One grey grid for all slices of a series without a source grid (NIfTI, PNG). */
  readonly rescale?: Rescale;
  /** What stands for the source in UIDs where it has none of its own (NIfTI, pictures). Default: its name and the slice's id. */
  readonly sourceKey?: { readonly study: string; readonly series: string; readonly instance: string };
  /** What besides the source makes a series, instead of recipe, seed and model: slices of one copy then stay together. */
  readonly seriesKey?: string;
  /**
   * An unchanged image: Image Type and UIDs are those of `sourceAttributes`, so that references to it hold. Where these are
   * the source's own (not de-identified), its UID stays only with the very pixels that it stands for: 16-bit grey values in
   * the same SOP Class. Otherwise the image is a new instance with the source in Source Image Sequence.
   */
  readonly unchanged?: boolean;
  /** False when pixels no longer lie where the scanner saw them (flip, rotation, elastic). Default: by size alone. */
  readonly spatialLocationsPreserved?: boolean;
  /** Recognizable Visual Features (0028,0302): a head that was not defaced. */
  readonly recognizableFace?: boolean;
  /** Burned In Annotation (0028,0301) of the source's pixels; default what the source says, NO for scanner images, absent for screenshots. */
  readonly burnedIn?: boolean;
}

export interface DerivedDicom {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly attributes: DicomAttributes;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly studyInstanceUid: string;
  /** Values that overshot 16 bits and were clamped. */
  readonly clamped: number;
}

/** The DICOM file of a generated or converted slice: see {@link derivedDicom}. */
export function writeDerivedDicom(slice: Slice, options: DerivedOptions): Uint8Array<ArrayBuffer> {
  return derivedDicom(slice, options).bytes;
}

/**
 * A single-frame MR or CT Image (Secondary Capture where the slice is neither, or has no geometry) in Explicit VR
 * Little Endian, 16 bits allocated and stored. Rows, Columns, Pixel Spacing and Image Position are those of `slice`;
 * Study, Frame of Reference and acquisition attributes are the source's; series and instance UIDs derive from recipe,
 * copy, seed, source, model sha256, variant, backend and version. PS3.3 A.3, A.4, A.8, C.7.6.1, C.12.1.
 * Throws `dicom/bad-dimensions` for a slice that cannot be written.
 */
export function derivedDicom(slice: Slice, options: DerivedOptions): DerivedDicom {
  const { width, height } = slice.raster;
  if (width > 65535 || height > 65535) throw new StudioError('dicom/bad-dimensions', `${width} × ${height}`);
  const origin = rootSource(slice.source);
  const info = options.info === undefined ? (slice.source.kind === 'generated' ? slice.source.augmentation : null) : options.info;
  const given = options.sourceAttributes ?? (origin.kind === 'dicom' ? classicFrame(origin.attributes, origin.frame) : {});
  const modality = stringOf(given, '00080060')?.trim() || slice.modality || 'OT';
  const sopClass = !slice.geometry || !slice.pixelSpacingMm ? SECONDARY_CAPTURE : modality === 'MR' ? MR_IMAGE : modality === 'CT' ? CT_IMAGE : SECONDARY_CAPTURE;
  const synthetic = options.synthetic ?? (info !== null || stringOf(given, '0008001C') === 'YES');
  const image = storeSlice(slice, origin.kind === 'dicom' ? given : undefined, options.rescale);
  const earlier = info ? earlierSteps(slice.source, info) : [];
  const kept = options.unchanged ? keptIdentity(origin, given, sopClass, image) : null;
  const uids = derivedUids(slice, origin, given, info, earlier, options, kept?.uids ?? false);
  const us = (value: number): DicomElement => ({ vr: 'US', Value: [value] });
  const cs = (...value: string[]): DicomElement => ({ vr: 'CS', Value: value });
  const ds = (...value: number[]): DicomElement => ({ vr: 'DS', Value: value.map(decimalString) });
  const signedVr = image.signed ? 'SS' : 'US';
  const out: Record<string, DicomElement> = { ...inheritedAttributes(given, sopClass === SECONDARY_CAPTURE ? 'OT' : modality) };

  out['00080008'] = imageType(given, modality, !options.unchanged || !image.verbatim);
  out['00080016'] = { vr: 'UI', Value: [sopClass] };
  out['00080018'] = { vr: 'UI', Value: [uids.instance] };
  if (synthetic) out['0008001C'] = cs('YES');
  out['00080060'] = cs(codeString(modality) || 'OT');
  out['0008103E'] = { vr: 'LO', Value: [seriesDescription(given, synthetic, info, options)] };
  out['0020000D'] = { vr: 'UI', Value: [uids.study] };
  out['0020000E'] = { vr: 'UI', Value: [uids.series] };
  const ownNumber = options.unchanged ? numberOf(given, '00200011') : undefined;
  out['00200011'] = { vr: 'IS', Value: [options.seriesNumber ?? ownNumber ?? derivedSeriesNumber(given, options.copy ?? 0)] };
  const itsNumber = numberOf(given, '00200013');
  out['00200013'] = { vr: 'IS', Value: [(kept?.number ? itsNumber : undefined) ?? options.instanceNumber ?? itsNumber ?? 1] };
  if (origin.kind === 'dicom' && !kept?.uids) out['00082112'] = sourceImages(origin, given, options.spatialLocationsPreserved !== false && geometryKept(slice, given));
  if (info) {
    out['00082111'] = { vr: 'ST', Value: [derivationText(info, earlier)] };
    out['00089215'] = derivationCode([...earlier, info]);
  }
  out['0018A001'] = contributingEquipment([...earlier, info], options.softwareVersion, options.recipe, given['0018A001']);

  out['00280002'] = us(1);
  out['00280004'] = cs(slice.inverted ? 'MONOCHROME1' : 'MONOCHROME2');
  out['00280010'] = us(height);
  out['00280011'] = us(width);
  if (slice.pixelSpacingMm) out['00280030'] = ds(...slice.pixelSpacingMm);
  out['00280100'] = us(16);
  out['00280101'] = us(16);
  out['00280102'] = us(15);
  out['00280103'] = us(image.signed ? 1 : 0);
  out['00280106'] = { vr: signedVr, Value: [image.min] };
  out['00280107'] = { vr: signedVr, Value: [image.max] };
  if (image.padding) {
    out['00280120'] = { vr: signedVr, Value: [image.padding.low] };
    if (image.padding.high !== image.padding.low) out['00280121'] = { vr: signedVr, Value: [image.padding.high] };
  }
  const burnedIn = burnedInAnnotation(given, origin, options.burnedIn);
  if (burnedIn) out['00280301'] = cs(burnedIn);
  if (options.recognizableFace !== undefined) out['00280302'] = cs(options.recognizableFace ? 'YES' : 'NO');
  if (slice.window.width > 0) {
    out['00281050'] = ds(slice.window.center);
    out['00281051'] = ds(slice.window.width);
    if (slice.window.function !== 'LINEAR') out['00281056'] = cs(slice.window.function);
  }
  if (modality === 'CT' || image.rescale.slope !== 1 || image.rescale.intercept !== 0) {
    out['00281052'] = ds(image.rescale.intercept);
    out['00281053'] = ds(image.rescale.slope);
    out['00281054'] = { vr: 'LO', Value: [rescaleType(slice, given)] };
  }
  lossyFlags(out, origin);
  if (sopClass === SECONDARY_CAPTURE) {
    out['00080064'] = cs('SYN');
    out['00200020'] = cs();
  }
  if (slice.geometry) {
    out['00200032'] = ds(...slice.geometry.positionMm);
    out['00200037'] = ds(...slice.geometry.rowDirection, ...slice.geometry.columnDirection);
    out['00200052'] = { vr: 'UI', Value: [uids.frameOfReference] };
    if (slice.sliceThicknessMm && !out['00180050']?.Value) out['00180050'] = ds(slice.sliceThicknessMm);
  } else {
    delete out['00201040'];
    delete out['00180050'];
  }
  if (modality === 'MR' && sopClass === MR_IMAGE) mrDefaults(out);
  out['7FE00010'] = { vr: 'OW', bytes: image.bytes };
  return {
    bytes: writePart10(out),
    attributes: out,
    sopClassUid: sopClass,
    sopInstanceUid: uids.instance,
    seriesInstanceUid: uids.series,
    studyInstanceUid: uids.study,
    clamped: image.clamped,
  };
}

/** What an unchanged image keeps of its source: nothing, where it is one frame of several or a tile of a mosaic. */
function keptIdentity(origin: FileSource, given: DicomAttributes, sopClass: string, image: StoredImage): { number: boolean; uids: boolean } {
  if (origin.kind !== 'dicom' || origin.tile !== undefined || (numberOf(given, '00280008') ?? 1) > 1) return { number: false, uids: false };
  const replaced = stringOf(given, '00080018') !== stringOf(origin.attributes, '00080018');
  const same = image.verbatim && numberOf(given, '00280100') === 16 && stringOf(given, '00080016') === sopClass;
  return { number: true, uids: replaced || same };
}

function derivedUids(slice: Slice, origin: FileSource, given: DicomAttributes, info: AugmentationInfo | null, earlier: readonly AugmentationInfo[], options: DerivedOptions, keep: boolean) {
  const key = options.uidKey;
  const text = (tag: string): string | undefined => {
    const value = stringOf(given, tag)?.trim();
    return value && isValidText('UI', value) ? value : undefined;
  };
  const name = origin.kind === 'dicom' ? '' : (options.sourceKey?.series ?? origin.name);
  const study = text('0020000D') ?? deriveUid(['study', options.sourceKey?.study ?? name, stringOf(given, '00100020')], key);
  const made = [options.recipe, options.copy ?? 0, options.softwareVersion, ...runOf(info), ...earlier.flatMap(runOf)];
  // Figures measured on each slice would put it into a series of its own.
  const madeSeries = options.seriesKey === undefined ? [...made, ...[info, ...earlier].flatMap(runSettings)] : [options.seriesKey, options.copy ?? 0, options.softwareVersion];
  const settings = [info, ...earlier].map((step) => JSON.stringify(step?.parameters ?? null));
  const tile = origin.kind === 'dicom' && origin.tile !== undefined ? `.${origin.tile}` : '';
  const instanceSource = origin.kind === 'dicom' ? `${text('00080018') ?? slice.id}#${origin.frame}${tile}` : (options.sourceKey?.instance ?? slice.id);
  const kept = keep ? { series: text('0020000E'), instance: text('00080018') } : {};
  return {
    study,
    series: kept.series && kept.series !== study ? kept.series : deriveUid(['series', study, text('0020000E') ?? name, ...madeSeries], key),
    instance: kept.instance ?? deriveUid(['instance', instanceSource, ...made, ...settings, slice.raster.width, slice.raster.height], key),
    frameOfReference: text('00200052') ?? deriveUid(['frame-of-reference', study, name], key),
  };
}

/** What of a step goes into the UIDs of a series: what ran. */
function runOf(step: AugmentationInfo | null): (string | number | null | undefined)[] {
  return [step?.kind, step?.seed, step?.model?.id, step?.model?.sha256, step?.model?.variant, step?.backend];
}

/** Settings that a person or a run gives; what is measured on a slice (meter, mask, its size where it was drawn) is not here. */
const RUN_SETTINGS = ['scale', 'perceptual', 'consistent', 'orientations', 'track', 'method', 'place', 'sizeMm', 'irregularity', 'contrast', 'softnessMm', 'labelRimPx', 'growMm'];

/** The settings of a step's run: the same seed with another size is another series. */
function runSettings(step: AugmentationInfo | null): string[] {
  const { parameters = {} } = step ?? {};
  return RUN_SETTINGS.filter((name) => name in parameters && !(name === 'sizeMm' && parameters.place === 'mask')).map((name) => `${name}=${JSON.stringify(parameters[name])}`);
}

function imageType(given: DicomAttributes, modality: string, derived: boolean): DicomElement {
  // Frame Type, where a frame has one: of several frames Image Type may be MIXED.
  const frame = given['00089007'];
  const source = ((frame ?? given['00080008'])?.Value ?? []).map((v) => codeString(String(v ?? '')));
  const whole = !derived && source.length >= 3 && source[0] && source[1];
  if (whole && !frame) return { vr: 'CS', Value: source };
  const enhanced = ['VOLUME', 'DISTORTED', ''];
  let third = source[2] ?? '';
  if (enhanced.includes(third) && (modality === 'CT' || modality === 'MR')) third = modality === 'CT' ? 'AXIAL' : 'OTHER';
  if (modality === 'CT' && third !== 'AXIAL' && third !== 'LOCALIZER') third = 'AXIAL';
  const value = [...(whole ? source.slice(0, 2) : ['DERIVED', 'SECONDARY']), ...(third ? [third] : [])];
  return { vr: 'CS', Value: value };
}

/** Rescale Type: HU only for what is; else what the source says (perfusion and material maps of CT), or US, unspecified. */
function rescaleType({ raster }: Slice, given: DicomAttributes): string {
  if (raster.unit === 'HU') return 'HU';
  const said = fitText(stringOf(given, '00281054') ?? '', 64);
  return said && said.toUpperCase() !== 'HU' ? said : 'US';
}

function seriesDescription(given: DicomAttributes, synthetic: boolean, info: AugmentationInfo | null, options: DerivedOptions): string {
  if (options.unchanged && !options.seriesDescription) {
    const said = stringOf(given, '0008103E')?.trim() || 'original';
    return fitText(synthetic && !/^SYNTHETIC\b/.test(said) ? `SYNTHETIC ${said}` : said, 64);
  }
  const own = options.seriesDescription ?? [info?.model?.id ?? info?.kind ?? 'converted', stringOf(given, '0008103E') ?? ''].join(' ');
  return fitText(`${synthetic ? 'SYNTHETIC ' : ''}${own}`, 64);
}

function derivedSeriesNumber(given: DicomAttributes, copy: number): number {
  const source = Math.trunc(numberOf(given, '00200011') ?? 0);
  return source >= 0 && source < 20_000_000 ? source * 100 + 1 + (copy % 99) : 1 + copy;
}

function geometryKept(slice: Slice, given: DicomAttributes): boolean {
  return numberOf(given, '00280010') === slice.raster.height && numberOf(given, '00280011') === slice.raster.width;
}

function sourceImages(origin: Extract<FileSource, { kind: 'dicom' }>, given: DicomAttributes, kept: boolean): DicomElement {
  const uid = stringOf(given, '00080018')?.trim();
  const item: Record<string, DicomElement> = {
    '00081150': { vr: 'UI', Value: [stringOf(given, '00080016') ?? SECONDARY_CAPTURE] },
    '00081155': { vr: 'UI', Value: [uid && isValidText('UI', uid) ? uid : deriveUid(['unknown-source', uid, origin.frame])] },
    '0028135A': { vr: 'CS', Value: [kept ? 'YES' : 'NO'] },
    '0040A170': {
      vr: 'SQ',
      Value: [{
        '00080100': { vr: 'SH', Value: ['121322'] },
        '00080102': { vr: 'SH', Value: ['DCM'] },
        '00080104': { vr: 'LO', Value: ['Source image for image processing operation'] },
      }],
    },
  };
  if (MULTI_FRAME.test(String(item['00081150']!.Value![0]))) item['00081160'] = { vr: 'IS', Value: [origin.frame + 1] };
  return { vr: 'SQ', Value: [item] };
}

function lossyFlags(out: Record<string, DicomElement>, origin: FileSource): void {
  const lossy = (origin.kind === 'dicom' && origin.lossy) || stringOf(out, '00282110') === '01';
  out['00282110'] = { vr: 'CS', Value: [lossy ? '01' : '00'] };
  if (lossy) return;
  delete out['00282112'];
  delete out['00282114'];
}

/** What the source says; else NO for scanner images, and nothing for screenshots and pictures, of which nobody knows. */
function burnedInAnnotation(given: DicomAttributes, origin: FileSource, told: boolean | undefined): 'YES' | 'NO' | null {
  if (told !== undefined) return told ? 'YES' : 'NO';
  const said = stringOf(given, '00280301')?.trim();
  if (said === 'YES' || said === 'NO') return said;
  const screenshot = origin.kind === 'image' || (stringOf(given, '00080016') ?? '').startsWith(SECONDARY_CAPTURE);
  return screenshot ? null : 'NO';
}

/** Classes whose instances have frames that can be referred to. */
const MULTI_FRAME = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(2\.1|2\.2|3\.1|4\.1|4\.3|4\.4|6\.2|7\.[1-4]|12\.1|12\.1\.1|12\.2|12\.2\.1|13\.1\.[1-5]|20|66\.4|77\.1\.6|128\.1|130|481\.2)$/;

/** Types 1 and 2 of the MR Image Module where the source (NIfTI, a picture) cannot say: research mode, no variant. */
function mrDefaults(out: Record<string, DicomElement>): void {
  out['00180020'] ??= { vr: 'CS', Value: ['RM'] };
  out['00180021'] ??= { vr: 'CS', Value: ['NONE'] };
  if (out['00180020'].Value?.includes('IR')) out['00180082'] ??= { vr: 'DS' };
}
