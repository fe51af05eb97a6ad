export { applyTransform } from './steps';
export type { TransformStep } from './steps';
export { finishState, startState } from './slices';
export type { AugmentState, Range, StepResult, StepValues, Streams } from './state';
