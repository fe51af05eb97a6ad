/** What the lesion tool of the interface needs of the synthesis floor. */
export { drawShape, fitOutline, judgePlace, largestSide, maskBounds, moveMask, patchSize, proposePlace, type PlaceVerdict, type Tissue } from '../synthesis/lesion';
export { labelledLesions } from './knownLesions';
