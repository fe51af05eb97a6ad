import { throwIfAborted } from '../core/errors';
import { makeRandom } from '../core/random';
import { blurBox, gaussianTaps } from './blur';
import { cutBox, type Explainable, type MethodHooks } from './explainable';
import type { MethodResult } from './gradients';

/** What a pixel is replaced by when it is "deleted": its surroundings, blurred until no detail is left. */
const BASELINE = { taps: 25, sigma: 4 };

export const baselineOf = (target: Explainable): Float32Array => blurBox(target.frame, target.box, gaussianTaps(BASELINE.taps, BASELINE.sigma));

/** Root of the summed squares of a difference. */
export function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) * (a[i]! - b[i]!);
  return Math.sqrt(sum);
}

/**
 * Occlusion (Zeiler and Fergus, 2014): how far the region changes when a square of the input is replaced by its blurred
 * surroundings. Squares of 8 pixels first, then of 4; each level is a complete map. Needs no gradient.
 */
export async function occlusion(target: Explainable, hooks: MethodHooks = {}, sides: readonly number[] = [8, 4]): Promise<MethodResult> {
  const { width, height } = target.box;
  const image = cutBox(target.frame, target.box), baseline = baselineOf(target);
  const shown = await target.forward(image, hooks.signal);
  const squares = (side: number) => Math.ceil(width / side) * Math.ceil(height / side);
  const total = sides.reduce((n, side) => n + squares(side), 0);
  let done = 0;
  let map = new Float32Array(width * height);
  for (const side of sides) {
    map = new Float32Array(width * height);
    for (let y = 0; y < height; y += side) for (let x = 0; x < width; x += side) {
      throwIfAborted(hooks.signal);
      await hooks.gate?.();
      const changed = image.slice();
      const each = (f: (i: number) => void) => {
        for (let r = y; r < Math.min(height, y + side); r++) for (let c = x; c < Math.min(width, x + side); c++) f(r * width + c);
      };
      each((i) => (changed[i] = baseline[i]!));
      const change = distance(await target.forward(changed, hooks.signal), shown);
      each((i) => (map[i] = change));
      done++;
    }
    hooks.onUpdate?.(map, done, total);
  }
  return { map };
}

/** Cells of RISE's coarse grid across the box. */
export const RISE_CELLS = 8;

/**
 * RISE (Petsiuk et al., 2018): random smooth masks keep half of the input, the rest is blurred; a pixel scores by how well
 * the region survives when it is kept. Needs no gradient. Zero is the mean score.
 */
export async function rise(target: Explainable, masks: number, seed: number, hooks: MethodHooks = {}): Promise<MethodResult> {
  const { width, height } = target.box;
  const image = cutBox(target.frame, target.box), baseline = baselineOf(target);
  const shown = await target.forward(image, hooks.signal);
  const gone = Math.max(distance(await target.forward(baseline, hooks.signal), shown), 1e-12);
  const weighted = new Float64Array(image.length), weights = new Float64Array(image.length);
  let scores = 0;
  const current = (done: number): Float32Array => Float32Array.from(weighted, (v, i) => v / Math.max(weights[i]!, 1e-6) - scores / done);
  for (let k = 0; k < masks; k++) {
    throwIfAborted(hooks.signal);
    await hooks.gate?.();
    const mask = smoothMask(width, height, `rise/${seed}/${k}`);
    const kept = image.map((v, i) => v * mask[i]! + baseline[i]! * (1 - mask[i]!));
    const score = 1 - distance(await target.forward(kept, hooks.signal), shown) / gone;
    scores += score;
    for (let i = 0; i < mask.length; i++) {
      weighted[i]! += score * mask[i]!;
      weights[i]! += mask[i]!;
    }
    if (k === 49 || k === 149) hooks.onUpdate?.(current(k + 1), k + 1, masks);
  }
  return { map: current(masks) };
}

/** A grid of random zeros and ones, shifted at random, between whose nodes it is linear. */
function smoothMask(width: number, height: number, key: string): Float32Array {
  const random = makeRandom(key), n = RISE_CELLS + 2;
  const cellX = width / RISE_CELLS, cellY = height / RISE_CELLS;
  const grid = Uint8Array.from({ length: n * n }, () => (random.next() < 0.5 ? 1 : 0));
  const shiftX = random.next(), shiftY = random.next();
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const gx = x / cellX + shiftX, gy = y / cellY + shiftY;
    const i = Math.floor(gx), j = Math.floor(gy), a = gx - i, b = gy - j;
    const at = (r: number, c: number): number => grid[r * n + c]!;
    out[y * width + x] = (at(j, i) * (1 - a) + at(j, i + 1) * a) * (1 - b) + (at(j + 1, i) * (1 - a) + at(j + 1, i + 1) * a) * b;
  }
  return out;
}
