export { maskBounds, type MaskBounds } from './maskGeometry';
export { drawShape, type MaskShape } from './maskShape';
export { measureLesion, type LesionMeasures } from './measure';
export { paintLesion, patchSize, type PaintRequest, type PaintResult } from './paint';
export { fitOutline, fitsPatch, largestSide, type PatchPlan } from './patch';
export { judgePlace, moveMask, proposePlace, type PlaceVerdict } from './place';
export { segmentSlice, type Finding, type Region } from './segment';
export { findLung, findTissue, type Tissue } from './tissue';
