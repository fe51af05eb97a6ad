import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { StudioError } from '../../core/errors';
import { labelsOfSlice, type LabelSet } from '../../core/labelSet';
import type { Series, Slice } from '../../core/slice';
import { isNonCommercial } from '../../dataset/manifest';
import type { SetContext } from '../../dataset/outputs/types';
import { planItems, type Plan, type PlannedItem, type PlanSource } from '../../dataset/plan';
import { recipeText, type Recipe } from '../../dataset/recipe';
import { isModelStep } from '../../dataset/recipeSteps';
import type { RunModelStep } from '../../dataset/runRecipe';
import { makePseudonyms } from '../../dicom/deidentify';
import type { ModelRegistry } from '../../models';
import { lesionKind } from '../lesionKind';
import type { SeriesSource } from '../seriesSource';

/** A series with the labels attached to it. */
export interface DatasetSource {
  readonly source: SeriesSource;
  readonly labels: readonly LabelSet[];
}

/** What a set is made from. */
export interface SetInput {
  readonly recipe: Recipe;
  readonly sources: readonly DatasetSource[];
  /** Project key of pseudonyms, UIDs and date shifts, at least 16 bytes. It stays in the session and never goes into the set. */
  readonly key: Uint8Array;
  readonly softwareVersion: string;
  /** For recipes with model steps. */
  readonly models?: ModelRegistry;
  /** Runs a model step; `makeModelSteps` gives one. */
  readonly runModel?: RunModelStep;
}

/** Plan and context of a set; nothing is decoded yet. */
export interface PreparedSet {
  readonly input: SetInput;
  readonly plan: Plan;
  readonly set: SetContext;
  readonly licenses: readonly string[];
  readonly runModel: RunModelStep;
}

/**
 * Checks recipe, models and sources against each other and plans the items.
 * Throws `recipe/invalid`, `model/unknown`, `dataset/no-sources`.
 */
export function prepareSet(input: SetInput): PreparedSet {
  const { recipe, sources, key } = input;
  if (key.length < 16) throw new StudioError('recipe/invalid', 'the project key has fewer than 16 bytes');
  const models = modelsOf(recipe, input.models);
  if (models.length && !input.runModel) throw new StudioError('recipe/invalid', 'the recipe runs models, and none can be run here');
  const pseudonyms = makePseudonyms(key);
  const planned = planItems(recipe, sources.map(planSource), (kind, value) => (kind === 'patient' ? pseudonyms.patient(value) : seriesCode(pseudonyms.patient(`series/${value}`))), lesionKind);
  const { items, notes } = syntheticSources(planned, sources);
  const plan: Plan = { ...planned, items, notes: [...planned.notes, ...notes, ...unlabelledNote(items, sources), recipe.deidentify.enabled ? PIXELS_NOTE : IDENTIFIED_NOTE] };
  const used = [...new Set(plan.items.map((i) => i.source))].map((i) => sources[i]!.source.series);
  const modalities = [...new Set(used.map((s) => s.modality))];
  if (modalities.length > 1 && recipe.outputs.some((o) => o.format === 'nnunet')) {
    throw new StudioError('recipe/invalid', `outputs: an nnU-Net set has one channel list, and these sources are ${modalities.join(' and ')}; name one in sources.modality`);
  }
  // The pixels of a label map are bytes; a DICOM segmentation has a frame a class.
  if (plan.classes.size > 255 && recipe.outputs.some((o) => o.format !== 'dicom')) {
    throw new StudioError('recipe/invalid', `outputs: a label map holds 255 classes at most, and these sources have ${plan.classes.size}; write DICOM only, or leave out some of the labels`);
  }
  const maps = used.filter((s) => s.notHounsfield).length;
  const recipeSha256 = bytesToHex(sha256(utf8ToBytes(recipeText(recipe))));
  const licenses = [...new Set(models.map((m) => m.license))].sort();
  const fingerprint = bytesToHex(sha256(utf8ToBytes([recipeSha256, input.softwareVersion, ...models.flatMap((m) => m.hashes)].join('|'))));
  const sequence = commonSequence(used);
  return {
    input,
    plan,
    licenses,
    runModel: input.runModel ?? (() => Promise.reject(new StudioError('internal', 'no model step was expected'))),
    set: {
      recipe,
      recipeSha256,
      fingerprint,
      softwareVersion: input.softwareVersion,
      classes: plan.classes,
      folds: plan.folds,
      patients: plan.patients,
      channel: modalities[0] === 'CT' ? (maps ? 'CT map' : 'CT') : (sequence ?? modalities[0] ?? 'image'),
      key,
      nonCommercial: licenses.some(isNonCommercial),
    },
  };
}

const PIXELS_NOTE = 'Burned-in text and faces in the pixels are not looked for; check the images before you share them.';
const IDENTIFIED_NOTE = 'De-identification is off: DICOM files keep what the sources say of the patient.';

