/** Fields and defaults of the recipe's steps, as the panel edits them. Meanings and units are those of src/augment and src/dataset. */

/** [low, high] to draw from, or one fixed number. */
export type FieldRange = number | readonly [number, number];

export type StepField =
  | { readonly kind: 'range'; readonly key: string; readonly min: number; readonly max: number; readonly step: number; readonly unit: string; readonly scale?: number }
  | { readonly kind: 'number'; readonly key: string; readonly min: number; readonly max: number; readonly step: number; readonly unit: string; readonly scale?: number }
  | { readonly kind: 'choice'; readonly key: string; readonly options: readonly string[] }
  | { readonly kind: 'switch'; readonly key: string }
  /** An id of a model of this task. */
  | { readonly kind: 'model'; readonly key: string; readonly task: string }
  | { readonly kind: 'text'; readonly key: string }
  | { readonly kind: 'axes'; readonly key: string; readonly options: readonly string[] };

export type StepGroup = 'models' | 'geometry' | 'values' | 'mr' | 'ct';

export interface StepDef {
  /** Type, with the kind where one type has several entries in the menu (`insert-lesion.glioma`). */
  readonly key: string;
  readonly type: string;
  /** What "Add step" sets; 0.5 where absent. */
  readonly probability?: number;
  readonly group: StepGroup;
  readonly fields: readonly StepField[];
  /** What "Add step" puts in, beside type and probability. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

const range = (key: string, min: number, max: number, step: number, unit = '', scale = 1): StepField => ({ kind: 'range', key, min, max, step, unit, scale });
const number = (key: string, min: number, max: number, step: number, unit = ''): StepField => ({ kind: 'number', key, min, max, step, unit });
const choice = (key: string, ...options: string[]): StepField => ({ kind: 'choice', key, options });
const PHASE = choice('phaseAxis', 'rows', 'columns', 'random');

const model = (task: string): StepField => ({ kind: 'model', key: 'model', task });
const GLIOMA = 'lesion-insert-mr-glioma';
const NODULE = 'lesion-insert-ct-nodule';
const lesionFields: readonly StepField[] = [
  model('lesion-insert'), range('count', 1, 20, 1), range('sizeMm', 1, 200, 1, 'mm'), range('irregularity', 0, 1, 0.05), range('contrast', -1, 1, 0.05), range('softnessMm', 0, 10, 0.5, 'mm'), number('labelRimPx', 0, 4, 1, 'px'),
  { kind: 'text', key: 'class' },
];
const lesion = { count: [1, 1], irregularity: [0.1, 0.6], contrast: 0, softnessMm: 0, labelRimPx: 0, place: 'auto' } as const;

const MODEL_STEPS: readonly StepDef[] = [
  { key: 'super-resolve', type: 'super-resolve', group: 'models', probability: 1, fields: [model('super-resolution'), number('perceptual', 0, 1, 0.05), { kind: 'switch', key: 'consistent' }, { kind: 'switch', key: 'averaged' }], defaults: { model: '', perceptual: 0, consistent: true, averaged: false } },
  { key: 'insert-lesion.glioma', type: 'insert-lesion', group: 'models', probability: 0.8, fields: lesionFields, defaults: { ...lesion, model: GLIOMA, sizeMm: [10, 35] } },
  { key: 'insert-lesion.nodule', type: 'insert-lesion', group: 'models', probability: 0.8, fields: lesionFields, defaults: { ...lesion, model: NODULE, sizeMm: [4, 20], labelRimPx: 2 } },
  { key: 'remove-lesion', type: 'remove-lesion', group: 'models', probability: 1, fields: [model('lesion-remove'), number('growMm', 0, 20, 0.5, 'mm')], defaults: { model: '', classes: [], growMm: 2 } },
];

/** Shares are shown in per cent: `scale` 100. Order within a group is the order of the menu. */
const TRANSFORM_STEPS: readonly Omit<StepDef, 'key'>[] = [
  { type: 'flip', group: 'geometry', fields: [{ kind: 'axes', key: 'axes', options: ['horizontal', 'vertical'] }, number('each', 0, 1, 0.05)], defaults: { axes: ['horizontal'], each: 0.5 } },
  { type: 'rotate', group: 'geometry', fields: [range('degrees', -360, 360, 1, '°')], defaults: { degrees: [-12, 12] } },
  { type: 'scale', group: 'geometry', fields: [range('factor', 0.25, 4, 0.05, '×'), { kind: 'switch', key: 'anisotropic' }], defaults: { factor: [0.9, 1.1], anisotropic: false } },
  { type: 'translate', group: 'geometry', fields: [range('mm', -200, 200, 1, 'mm')], defaults: { mm: [-5, 5] } },
  { type: 'elastic', group: 'geometry', fields: [range('maxDisplacementMm', 0, 50, 0.5, 'mm'), number('controlPoints', 4, 20, 1), number('lockedBorders', 0, 2, 1)], defaults: { controlPoints: 7, maxDisplacementMm: [1, 4], lockedBorders: 2 } },
  { type: 'crop', group: 'geometry', fields: [range('fraction', 0.1, 1, 0.05, '%', 100), choice('centre', 'middle', 'random', 'label')], defaults: { fraction: [0.8, 0.9], centre: 'random' } },
  { type: 'gamma', group: 'values', fields: [range('logGamma', -2, 2, 0.05)], defaults: { logGamma: [-0.3, 0.3] } },
  { type: 'brightness', group: 'values', fields: [range('shift', -1, 1, 0.01, '%', 100)], defaults: { shift: [-0.1, 0.1] } },
  { type: 'contrast', group: 'values', fields: [range('factor', 0, 4, 0.05, '×')], defaults: { factor: [0.8, 1.2] } },
  { type: 'noise-gaussian', group: 'values', fields: [range('std', 0, 1, 0.005, '%', 100)], defaults: { std: [0.005, 0.03] } },
  { type: 'noise-poisson', group: 'values', fields: [range('peak', 1, 1000000, 50)], defaults: { peak: [500, 3000] } },
  { type: 'blur', group: 'values', fields: [range('stdMm', 0, 20, 0.1, 'mm')], defaults: { stdMm: [0.3, 1] } },
  { type: 'low-resolution', group: 'values', fields: [range('factor', 1, 16, 0.25, '×'), choice('axes', 'both', 'rows', 'columns', 'one-at-random')], defaults: { factor: [1.5, 2.5], axes: 'both' } },
  { type: 'noise-rician', group: 'mr', fields: [range('std', 0, 1, 0.005, '%', 100)], defaults: { std: [0.01, 0.03] } },
  { type: 'bias-field', group: 'mr', fields: [range('coefficients', 0, 2, 0.05), number('order', 0, 6, 1)], defaults: { order: 3, coefficients: [0.2, 0.5] } },
  { type: 'motion', group: 'mr', fields: [range('degrees', -30, 30, 0.5, '°'), range('translationMm', -30, 30, 0.5, 'mm'), number('movements', 1, 10, 1), PHASE], defaults: { degrees: [-3, 3], translationMm: [-3, 3], movements: 2, phaseAxis: 'rows' } },
  { type: 'ghosting', group: 'mr', fields: [range('ghosts', 1, 20, 1), range('intensity', 0, 1, 0.05), number('restore', 0, 0.5, 0.01), PHASE], defaults: { ghosts: [3, 7], intensity: [0.2, 0.5], restore: 0.02, phaseAxis: 'rows' } },
  { type: 'spike', group: 'mr', fields: [range('spikes', 1, 10, 1), range('intensity', 0, 5, 0.05)], defaults: { spikes: [1, 1], intensity: [0.2, 0.6] } },
  { type: 'kspace-truncation', group: 'mr', fields: [range('keep', 0.1, 1, 0.05, '%', 100), choice('axes', 'both', 'rows', 'columns')], defaults: { keep: [0.5, 0.8], axes: 'both' } },
  { type: 'gibbs', group: 'mr', fields: [range('alpha', 0, 1, 0.05)], defaults: { alpha: [0.3, 0.6] } },
  { type: 'hu-shift', group: 'ct', fields: [range('hu', -500, 500, 1, 'HU')], defaults: { hu: [-15, 15] } },
  { type: 'dose-noise', group: 'ct', fields: [range('dose', 0.01, 1, 0.05, '%', 100), number('referenceHu', 1, 200, 1, 'HU')], defaults: { dose: [0.25, 0.75], referenceHu: 15 } },
  { type: 'ring', group: 'ct', fields: [range('rings', 1, 20, 1), range('hu', 0, 200, 1, 'HU'), range('width', 1, 10, 1, 'px')], defaults: { rings: [1, 3], hu: [10, 30], width: [1, 2] } },
  { type: 'cupping', group: 'ct', fields: [range('hu', 0, 200, 1, 'HU')], defaults: { hu: [20, 60] } },
];


/** All steps, models first. */
export const STEP_DEFS: readonly StepDef[] = [...MODEL_STEPS, ...TRANSFORM_STEPS.map((def) => ({ ...def, key: def.type }))];

const BY_TYPE = new Map(STEP_DEFS.map((def) => [def.type, def]));

/** Undefined for a step this version does not know. */
export const stepDef = (type: string): StepDef | undefined => BY_TYPE.get(type);
