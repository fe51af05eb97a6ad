import { itemsOf, numberOf, numbersOf, stringOf, type DicomAttributes } from '../../core/dicomJson';
import { StudioError } from '../../core/errors';
import type { PixelSpacingMm, SliceGeometry, Vec3 } from '../../core/geometry';
import type { LabelClass, SliceHeader } from '../../core/slice';
import { cielabToRgb } from './labelColor';

/** One frame of a DICOM SEG: which segment, and where it lies. */
export interface SegmentationFrame {
  readonly index: number;
  /** Segment Number; 0 for a LABELMAP frame, whose pixel values are the numbers themselves. */
  readonly segment: number;
  readonly geometry: SliceGeometry | null;
  readonly pixelSpacingMm: PixelSpacingMm | null;
  readonly sources: readonly SourceImage[];
}

/** An image that a frame was made on; of a multi-frame one, which of its frames (from 1). None told: all of it. */
export interface SourceImage {
  readonly uid: string;
  readonly frames: readonly number[];
}

/** Whether `image` names this slice. */
export const namesSlice = ({ uid, frames }: SourceImage, slice: SliceHeader): boolean =>
  uid === slice.sopInstanceUid && (frames.length === 0 || frames.includes((slice.frame ?? 0) + 1));

/** A DICOM Segmentation (PS3.3 A.51), its pixels not yet mapped to any series. */
export interface Segmentation {
  readonly kind: 'seg';
  readonly name: string;
  readonly type: 'BINARY' | 'FRACTIONAL' | 'LABELMAP';
  readonly rows: number;
  readonly columns: number;
  readonly frameOfReferenceUid: string | undefined;
  readonly referencedSeriesUids: readonly string[];
  readonly referencedInstanceUids: readonly string[];
  readonly classes: readonly LabelClass[];
  readonly frames: readonly SegmentationFrame[];
  /** Class ids (0 = background, else the Segment Number) of frame `index`; FRACTIONAL at or above half the maximum. */
  plane(index: number): Uint8Array;
  readonly notes: readonly string[];
}

/** Values of frame `index`, one number a pixel: 0/1 for BINARY, 0…maximum for FRACTIONAL, segment numbers for LABELMAP. */
export type SegmentationPixels = (index: number) => ArrayLike<number>;

/**
 * Reads a SEG from its attributes and a reader of its frames. The fractional threshold is half of Maximum Fractional
 * Value (0062,000E), both sides of which are told in `notes`. Throws `label/invalid` where it contradicts itself.
 */
export function readSegmentation(a: DicomAttributes, pixels: SegmentationPixels, name = ''): Segmentation {
  const type = stringOf(a, '00620001') ?? 'BINARY';
  if (type !== 'BINARY' && type !== 'FRACTIONAL' && type !== 'LABELMAP') throw new StudioError('label/invalid', `Segmentation Type ${type}`);
  const rows = numberOf(a, '00280010') ?? 0;
  const columns = numberOf(a, '00280011') ?? 0;
  if (rows < 1 || columns < 1) throw new StudioError('label/invalid', 'no rows or columns');
  const classes = readSegments(a);
  const known = new Set(classes.map((c) => c.id));
  const frames = readFrames(a, type === 'LABELMAP');
  for (const frame of frames) {
    if (type !== 'LABELMAP' && !known.has(frame.segment)) throw new StudioError('label/invalid', `frame ${frame.index + 1} refers to segment ${frame.segment}, which is not described`);
  }
  const maximum = numberOf(a, '0062000E') ?? 255;
  const threshold = maximum / 2;
  const notes: string[] = [];
  if (type === 'FRACTIONAL') notes.push(`Fractional segments count from ${Math.ceil(threshold)} of ${maximum} up (half and above).`);
  const series = itemsOf(a, '00081115');
  return {
    kind: 'seg',
    name: name || stringOf(a, '0008103E') || stringOf(a, '00700080') || 'segmentation',
    type,
    rows,
    columns,
    frameOfReferenceUid: stringOf(a, '00200052'),
    referencedSeriesUids: series.flatMap((s) => stringOf(s, '0020000E') ?? []),
    referencedInstanceUids: [
      ...new Set([...series.flatMap((s) => itemsOf(s, '0008114A').flatMap((i) => stringOf(i, '00081155') ?? [])), ...frames.flatMap((f) => f.sources.map(({ uid }) => uid))]),
    ],
    classes,
    frames,
    notes,
    plane(index) {
      const frame = frames[index];
      if (!frame) throw new StudioError('label/invalid', `no frame ${index + 1}`);
      const values = pixels(index);
      if (values.length < rows * columns) throw new StudioError('label/invalid', `frame ${index + 1} is cut short`);
      const out = new Uint8Array(rows * columns);
      if (type === 'LABELMAP') for (let i = 0; i < out.length; i++) out[i] = known.has(values[i]!) ? values[i]! : 0;
      else if (type === 'BINARY') for (let i = 0; i < out.length; i++) out[i] = values[i]! > 0 ? frame.segment : 0;
      else for (let i = 0; i < out.length; i++) out[i] = values[i]! >= threshold ? frame.segment : 0;
      return out;
    },
  };
}

