import { StudioError } from '../core/errors';
import type { Raster } from '../core/raster';
import type { Augmentation, AugmentationInfo, Series, Slice } from '../core/slice';
import type { Backend, Infer } from '../inference/protocol';
import type { ModelRegistry } from '../models';
import type { SeriesSource } from './seriesSource';

/** How the result is made from the network's outputs. All steps are linear in the outputs. */
export interface EnhanceSettings {
  /** 0 faithful … 1 perceptual: blend of the two outputs. Ignored by models with one variant. */
  readonly perceptual: number;
  /** Project the result so that reducing it again gives back the input (to ≤ 0.5/255 of the model range). */
  readonly consistent: boolean;
  /** The reduction that meter and consistency assume; `auto`: MR k-space, CT antialiased bicubic. */
  readonly operator: 'auto' | 'bicubic' | 'kspace';
}
export const DEFAULT_ENHANCE: EnhanceSettings = { perceptual: 0, consistent: false, operator: 'auto' };

/** Numbers that take values to the model range and back: (v − low) / (high − low). Fixed per series. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
  /** Where they come from, for the provenance. */
  readonly source: 'percentile' | 'window' | 'identity';
}

/** What every use case of the models needs. The composition root has it. */
export interface EngineContext {
  readonly infer: Infer;
  readonly models: ModelRegistry;
  readonly softwareVersion: string;
  readonly signal?: AbortSignal;
  /** Units done of all (tiles of a slice, slices of a series). */
  readonly onProgress?: (done: number, total: number) => void;
  /** Awaited between tiles: resolves when work may go on (paused job, pointer down). */
  readonly gate?: () => Promise<void>;
}

/** Reduced again and compared with the input: how much the network made up. In grey levels or HU. */
export interface HallucinationMeter {
  readonly operator: 'bicubic' | 'kspace';
  readonly rmse: number;
  /** The same in 1/255 of the model range. */
  readonly rmse255: number;
  readonly maxAbs255: number;
  readonly unit: 'HU' | 'grey levels';
  /** Signed difference (reduced − input) at the input's size, unit `map`, in grey levels or HU. */
  readonly map: Raster;
}

export type EnhanceWarningCode = 'other-modality' | 'already-high-resolution' | 'localizer' | 'interpolated-matrix' | 'not-square' | 'eight-bit' | 'clamped' | 'backend-fell-back' | 'non-commercial';
/** Something to say before or after the run. `text`: one finished English sentence. */
export interface EnhanceWarning {
  readonly code: EnhanceWarningCode;
  readonly text: string;
}

/** Both outputs of the network in model range, kept so that slider and switches need no new run. */
export interface EnhanceParts {
  readonly source: Slice;
  readonly modelId: string;
  readonly scale: number;
  readonly range: ValueRange;
  readonly input: Raster;
  readonly outputs: ReadonlyMap<string, Raster>;
  readonly backend: Backend;
  readonly reason: string;
  readonly milliseconds: number;
}

export interface EnhanceResult {
  readonly augmentation: Augmentation;
  readonly parts: EnhanceParts;
  readonly meter: HallucinationMeter;
  /** The meter before data consistency: the telling one while the switch is on. */
  readonly meterBefore: HallucinationMeter;
  readonly warnings: readonly EnhanceWarning[];
  /** Pixels clamped to the stored type. */
  readonly clamped: number;
  readonly backend: Backend;
  readonly milliseconds: number;
}

/** What should be said before a model runs on this series or slice. Empty when all is well. */
export function warningsFor(_slice: Slice, _modelId: string, _models: ModelRegistry): EnhanceWarning[] {
  throw new StudioError('internal', 'not built');
}

/**
 * The numbers of `model`'s normalisation for a whole series: MR percentiles from one histogram over all decoded
 * slices after the Modality LUT, without padding; CT: the model's window. Call once per series and keep it.
 */
export async function measureRange(_source: SeriesSource, _modelId: string, _context: EngineContext): Promise<ValueRange> {
  throw new StudioError('internal', 'not built');
}

/**
 * Enhances one slice. `range` comes from `measureRange`; without it the slice alone is measured.
 * `onProgress` counts tiles. Rejects with StudioError (`model/*`, `worker/*`) or AbortError.
 */
export async function enhanceSlice(_slice: Slice, _modelId: string, _settings: EnhanceSettings, _context: EngineContext, _range?: ValueRange): Promise<EnhanceResult> {
  throw new StudioError('internal', 'not built');
}

/** Other settings over outputs that are there already: no run, some milliseconds. For the slider. */
export function reblend(_parts: EnhanceParts, _settings: EnhanceSettings, _context: Pick<EngineContext, 'models' | 'softwareVersion'>): EnhanceResult {
  throw new StudioError('internal', 'not built');
}

export interface EnhanceSeriesOptions {
  readonly modelId: string;
  readonly settings: EnhanceSettings;
  /** Measured before, or by this call. Give the old one on resume. */
  readonly range?: ValueRange;
  /** Indices already made (resume): they are left out. */
  readonly done?: ReadonlySet<number>;
  /** Receives each result in order and stores it; awaited, so that memory stays bounded by one slice. */
  readonly onSlice: (index: number, result: EnhanceResult) => Promise<void> | void;
}
export interface EnhanceSeriesOutcome {
  /** The derived series (headers; slices are where `onSlice` put them). */
  readonly series: Series;
  readonly info: AugmentationInfo;
  readonly range: ValueRange;
  readonly failed: readonly { readonly index: number; readonly error: StudioError }[];
  /** Mean and largest meter over the slices made now. */
  readonly meter: { readonly meanRmse: number; readonly maxRmse: number; readonly unit: string };
}

/** Enhances a whole series, slice by slice; one bad slice is reported and does not stop the rest. `onProgress` counts slices. */
export async function enhanceSeries(_source: SeriesSource, _options: EnhanceSeriesOptions, _context: EngineContext): Promise<EnhanceSeriesOutcome> {
  throw new StudioError('internal', 'not built');
}

/** Header of the derived series: ids from source, model, variant and settings; geometry by the half-pixel rule. */
export function derivedSeries(_source: Series, _scale: number, _info: AugmentationInfo): Series {
  throw new StudioError('internal', 'not built');
}
