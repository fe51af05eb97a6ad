import { complexPlane, fft2, type ComplexPlane } from '../core/fft';
import { exp } from '../core/math';
import { linearWarp } from './geometric';
import { drawFrom, drawInteger, withValues, type AugmentState, type Range, type StepResult, type Streams } from './state';
import { settle } from './warp';

/** MR physics after TorchIO (Pérez-García 2021); Gibbs after MONAI's GibbsNoise. The phase axis is `rows` or `columns`. */
export type PhaseAxis = 'rows' | 'columns' | 'random';

export interface BiasFieldStep {
  readonly type: 'bias-field';
  /** Polynomial order of the field's logarithm. */
  readonly order: number;
  /** Largest coefficient; each is drawn from ± this. */
  readonly coefficients: Range;
}
export interface MotionStep {
  readonly type: 'motion';
  readonly degrees: Range;
  readonly translationMm: Range;
  /** How often the patient moves. */
  readonly movements: number;
  readonly phaseAxis: PhaseAxis;
}
export interface GhostingStep {
  readonly type: 'ghosting';
  readonly ghosts: Range;
  /** 0 none … 1 as strong as the image. */
  readonly intensity: Range;
  /** Share of central k-space that is left as it was. */
  readonly restore: number;
  readonly phaseAxis: PhaseAxis;
}
export interface SpikeStep {
  readonly type: 'spike';
  readonly spikes: Range;
  /** Of the spectrum's maximum. */
  readonly intensity: Range;
}
export interface TruncationStep {
  readonly type: 'kspace-truncation';
  /** Central share of k-space that is kept. */
  readonly keep: Range;
  readonly axes: 'rows' | 'columns' | 'both';
}
export interface GibbsStep {
  readonly type: 'gibbs';
  /** 0 nothing … 1 all of k-space cut away outside a disc. */
  readonly alpha: Range;
}

export function biasField(state: AugmentState, step: BiasFieldStep, { values }: Streams): StepResult {
  const terms: { i: number; j: number; c: number }[] = [];
  const most = Math.abs(typeof step.coefficients === 'number' ? step.coefficients : drawFrom(values, step.coefficients));
  for (let i = 0; i <= step.order; i++) for (let j = 0; j <= step.order - i; j++) terms.push({ i, j, c: values.uniform(-most, most) });
  const { width, height } = state.raster;
  const powers = (n: number): Float64Array[] =>
    Array.from({ length: n }, (_, k) => {
      const u = (2 * k + 1 - n) / Math.max(1, n - 1);
      const list = new Float64Array(step.order + 1).fill(1);
      for (let p = 1; p <= step.order; p++) list[p] = list[p - 1]! * u;
      return list;
    });
  const px = powers(width);
  const py = powers(height);
  const data = state.raster.data.map((v, at) => {
    const [x, y] = [px[at % width]!, py[Math.floor(at / width)]!];
    let sum = 0;
    for (const { i, j, c } of terms) sum += c * x[i]! * y[j]!;
    return v * exp(sum);
  });
  return { state: withValues(state, data), values: { order: step.order, coefficients: terms.map((t) => t.c) } };
}

export function motion(state: AugmentState, step: MotionStep, { values }: Streams): StepResult {
  const axis = phaseAxis(step.phaseAxis, values.next());
  const moves = Array.from({ length: step.movements }, () => ({
    degrees: drawFrom(values, step.degrees),
    shift: [drawFrom(values, step.translationMm), drawFrom(values, step.translationMm)] as const,
    time: values.next(),
  })).sort((a, b) => a.time - b.time);
  const still = spectrumOf(state);
  const spectra = moves.map(({ degrees, shift }) => spectrumOf(settle({ ...state, labels: [], padding: null, pending: [linearWarp(state, degrees, 1, 1, shift)] })));
  const lines = axis === 'rows' ? still.height : still.width;
  // The segment in which the centre of k-space is acquired keeps the patient where the labels say.
  const ends = [...moves.map((m) => Math.floor(m.time * lines)), lines];
  const central = ends.findIndex((end) => Math.floor(lines / 2) < end);
  forEachLine(still, axis, (centred, indices) => {
    const segment = ends.findIndex((end) => centred < end);
    if (segment === central) return;
    const from = spectra[segment < central ? segment : segment - 1]!;
    for (const i of indices) {
      still.re[i] = from.re[i]!;
      still.im[i] = from.im[i]!;
    }
  });
  return {
    state: withValues(state, imageOf(still)),
    values: { axis, degrees: moves.map((m) => m.degrees), translationMm: moves.flatMap((m) => [...m.shift]), times: moves.map((m) => m.time) },
  };
}

