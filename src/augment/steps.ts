import { cupping, doseNoise, huShift, ring, type CuppingStep, type DoseNoiseStep, type HuShiftStep, type RingStep } from './ct';
import { blur, lowResolution, type BlurStep, type LowResolutionStep } from './filter';
import { crop, elastic, flip, rotate, scale, translate, type CropStep, type ElasticStep, type FlipStep, type RotateStep, type ScaleStep, type TranslateStep } from './geometric';
import { brightness, contrast, gamma, type BrightnessStep, type ContrastStep, type GammaStep } from './intensity';
import { biasField, ghosting, gibbs, motion, spike, truncation, type BiasFieldStep, type GhostingStep, type GibbsStep, type MotionStep, type SpikeStep, type TruncationStep } from './mr';
import { gaussianNoise, poissonNoise, ricianNoise, type GaussianNoiseStep, type PoissonNoiseStep, type RicianNoiseStep } from './noise';
import type { AugmentState, StepResult, Streams } from './state';
import { settle } from './warp';

/** Every step that needs no model. */
export type TransformStep =
  | FlipStep | RotateStep | ScaleStep | TranslateStep | ElasticStep | CropStep
  | GammaStep | BrightnessStep | ContrastStep
  | GaussianNoiseStep | RicianNoiseStep | PoissonNoiseStep
  | BlurStep | LowResolutionStep
  | BiasFieldStep | MotionStep | GhostingStep | SpikeStep | TruncationStep | GibbsStep
  | HuShiftStep | DoseNoiseStep | RingStep | CuppingStep;

type Apply<S> = (state: AugmentState, step: S, streams: Streams) => StepResult;
const GEOMETRIC: { [K in TransformStep['type']]?: Apply<never> } = { flip, rotate, scale, translate, elastic, crop };
const VALUES: { [K in TransformStep['type']]?: Apply<never> } = {
  gamma, brightness, contrast, blur, motion, ghosting, spike, gibbs, ring, cupping,
  'noise-gaussian': gaussianNoise, 'noise-rician': ricianNoise, 'noise-poisson': poissonNoise,
  'low-resolution': lowResolution, 'bias-field': biasField, 'kspace-truncation': truncation,
  'hu-shift': huShift, 'dose-noise': doseNoise,
};

/** Applies one step. Value steps see the image after all geometric steps before them. */
export function applyTransform(state: AugmentState, step: TransformStep, streams: Streams): StepResult {
  const geometric = GEOMETRIC[step.type] as Apply<TransformStep> | undefined;
  if (geometric) return geometric(state, step, streams);
  return (VALUES[step.type] as Apply<TransformStep>)(settle(state), step, streams);
}
