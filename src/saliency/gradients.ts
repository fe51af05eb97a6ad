import { StudioError, throwIfAborted } from '../core/errors';
import { makeRandom } from '../core/random';
import { rangeOf } from '../core/raster';
import { blurBox, gaussianTaps } from './blur';
import { detectGradients } from './detector';
import { cutBox, sumOf, type Explainable, type MethodHooks } from './explainable';

/** A map over the box; `completenessError` where the method promises a sum. */
export interface MethodResult {
  readonly map: Float32Array;
  readonly completenessError?: number;
}

function vjpOf(target: Explainable): NonNullable<Explainable['vjp']> {
  if (!target.vjp) throw new StudioError('model/no-gradient');
  return target.vjp;
}

const ones = (target: Explainable): Float32Array => new Float32Array(target.region.width * target.region.height).fill(1);

/** Gradient of the region's sum: one run of the backward graph. */
export async function gradient(target: Explainable, hooks: MethodHooks = {}): Promise<MethodResult> {
  await hooks.gate?.();
  return { map: (await vjpOf(target)(cutBox(target.frame, target.box), ones(target), hooks.signal)).gradient };
}

/** Order in which the points of a path are visited, so that every prefix of 5, 10, 25… spreads over the whole path. */
export function progressiveOrder(steps: number): number[] {
  const seen = new Set<number>();
  const out: number[] = [];
  for (const stride of [10, 5, 2, 1]) for (let i = Math.floor(stride / 2); i < steps; i += stride) {
    if (!seen.has(i)) out.push(i);
    seen.add(i);
  }
  for (let i = 0; i < steps; i++) if (!seen.has(i)) out.push(i);
  return out;
}

/** Where a path integral stands: point t (0…1) and how the image moves while t grows by 1/steps round it. */
interface PathStep {
  readonly image: Float32Array;
  readonly change: Float32Array;
}

/** ∫ ∂F/∂image · dimage along a path, by the midpoint rule; prefixes are shown scaled to the whole. */
async function integrate(target: Explainable, steps: number, at: (i: number) => PathStep, cotangentOf: (image: Float32Array) => Promise<Float32Array> | Float32Array, hooks: MethodHooks): Promise<Float32Array> {
  const vjp = vjpOf(target);
  const sum = new Float64Array(target.box.width * target.box.height);
  const coarse = new Set([5, 10, 25].map((k) => Math.round((k * steps) / 50)));
  for (const [done, i] of progressiveOrder(steps).entries()) {
    throwIfAborted(hooks.signal);
    await hooks.gate?.();
    const { image, change } = at(i);
    const { gradient: g } = await vjp(image, await cotangentOf(image), hooks.signal);
    for (let k = 0; k < sum.length; k++) sum[k]! += g[k]! * change[k]!;
    if (coarse.has(done + 1)) hooks.onUpdate?.(Float32Array.from(sum, (v) => (v * steps) / (done + 1)), done + 1, steps);
  }
  return Float32Array.from(sum);
}

const completeness = (map: Float32Array, start: number, end: number): number => Math.abs(sumOf(map) - (end - start)) / Math.max(Math.abs(end - start), 1e-12);

/** Integrated gradients of the region's sum from black (Sundararajan et al., 2017). */
export async function integratedGradients(target: Explainable, steps: number, hooks: MethodHooks = {}): Promise<MethodResult> {
  const image = cutBox(target.frame, target.box);
  const black = new Float32Array(image.length);
  const change = image.map((v) => v / steps);
  const one = ones(target);
  const map = await integrate(target, steps, (i) => ({ image: image.map((v) => (v * (i + 0.5)) / steps), change }), () => one, hooks);
  return { map, completenessError: completeness(map, sumOf(await target.forward(black, hooks.signal)), sumOf(await target.forward(image, hooks.signal))) };
}

/** Parameters of LAM's path of progressive blur. */
export const LAM = { sigma: 1.2, kernel: 9, steps: 50 } as const;

