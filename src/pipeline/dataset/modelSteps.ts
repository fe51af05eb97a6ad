import { isAbort, StudioError, toStudioError } from '../../core/errors';
import { maskOfClasses } from '../../core/labelOps';
import { countMask } from '../../core/mask';
import type { Random } from '../../core/random';
import type { AugmentationInfo, Slice } from '../../core/slice';
import type { StepValues } from '../../augment';
import type { StepOf } from '../../dataset/recipeSteps';
import type { ModelStepResult, RunModelStep } from '../../dataset/runRecipe';
import { findTissue, largestSide, patchSize } from '../../synthesis/lesion';
import { neededVariants, reblend, runNetwork, type EngineContext, type ValueRange } from '../enhance';
import { insertLesion } from '../insertLesion';
import { lesionKind } from '../lesionKind';
import { labelledLesions } from '../knownLesions';
import { apart, removeLesion } from '../removeLesion';
import { segmenterFor } from '../segment';
import { measureRange } from '../valueRange';
import type { DatasetSource } from './prepare';

type Range = number | readonly [number, number];
const draw = (random: Random, range: Range): number => (typeof range === 'number' ? range : random.uniform(range[0], range[1]));
const drawWhole = (random: Random, range: Range): number => (typeof range === 'number' ? Math.round(range) : random.integer(Math.ceil(range[0]), Math.floor(range[1])));

/**
 * The steps that need a model, run by the studio's own use cases. Percentiles are measured once for each series and
 * normalisation, on the original series. Recipes promise bytes: give an engine of the WASM backend with one thread.
 */
export function makeModelSteps(sources: readonly DatasetSource[], context: EngineContext): RunModelStep {
  const ranges = new Map<string, Promise<ValueRange>>();
  const rangeOf = (series: number, model: string): Promise<ValueRange> => {
    const key = `${series}/${JSON.stringify(context.models.get(model).normalisation)}`;
    const known = ranges.get(key);
    if (known) return known;
    const range = measureRange(sources[series]!.source, model, { ...context, onProgress: undefined });
    ranges.set(key, range);
    range.catch(() => ranges.delete(key));
    return range;
  };
  return async (slice, step, random, series, signal) => {
    const here = { ...context, signal: signal ?? context.signal, onProgress: undefined };
    const range = await rangeOf(series, step.model).catch((error: unknown) => {
      // Another item that waited for the same numbers was cancelled: this one measures anew.
      if (isAbort(error) && !here.signal?.aborted) return rangeOf(series, step.model);
      throw error;
    });
    if (step.type === 'super-resolve') return superResolve(slice, step, here, range);
    if (step.type === 'insert-lesion') {
      const segmenter = segmenterFor(slice, here.models);
      return insert(slice, step, random, here, range, segmenter ? await rangeOf(series, segmenter.id) : undefined);
    }
    return remove(slice, step, here, range);
  };
}

async function superResolve(slice: Slice, step: StepOf<'super-resolve'>, context: EngineContext, range: ValueRange): Promise<ModelStepResult> {
  const settings = { perceptual: step.perceptual, consistent: step.consistent, operator: 'auto' as const };
  const parts = await runNetwork(slice, step.model, neededVariants(context.models.get(step.model), step.perceptual), context, range, step.averaged);
  const result = reblend(parts, settings, context);
  return {
    slice: result.augmentation.slice,
    infos: [timeless(result.augmentation.info)],
    values: { model: step.model, scale: parts.scale, perceptual: step.perceptual, consistent: step.consistent, ...(step.averaged ? { averaged: true } : {}), meter255: result.meter.rmse255 },
    warnings: result.warnings.filter((w) => w.code !== 'non-commercial' && w.code !== 'clamped').map((w) => w.text),
    meter: result.meter.rmse255,
    agreement: null,
  };
}

