import { applyTransform, finishState, startState, type StepValues, type TransformStep } from '../augment';
import { throwIfAborted } from '../core/errors';
import { makeRandom } from '../core/random';
import type { AugmentationInfo, Slice } from '../core/slice';
import { isLinearLut, storeRaster } from '../core/storeRaster';
import type { AppliedStep, UsedModel } from './manifest';
import type { Recipe } from './recipe';
import { isModelStep, type ModelStep, type RecipeStep } from './recipeSteps';

/** What a step that runs a model gives back. */
export interface ModelStepResult {
  readonly slice: Slice;
  readonly infos: readonly AugmentationInfo[];
  readonly values: StepValues;
  readonly warnings: readonly string[];
  readonly meter: number | null;
  readonly agreement: number | null;
}

/**
 * Runs super-resolution, lesion insertion or removal on a slice. `random` is the step's own stream: what it draws
 * depends on recipe, item and step alone. `series` says which series' normalisation holds.
 */
export type RunModelStep = (slice: Slice, step: ModelStep, random: ReturnType<typeof makeRandom>, series: number, signal?: AbortSignal) => Promise<ModelStepResult>;

export interface RunItem {
  /** Names the item: patient, series, slice and copy (`PlannedItem`). */
  readonly id: string;
  readonly source: number;
  readonly series: string;
  readonly copy: number;
}

export interface RecipeResult {
  readonly slice: Slice;
  readonly steps: readonly AppliedStep[];
  readonly infos: readonly AugmentationInfo[];
  readonly models: readonly UsedModel[];
  readonly meter: number | null;
  readonly agreement: number | null;
  readonly warnings: readonly string[];
  /** Values clamped to the stored type before a model step. */
  readonly clamped: number;
  /** A model step stored an unsigned source signed: what follows is stored so too. */
  readonly belowZero?: boolean;
  readonly spatialLocationsPreserved: boolean;
}

/**
 * Runs the steps of a recipe on one slice for one copy. Chance comes from `seed / item / step`, so the result is the
 * same in whatever order, thread or shard items are made; with `draw: series` settings are shared by the slices of a
 * series and noise is not. Image is sampled linearly, masks nearest, at the same coordinates. A model step sees what steps
 * before it made as it would be stored: on the source's grey grid, with its padding.
 */
export async function runRecipe(recipe: Recipe, slice: Slice, item: RunItem, runModel: RunModelStep, signal?: AbortSignal): Promise<RecipeResult> {
  const own = makeRandom(recipe.seed).fork(item.id);
  const shared = recipe.draw === 'series' ? makeRandom(recipe.seed).fork(`${item.series}_${item.copy}`) : own;
  let base = slice;
  let state = startState(slice);
  let preserved = true;
  let dirty = false;
  let clamped = 0;
  let belowZero = false;
  const steps: AppliedStep[] = [];
  const infos: AugmentationInfo[] = [];
  const warnings: string[] = [];
  let meter: number | null = null;
  let agreement: number | null = null;
  for (const [n, step] of recipe.steps.entries()) {
    throwIfAborted(signal);
    const values = shared.fork(`${n}/${step.type}/values`);
    if (values.fork('chance').next() >= step.probability) {
      steps.push({ type: step.type, applied: false, values: {} });
      continue;
    }
    if (isModelStep(step)) {
      if (dirty) {
        const made = finishState(base, state);
        const onGrid = storeRaster(made.raster, slice.stored, isLinearLut(slice.raster, slice.stored), { belowZero });
        base = { ...made, raster: onGrid.raster, stored: onGrid.stored };
        clamped += onGrid.clamped;
      }
      const result = await runModel(base, step, values, item.source, signal);
      base = result.slice;
      belowZero = base.stored?.data instanceof Int16Array;
      state = startState(base);
      dirty = false;
      infos.push(...result.infos);
      warnings.push(...result.warnings);
      meter = largest(meter, result.meter);
      agreement = smallest(agreement, result.agreement);
      steps.push({ type: step.type, applied: true, values: result.values });
    } else {
      const result = applyTransform(state, transformOf(step), { values, texture: own.fork(`${n}/${step.type}/texture`) });
      state = result.state;
      preserved &&= state.spatialLocationsPreserved;
      dirty = true;
      steps.push({ type: step.type, applied: true, values: result.values });
    }
  }
  if (dirty) base = finishState(base, state);
  const models = uniqueModels(infos);
  return { slice: base, steps, infos, models, meter, agreement, warnings, clamped, belowZero, spatialLocationsPreserved: preserved };
}

function transformOf(step: Exclude<RecipeStep, ModelStep>): TransformStep {
  return step as TransformStep;
}

export function uniqueModels(infos: readonly AugmentationInfo[]): UsedModel[] {
  const found = new Map<string, UsedModel>();
  for (const { model, backend } of infos) {
    if (model) found.set(`${model.id}/${model.variant}/${model.sha256}/${backend}`, { id: model.id, variant: model.variant, sha256: model.sha256, license: model.license, backend });
  }
  return [...found.keys()].sort().map((key) => found.get(key)!);
}

const largest = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b));
const smallest = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b));

/** Provenance of an item as one record, for its DICOM file: the last model that ran, and every step's values. */
export function itemInfo(recipe: Recipe, recipeSha256: string, result: RecipeResult, softwareVersion: string): AugmentationInfo {
  const last = result.infos.at(-1);
  const parameters: Record<string, string | number | boolean | readonly number[] | null> = { recipe: recipe.name, recipeSha256 };
  for (const [n, step] of result.steps.entries()) {
    if (step.applied) parameters[`step ${n + 1} ${step.type}`] = Object.entries(step.values).map(([k, v]) => `${k}=${Array.isArray(v) ? v.map(shortNumber).join(',') : typeof v === 'number' ? shortNumber(v) : String(v)}`).join(' ');
  }
  const kinds = new Set(result.infos.map((i) => i.kind));
  return {
    kind: kinds.size === 1 ? [...kinds][0]! : 'recipe',
    model: last?.model ?? null,
    backend: last?.backend ?? 'none',
    seed: recipe.seed,
    parameters,
    softwareVersion,
  };
}

const shortNumber = (value: number): string => String(Number(value.toPrecision(6)));
