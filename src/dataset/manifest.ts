import type { StepValues } from '../augment';
import type { CocoRle } from '../formats/cocoRle';
import type { Recipe } from './recipe';
import type { ReviewEntry } from './review';

/** A file of the set. Paths are relative to the set's folder, with `/`. */
export interface ManifestFile {
  readonly path: string;
  readonly role: 'image' | 'label' | 'index' | 'card' | 'segmentation';
  readonly bytes: number;
  readonly sha256: string;
}

/** A step as it went for one item. */
export interface AppliedStep {
  readonly type: string;
  /** False when its probability said no; `values` is then empty. */
  readonly applied: boolean;
  readonly values: StepValues;
}

/** A class on one item. */
export interface ItemLabel {
  /** Id in the set's class table. */
  readonly class: number;
  readonly name: string;
  readonly pixels: number;
  /** [x, y, width, height] in pixels. */
  readonly box: readonly [number, number, number, number];
  readonly rle: CocoRle;
}

/** A model as it was used. */
export interface UsedModel {
  readonly id: string;
  readonly variant: string;
  readonly sha256: string;
  readonly license: string;
  readonly backend: 'webgpu' | 'wasm' | 'none';
}

/** One image of the set: the unit of journal, review and splits. Holds pseudonyms only. */
export interface ManifestItem {
  readonly id: string;
  readonly kind: 'original' | 'generated';
  /** An original whose file says of itself that it is synthetic (0008,001C). */
  readonly syntheticSource?: true;
  readonly patient: string;
  readonly series: string;
  /** From 1, in the order of the series. */
  readonly slice: number;
  /** From 1; 0 for an original. */
  readonly copy: number;
  readonly split: 'train' | 'test';
  /** In this fold the patient is held out for validation. */
  readonly fold: number;
  readonly modality: string;
  /** [columns, rows]. */
  readonly size: readonly [number, number];
  readonly pixelSpacingMm: readonly [row: number, column: number] | null;
  readonly steps: readonly AppliedStep[];
  readonly models: readonly UsedModel[];
  readonly labels: readonly ItemLabel[];
  /** Hallucination meter, 1/255 of the model range; null without super-resolution. */
  readonly meter: number | null;
  /** Dice of the independent segmentation with the inserted masks; null where there is none. */
  readonly agreement: number | null;
  /** Values that overshot 16 bits and were clamped. */
  readonly clamped: number;
  readonly warnings: readonly string[];
  readonly files: readonly ManifestFile[];
}

/** `manifest.json`. Everything but `review` is hashed into `contentSha256` and is the same on every run. */
export interface Manifest {
  readonly verisim: 'dataset';
  readonly version: 1;
  readonly notice: 'synthetic, not for diagnosis';
  readonly softwareVersion: string;
  readonly recipe: Recipe;
  readonly recipeSha256: string;
  /** Id 0 is background. */
  readonly classes: readonly { readonly id: number; readonly name: string }[];
  readonly models: readonly UsedModel[];
  /** Licences of the models used, each once; the strictest binds the set. */
  readonly licenses: readonly string[];
  readonly nonCommercial: boolean;
  readonly deidentified: boolean;
  /** Planned items that could not be made, by reason. */
  readonly skipped: readonly { readonly code: string; readonly count: number }[];
  readonly files: readonly ManifestFile[];
  readonly items: readonly ManifestItem[];
  /** SHA-256 over the lines `path sha256` of the items' files, then of `files`, in the order given here. */
  readonly contentSha256: string;
  /** Sign-off: outside the hash, the one place where a clock is allowed. */
  readonly review?: { readonly version: 1; readonly decisions: readonly ReviewEntry[]; readonly rejected?: 'moved' | 'removed' };
}

/** Made here, or made before it came here: marked everywhere, and never for validation. */
export const isSynthetic = (item: Pick<ManifestItem, 'kind' | 'syntheticSource'>): boolean => item.kind === 'generated' || item.syntheticSource === true;

/** Licences that forbid commercial use (CC …-NC-…). */
export const isNonCommercial = (license: string): boolean => /(^|[-_ ])NC([-_ ]|$)/i.test(license);
