import { dilate } from '../core/distance';
import { StudioError } from '../core/errors';
import type { AffineRange } from '../core/normalise';
import { paddedToModel } from '../core/padding';
import { makeRaster } from '../core/raster';
import type { Augmentation, Slice } from '../core/slice';
import { lesionPorts, type ModelEntry } from '../models';
import type { Box, SaliencyMap } from '../saliency';
import { extractMask, extractPatch, planPatch } from '../synthesis/lesion/patch';
import { noiseVector } from '../synthesis/lesion/noise';
import { maskBounds, patchSize } from '../synthesis/lesion';
import type { EngineContext } from './enhance';
import type { ExplainTarget } from './explain';

/**
 * Scores of a lesion's patch critic (task `realism`, inputs image and mask) on the slice as it was painted: above 0 looks
 * real. Cells of the critic within 4 pixels of what was filled, which is where it was trained to look; NaN elsewhere.
 * Throws as `lesionQuestion`, and `model/shape-mismatch`.
 */
export async function lesionRealism(generated: Augmentation, model: ModelEntry, context: EngineContext): Promise<{ map: SaliencyMap; mean: number }> {
  const { target, toSlice } = lesionQuestion(generated.slice, generated, model);
  const { width: size, data: mask } = target.mask;
  const ports = lesionPorts(model);
  const tensor = (data: Float32Array) => ({ data, dims: [1, 1, size, size] });
  const { outputs } = await context.infer({ modelId: model.id, variant: 'default', graph: 'forward' }, { [ports.image]: tensor(target.patch.data), [ports.mask]: tensor(mask) }, context.signal);
  const score = outputs[model.outputs[0]!.name];
  const cells = score?.dims.at(-1) ?? 0;
  if (!score || cells === 0 || size % cells !== 0 || score.data.length !== cells * cells) throw new StudioError('model/shape-mismatch', `${model.id} gave ${score?.dims.join(' × ') ?? 'nothing'}`);
  const cell = size / cells;
  const cellOf = (pixel: number): number => Math.floor(pixel / (size * cell)) * cells + Math.floor((pixel % size) / cell);
  const asked = new Uint8Array(cells * cells);
  dilate(Uint8Array.from(mask), size, size, 4).forEach((v, i) => v && (asked[cellOf(i)] = 1));
  const values = [...asked.keys()].filter((i) => asked[i]).map((i) => score.data[i]!);
  const data = Float32Array.from(mask, (_, i) => (asked[cellOf(i)] ? score.data[cellOf(i)]! : Number.NaN));
  const map = toSlice({ raster: makeRaster(data, size, size, 'map'), box: { x: 0, y: 0, width: size, height: size }, signed: true, nativePx: cell }, Number.NaN);
  return { map, mean: values.reduce((sum, v) => sum + v, 0) / values.length };
}

/** The question about a painted lesion, with the ways between the slice's pixels and the patch's. */
export interface LesionQuestion {
  readonly target: Extract<ExplainTarget, { kind: 'lesion' }>;
  /** A region of the slice in patch pixels. */
  toPatch(region: Box): Box;
  /** A map over the patch as one over the slice: nearest, `beyond` (0 where not given) outside the patch. */
  toSlice(map: SaliencyMap, beyond?: number): SaliencyMap;
  /** The lesion itself, in slice pixels. */
  readonly lesion: Box;
}

/**
 * The patch, mask and noise that made the last lesion of `generated`, made again from its provenance. `base` is the
 * slice it was painted into: `generated.paintedInto` where lesions were there before it, else the source.
 * Throws `model/invalid` for a result that no inserter or remover made, `lesion/mask-empty`.
 */
export function lesionQuestion(base: Slice, generated: Augmentation, model: ModelEntry): LesionQuestion {
  const { info, mask } = generated;
  if (!mask || (info.kind !== 'lesion-insert' && info.kind !== 'lesion-remove')) throw new StudioError('model/invalid', 'not made by a lesion model');
  const { width, height } = base.raster;
  const size = patchSize(model);
  const filled = generated.filled ?? mask.data;
  const range: AffineRange = { low: Number(info.parameters.normalisationLow), high: Number(info.parameters.normalisationHigh) };
  const plan = planPatch(filled, width, height, size, base.pixelSpacingMm, base.modality);
  const patch = extractPatch(paddedToModel(base, range), plan).map((v) => Math.min(4, Math.max(-0.2, v)));
  const z = lesionPorts(model).z?.shape.at(-1);
  const toPatch = (region: Box): Box => {
    const left = Math.floor((region.x - plan.originX) / plan.step);
    const top = Math.floor((region.y - plan.originY) / plan.step);
    return { x: left, y: top, width: Math.max(1, Math.round(region.width / plan.step)), height: Math.max(1, Math.round(region.height / plan.step)) };
  };
  const toSlice = (map: SaliencyMap, beyond = 0): SaliencyMap => {
    const data = new Float32Array(width * height).fill(beyond);
    for (let sy = 0; sy < height; sy++) {
      const py = Math.round((sy - plan.originY) / plan.step);
      if (py < 0 || py >= size) continue;
      for (let sx = 0; sx < width; sx++) {
        const px = Math.round((sx - plan.originX) / plan.step);
        if (px >= 0 && px < size) data[sy * width + sx] = map.raster.data[py * size + px]!;
      }
    }
    const box = {
      x: Math.round(plan.originX + map.box.x * plan.step), y: Math.round(plan.originY + map.box.y * plan.step),
      width: Math.round(map.box.width * plan.step), height: Math.round(map.box.height * plan.step),
    };
    return { ...map, raster: makeRaster(data, width, height, 'map'), box, nativePx: Math.max(1, Math.round(map.nativePx * plan.step)) };
  };
  return {
    target: {
      kind: 'lesion', modelId: model.id,
      patch: makeRaster(patch, size, size, 'model'),
      mask: makeRaster(extractMask(filled, width, height, plan), size, size, 'model'),
      ...(typeof z === 'number' ? { z: noiseVector(info.seed ?? 0, z) } : {}),
    },
    toPatch, toSlice,
    lesion: lesionBox(generated)!,
  };
}

/** The box of the last lesion that was painted, in slice pixels; null where there is none. */
export function lesionBox({ filled, mask, slice: { raster } }: Augmentation): Box | null {
  const data = filled ?? mask?.data;
  const bounds = data && maskBounds(data, raster.width, raster.height);
  return bounds ? { x: bounds.x0, y: bounds.y0, width: bounds.x1 - bounds.x0, height: bounds.y1 - bounds.y0 } : null;
}