function readSegments(a: DicomAttributes): LabelClass[] {
  const classes = itemsOf(a, '00620002').flatMap((item): LabelClass[] => {
    const id = numberOf(item, '00620004');
    if (id === undefined || !Number.isInteger(id) || id < 0) throw new StudioError('label/invalid', 'a segment without a number');
    if (id === 0) return [];
    if (id > 255) throw new StudioError('label/invalid', `segment number ${id}; at most 255 are supported`);
    const lab = numbersOf(item, '0062000D');
    return [{
      id,
      name: stringOf(item, '00620005') ?? stringOf(itemsOf(item, '0062000F')[0], '00080104') ?? `Segment ${id}`,
      ...(lab.length === 3 ? { color: cielabToRgb(lab) } : {}),
    }];
  });
  if (classes.length === 0) throw new StudioError('label/invalid', 'no segments are described');
  return classes;
}

function readFrames(a: DicomAttributes, labelmap: boolean): SegmentationFrame[] {
  const shared = itemsOf(a, '52009229')[0];
  const perFrame = itemsOf(a, '52009230');
  const count = numberOf(a, '00280008') ?? perFrame.length;
  if (perFrame.length < count) throw new StudioError('label/invalid', `${count} frames, but ${perFrame.length} are described`);
  const group = (f: DicomAttributes, tag: string): DicomAttributes | undefined => itemsOf(f, tag)[0] ?? itemsOf(shared, tag)[0];
  return perFrame.slice(0, count).map((f, index) => {
    const ipp = numbersOf(group(f, '00209113'), '00200032');
    const iop = numbersOf(group(f, '00209116'), '00200037');
    const spacing = numbersOf(group(f, '00289110'), '00280030');
    const ok = ipp.length === 3 && iop.length === 6 && [...ipp, ...iop].every(Number.isFinite);
    return {
      index,
      segment: labelmap ? 0 : (numberOf(group(f, '0062000A'), '0062000B') ?? 0),
      geometry: ok ? { positionMm: ipp as unknown as Vec3, rowDirection: iop.slice(0, 3) as unknown as Vec3, columnDirection: iop.slice(3) as unknown as Vec3 } : null,
      pixelSpacingMm: spacing.length === 2 && spacing.every((s) => s > 0) ? [spacing[0]!, spacing[1]!] : null,
      sources: [...itemsOf(f, '00089124'), ...itemsOf(shared, '00089124')].flatMap((d) => itemsOf(d, '00082112').flatMap(sourceImage)),
    };
  });
}

function sourceImage(item: DicomAttributes): SourceImage[] {
  const uid = stringOf(item, '00081155');
  return uid ? [{ uid, frames: numbersOf(item, '00081160') }] : [];
}
