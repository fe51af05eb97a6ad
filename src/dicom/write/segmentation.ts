import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { stringOf, type DicomAttributes, type DicomElement } from '../../core/dicomJson';
import { cross, dot, type Vec3 } from '../../core/geometry';
import { classColor } from '../../core/labelSet';
import type { LabelClass } from '../../core/slice';
import { codeItem } from './derivation';
import { cielab } from './cielab';
import { writePart10 } from './part10';
import { collectFrames, type Frame, type SegmentedImage } from './segmentationFrames';
import { deriveUid } from './uid';
import { codeString, fitText } from './validValue';

const SEGMENTATION = '1.2.840.10008.5.1.4.1.1.66.4';

export interface SegmentationOptions {
  readonly softwareVersion: string;
  /** What drew the masks: a model id and its version, or the recipe; goes into Segment Algorithm Name. */
  readonly algorithm: string;
  readonly algorithmType: 'AUTOMATIC' | 'SEMIAUTOMATIC' | 'MANUAL';
  readonly synthetic: boolean;
  readonly uidKey?: Uint8Array;
  readonly seriesDescription?: string;
  /** Where several SEGs are written beside one series; 1 if not given. */
  readonly instanceNumber?: number;
}

export interface WrittenSegmentation {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sopInstanceUid: string;
  readonly frames: number;
}

/**
 * A DICOM Segmentation (PS3.3 A.51), binary, of all classes over the images of one exported series, in their study and
 * frame of reference. One frame for each class and image that has it; empty frames are left out. Segment numbers are
 * 1, 2, … in the order of `classes`. Returns null when no image bears any class.
 * Throws `label/mismatch` when images differ in size, spacing or orientation (by more than slices of a volume may), or a
 * label in size.
 */
