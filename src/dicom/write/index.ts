export { writePart10 } from './part10';
export { derivedDicom, writeDerivedDicom } from './derivedImage';
export type { DerivedDicom, DerivedOptions } from './derivedImage';
export { deriveUid } from './uid';
export { writeSegmentation } from './segmentation';
export type { SegmentationOptions, SegmentedImage, WrittenSegmentation } from './segmentation';
