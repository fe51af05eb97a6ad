export { averagedInfer, ORIENTATIONS } from './averaged';
export { makeReduction, type Reduction, type ReductionKind } from './operators';
export { runTiled, type TiledHooks, type TiledResult } from './runTiled';
export { blendOutputs, inconsistency, projectConsistent, pullBack, variantWeights } from './shown';
