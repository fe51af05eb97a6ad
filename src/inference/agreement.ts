import type { Tensor } from './protocol';

/** What backends may differ by: images in model range, gradients relative (see `backendDifference`). */
const IMAGE = 1e-4, GRADIENT = 1e-3;

/** Inputs on which the gradients of two backends are compared before they are called different. */
export const TRIALS = 3;

/**
 * The difference of an image graph on one input; of a gradient graph the smallest over `TRIALS` inputs, or the first that
 * agrees. On a small input one activation at its kink can move a gradient by some thousandths, and then by chance; a
 * backend that computes something else does so on every input. `Infinity` on any of them stays.
 */
export async function leastDifference(gradient: boolean, compare: (trial: number) => Promise<number>): Promise<number> {
  let least = await compare(0);
  for (let trial = 1; gradient && trial < TRIALS && least > 1 && least < Infinity; trial++) {
    const next = await compare(trial);
    least = next === Infinity ? next : Math.min(least, next);
  }
  return least;
}

/**
 * How far the outputs of two backends lie apart, in units of what is allowed: at most 1 where they agree, `Infinity`
 * where one holds no number.
 *
 * Images: largest absolute difference, over the larger of 1 and the largest value, against 1e-4. Gradients (`grad_*`):
 * root mean square of the difference over that of the reference, against 1e-3: a gradient jumps where an activation is
 * within rounding of its kink, and rightly so on either side.
 */
export function backendDifference(reference: Readonly<Record<string, Tensor>>, other: Readonly<Record<string, Tensor>>): number {
  let worst = 0;
  for (const [name, { data }] of Object.entries(reference)) {
    const theirs = other[name]!.data;
    let largest = 1, difference = 0, squares = 0, energy = 0;
    for (let i = 0; i < data.length; i++) {
      const d = Math.abs(data[i]! - theirs[i]!);
      largest = Math.max(largest, Math.abs(data[i]!));
      difference = Math.max(difference, d);
      squares += d * d;
      energy += data[i]! * data[i]!;
    }
    const relative = name.startsWith('grad_') ? (squares === 0 ? 0 : Math.sqrt(squares / energy) / GRADIENT) : difference / largest / IMAGE;
    if (Number.isNaN(relative) || Number.isNaN(difference)) return Infinity;
    worst = Math.max(worst, relative);
  }
  return worst;
}
