import { StudioError } from '../core/errors';
import type { Raster } from '../core/raster';
import type { LabelMap, Slice } from '../core/slice';
import type { Backend } from '../inference/protocol';
import type { Box, Faithfulness, SaliencyMap, SaliencyMethod } from '../saliency/types';
import type { EngineContext, EnhanceSettings, ValueRange } from './enhance';

export type { Box, Faithfulness, FaithfulnessCurve, SaliencyMap, SaliencyMethod } from '../saliency/types';

/** What made the pixel that is asked about. */
export type ExplainTarget =
  /** `region` is in pixels of the enlarged image. */
  | { readonly kind: 'super-resolution'; readonly modelId: string; readonly settings: EnhanceSettings; readonly range: ValueRange }
  /** One patch of an inserter or remover in model range; `region` is in patch pixels. `z` for inserters. */
  | { readonly kind: 'lesion'; readonly modelId: string; readonly patch: Raster; readonly mask: Raster; readonly z?: Float32Array }
  /** Lesion score of a segmenter; `region` is in slice pixels. */
  | { readonly kind: 'segmentation'; readonly modelId: string; readonly range: ValueRange };

export interface ExplainOptions {
  readonly method: SaliencyMethod;
  readonly region: Box;
  /** LAM and integrated gradients: path steps (50). SmoothGrad: samples (20). RISE: masks (400). */
  readonly steps?: number;
  readonly seed?: number;
  /** Also score the map by deletion and insertion (about a second more). */
  readonly faithfulness?: boolean;
  /** Teaching switch: weights of the last `0…1` of the layers replaced by seeded noise, from the output backwards. */
  readonly randomise?: number;
  /** Coarse maps first; each is complete in itself. Discard them when the region has moved on (abort the signal). */
  readonly onUpdate?: (map: SaliencyMap, done: number, total: number) => void;
}

export interface ExplainResult {
  readonly method: SaliencyMethod;
  readonly region: Box;
  readonly map: SaliencyMap;
  /** `shown image`: pulled back through blend, projection and scale. Else a step was not linear. */
  readonly explains: 'shown image' | 'network output only';
  /** LAM: 0…100, larger = more pixels were involved (Gu and Dong, CVPR 2021). */
  readonly diffusionIndex?: number;
  /** LAM, integrated gradients: |Σ map − (end − start)| / |end − start|. */
  readonly completenessError?: number;
  readonly faithfulness?: Faithfulness;
  readonly backend: Backend;
  readonly milliseconds: number;
  /** Method and parameters, for export and methods text. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Why does this region look as it does? The map lies over the original (input) side.
 * Abort `context.signal` when the region moves: nothing is queued behind a stale question.
 * Rejects with `saliency/no-region`, `model/no-gradient`, `model/*`, `worker/*` or AbortError.
 */
export async function explainRegion(_slice: Slice, _target: ExplainTarget, _options: ExplainOptions, _context: EngineContext): Promise<ExplainResult> {
  throw new StudioError('internal', 'not built');
}

/** Signed difference generated − original on the generated grid (original enlarged by bicubic where sizes differ), in the source's units. */
export function differenceMap(_original: Slice, _generated: Slice): Raster {
  throw new StudioError('internal', 'not built');
}

/** Patch discriminator over a slice: 0 looks false … 1 looks real, at the slice's size, cells of `nativePx`. */
export async function realismMap(_slice: Slice, _modelId: string, _context: EngineContext, _range?: ValueRange): Promise<SaliencyMap> {
  throw new StudioError('internal', 'not built');
}

/** A segmentation model's probability (0…1) over a slice, at its size, and the label map at ≥ 0.5. */
export async function areasOfInterest(_slice: Slice, _modelId: string, _context: EngineContext, _range?: ValueRange): Promise<{ probability: SaliencyMap; label: LabelMap; backend: Backend }> {
  throw new StudioError('internal', 'not built');
}
