export { writePart10, EXPLICIT_LITTLE_ENDIAN } from './part10';
export { derivedDicom, writeDerivedDicom, rootSource, CT_IMAGE, MR_IMAGE, SECONDARY_CAPTURE } from './derivedImage';
export type { DerivedDicom, DerivedOptions } from './derivedImage';
export { deriveUid } from './uid';
export { writeSegmentation, SEGMENTATION } from './segmentation';
export type { SegmentationOptions, SegmentedImage, WrittenSegmentation } from './segmentation';