/**
 * σ at t (0…1) of the path. The curve is the authors'; its points lie where the kernel's middle weight has grown evenly,
 * since with even σ a fifth of the steps changes nothing and the others too much. A path integral is the same for both.
 */
function sigmaAt(t: number): number {
  const middle = (sigma: number): number => {
    const w = gaussianTaps(LAM.kernel, sigma)[(LAM.kernel - 1) / 2]!;
    return w * w;
  };
  const wanted = middle(LAM.sigma) + t * (1 - middle(LAM.sigma));
  let low = 0, high: number = LAM.sigma;
  for (let k = 0; k < 40; k++) {
    const sigma = (low + high) / 2;
    if (middle(sigma) > wanted) low = sigma;
    else high = sigma;
  }
  return t >= 1 ? 0 : high;
}

/** Local attribution map: gradient of the region's gradient detector along a path from blurred to sharp (Gu and Dong, 2021). */
export async function localAttribution(target: Explainable, steps: number, hooks: MethodHooks = {}): Promise<MethodResult> {
  const { frame, box, region } = target;
  const blurred = (t: number): Float32Array => blurBox(frame, box, gaussianTaps(LAM.kernel, sigmaAt(t)));
  const edges = Array.from({ length: steps + 1 }, (_, i) => blurred(i / steps));
  const cotangentOf = async (image: Float32Array): Promise<Float32Array> =>
    detectGradients(await target.forward(image, hooks.signal), region.width, region.height).cotangent;
  const at = (i: number): PathStep => ({ image: blurred((i + 0.5) / steps), change: edges[i + 1]!.map((v, k) => v - edges[i]![k]!) });
  const map = await integrate(target, steps, at, cotangentOf, hooks);
  const detect = async (image: Float32Array): Promise<number> => detectGradients(await target.forward(image, hooks.signal), region.width, region.height).value;
  return { map, completenessError: completeness(map, await detect(edges[0]!), await detect(edges[steps]!)) };
}

/** Mean gradient over images with added noise (Smilkov et al., 2017); σ is 10 % of the box's range. */
export async function smoothGrad(target: Explainable, samples: number, seed: number, hooks: MethodHooks = {}): Promise<MethodResult> {
  const vjp = vjpOf(target), image = cutBox(target.frame, target.box), one = ones(target);
  const { min, max } = rangeOf(image);
  const sigma = 0.1 * (max - min);
  const sum = new Float64Array(image.length);
  for (let k = 0; k < samples; k++) {
    throwIfAborted(hooks.signal);
    await hooks.gate?.();
    const random = makeRandom(`smoothgrad/${seed}/${k}`);
    const { gradient: g } = await vjp(image.map((v) => v + sigma * random.normal()), one, hooks.signal);
    for (let i = 0; i < sum.length; i++) sum[i]! += g[i]!;
    if (k === 2 || k === 7) hooks.onUpdate?.(Float32Array.from(sum, (v) => v / (k + 1)), k + 1, samples);
  }
  return { map: Float32Array.from(sum, (v) => v / samples) };
}

/**
 * Diffusion index: 100 · (1 − Gini coefficient) of |map| over a fixed field of 64 × 64 pixels round the middle of the
 * box, so that regions near an edge and small boxes compare. Larger: more pixels took part.
 */
export function diffusionIndex(map: Float32Array, width: number, height: number): number {
  const side = 64;
  const field = new Float64Array(side * side);
  const left = Math.floor((side - width) / 2), top = Math.floor((side - height) / 2);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const fx = x + left, fy = y + top;
    if (fx >= 0 && fx < side && fy >= 0 && fy < side) field[fy * side + fx] = Math.abs(map[y * width + x]!);
  }
  field.sort();
  let sum = 0, weighted = 0;
  for (let i = 0; i < field.length; i++) {
    sum += field[i]!;
    weighted += (i + 1) * field[i]!;
  }
  if (sum === 0) return 0;
  const n = field.length;
  return 100 * (1 - ((2 * weighted) / (n * sum) - (n + 1) / n));
}
