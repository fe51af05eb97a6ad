import * as v from 'valibot';
import { StudioError } from '../core/errors';
import { Step, STEP_TYPES } from './recipeSteps';
import { nearestWord } from './nearestWord';

/**
 * The recipe: what a training set is made of, as JSON that can be saved, shared as text and run again to the same
 * bytes. Version 1; the JSON Schema of the same is docs/recipe.schema.json.
 */
const Share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** Whether a regular expression can be read and has one group. */
function hasOneGroup(pattern: string): boolean {
  try {
    return new RegExp(`${pattern}|`).exec('')!.length === 2;
  } catch {
    return false;
  }
}

const Sources = v.strictObject({
  /** Series of other modalities are left out. */
  modality: v.optional(v.array(v.picklist(['MR', 'CT'])), []),
  /** `labelled`: only slices on which a label has pixels. */
  slices: v.optional(v.picklist(['all', 'labelled']), 'all'),
  /** Take every nth slice. */
  every: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
  /** Regular expression on the path of a file whose header names no patient; its one group is the patient. */
  patient: v.optional(v.pipe(v.string(), v.maxLength(200), v.check(hasOneGroup, 'a regular expression with one group'))),
});

const Output = v.variant('format', [
  v.strictObject({ format: v.literal('dicom'), segmentations: v.optional(v.boolean(), true) }),
  v.strictObject({
    format: v.literal('nnunet'),
    datasetId: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(999)), 1),
    /** Channel name; `CT` only for HU, since nnU-Net normalises by it. Default: CT, or MR. */
    channel: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_.-]+$/, 'letters, digits, _ . and - only'))),
  }),
  v.strictObject({ format: v.literal('png'), coco: v.optional(v.boolean(), true), yolo: v.optional(v.boolean(), false) }),
  v.strictObject({ format: v.literal('npz') }),
  v.strictObject({ format: v.literal('bids') }),
]);

const Deidentify = v.strictObject({
  enabled: v.optional(v.boolean(), true),
  /** `move`: all dates of a patient back by the same number of days (kept secret by the key). */
  dates: v.optional(v.picklist(['remove', 'move']), 'remove'),
  device: v.optional(v.boolean(), false),
  descriptors: v.optional(v.boolean(), false),
  characteristics: v.optional(v.boolean(), false),
});

const Split = v.strictObject({
  /** Folds of cross-validation, by patient. */
  folds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(20)), 5),
  /** Share of patients set aside: their real slices only, never augmented. */
  test: v.optional(Share, 0),
});

export const RecipeSchema = v.strictObject({
  $schema: v.optional(v.string()),
  verisim: v.literal('recipe'),
  version: v.literal(1),
  name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'letters, digits, _ and - only, at most 64, since folders bear it')),
  description: v.optional(v.pipe(v.string(), v.maxLength(2000))),
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2147483647)),
  sources: v.optional(Sources, {}),
  /** Unchanged slices go in as well; validation needs them. */
  originals: v.optional(v.boolean(), true),
  /** Generated copies of each slice. */
  copies: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10000)), 1),
  /** `series`: settings are drawn once for all slices of a series; noise still differs from slice to slice. */
  draw: v.optional(v.picklist(['slice', 'series']), 'slice'),
  steps: v.optional(v.array(Step), []),
  outputs: v.pipe(v.array(Output), v.minLength(1, 'name at least one output')),
  split: v.optional(Split, {}),
  deidentify: v.optional(Deidentify, {}),
});

export type Recipe = v.InferOutput<typeof RecipeSchema>;
export type RecipeInput = v.InferInput<typeof RecipeSchema>;
export type RecipeOutput = Recipe['outputs'][number];
export type OutputFormat = RecipeOutput['format'];

/**
 * A recipe from JSON text or a parsed value, defaults filled in.
 * Throws `recipe/invalid`, the detail naming the field (`steps[2].degrees`), what stands there and what may.
 */
export function parseRecipe(source: unknown): Recipe {
  let json = source;
  if (typeof source === 'string') {
    try {
      json = JSON.parse(source);
    } catch (error) {
      throw new StudioError('recipe/invalid', `not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const result = v.safeParse(RecipeSchema, json);
  if (!result.success) throw new StudioError('recipe/invalid', result.issues.slice(0, 5).map(describe).join('; '));
  const formats = result.output.outputs.map((o) => o.format);
  const twice = formats.find((f, i) => formats.indexOf(f) !== i);
  if (twice) throw new StudioError('recipe/invalid', `outputs: ${twice} is named twice`);
  if (result.output.copies === 0 && !result.output.originals) throw new StudioError('recipe/invalid', 'copies: 0 without originals makes nothing');
  return result.output;
}

/** Canonical text of a recipe: defaults filled in, keys sorted, indented by two. Equal recipes give equal text. */
export function recipeText(recipe: Recipe): string {
  return `${JSON.stringify(sorted(recipe), null, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}

function describe(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map((p) => (typeof p.key === 'number' ? `[${p.key}]` : `.${String(p.key)}`)).join('').replace(/^\./, '') || 'recipe';
  const last = issue.path?.at(-1);
  if (issue.type === 'strict_object' && last && 'value' in last && issue.expected === 'never') {
    const known = Object.keys((last.input as object | undefined) ?? {}).filter((k) => k !== last.key);
    return `${path}: this field is not known here (others here: ${known.join(', ') || 'none'})`;
  }
  if (issue.type === 'variant') {
    const given = String(issue.input ?? issue.received).replace(/"/g, '');
    const options = path.endsWith('format') ? ['dicom', 'nnunet', 'png', 'npz', 'bids'] : STEP_TYPES;
    const near = nearestWord(given, options);
    return `${path}: ${given} is not one of ${options.join(', ')}${near ? ` (did you mean ${near}?)` : ''}`;
  }
  if (issue.received === 'undefined') return `${path}: is missing`;
  const given = typeof issue.input === 'object' || issue.message.includes('given') ? '' : ` (given: ${JSON.stringify(issue.input)})`;
  return `${path}: ${issue.message}${given}`;
}
