import { labelComponents } from '../core/components';
import { dilate } from '../core/distance';
import { StudioError } from '../core/errors';
import { removeFromLabels } from '../core/labelOps';
import { maskWhere } from '../core/mask';
import type { Augmentation, AugmentationInfo, LabelMap, Slice } from '../core/slice';
import type { Backend } from '../inference/protocol';
import { fitsPatch, maskBounds, paintLesion, patchSize, type PaintResult } from '../synthesis/lesion';
import type { EngineContext, ValueRange } from './enhance';
import { checkLesion, expectModality, rangeOfCheck, type CheckOptions, type LesionCheck } from './insertLesion';
import { lesionMarks, lesionWarnings, type LesionWarning } from './lesionWarnings';
import { rangeOn } from './valueRange';

export interface RemovalSettings {
  readonly modelId: string;
  /** What is to go, 0/1, the size of the slice. */
  readonly mask: Uint8Array;
  /** The mask is grown by this much before it is filled, so that the lesion's rim goes too. mm; pixels without spacing. */
  readonly growMm: number;
  /** Names of the classes that lose what is filled; absent: all. A lung stays lung where a nodule was. */
  readonly classes?: readonly string[];
}

export interface RemovalResult {
  readonly augmentation: Augmentation;
  /** The grown mask: where values may have changed. */
  readonly mask: Uint8Array;
  /** Pixels that classes of the slice's labels lost. */
  readonly removed: readonly { readonly id: number; readonly name: string; readonly pixels: number }[];
  readonly check: LesionCheck | null;
  readonly warnings: readonly LesionWarning[];
  readonly changedOutside: number;
  readonly backend: Backend;
  readonly milliseconds: number;
}

/**
 * Fills the mask with what the model takes for healthy tissue; lesion by lesion, where together they are larger than the
 * model's patch. The labels, or the `classes` of them, lose what was filled, and by how much is told.
 * Rejects with `geometry/mismatch`, `lesion/mask-empty`, `lesion/mask-too-large`, `model/*`; AbortError.
 */
export async function removeLesion(slice: Slice, settings: RemovalSettings, measured: ValueRange, context: EngineContext, options: CheckOptions = {}): Promise<RemovalResult> {
  const model = context.models.get(settings.modelId);
  expectModality(slice, model);
  const range = rangeOn(slice, model, measured);
  const { width, height } = slice.raster;
  if (settings.mask.length !== width * height) throw new StudioError('geometry/mismatch', 'the mask has another size than the slice');
  const grown = (mask: Uint8Array): Uint8Array => (settings.growMm > 0 ? dilate(mask, width, height, settings.growMm, slice.pixelSpacingMm ?? [1, 1]) : mask);
  if (!maskBounds(settings.mask, width, height)) throw new StudioError('lesion/mask-empty');
  const mask = grown(settings.mask);
  const lesions = fitsPatch(mask, width, height, patchSize(model), slice.pixelSpacingMm, slice.modality) ? [mask] : apart(settings.mask, slice, settings.growMm).map(grown);
  let before = slice, after = slice, changed = 0, milliseconds = 0;
  let painted!: PaintResult;
  for (const lesion of lesions) {
    painted = await paintLesion(after, { mask: lesion, seed: 0 }, model, 'default', range, context.infer, context.signal);
    [before, after] = [after, painted.slice];
    changed += painted.changedOutside;
    milliseconds += painted.milliseconds;
  }
  const { maps, removed } = removeFromLabels(slice.labels ?? [], mask, (name) => settings.classes?.includes(name) ?? true);
  const bounds = maskBounds(mask, width, height)!;
  const warnings = lesionWarnings(slice, model);
  const info: AugmentationInfo = {
    kind: 'lesion-remove',
    model: { id: model.id, variant: 'default', sha256: model.variants.default!.sha256, license: model.license },
    backend: painted.backend,
    seed: null,
    parameters: {
      growMm: settings.growMm,
      maskBox: [bounds.x0, bounds.y0, bounds.x1 - bounds.x0, bounds.y1 - bounds.y0],
      maskPixels: bounds.pixels,
      ...(lesions.length > 1 ? { lesions: lesions.length } : {}),
      normalisationLow: range.low,
      normalisationHigh: range.high,
      resampled: painted.plan.step,
      removedFromClasses: removed.map((r) => `${r.name}: ${r.pixels}`).join(', ') || null,
      ...lesionMarks(warnings),
    },
    softwareVersion: context.softwareVersion,
    milliseconds,
  };
  const id = `${slice.id}+${model.id}-${bounds.x0}.${bounds.y0}.${bounds.pixels}`;
  const map: LabelMap = { data: mask, width, height, classes: [{ id: 1, name: 'removed' }], source: 'removed' };
  const result: Slice = { ...after, id, labels: maps, source: { kind: 'generated', from: slice.source, augmentation: info } };
  const check = options.check === false ? null : await checkLesion(slice, result, mask, rangeOfCheck(slice, model, measured, context, options), context);
  const several = lesions.length > 1 ? { filled: lesions.at(-1)!, paintedInto: before } : {};
  return { augmentation: { id, sourceId: slice.id, slice: result, info, mask: map, ...several }, mask, removed, check, warnings, changedOutside: changed, backend: painted.backend, milliseconds };
}

/** The lesions of a mask one by one, in scan order: what does not touch when grown by `growMm`. */
export function apart(mask: Uint8Array, { raster: { width, height }, pixelSpacingMm }: Slice, growMm: number): Uint8Array[] {
  if (!mask.includes(1)) return [];
  const { labels, components } = labelComponents(growMm > 0 ? dilate(mask, width, height, growMm, pixelSpacingMm ?? [1, 1]) : mask, width, height);
  return components.map(({ label }) => maskWhere(mask.length, (i) => mask[i]! && labels[i] === label));
}
