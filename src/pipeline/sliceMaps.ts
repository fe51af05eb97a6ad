import { StudioError } from '../core/errors';
import { paddedToModel } from '../core/padding';
import { cropReplicate, makeRaster, mapRaster, type Raster } from '../core/raster';
import { resample } from '../core/resample';
import type { LabelMap, Slice } from '../core/slice';
import { planTiles } from '../core/tile';
import type { Backend } from '../inference/protocol';
import type { SaliencyMap } from '../saliency';
import { segmentSlice } from '../synthesis/lesion';
import type { EngineContext, ValueRange } from './enhance';
import { rangeOn } from './valueRange';

/** Signed difference generated − original on the generated grid (original enlarged by bicubic where sizes differ), in the source's units. */
export function differenceMap(original: Slice, generated: Slice): Raster {
  const { width, height } = generated.raster;
  const same = original.raster.width === width && original.raster.height === height;
  const base = same ? original.raster : resample(original.raster, width, height, 'bicubic');
  return mapRaster(generated.raster, (v, i) => v - base.data[i]!, 'map');
}

/**
 * Patch discriminator over a slice, at the slice's size, in cells of `nativePx`. The score is the model's own: larger
 * looks more real, and only differences within a slice mean something. Edges are replicated by the halo, as everywhere.
 * Without `range` the slice alone is measured. Throws `model/invalid` for a model of another task.
 */
export async function realismMap(slice: Slice, modelId: string, context: EngineContext, range?: ValueRange): Promise<SaliencyMap> {
  const model = context.models.get(modelId);
  if (model.task !== 'realism' || model.inputs.length !== 1) throw new StudioError('model/invalid', `${modelId} scores no whole slices`);
  const frame = paddedToModel(slice, rangeOn(slice, model, range));
  const data = new Float32Array(frame.width * frame.height);
  let nativePx = 1;
  // In one piece, but for networks of a fixed size.
  for (const tile of planTiles(frame.width, frame.height, { tile: Math.max(frame.width, frame.height), halo: model.halo, multipleOf: model.multipleOf, patch: model.patch })) {
    const input = cropReplicate(frame, tile.inputX, tile.inputY, tile.inputWidth, tile.inputHeight);
    const { outputs } = await context.infer({ modelId, variant: Object.keys(model.variants)[0]!, graph: 'forward' }, { [model.inputs[0]!.name]: { data: input.data, dims: [1, 1, input.height, input.width] } }, context.signal);
    const output = outputs[model.outputs[0]!.name];
    if (!output || output.dims.length !== 4 || output.dims[1] !== 1) throw new StudioError('model/shape-mismatch', `${modelId} gave ${output?.dims.join(' × ') ?? 'nothing'}`);
    const [rows, columns] = [output.dims[2]!, output.dims[3]!];
    for (let y = tile.y; y < tile.y + tile.height; y++) for (let x = tile.x; x < tile.x + tile.width; x++) {
      data[y * frame.width + x] = output.data[Math.floor(((y - tile.inputY) * rows) / input.height) * columns + Math.floor(((x - tile.inputX) * columns) / input.width)]!;
    }
    nativePx = Math.ceil(input.width / columns);
  }
  return { raster: makeRaster(data, frame.width, frame.height, 'map'), box: { x: 0, y: 0, width: frame.width, height: frame.height }, signed: false, nativePx };
}

/** A segmentation model's probability (0…1) over a slice, at its size, and the label map at ≥ 0.5. */
export async function areasOfInterest(slice: Slice, modelId: string, context: EngineContext, range?: ValueRange): Promise<{ probability: SaliencyMap; label: LabelMap; backend: Backend }> {
  const model = context.models.get(modelId);
  if (model.task !== 'segmentation') throw new StudioError('model/invalid', `${modelId} is a ${model.task} model`);
  const { probability, mask, backend } = await segmentSlice(slice, model, rangeOn(slice, model, range), context.infer, { signal: context.signal, onProgress: context.onProgress });
  const { width, height } = slice.raster;
  return {
    probability: { raster: probability, box: { x: 0, y: 0, width, height }, signed: false, nativePx: 1 },
    label: { data: mask, width, height, classes: [{ id: 1, name: modelId }], source: `segmented by ${modelId}` },
    backend,
  };
}
