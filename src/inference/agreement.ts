import type { Tensor } from './protocol';

/** What backends may differ by: images in model range, gradients relative (see `backendDifference`). */
const IMAGE = 1e-4, GRADIENT = 1e-3;

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
