import { complexPlane, fft2 } from '../core/fft';
import { exp } from '../core/math';
import { drawFrom, drawInteger, mapValues, withValues, type AugmentState, type Range, type StepResult, type Streams } from './state';

/** CT physics, in HU. Simple models of what a scanner does, each said below. */
export interface HuShiftStep {
  readonly type: 'hu-shift';
  /** Calibration drift, HU. */
  readonly hu: Range;
}
export interface DoseNoiseStep {
  readonly type: 'dose-noise';
  /** Share of the dose that is left, (0, 1]. */
  readonly dose: Range;
  /** Noise of the full-dose image in the middle of the body, HU. */
  readonly referenceHu: number;
}
export interface RingStep {
  readonly type: 'ring';
  readonly rings: Range;
  /** Largest change, HU, of either sign. */
  readonly hu: Range;
  /** Width of a ring, pixels. */
  readonly width: Range;
}
export interface CuppingStep {
  readonly type: 'cupping';
  /** How much darker the middle of the body is than its rim, HU. */
  readonly hu: Range;
}

export function huShift(state: AugmentState, step: HuShiftStep, { values }: Streams): StepResult {
  const hu = drawFrom(values, step.hu);
  return { state: mapValues(state, (v) => v + hu), values: { hu } };
}

/**
 * Adds what a lower tube current would: Gaussian noise whose spectrum rises with frequency as filtered back projection
 * makes it (|f| with a Hann window), of standard deviation σ₀·√(1/dose − 1) where the body is thickest, less towards its
 * rim by the square root of the transmission (mean of the horizontal and vertical line through the pixel).
 */
export function doseNoise(state: AugmentState, step: DoseNoiseStep, { values, texture }: Streams): StepResult {
  const dose = Math.min(1, Math.max(0.01, drawFrom(values, step.dose)));
  const { width, height, data } = state.raster;
  const plane = complexPlane(width, height);
  for (let i = 0; i < plane.re.length; i++) plane.re[i] = texture.normal();
  fft2(plane);
  let power = 0;
  for (let y = 0; y < height; y++) {
    const fy = (y < height / 2 ? y : y - height) / height;
    for (let x = 0; x < width; x++) {
      const fx = (x < width / 2 ? x : x - width) / width;
      const f = Math.sqrt(fx * fx + fy * fy);
      // Ramp times a parabola that ends at Nyquist (0.5): close to a Hann window, and exact arithmetic.
      const weight = f < 0.5 ? Math.sqrt(f) * (1 - 4 * f * f) : 0;
      plane.re[y * width + x] = plane.re[y * width + x]! * weight;
      plane.im[y * width + x] = plane.im[y * width + x]! * weight;
      power += weight * weight;
    }
  }
  fft2(plane, true);
  const unit = 1 / Math.sqrt(power / (width * height));
  const sigma = step.referenceHu * Math.sqrt(1 / dose - 1);
  const relative = relativeNoise(state);
  return { state: withValues(state, data.map((v, i) => v + sigma * unit * relative[i]! * plane.re[i]!)), values: { dose, sigma } };
}

/** Square root of 1/transmission for each pixel, 1 where it is largest. Water attenuates 0.019 per mm. */
function relativeNoise(state: AugmentState): Float64Array {
  const { width, height, data } = state.raster;
  const [row, column] = state.pixelSpacingMm ?? [0.7, 0.7];
  const along = new Float64Array(height);
  const across = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const mu = 0.019 * Math.max(0, 1 + data[y * width + x]! / 1000);
      along[y] = along[y]! + mu * column;
      across[x] = across[x]! + mu * row;
    }
  }
  const out = new Float64Array(width * height);
  let most = 0;
  for (let i = 0; i < out.length; i++) {
    const line = (along[Math.floor(i / width)]! + across[i % width]!) / 2;
    out[i] = exp(Math.min(10, line) / 2);
    if (out[i]! > most) most = out[i]!;
  }
  return out.map((v) => v / most);
}

/** Detector elements of wrong gain: rings about the middle of the image, soft at their edges. */
export function ring(state: AugmentState, step: RingStep, { values }: Streams): StepResult {
  const { width, height, data } = state.raster;
  const radii = Math.ceil(Math.sqrt(width * width + height * height) / 2) + 2;
  const offset = new Float64Array(radii);
  const count = drawInteger(values, step.rings);
  const list: number[] = [];
  for (let r = 0; r < count; r++) {
    const radius = values.uniform(2, Math.min(width, height) / 2);
    const hu = drawFrom(values, step.hu) * (values.next() < 0.5 ? -1 : 1);
    const half = Math.max(0.5, drawFrom(values, step.width) / 2);
    list.push(radius, hu, 2 * half);
    for (let i = 0; i < radii; i++) offset[i] = offset[i]! + hu * Math.max(0, 1 - Math.abs(i - radius) / (half + 0.5));
  }
  const out = data.map((v, i) => {
    const dx = (i % width) - (width - 1) / 2;
    const dy = Math.floor(i / width) - (height - 1) / 2;
    const r = Math.sqrt(dx * dx + dy * dy);
    const k = Math.floor(r);
    return v + offset[k]! + (r - k) * (offset[k + 1]! - offset[k]!);
  });
  return { state: withValues(state, out), values: { rings: list } };
}

/** Like uncorrected beam hardening: inside the body values fall as 1 − (distance from its centre / its radius)². */
export function cupping(state: AugmentState, step: CuppingStep, { values }: Streams): StepResult {
  const hu = drawFrom(values, step.hu);
  const { width, data } = state.raster;
  let [sx, sy, count] = [0, 0, 0];
  data.forEach((v, i) => {
    if (v <= -500) return;
    sx += i % width;
    sy += Math.floor(i / width);
    count++;
  });
  if (count === 0) return { state, values: { hu: 0 } };
  const radius2 = count / 3.141592653589793;
  const out = data.map((v, i) => {
    if (v <= -500) return v;
    const dx = (i % width) - sx / count;
    const dy = Math.floor(i / width) - sy / count;
    return v - hu * Math.max(0, 1 - (dx * dx + dy * dy) / radius2);
  });
  return { state: withValues(state, out), values: { hu, centre: [sx / count, sy / count] } };
}