/** An original whose file says that it is synthetic. */
export const isSyntheticSource = (item: PlannedItem, sources: readonly DatasetSource[]): boolean =>
  item.copy === 0 && sources[item.source]!.source.series.slices[item.sliceIndex]?.synthetic === true;

/**
 * Slices whose files say that they are synthetic: they are told, and those of test patients are left out, since
 * what is measured there is to hold for real ones.
 */
function syntheticSources({ items }: Plan, sources: readonly DatasetSource[]): Pick<Plan, 'items' | 'notes'> {
  const synthetic = (item: PlannedItem): boolean => isSyntheticSource(item, sources);
  const found = items.filter(synthetic);
  if (found.length === 0) return { items, notes: [] };
  const dropped = found.filter((item) => item.split === 'test').length;
  return {
    items: items.filter((item) => item.split !== 'test' || !synthetic(item)),
    notes: [
      `${found.length} source slices say that they are synthetic: they stay marked so, and are for training only.`,
      ...(dropped ? [`${dropped} of them are of test patients and are left out.`] : []),
    ],
  };
}

/** Series without a label among others that have one: a label that is missing reads the same as nothing to find. */
function unlabelledNote(items: readonly PlannedItem[], sources: readonly DatasetSource[]): string[] {
  const used = [...new Set(items.map((i) => i.source))].map((i) => sources[i]!);
  // What was generated may bear its labels on its slices.
  const bare = used.filter(({ labels, source }) => labels.length === 0 && !source.series.derived);
  return bare.length > 0 && used.some(({ labels }) => labels.length > 0) ? [`${bare.length} series bear no label although others do; they count as background.`] : [];
}

function seriesCode(pseudonym: string): string {
  return `S${pseudonym.slice(1, 8)}`;
}

function planSource({ source, labels }: DatasetSource): PlanSource {
  return {
    series: source.series,
    classes: labels.flatMap((set) => set.classes),
    labelled: source.series.slices.map((_, i) => labels.some((set) => labelsOfSlice(set, i).some((map) => map.data.some((v) => v !== 0)))),
  };
}

/** A slice with the labels of its series. Throws what decoding throws. */
export async function loadLabelled({ source, labels }: DatasetSource, index: number, signal?: AbortSignal): Promise<Slice> {
  const slice = await source.loadSlice(index, signal);
  const attached = labels.flatMap((set) => labelsOfSlice(set, index));
  for (const map of attached) {
    if (map.width !== slice.raster.width || map.height !== slice.raster.height) throw new StudioError('label/mismatch', `${map.source} on slice ${index + 1}`);
  }
  return { ...slice, labels: [...(slice.labels ?? []), ...attached] };
}

interface UsedWeights {
  readonly id: string;
  readonly license: string;
  readonly hashes: readonly string[];
}

function modelsOf(recipe: Recipe, registry: ModelRegistry | undefined): UsedWeights[] {
  const TASKS = { 'super-resolve': 'super-resolution', 'insert-lesion': 'lesion-insert', 'remove-lesion': 'lesion-remove' } as const;
  return recipe.steps.filter(isModelStep).map((step, n) => {
    if (!registry) throw new StudioError('model/unknown', step.model);
    const model = registry.get(step.model);
    if (model.task !== TASKS[step.type]) throw new StudioError('recipe/invalid', `step ${n + 1}: ${step.model} is a ${model.task} model, not one for ${step.type}`);
    return { id: model.id, license: model.license, hashes: Object.entries(model.variants).map(([name, file]) => `${model.id}/${name}/${file.sha256}`) };
  });
}

type Sequence = 'FLAIR' | 'T1' | 'T2' | 'PD' | null;

/** FLAIR, T1, T2 or PD, by a series' description; null where it does not say. */
function sequenceOf({ description }: Series): Sequence {
  const text = description.toUpperCase();
  if (/FLAIR/.test(text)) return 'FLAIR';
  if (/\bT1|T1W|MPRAGE|SPGR/.test(text)) return 'T1';
  if (/\bT2|T2W/.test(text)) return 'T2';
  return /\bPD\b|PROTON/.test(text) ? 'PD' : null;
}

/** The sequence on which all series agree. */
function commonSequence(series: readonly Series[]): Sequence {
  const found = new Set(series.map(sequenceOf));
  return found.size === 1 ? [...found][0]! : null;
}

/** Suffix of a series in BIDS: that of its sequence; `ct` and `mr` are none of BIDS and are listed in `.bidsignore`. */
export function bidsSuffix(series: Series): string {
  if (series.modality === 'CT') return 'ct';
  const sequence = sequenceOf(series);
  return sequence === null ? 'mr' : sequence === 'FLAIR' ? 'FLAIR' : `${sequence}w`;
}