export function writeSegmentation(images: readonly SegmentedImage[], classes: readonly LabelClass[], options: SegmentationOptions): WrittenSegmentation | null {
  const first = images[0]?.attributes;
  if (!first) return null;
  const rows = Number(first['00280010']!.Value![0]);
  const columns = Number(first['00280011']!.Value![0]);
  const { list: frames, pixels, overlapping } = collectFrames(images, classes, rows, columns);
  if (frames.length === 0) return null;
  const borne = new Set(frames.map((f) => f.classId));
  const used = classes.filter((c) => borne.has(c.id));
  const segment = new Map(used.map((c, i) => [c.id, i + 1]));
  const series = stringOf(first, '0020000E')!;
  const seriesUid = deriveUid(['seg-series', series, options.algorithm], options.uidKey);
  // All that is said in the file: masks that were drawn anew on the same images are another instance.
  const content = [
    options.softwareVersion, options.algorithmType, options.synthetic ? 'YES' : '', options.seriesDescription, options.instanceNumber, bytesToHex(sha256(pixels)),
    ...used.flatMap((c) => [c.id, c.name, ...(c.color ?? [])]), ...images.map((i) => stringOf(i.attributes, '00080018')),
  ];
  const instance = deriveUid(['seg-instance', seriesUid, ...frames.map((f) => `${f.image}/${f.classId}`), ...content], options.uidKey);
  const dimension = deriveUid(['seg-dimension', seriesUid], options.uidKey);
  const out: Record<string, DicomElement> = { ...patientAndStudy(first), ...equipment(options) };
  const ui = (value: string): DicomElement => ({ vr: 'UI', Value: [value] });
  const us = (value: number): DicomElement => ({ vr: 'US', Value: [value] });
  const cs = (...value: string[]): DicomElement => ({ vr: 'CS', Value: value });
  const sq = (...items: DicomAttributes[]): DicomElement => ({ vr: 'SQ', Value: items });

  out['00080008'] = cs('DERIVED', 'PRIMARY');
  out['00080016'] = ui(SEGMENTATION);
  out['00080018'] = ui(instance);
  if (options.synthetic) out['0008001C'] = cs('YES');
  out['00080023'] = { vr: 'DA', Value: [stringOf(first, '00080020') || '19700101'] };
  out['00080033'] = { vr: 'TM', Value: [stringOf(first, '00080030') || '000000'] };
  out['00080060'] = cs('SEG');
  out['0008103E'] = { vr: 'LO', Value: [fitText(options.seriesDescription ?? `${options.synthetic ? 'SYNTHETIC ' : ''}segmentation`, 64)] };
  out['00081115'] = sq({
    '0020000E': ui(series),
    '0008114A': sq(...images.map(({ attributes }) => reference(attributes))),
  });
  out['0020000E'] = ui(seriesUid);
  out['00200011'] = { vr: 'IS', Value: [Number(stringOf(first, '00200011') ?? 0) + 50] };
  out['00200013'] = { vr: 'IS', Value: [options.instanceNumber ?? 1] };
  out['00200052'] = first['00200052'] ?? ui(deriveUid(['seg-frame-of-reference', series]));
  out['00201040'] = { vr: 'LO' };
  out['00209221'] = sq({ '00209164': ui(dimension) });
  out['00209222'] = sq(
    { '00209164': ui(dimension), '00209165': { vr: 'AT', Value: ['0062000B'] }, '00209167': { vr: 'AT', Value: ['0062000A'] } },
    { '00209164': ui(dimension), '00209165': { vr: 'AT', Value: ['00200032'] }, '00209167': { vr: 'AT', Value: ['00209113'] } },
  );
  out['00209311'] = cs('3D');
  out['00280002'] = us(1);
  out['00280004'] = cs('MONOCHROME2');
  out['00280008'] = { vr: 'IS', Value: [frames.length] };
  out['00280010'] = us(rows);
  out['00280011'] = us(columns);
  out['00280100'] = us(1);
  out['00280101'] = us(1);
  out['00280102'] = us(0);
  out['00280103'] = us(0);
  out['00282110'] = cs('00');
  out['00620001'] = cs('BINARY');
  out['00620002'] = sq(...used.map((c) => segmentItem(c, segment.get(c.id)!, options)));
  out['00620013'] = cs(overlapping ? 'YES' : 'NO');
  out['00700080'] = cs(codeString(used[0]!.name) || 'SEGMENTATION');
  out['00700081'] = { vr: 'LO', Value: [fitText(used.map((c) => c.name).join(', '), 64)] };
  out['00700084'] = { vr: 'PN', Value: ['Verisim Studio'] };
  out['52009229'] = sq({
    '00209116': sq({ '00200037': first['00200037'] ?? { vr: 'DS', Value: [1, 0, 0, 0, 1, 0] } }),
    '00289110': sq(pixelMeasures(images.map((i) => i.attributes))),
  });
  const positions = new Map([...new Set(frames.map((f) => f.image))].sort((a, b) => a - b).map((image, n) => [image, n + 1]));
  out['52009230'] = { vr: 'SQ', Value: frames.map((f) => frameItem(f, images[f.image]!.attributes, segment.get(f.classId)!, positions.get(f.image)!)) };
  out['7FE00010'] = { vr: 'OB', bytes: pixels };
  return { bytes: writePart10(out), sopInstanceUid: instance, frames: frames.length };
}

function patientAndStudy(image: DicomAttributes): Record<string, DicomElement> {
  const out: Record<string, DicomElement> = {};
  for (const tag of ['00080020', '00080030', '00080050', '00080090', '00081030', '00100010', '00100020', '00100021', '00100030', '00100040', '00101010', '00101020', '00101030', '0020000D', '00200010', '00120062', '00120063', '00120064', '00280303']) {
    if (image[tag]) out[tag] = image[tag]!;
  }
  return out;
}

function equipment(options: SegmentationOptions): Record<string, DicomElement> {
  return {
    '00080070': { vr: 'LO', Value: ['Verisim Studio'] },
    '00081090': { vr: 'LO', Value: ['Verisim Studio'] },
    '00181000': { vr: 'LO', Value: ['none'] },
    '00181020': { vr: 'LO', Value: [fitText(options.softwareVersion, 64) || '0'] },
  };
}

function reference(image: DicomAttributes): DicomAttributes {
  return { '00081150': { vr: 'UI', Value: image['00080016']!.Value }, '00081155': { vr: 'UI', Value: image['00080018']!.Value } };
}

