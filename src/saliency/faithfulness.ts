import { throwIfAborted } from '../core/errors';
import { makeRandom } from '../core/random';
import type { Raster } from '../core/raster';
import { cutBox, type Explainable, type MethodHooks } from './explainable';
import { baselineOf, distance } from './perturbation';
import type { Box, Faithfulness, FaithfulnessCurve } from './types';

/** Shares of the box's pixels at which the curves are sampled: closer at the start, where maps differ. */
const FRACTIONS = [0, 0.01, 0.02, 0.04, 0.07, 0.11, 0.16, 0.22, 0.3, 0.4, 0.55, 0.75, 1];
/** Random orders averaged. */
const RANDOM_ORDERS = 2;

/**
 * Deletion and insertion (Petsiuk et al., 2018), in the order of the map, at random, and in the order of a Sobel map of
 * the same input, all inside the box. The score is the share of the region that is left: 1 − ‖now − shown‖ / ‖gone − shown‖,
 * kept within 0…1. A deleted pixel takes its blurred surroundings' value. `known`: curves of another map of the same
 * question, whose random and Sobel orders need not be run again.
 */
export async function scoreFaithfulness(target: Explainable, map: Float32Array, seed: number, hooks: MethodHooks = {}, known: readonly FaithfulnessCurve[] = []): Promise<Faithfulness> {
  const image = cutBox(target.frame, target.box), baseline = baselineOf(target);
  const shown = await target.forward(image, hooks.signal);
  const gone = Math.max(distance(await target.forward(baseline, hooks.signal), shown), 1e-12);
  const effect = gone / Math.sqrt(shown.length), end = gone > 1e-12 ? 0 : 1;
  const left = async (values: Float32Array): Promise<number> => {
    throwIfAborted(hooks.signal);
    await hooks.gate?.();
    return Math.min(1, Math.max(0, 1 - distance(await target.forward(values, hooks.signal), shown) / gone));
  };
  const curveOf = async (order: number[], name: FaithfulnessCurve['order']): Promise<FaithfulnessCurve> => {
    const deletion: number[] = [], insertion: number[] = [];
    for (const fraction of FRACTIONS) {
      if (fraction === 0 || fraction === 1) {
        // Nothing or all of it: the same in every order, and known.
        deletion.push(fraction === 0 ? 1 : end);
        insertion.push(fraction === 0 ? end : 1);
        continue;
      }
      const chosen = order.slice(0, Math.round(fraction * order.length));
      const without = image.slice(), only = baseline.slice();
      for (const i of chosen) {
        without[i] = baseline[i]!;
        only[i] = image[i]!;
      }
      deletion.push(await left(without));
      insertion.push(await left(only));
    }
    return { order: name, fractions: FRACTIONS, deletion, insertion, deletionArea: area(deletion), insertionArea: area(insertion) };
  };
  const ours = await curveOf(descending(map), 'map');
  const randomCurve = async (): Promise<FaithfulnessCurve> => {
    const curves: FaithfulnessCurve[] = [];
    for (let k = 0; k < RANDOM_ORDERS; k++) curves.push(await curveOf(shuffled(image.length, `faithfulness/${seed}/${k}`), 'random'));
    return meanCurve(curves);
  };
  const random = known.find((c) => c.order === 'random') ?? (await randomCurve());
  const sobel = known.find((c) => c.order === 'sobel') ?? (await curveOf(descending(sobelBox(target.frame, target.box)), 'sobel'));
  const versusRandom = (random.deletionArea - ours.deletionArea) / Math.max(random.deletionArea, 1e-12);
  const versusSobel = (sobel.deletionArea - ours.deletionArea) / Math.max(sobel.deletionArea, 1e-12);
  return { curves: [ours, random, sobel], effect, versusRandom, versusSobel, sentence: sentenceFor(versusRandom, versusSobel) };
}

function sentenceFor(random: number, sobel: number): string {
  const percent = (v: number): string => `${Math.round(Math.abs(v) * 100)} %`;
  const first = random > 0
    ? `Deleting what the map marks first changes the region ${percent(random)} sooner than a random order does`
    : `Deleting what the map marks first changes the region no sooner than a random order does (${percent(random)} later), so do not read it as a cause`;
  return `${first}, and ${percent(sobel)} ${sobel >= 0 ? 'sooner' : 'later'} than the order of edge strength (Sobel).`;
}

function area(values: readonly number[]): number {
  let sum = 0;
  for (let i = 1; i < values.length; i++) sum += ((values[i]! + values[i - 1]!) / 2) * (FRACTIONS[i]! - FRACTIONS[i - 1]!);
  return sum;
}

function meanCurve(curves: readonly FaithfulnessCurve[]): FaithfulnessCurve {
  const mean = (f: (c: FaithfulnessCurve) => number): number => curves.reduce((s, c) => s + f(c), 0) / curves.length;
  return {
    order: 'random', fractions: FRACTIONS,
    deletion: FRACTIONS.map((_, i) => mean((c) => c.deletion[i]!)), insertion: FRACTIONS.map((_, i) => mean((c) => c.insertion[i]!)),
    deletionArea: mean((c) => c.deletionArea), insertionArea: mean((c) => c.insertionArea),
  };
}

/** Pixels by falling |value|; equal ones in reading order. */
function descending(map: Float32Array): number[] {
  return Array.from(map, (_, i) => i).sort((a, b) => Math.abs(map[b]!) - Math.abs(map[a]!) || a - b);
}

function shuffled(n: number, key: string): number[] {
  const random = makeRandom(key), order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Edge strength by Sobel's operator, frame edges replicated. */
function sobelBox(frame: Raster, box: Box): Float32Array {
  const at = (x: number, y: number): number => frame.data[Math.min(frame.height - 1, Math.max(0, y)) * frame.width + Math.min(frame.width - 1, Math.max(0, x))]!;
  const out = new Float32Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) for (let x = 0; x < box.width; x++) {
    const u = box.x + x, v = box.y + y;
    const gx = at(u + 1, v - 1) + 2 * at(u + 1, v) + at(u + 1, v + 1) - at(u - 1, v - 1) - 2 * at(u - 1, v) - at(u - 1, v + 1);
    const gy = at(u - 1, v + 1) + 2 * at(u, v + 1) + at(u + 1, v + 1) - at(u - 1, v - 1) - 2 * at(u, v - 1) - at(u + 1, v - 1);
    out[y * box.width + x] = Math.sqrt(gx * gx + gy * gy);
  }
  return out;
}
