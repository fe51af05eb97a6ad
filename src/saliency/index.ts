export { boxAround, cutBox, type Explainable, type MethodHooks } from './explainable';
export { scoreFaithfulness } from './faithfulness';
export { gradCam } from './gradCam';
export { diffusionIndex, gradient, integratedGradients, LAM, localAttribution, smoothGrad, type MethodResult } from './gradients';
export { occlusion, rise, RISE_CELLS } from './perturbation';
export type { Box, Faithfulness, FaithfulnessCurve, SaliencyMap, SaliencyMethod } from './types';
