import { mix } from '../../core/blend';
import type { Plane } from '../../core/kspace';
import type { Raster } from '../../core/raster';
import { toPlane, toRaster } from '../../core/resample';
import type { Reduction } from './operators';

/**
 * What is shown: shown = P·((1 − t)·faithful + t·perceptual) + D⁺·input, where P = 1 − D⁺D with data consistency on,
 * else P = 1 and the last term is absent. Linear in the outputs and in the input, so that cotangents go back exactly.
 */
export interface ShownSettings {
  /** 0 … 1. */
  readonly perceptual: number;
  /** The operator to be consistent with, or null. */
  readonly consistent: Reduction | null;
}

/** Weight of each variant at a position of the slider; only those that count. */
export function variantWeights(variants: readonly string[], perceptual: number): ReadonlyMap<string, number> {
  if (!variants.includes('perceptual') || !variants.includes('faithful')) return new Map([[variants[0]!, 1]]);
  const t = Math.min(1, Math.max(0, perceptual));
  return new Map([['faithful', 1 - t] as const, ['perceptual', t] as const].filter(([, w]) => w > 0));
}

/** Blend of the outputs (model range, high-res). */
export function blendOutputs(outputs: ReadonlyMap<string, Raster>, perceptual: number): Raster {
  const weights = [...variantWeights([...outputs.keys()], perceptual)];
  const first = outputs.get(weights[0]![0])!;
  return weights.length === 1 ? first : mix(first, outputs.get(weights[1]![0])!, weights[1]![1]);
}

/** Orthogonal projection onto the images that reduce to `input`: high + D⁺(input − D high). */
export function projectConsistent(high: Raster, input: Raster, reduction: Reduction): Raster {
  const plane = toPlane(high);
  const reduced = reduction.reduce(plane);
  const wanted = toPlane(input);
  const correction = reduction.pseudoInverse({ ...reduced, data: reduced.data.map((v, i) => wanted.data[i]! - v) });
  return toRaster({ ...plane, data: plane.data.map((v, i) => v + correction.data[i]!) }, high.unit);
}

/** Pulls a cotangent of the shown image back: to the network's output (then × the variant's weight), and directly to the input. */
export function pullBack(cotangent: Plane, settings: ShownSettings): { output: Plane; input: Plane | null } {
  if (!settings.consistent) return { output: cotangent, input: null };
  const { consistent } = settings;
  const image = consistent.pseudoInverse(consistent.reduce(cotangent));
  return {
    output: { ...cotangent, data: cotangent.data.map((v, i) => v - image.data[i]!) },
    input: consistent.pseudoInverseAdjoint(cotangent),
  };
}

/** Reduced again minus the input, in model range: what the network made up, as far as the operator can tell. */
export function inconsistency(high: Raster, input: Raster, reduction: Reduction): Raster {
  const reduced = reduction.reduce(toPlane(high));
  return { ...input, unit: 'map', data: Float32Array.from(input.data, (v, i) => reduced.data[i]! - v) };
}