async function insert(slice: Slice, step: StepOf<'insert-lesion'>, random: Random, context: EngineContext, range: ValueRange, checkRange?: ValueRange): Promise<ModelStepResult> {
  const model = context.models.get(step.model);
  const limit = largestSide(patchSize(model), slice.pixelSpacingMm, slice.modality) * 0.98;
  const wanted = Math.max(1, drawWhole(random.fork('count'), step.count));
  const tissue = findTissue(slice);
  const className = step.class ?? lesionKind(step.model);
  // Real lesions stay as they are: what is labelled as one is no place for another.
  const taken = labelledLesions(slice.labels ?? [], slice.raster.data.length, lesionKind(step.model), className, step.avoid);
  const infos: AugmentationInfo[] = [];
  const sizes: number[] = [];
  const seeds: number[] = [];
  const warnings: string[] = [];
  let agreement: number | null = null;
  let current = slice;
  for (let k = 0; k < wanted; k++) {
    const own = random.fork(`lesion/${k}`);
    const sizeMm = Math.min(limit, draw(own.fork('size'), step.sizeMm));
    const seed = own.fork('seed').integer(0, 2147483646);
    try {
      const result = await insertLesion(current, {
        modelId: step.model,
        seed,
        place: { kind: 'auto' },
        sizeMm,
        irregularity: draw(own.fork('irregularity'), step.irregularity),
        contrast: draw(own.fork('contrast'), step.contrast),
        softnessMm: draw(own.fork('softness'), step.softnessMm),
        mergeIntoClass: null,
        labelRimPx: step.labelRimPx,
        className,
      }, range, context, { tissue, taken, checkRange });
      current = result.augmentation.slice;
      result.mask.forEach((v, i) => v && (taken[i] = 1));
      infos.push(timeless(result.augmentation.info));
      sizes.push(sizeMm);
      seeds.push(seed);
      if (result.check) agreement = Math.min(agreement ?? 1, result.check.dice);
      for (const w of result.warnings) if (w.code !== 'non-commercial' && !(k > 0 && w.code === 'already-synthetic') && !warnings.includes(w.text)) warnings.push(w.text);
    } catch (error) {
      // A second or third lesion may find no room; the first must.
      if (k === 0 || toStudioError(error).code !== 'lesion/no-place') throw error;
      warnings.push('Fewer lesions than drawn found a plausible place.');
      break;
    }
  }
  const values: StepValues = { model: step.model, count: infos.length, sizeMm: sizes, seed: seeds.at(-1)!, seeds };
  return { slice: current, infos, values, warnings, meter: null, agreement };
}

async function remove(slice: Slice, step: StepOf<'remove-lesion'>, context: EngineContext, range: ValueRange): Promise<ModelStepResult> {
  const chosen = (name: string): boolean => step.classes.length === 0 || step.classes.includes(name);
  const mask = maskOfClasses(slice.labels ?? [], slice.raster.data.length, chosen);
  const infos: AugmentationInfo[] = [];
  const lost = new Map<string, number>();
  const warnings: string[] = [];
  let current = slice;
  for (const [k, lesion] of apart(mask, slice, step.growMm).entries()) {
    const result = await removeLesion(current, { modelId: step.model, mask: lesion, growMm: step.growMm, ...(step.classes.length ? { classes: step.classes } : {}) }, range, context, { check: false });
    current = result.augmentation.slice;
    infos.push(timeless(result.augmentation.info));
    for (const { name, pixels } of result.removed) lost.set(name, (lost.get(name) ?? 0) + pixels);
    for (const w of result.warnings) if (w.code !== 'non-commercial' && !(k > 0 && w.code === 'already-synthetic') && !warnings.includes(w.text)) warnings.push(w.text);
  }
  if (infos.length === 0) return { slice, infos, values: { model: step.model, pixels: 0 }, warnings, meter: null, agreement: null };
  const values: StepValues = { model: step.model, pixels: countMask(mask), growMm: step.growMm, removed: [...lost].map(([name, pixels]) => `${name}: ${pixels}`).join(', ') };
  return { slice: current, infos, values, warnings, meter: null, agreement: null };
}

/** Time taken has no place in what is hashed. */
function timeless(info: AugmentationInfo): AugmentationInfo {
  if (info.backend === 'webgpu') throw new StudioError('internal', 'a recipe runs on WASM, whose bytes are the same everywhere');
  return { ...info, milliseconds: undefined };
}