function pixelMeasures(images: readonly DicomAttributes[]): DicomAttributes {
  const image = images[0]!;
  const thickness = image['00180050']?.Value?.length ? image['00180050']! : { vr: 'DS', Value: [1] };
  const step = sliceStep(images);
  return {
    '00180050': thickness,
    ...(step ? { '00180088': { vr: 'DS', Value: [step] } } : image['00180088']?.Value?.length ? { '00180088': image['00180088']! } : {}),
    '00280030': image['00280030'] ?? { vr: 'DS', Value: [1, 1] },
  };
}

/**
 * Distance between neighbouring slices in mm, from their positions; null for one slice or uneven ones. Readers that make a
 * volume of the frames (dcmqi, 3D Slicer) take Slice Thickness where it is not written, which is wrong with gaps.
 */
function sliceStep(images: readonly DicomAttributes[]): number | null {
  const direction = images[0]!['00200037']?.Value?.map(Number) ?? [];
  if (direction.length !== 6) return null;
  const [r, c] = [direction.slice(0, 3) as unknown as Vec3, direction.slice(3) as unknown as Vec3];
  const normal = cross(r, c);
  const places = images.map((i) => i['00200032']?.Value?.map(Number) ?? []).filter((p) => p.length === 3).map((p) => dot(p as unknown as Vec3, normal)).sort((a, b) => a - b);
  const steps = places.slice(1).map((p, i) => p - places[i]!).filter((d) => d > 1e-3);
  const least = Math.min(...steps);
  if (steps.length === 0 || steps.some((d) => Math.abs(d / least - Math.round(d / least)) > 0.02)) return null;
  // The whole way divided by its steps: positions are rounded in the file.
  const total = steps.reduce((sum, d) => sum + d, 0);
  return Math.round((total / steps.reduce((n, d) => n + Math.round(d / least), 0)) * 1e6) / 1e6;
}

function segmentItem(label: LabelClass, number: number, options: SegmentationOptions): DicomAttributes {
  const [category, type] = propertyCodes(label.name);
  return {
    '00620003': { vr: 'SQ', Value: [category] },
    '00620004': { vr: 'US', Value: [number] },
    '00620005': { vr: 'LO', Value: [fitText(label.name, 64) || `class ${label.id}`] },
    '00620008': { vr: 'CS', Value: [options.algorithmType] },
    ...(options.algorithmType === 'MANUAL' ? {} : { '00620009': { vr: 'LO', Value: [fitText(`Verisim Studio ${options.softwareVersion} ${options.algorithm}`, 64)] } }),
    '0062000D': { vr: 'US', Value: [...cielab(classColor(label))] },
    '0062000F': { vr: 'SQ', Value: [type] },
  };
}

/** Segmented Property Category and Type (CID 7150, 7151) by the class's name; "Tissue" where it says nothing. */
function propertyCodes(name: string): [DicomAttributes, DicomAttributes] {
  const altered = codeItem('49755003', 'SCT', 'Morphologically Altered Structure');
  if (/nodule/i.test(name)) return [altered, codeItem('27925004', 'SCT', 'Nodule')];
  if (/glioma|tumou?r|neoplasm|sarcoma|cancer|metasta/i.test(name)) return [altered, codeItem('108369006', 'SCT', 'Neoplasm')];
  if (/lesion/i.test(name)) return [altered, codeItem('52988006', 'SCT', 'Lesion')];
  return [codeItem('85756007', 'SCT', 'Tissue'), codeItem('85756007', 'SCT', 'Tissue')];
}

function frameItem(frame: Frame, image: DicomAttributes, segment: number, position: number): DicomAttributes {
  const source: DicomAttributes = {
    ...reference(image),
    '0028135A': { vr: 'CS', Value: ['YES'] },
    '0040A170': { vr: 'SQ', Value: [codeItem('121322', 'DCM', 'Source image for image processing operation')] },
  };
  return {
    '00089124': { vr: 'SQ', Value: [{ '00082112': { vr: 'SQ', Value: [source] }, '00089215': { vr: 'SQ', Value: [codeItem('113076', 'DCM', 'Segmentation')] } }] },
    '00209111': { vr: 'SQ', Value: [{ '00209157': { vr: 'UL', Value: [segment, position] } }] },
    '00209113': { vr: 'SQ', Value: [{ '00200032': image['00200032'] ?? { vr: 'DS', Value: [0, 0, frame.image] } }] },
    '0062000A': { vr: 'SQ', Value: [{ '0062000B': { vr: 'US', Value: [segment] } }] },
  };
}
