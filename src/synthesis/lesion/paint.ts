import { distanceInside } from '../../core/distance';
import { StudioError } from '../../core/errors';
import { fromModelRange, type AffineRange } from '../../core/normalise';
import { paddedToModel } from '../../core/padding';
import { makeRaster } from '../../core/raster';
import type { Slice } from '../../core/slice';
import type { Backend, Infer, Tensor } from '../../inference/protocol';
import { imagePort, lesionPorts, type ModelEntry } from '../../models';
import { changedOutside, compositeStored } from './composite';
import { maskBounds, softenInside } from './maskGeometry';
import { noiseVector } from './noise';
import { extractMask, extractPatch, patchAt, planPatch, type PatchPlan } from './patch';

/** How a lesion is painted into a slice, or out of it. */
export interface PaintRequest {
  /** 0/1, the size of the slice. What is labelled, and the only place where values may change. */
  readonly mask: Uint8Array;
  readonly seed: number | string;
  /** −1…1: how much of a difference the lesion makes: 0 as the model gives it, +0.2 a fifth more, −1 none. */
  readonly contrast?: number;
  /** Further softening inside the mask's edge, mm (pixels without spacing); 0 as the model gives it. */
  readonly softness?: number;
}

export interface PaintResult {
  readonly slice: Slice;
  readonly backend: Backend;
  readonly milliseconds: number;
  readonly clamped: number;
  /** Pixels that differ outside the mask: counted after the fact. 0, or the result is not given. */
  readonly changedOutside: number;
  readonly plan: PatchPlan;
}

/**
 * Runs a `lesion-insert` or `lesion-remove` model on the patch around the mask and lays the result into the slice in
 * stored units. Outside the mask every stored value is copied bit for bit.
 * Throws `lesion/mask-empty`, `lesion/mask-too-large`, `model/*`; AbortError.
 */
export async function paintLesion(slice: Slice, request: PaintRequest, model: ModelEntry, variant: string, range: AffineRange, infer: Infer, signal?: AbortSignal): Promise<PaintResult> {
  const { width, height } = slice.raster;
  const size = patchSize(model);
  const plan = planPatch(request.mask, width, height, size, slice.pixelSpacingMm, slice.modality);
  const normalised = paddedToModel(slice, range);
  const patchMask = extractMask(request.mask, width, height, plan);
  const patch = extractPatch(normalised, plan);
  for (let i = 0; i < patch.length; i++) patch[i] = Math.min(4, Math.max(-0.2, patch[i]!));
  const image: Tensor = { data: patch, dims: [1, 1, size, size] };
  const ports = lesionPorts(model);
  const inputs: Record<string, Tensor> = { [ports.image]: image, [ports.mask]: { data: patchMask, dims: [1, 1, size, size] } };
  if (ports.z) {
    const length = ports.z.shape.at(-1);
    if (typeof length !== 'number') throw new StudioError('model/invalid', `${model.id}: ${ports.z.name} has no fixed length`);
    inputs[ports.z.name] = { data: noiseVector(request.seed, length), dims: [1, length] };
  }
  const result = await infer({ modelId: model.id, variant, graph: 'forward' }, inputs, signal);
  const output = result.outputs[model.outputs[0]!.name];
  if (!output || output.data.length !== size * size) throw new StudioError('model/shape-mismatch', `${model.id} gave ${output?.dims.join('×') ?? 'nothing'}`);
  if (!output.data.every(Number.isFinite)) throw new StudioError('model/bad-output', model.id);
  const painted = adjustContrast(output.data, patch, patchMask, request.contrast ?? 0);
  const onSlice = layPatch(painted, plan, request.mask, normalised.data, width, height);
  const values = fromModelRange(makeRaster(onSlice, width, height, 'model'), range, slice.raster.unit === 'HU' ? 'HU' : 'modality');
  const alpha = softAlpha(slice, request.mask, request.softness ?? 0);
  const { raster, stored, clamped } = compositeStored(slice, values.data, alpha);
  // What is shown of a colour image is the luminance that was painted.
  const next: Slice = { ...slice, raster, stored, rgb: undefined };
  const changed = changedOutside(slice, next, request.mask);
  if (changed > 0) throw new StudioError('internal', `${changed} pixels changed outside the mask`);
  return { slice: next, backend: result.backend, milliseconds: result.milliseconds, clamped, changedOutside: changed, plan };
}

/** Side of the square patch a model takes. Throws `model/invalid` where it names none. */
export function patchSize(model: ModelEntry): number {
  const side = model.patch ?? imagePort(model).shape.at(-1);
  if (typeof side !== 'number') throw new StudioError('model/invalid', `${model.id} names no patch size`);
  return side;
}

function softAlpha(slice: Slice, mask: Uint8Array, softness: number): Float32Array {
  if (softness <= 0) return Float32Array.from(mask);
  const spacing = slice.pixelSpacingMm ?? [1, 1];
  const distance = distanceInside(mask, slice.raster.width, slice.raster.height, spacing);
  return softenInside(distance, softness, Math.min(spacing[0], spacing[1]) / 2);
}

/** Makes the difference that the model made to the patch larger (or, below 0, smaller) by `contrast` of it: −1 leaves the patch. */
function adjustContrast(output: Float32Array, patch: Float32Array, mask: Float32Array, contrast: number): Float32Array {
  if (contrast === 0) return output;
  return output.map((v, i) => (mask[i] ? patch[i]! + (1 + contrast) * (v - patch[i]!) : v));
}

/** The painted patch on the slice's grid, in model range; the slice's own values where the mask is 0. */
function layPatch(painted: Float32Array, plan: PatchPlan, mask: Uint8Array, base: Float32Array, width: number, height: number): Float32Array {
  const out = new Float32Array(base);
  const bounds = maskBounds(mask, width, height)!;
  for (let y = bounds.y0; y < bounds.y1; y++) {
    for (let x = bounds.x0; x < bounds.x1; x++) if (mask[y * width + x]) out[y * width + x] = patchAt(painted, plan, x, y);
  }
  return out;
}