export function ghosting(state: AugmentState, step: GhostingStep, { values }: Streams): StepResult {
  const axis = phaseAxis(step.phaseAxis, values.next());
  const ghosts = Math.max(1, drawInteger(values, step.ghosts));
  const intensity = drawFrom(values, step.intensity);
  const plane = spectrumOf(state);
  const lines = axis === 'rows' ? plane.height : plane.width;
  const kept = Math.floor((lines * step.restore) / 2);
  forEachLine(plane, axis, (centred, indices) => {
    if (centred % ghosts !== 0 || Math.abs(centred - Math.floor(lines / 2)) <= kept) return;
    for (const i of indices) {
      plane.re[i] = plane.re[i]! * (1 - intensity);
      plane.im[i] = plane.im[i]! * (1 - intensity);
    }
  });
  return { state: withValues(state, imageOf(plane)), values: { axis, ghosts, intensity, restore: step.restore } };
}

export function spike(state: AugmentState, step: SpikeStep, { values }: Streams): StepResult {
  const count = drawInteger(values, step.spikes);
  const intensity = drawFrom(values, step.intensity);
  const plane = spectrumOf(state);
  let most = 0;
  for (let i = 0; i < plane.re.length; i++) most = Math.max(most, plane.re[i]! * plane.re[i]! + plane.im[i]! * plane.im[i]!);
  const height = Math.sqrt(most) * intensity;
  const places: number[] = [];
  for (let s = 0; s < count; s++) {
    const x = values.integer(0, plane.width - 1);
    const y = values.integer(0, plane.height - 1);
    plane.re[y * plane.width + x] = plane.re[y * plane.width + x]! + height;
    places.push(x, y);
  }
  return { state: withValues(state, imageOf(plane)), values: { intensity, places } };
}

export function truncation(state: AugmentState, step: TruncationStep, { values }: Streams): StepResult {
  const keep = Math.min(1, drawFrom(values, step.keep));
  const plane = spectrumOf(state);
  for (const axis of ['rows', 'columns'] as const) {
    if (step.axes !== 'both' && step.axes !== axis) continue;
    const lines = axis === 'rows' ? plane.height : plane.width;
    forEachLine(plane, axis, (centred, indices) => {
      if (2 * Math.abs(centred - Math.floor(lines / 2)) > keep * lines) clear(plane, indices);
    });
  }
  return { state: withValues(state, imageOf(plane)), values: { keep, axes: step.axes } };
}

export function gibbs(state: AugmentState, step: GibbsStep, { values }: Streams): StepResult {
  const alpha = drawFrom(values, step.alpha);
  const plane = spectrumOf(state);
  const { width, height } = plane;
  // MONAI: the radius runs from the half diagonal (alpha 0) to 0 (alpha 1).
  const radius2 = (1 - alpha) * (1 - alpha) * ((width * width + height * height) / 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const fx = x < width / 2 ? x : x - width;
      const fy = y < height / 2 ? y : y - height;
      if (fx * fx + fy * fy > radius2) clear(plane, [y * width + x]);
    }
  }
  return { state: withValues(state, imageOf(plane)), values: { alpha } };
}

function phaseAxis(wanted: PhaseAxis, chance: number): 'rows' | 'columns' {
  return wanted === 'random' ? (chance < 0.5 ? 'rows' : 'columns') : wanted;
}

function spectrumOf(state: AugmentState): ComplexPlane {
  const plane = complexPlane(state.raster.width, state.raster.height);
  plane.re.set(state.raster.data);
  fft2(plane);
  return plane;
}

/** Real part of the inverse transform. */
function imageOf(plane: ComplexPlane): Float32Array {
  fft2(plane, true);
  return Float32Array.from(plane.re);
}

function clear(plane: ComplexPlane, indices: readonly number[]): void {
  for (const i of indices) {
    plane.re[i] = 0;
    plane.im[i] = 0;
  }
}

/** Visits the k-space lines along the phase axis with their place counted from the most negative frequency. */
function forEachLine(plane: ComplexPlane, axis: 'rows' | 'columns', visit: (centred: number, indices: readonly number[]) => void): void {
  const { width, height } = plane;
  const lines = axis === 'rows' ? height : width;
  for (let line = 0; line < lines; line++) {
    const centred = (line + Math.floor(lines / 2)) % lines;
    const indices = Array.from({ length: axis === 'rows' ? width : height }, (_, k) => (axis === 'rows' ? line * width + k : k * width + line));
    visit(centred, indices);
  }
}
