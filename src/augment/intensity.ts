import { exp, pow } from '../core/math';
import { drawFrom, mapValues, valueSpan, type AugmentState, type Range, type StepResult, type Streams } from './state';

/** Value steps without neighbours. Shares of the range mean its 0.5 to 99.5 percentile span. */
export interface GammaStep {
  readonly type: 'gamma';
  /** γ = e^β, β from this range (TorchIO RandomGamma, log_gamma). */
  readonly logGamma: Range;
}
export interface BrightnessStep {
  readonly type: 'brightness';
  /** Added, as a share of the range. */
  readonly shift: Range;
}
export interface ContrastStep {
  readonly type: 'contrast';
  /** Distance from the mean is multiplied by this. */
  readonly factor: Range;
}

/** Raises values, taken to 0…1 by the slice's own minimum and maximum, to the power γ. */
export function gamma(state: AugmentState, step: GammaStep, { values }: Streams): StepResult {
  const exponent = exp(drawFrom(values, step.logGamma));
  const { low, high } = extremes(state);
  const span = high - low || 1;
  const next = mapValues(state, (v) => low + span * pow(Math.min(1, Math.max(0, (v - low) / span)), exponent));
  return { state: next, values: { gamma: exponent } };
}

export function brightness(state: AugmentState, step: BrightnessStep, { values }: Streams): StepResult {
  const shift = drawFrom(values, step.shift);
  const { low, high } = valueSpan(state);
  const add = shift * (high - low);
  return { state: mapValues(state, (v) => v + add), values: { shift, added: add } };
}

export function contrast(state: AugmentState, step: ContrastStep, { values }: Streams): StepResult {
  const factor = drawFrom(values, step.factor);
  let sum = 0;
  let count = 0;
  state.raster.data.forEach((v, i) => {
    if (state.padding?.[i]) return;
    sum += v;
    count++;
  });
  const mean = count ? sum / count : 0;
  return { state: mapValues(state, (v) => mean + factor * (v - mean)), values: { factor, mean } };
}

function extremes(state: AugmentState): { low: number; high: number } {
  let low = Infinity;
  let high = -Infinity;
  state.raster.data.forEach((v, i) => {
    if (state.padding?.[i]) return;
    if (v < low) low = v;
    if (v > high) high = v;
  });
  return low <= high ? { low, high } : { low: 0, high: 1 };
}
