import type { DicomAttributes } from '../../core/dicomJson';
import { StudioError } from '../../core/errors';
import { decodeFrame } from '../decode/decodeFrame';
import { indexFrames, readFrameBytes } from '../read/frames';
import { kindOf, requirePixels } from '../read/header';
import type { ParsedFile } from '../read/parse';
import { isEncapsulated } from '../read/syntax';
import { toAttributes } from '../read/values';
import { readSegmentation, type Segmentation } from './readSegmentation';
import { readStructureSet, type StructureSet } from './readStructureSet';

/** Frames of a SEG are decoded up front, so many pixels at most: 4,000 frames of 512². */
const MAX_PIXELS = 1_048_576_000;

/**
 * Reads a parsed DICOM SEG or RT Structure Set. Binary frames are unpacked from bits that run on from frame to frame;
 * compressed ones are decoded. Frames are kept as bytes, one a pixel.
 * Throws `label/invalid` where the file contradicts itself or is neither, `dicom/*` from decoding.
 */
export async function readLabelFile(file: ParsedFile, name = ''): Promise<Segmentation | StructureSet> {
  const kind = kindOf(file.dataSet, file.meta.mediaSopClass);
  const attributes: DicomAttributes = toAttributes(file.dataSet);
  if (kind === 'rtstruct') return readStructureSet(attributes, name);
  if (kind !== 'seg') throw new StudioError('label/invalid', 'neither a segmentation nor a structure set');
  const pixel = requirePixels(file);
  if (pixel.frames * pixel.rows * pixel.columns > MAX_PIXELS) throw new StudioError('dicom/limits', `${pixel.frames} frames of ${pixel.columns} × ${pixel.rows}`);
  const index = isEncapsulated(file.meta.syntax) ? await indexFrames(file, pixel) : undefined;
  const frames: Uint8Array[] = [];
  for (let frame = 0; frame < pixel.frames; frame++) {
    const { words } = await decodeFrame(await readFrameBytes(file, pixel, frame, index), pixel, file.meta.syntax, file.meta.syntax.littleEndian);
    frames.push(words instanceof Uint8Array ? words : Uint8Array.from(words, (v) => (v > 0 && v <= 255 ? v : 0)));
  }
  return readSegmentation(attributes, (i) => frames[i] ?? new Uint8Array(0), name);
}
