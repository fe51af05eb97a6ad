import { StudioError } from '../core/errors';
import type { Slice } from '../core/slice';
import type { ModelEntry, ModelRegistry } from '../models';
import { segmentSlice, type Finding, type Region } from '../synthesis/lesion';
import type { EngineContext, ValueRange } from './enhance';
import { rangeOn } from './valueRange';

/** The segmentation model for a slice's modality, or null where there is none. */
export function segmenterFor(slice: Slice, models: ModelRegistry): ModelEntry | null {
  return models.list('segmentation').find((m) => m.modality.includes(slice.modality)) ?? null;
}

/** Outlines lesions on a slice with an independent model. `range`: of the series for that model; absent: the slice alone is measured. Throws `model/wrong-modality` where none fits. */
export async function findLesions(slice: Slice, range: ValueRange | undefined, context: EngineContext, region?: Region): Promise<Finding & { readonly modelId: string }> {
  const model = segmenterFor(slice, context.models);
  if (!model) throw new StudioError('model/wrong-modality', `no segmentation model for ${slice.modality}`);
  const finding = await segmentSlice(slice, model, rangeOn(slice, model, range), context.infer, { region, signal: context.signal, onProgress: context.onProgress });
  return { ...finding, modelId: model.id };
}
