import { exp } from '../core/math';
import type { Random } from '../core/random';
import { drawFrom, valueSpan, withValues, type AugmentState, type Range, type StepResult, type Streams } from './state';

export interface GaussianNoiseStep {
  readonly type: 'noise-gaussian';
  /** Standard deviation as a share of the 0.5–99.5 percentile span (TorchIO RandomNoise on a normalised image). */
  readonly std: Range;
}
export interface RicianNoiseStep {
  readonly type: 'noise-rician';
  /** Standard deviation of each of the two channels, as a share of the span. MR magnitude images. */
  readonly std: Range;
}
export interface PoissonNoiseStep {
  readonly type: 'noise-poisson';
  /** Counts at the upper end of the span: fewer are noisier. */
  readonly peak: Range;
}

export function gaussianNoise(state: AugmentState, step: GaussianNoiseStep, { values, texture }: Streams): StepResult {
  const std = drawFrom(values, step.std);
  const sigma = std * spanOf(state);
  return { state: withValues(state, state.raster.data.map((v) => v + sigma * texture.normal())), values: { std, sigma } };
}

/** |v + n₁ + i·n₂| (Gudbjartsson 1995), about the low end of the span where values are negative. */
export function ricianNoise(state: AugmentState, step: RicianNoiseStep, { values, texture }: Streams): StepResult {
  const std = drawFrom(values, step.std);
  const { low, high } = valueSpan(state);
  const sigma = std * (high - low);
  const base = Math.min(0, low);
  const data = state.raster.data.map((v) => {
    const re = v - base + sigma * texture.normal();
    const im = sigma * texture.normal();
    return base + Math.sqrt(re * re + im * im);
  });
  return { state: withValues(state, data), values: { std, sigma } };
}

export function poissonNoise(state: AugmentState, step: PoissonNoiseStep, { values, texture }: Streams): StepResult {
  const peak = drawFrom(values, step.peak);
  const { low, high } = valueSpan(state);
  const perValue = peak / (high - low);
  const data = state.raster.data.map((v) => {
    const expected = (v - low) * perValue;
    return expected <= 0 ? v : low + poisson(texture, expected) / perValue;
  });
  return { state: withValues(state, data), values: { peak } };
}

/** Knuth's product method up to 30, the rounded normal approximation beyond. */
function poisson(random: Random, mean: number): number {
  if (mean > 30) return Math.max(0, Math.floor(mean + Math.sqrt(mean) * random.normal() + 0.5));
  const limit = exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count++;
  return count;
}

function spanOf(state: AugmentState): number {
  const { low, high } = valueSpan(state);
  return high - low;
}
