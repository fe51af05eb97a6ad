import * as v from 'valibot';

/** A number, or [low, high] to draw from, each between `min` and `max`. */
function range(min: number, max: number) {
  const one = v.pipe(v.number(), v.minValue(min, `must be at least ${min}`), v.maxValue(max, `must be at most ${max}`));
  return v.union([one, v.pipe(v.tuple([one, one]), v.check(([low, high]) => low <= high, 'the first must not be above the second'))], (issue) => {
    const inner = issue.issues?.[0];
    const given = JSON.stringify(issue.input);
    return inner && inner.type !== 'number' && inner.type !== 'tuple'
      ? `${given}: ${inner.message}`
      : `${given} is no number from ${min} to ${max}, nor [low, high] of two such`;
  });
}
const whole = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
/** Chance that the step is applied to a copy. */
const probability = v.optional(share, 1);
const phaseAxis = v.optional(v.picklist(['rows', 'columns', 'random']), 'random');
const modelId = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]*$/, 'a model id of `verisim models`'));
const className = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

const step = <N extends string, E extends v.ObjectEntries>(type: N, entries: E) => v.strictObject({ type: v.literal(type), probability, ...entries });

export const Step = v.variant('type', [
  // Models
  step('super-resolve', { model: modelId, perceptual: v.optional(share, 0), consistent: v.optional(v.boolean(), false), averaged: v.optional(v.boolean()) }),
  step('insert-lesion', {
    model: modelId,
    count: v.optional(range(1, 20), 1),
    sizeMm: v.optional(range(1, 200), [6, 20]),
    irregularity: v.optional(range(0, 1), [0.1, 0.6]),
    contrast: v.optional(range(-1, 1), 0),
    softnessMm: v.optional(range(0, 10), 0),
    /** Pixels at the mask's edge that are painted but not labelled; absent: the label is the mask. */
    labelRimPx: v.optional(whole(0, 4)),
    /** `auto`: plausible tissue (brain, lung); the model's place finder decides. */
    place: v.optional(v.literal('auto'), 'auto'),
    /** Name of the lesion's class: an existing one is joined, else a new one appended. Default: the kind of lesion. */
    class: v.optional(className),
    /** Names of the label classes that a new lesion keeps clear of. Default: its own class, and those whose names say that they are such lesions. */
    avoid: v.optional(v.array(className)),
  }),
  step('remove-lesion', { model: modelId, classes: v.optional(v.array(className), []), growMm: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(20)), 2) }),
  // Geometry
  step('flip', { axes: v.optional(v.array(v.picklist(['horizontal', 'vertical'])), ['horizontal']), each: v.optional(share, 0.5) }),
  step('rotate', { degrees: v.optional(range(-360, 360), [-10, 10]) }),
  step('scale', { factor: v.optional(range(0.25, 4), [0.9, 1.1]), anisotropic: v.optional(v.boolean(), false) }),
  step('translate', { mm: v.optional(range(-200, 200), [-5, 5]) }),
  step('elastic', { controlPoints: v.optional(whole(4, 32), 7), maxDisplacementMm: v.optional(range(0, 50), 7.5), lockedBorders: v.optional(whole(0, 2), 2) }),
  step('crop', { fraction: v.optional(range(0.05, 1)), rows: v.optional(whole(1, 8192)), columns: v.optional(whole(1, 8192)), centre: v.optional(v.picklist(['middle', 'random', 'label']), 'random') }),
  // Values
  step('gamma', { logGamma: v.optional(range(-2, 2), [-0.3, 0.3]) }),
  step('brightness', { shift: v.optional(range(-1, 1), [-0.1, 0.1]) }),
  step('contrast', { factor: v.optional(range(0, 4), [0.85, 1.15]) }),
  step('noise-gaussian', { std: v.optional(range(0, 1), [0, 0.05]) }),
  step('noise-rician', { std: v.optional(range(0, 1), [0, 0.05]) }),
  step('noise-poisson', { peak: v.optional(range(1, 1e6), [200, 2000]) }),
  step('blur', { stdMm: v.optional(range(0, 20), [0, 1]) }),
  step('low-resolution', { factor: v.optional(range(1, 16), [1.5, 3]), axes: v.optional(v.picklist(['rows', 'columns', 'both', 'one-at-random']), 'one-at-random') }),
  // MR physics
  step('bias-field', { order: v.optional(whole(0, 6), 3), coefficients: v.optional(range(0, 2), 0.3) }),
  step('motion', { degrees: v.optional(range(-45, 45), [-5, 5]), translationMm: v.optional(range(-50, 50), [-5, 5]), movements: v.optional(whole(1, 10), 2), phaseAxis }),
  step('ghosting', { ghosts: v.optional(range(1, 64), [4, 10]), intensity: v.optional(range(0, 1), [0.3, 0.8]), restore: v.optional(share, 0.02), phaseAxis }),
  step('spike', { spikes: v.optional(range(0, 10), 1), intensity: v.optional(range(0, 10), [0.1, 0.5]) }),
  step('kspace-truncation', { keep: v.optional(range(0.05, 1), [0.5, 0.9]), axes: v.optional(v.picklist(['rows', 'columns', 'both']), 'both') }),
  step('gibbs', { alpha: v.optional(range(0, 1), [0.3, 0.7]) }),
  // CT physics
  step('hu-shift', { hu: v.optional(range(-500, 500), [-10, 10]) }),
  step('dose-noise', { dose: v.optional(range(0.01, 1), [0.25, 1]), referenceHu: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(200)), 12) }),
  step('ring', { rings: v.optional(range(0, 20), [1, 3]), hu: v.optional(range(0, 500), [5, 30]), width: v.optional(range(0.5, 20), [1, 2]) }),
  step('cupping', { hu: v.optional(range(0, 500), [0, 30]) }),
]);

export type RecipeStep = v.InferOutput<typeof Step>;
export type StepOf<T extends RecipeStep['type']> = Extract<RecipeStep, { type: T }>;
/** All step names, for menus and messages. */
export const STEP_TYPES: readonly RecipeStep['type'][] = Step.options.map((option) => option.entries.type.literal);
export const MODEL_STEPS = ['super-resolve', 'insert-lesion', 'remove-lesion'] as const satisfies readonly RecipeStep['type'][];
export type ModelStep = StepOf<(typeof MODEL_STEPS)[number]>;
export const isModelStep = (step: RecipeStep): step is ModelStep => (MODEL_STEPS as readonly string[]).includes(step.type);

/** A step with all defaults, for "add a step". Steps that need a model take the id given. */
export function defaultStep(type: RecipeStep['type'], model = 'model'): RecipeStep {
  return v.parse(Step, (MODEL_STEPS as readonly string[]).includes(type) ? { type, model } : { type });
}
