import { makeRandom } from '../../core/random';

/** The noise vector of a seed, standard normal, `[1, length]`. */
export function noiseVector(seed: number | string, length: number): Float32Array {
  const random = makeRandom(`lesion-z/${seed}`);
  return Float32Array.from({ length }, () => random.normal());
}
