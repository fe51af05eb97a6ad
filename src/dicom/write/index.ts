export { writePart10 } from './part10';
export { derivedDicom, writeDerivedDicom } from './derivedImage';
export type { DerivedDicom, DerivedOptions } from './derivedImage';
export { commonRescale, joinSpans, lacksGrid, spanOf } from './pixelStorage';
export type { Rescale, ValueSpan } from './pixelStorage';
export { deriveUid } from './uid';
export { writeSegmentation } from './segmentation';
export type { SegmentationOptions, WrittenSegmentation } from './segmentation';
export type { SegmentedImage } from './segmentationFrames';
