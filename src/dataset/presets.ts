import { parseRecipe, type Recipe, type RecipeInput } from './recipe';

export interface Preset {
  readonly id: string;
  readonly title: string;
  /** One sentence: for whom and what for. */
  readonly purpose: string;
  readonly recipe: Recipe;
}

const BASE = { verisim: 'recipe', version: 1, seed: 1, copies: 4 } as const;
const GENTLE: RecipeInput['steps'] = [
  { type: 'flip', probability: 0.5 },
  { type: 'rotate', probability: 0.5, degrees: [-10, 10] },
  { type: 'scale', probability: 0.5, factor: [0.9, 1.1] },
  { type: 'elastic', probability: 0.3, maxDisplacementMm: [2, 7.5] },
];

const preset = (id: string, title: string, purpose: string, recipe: Omit<RecipeInput, 'verisim' | 'version' | 'seed' | 'name'>): Preset => ({
  id,
  title,
  purpose,
  recipe: parseRecipe({ ...BASE, name: id, ...recipe }),
});

/** Recipes for the common cases; a person starts from one and changes it. */
export const PRESETS: readonly Preset[] = [
  preset('classical', 'Classical', 'Flips, turns, elastic changes and mild noise for a segmentation network; MR or CT.', {
    steps: [...GENTLE, { type: 'gamma', probability: 0.3 }, { type: 'noise-gaussian', probability: 0.3 }, { type: 'blur', probability: 0.2 }],
    outputs: [{ format: 'nnunet' }],
  }),
  preset('mr-robust', 'MR scanner variety', 'Bias field, motion, ghosts and noise, so that a network meets bad MR before its users do.', {
    sources: { modality: ['MR'] },
    steps: [
      ...GENTLE,
      { type: 'bias-field', probability: 0.4 },
      { type: 'motion', probability: 0.15 },
      { type: 'ghosting', probability: 0.1 },
      { type: 'kspace-truncation', probability: 0.15 },
      { type: 'noise-rician', probability: 0.3 },
    ],
    outputs: [{ format: 'nnunet' }],
  }),
  preset('ct-robust', 'CT dose and artefacts', 'Lower dose, rings, cupping and calibration drift over true HU.', {
    sources: { modality: ['CT'] },
    steps: [
      ...GENTLE,
      { type: 'hu-shift', probability: 0.3 },
      { type: 'dose-noise', probability: 0.4 },
      { type: 'ring', probability: 0.1 },
      { type: 'cupping', probability: 0.2 },
    ],
    outputs: [{ format: 'nnunet' }],
  }),
  preset('mr-glioma', 'Synthetic gliomas (FLAIR)', 'One or two gliomas with known outlines in FLAIR slices. Non-commercial weights.', {
    sources: { modality: ['MR'] },
    steps: [{ type: 'insert-lesion', model: 'lesion-insert-mr-glioma', count: [1, 2], sizeMm: [10, 35] }, ...GENTLE],
    outputs: [{ format: 'nnunet' }, { format: 'dicom' }],
  }),
  preset('ct-nodules', 'Synthetic lung nodules (CT)', 'One to three nodules with known outlines in chest CT.', {
    sources: { modality: ['CT'] },
    steps: [{ type: 'insert-lesion', model: 'lesion-insert-ct-nodule', count: [1, 3], sizeMm: [4, 20], labelRimPx: 2 }, ...GENTLE],
    outputs: [{ format: 'nnunet' }, { format: 'png' }],
  }),
  preset('mr-super-resolution', 'Super-resolved MR', 'Each MR slice at twice the matrix, as DICOM with provenance.', {
    sources: { modality: ['MR'] },
    copies: 1,
    steps: [{ type: 'super-resolve', model: 'sr-mr-x2' }],
    outputs: [{ format: 'dicom' }],
  }),
  preset('detection', 'Detection (COCO and YOLO)', '16-bit PNG with boxes and masks for a detector.', {
    sources: { slices: 'labelled' },
    steps: [...GENTLE, { type: 'brightness', probability: 0.3 }, { type: 'contrast', probability: 0.3 }],
    outputs: [{ format: 'png', coco: true, yolo: true }],
  }),
];
