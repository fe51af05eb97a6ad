import { StudioError } from '../core/errors';
import { enlargedGeometry } from '../core/geometry';
import { toModelRange } from '../core/normalise';
import { fillMask } from '../core/padding';
import type { Raster } from '../core/raster';
import { enlargeNearest } from '../core/resample';
import type { Augmentation, AugmentationInfo, LabelMap, Slice } from '../core/slice';
import type { Backend } from '../inference/protocol';
import type { ModelEntry, ModelRegistry } from '../models';
import { ORIENTATIONS, runTiled, variantWeights, type ReductionKind } from '../synthesis/superResolution';
import { unknownToCard } from './cardScope';
import { chooseOperator } from './chooseOperator';
import { composeShown, type Composed, type ComposeRequest, type HallucinationMeter } from './compose';
import type { EngineContext, ValueRange } from './engineContext';
import { clampedWarning, outsideCard, warningsFor, type EnhanceWarning } from './enhanceWarnings';
import { rangeOn } from './valueRange';

export type { HallucinationMeter } from './compose';
export { clampedWarning, warningsFor, type EnhanceWarning, type EnhanceWarningCode } from './enhanceWarnings';
export { measureRange } from './valueRange';
export type { EngineContext, ValueRange } from './engineContext';

/** How the result is made from the network's outputs. All steps are linear in the outputs. */
export interface EnhanceSettings {
  /** 0 faithful … 1 perceptual: blend of the two outputs. Ignored by models with one variant. */
  readonly perceptual: number;
  /** Project the result so that reducing it again gives back the input (to ≤ 0.5/255 of the model range). */
  readonly consistent: boolean;
  /** The reduction that meter and consistency assume; `auto`: MR k-space, CT antialiased bicubic. */
  readonly operator: 'auto' | ReductionKind;
  /** Mean over the eight orientations of the slice: eight times the time, about 0.1 dB more. Absent: off. */
  readonly averaged?: boolean;
}
export const DEFAULT_ENHANCE: EnhanceSettings = { perceptual: 0, consistent: false, operator: 'auto' };

/** The network's outputs in model range, kept so that slider and switches need no new run. */
export interface EnhanceParts {
  readonly source: Slice;
  readonly modelId: string;
  readonly scale: number;
  readonly range: ValueRange;
  /** The slice in model range, filled where `fill` is 1. */
  readonly input: Raster;
  /** Padding and pixels outside the model's window: filled before, put back after. */
  readonly fill: Uint8Array | null;
  readonly outputs: ReadonlyMap<string, Raster>;
  /** Whether the outputs are means over the eight orientations. */
  readonly averaged: boolean;
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

/**
 * Enhances one slice. `range` comes from `measureRange`; without it, or where the model wants one a slice, the slice alone is measured.
 * Only the variants that the slider's position needs are run (see `completeParts`); `onProgress` counts tiles.
 * Rejects with StudioError (`model/*`, `worker/*`) or AbortError.
 */
export async function enhanceSlice(slice: Slice, modelId: string, settings: EnhanceSettings, context: EngineContext, range?: ValueRange): Promise<EnhanceResult> {
  const variants = neededVariants(superResolver(context.models, modelId), settings.perceptual);
  return reblendAside(await runNetwork(slice, modelId, variants, context, range, settings.averaged), settings, context);
}

/** Runs the named variants over a slice: the part that takes time. */
export async function runNetwork(slice: Slice, modelId: string, variants: readonly string[], context: EngineContext, range?: ValueRange, averaged = false): Promise<EnhanceParts> {
  const model = superResolver(context.models, modelId);
  const used = rangeOn(slice, model, range);
  const fill = fillMask(slice, used.source === 'window' ? used : null);
  const input = toModelRange(slice.raster, used, fill);
  const outputs = new Map<string, Raster>();
  let backend: Backend = 'wasm', reason = '', milliseconds = 0;
  for (const [k, variant] of variants.entries()) {
    const result = await runTiled(input, model, variant, context.infer, {
      averaged,
      signal: context.signal,
      gate: context.gate,
      onProgress: (done, total) => context.onProgress?.(k * total + done, variants.length * total),
    });
    outputs.set(variant, result.output);
    backend = result.backend;
    reason = result.reason;
    milliseconds += result.milliseconds;
  }
  return { source: slice, modelId, scale: model.scale, range: used, input, fill, outputs, averaged, backend, reason, milliseconds };
}

/** The same with the outputs of the variants that were not run before: what the rest of the slider needs. */
export async function completeParts(parts: EnhanceParts, context: EngineContext): Promise<EnhanceParts> {
  const variants = Object.keys(superResolver(context.models, parts.modelId).variants);
  const missing = variants.filter((v) => !parts.outputs.has(v));
  if (missing.length === 0) return parts;
  const more = await runNetwork(parts.source, parts.modelId, missing, context, parts.range, parts.averaged);
  const outputs = new Map(variants.map((v) => [v, (parts.outputs.get(v) ?? more.outputs.get(v))!]));
  return { ...parts, outputs, backend: more.backend, reason: more.reason };
}

/** Variants that a position of the slider needs. */
export function neededVariants(model: ModelEntry, perceptual: number): string[] {
  return [...variantWeights(Object.keys(model.variants), perceptual).keys()];
}

type Describing = Pick<EngineContext, 'models' | 'softwareVersion'>;

/** Other settings over outputs that are there already: no run, some tenths of a second. */
export function reblend(parts: EnhanceParts, settings: EnhanceSettings, context: Describing): EnhanceResult {
  return describeComposed(composeShown(requestOf(parts, settings)), parts, settings, context);
}

/** The same where the context says it is done: in a worker, while a page is looked at. AbortError as soon as `signal` is raised. */
export async function reblendAside(parts: EnhanceParts, settings: EnhanceSettings, context: Describing & Pick<EngineContext, 'compose' | 'signal'>): Promise<EnhanceResult> {
  const request = requestOf(parts, settings);
  return describeComposed(await (context.compose?.(request, context.signal) ?? composeShown(request)), parts, settings, context);
}

function requestOf(parts: EnhanceParts, settings: EnhanceSettings): ComposeRequest {
  const { source, outputs, input, fill, scale, range } = parts;
  const needed = variantWeights([...outputs.keys()], settings.perceptual);
  return {
    input, fill, scale, range,
    outputs: new Map([...outputs].filter(([variant]) => needed.has(variant))),
    source: { raster: source.raster, stored: source.stored },
    perceptual: settings.perceptual,
    consistent: settings.consistent,
    operator: chooseOperator(settings.operator, source.modality),
  };
}

function describeComposed(composed: Composed, parts: EnhanceParts, settings: EnhanceSettings, context: Describing): EnhanceResult {
  const { source, scale } = parts;
  const { raster, stored, clamped, meter, meterBefore } = composed;
  const model = superResolver(context.models, parts.modelId);
  const warnings = warningsFor(source, model.id, context.models);
  if (clamped) warnings.push(clampedWarning(clamped));
  if (parts.reason && parts.backend === 'wasm') warnings.push({ code: 'backend-fell-back', text: `It ran on WASM: ${parts.reason}.` });
  const info = describe(parts, settings, model, context.softwareVersion, { meter, meterBefore, clamped, warnings });
  const id = `${source.id}+${model.id}-${info.model!.variant.replaceAll(' ', '-')}`;
  const placed = source.geometry && source.pixelSpacingMm ? enlargedGeometry(source.geometry, source.pixelSpacingMm, scale) : null;
  const slice: Slice = {
    id,
    raster,
    stored,
    pixelSpacingMm: placed?.pixelSpacingMm ?? (source.pixelSpacingMm && [source.pixelSpacingMm[0] / scale, source.pixelSpacingMm[1] / scale]),
    modality: source.modality,
    window: source.window,
    windows: source.windows,
    inverted: source.inverted,
    geometry: placed?.geometry ?? null,
    sliceThicknessMm: source.sliceThicknessMm,
    labels: source.labels?.map((l) => enlargeLabels(l, scale)),
    source: { kind: 'generated', from: source.source, augmentation: info },
  };
  return { augmentation: { id, sourceId: source.id, slice, info }, parts, meter, meterBefore, warnings, clamped, backend: parts.backend, milliseconds: parts.milliseconds };
}

function superResolver(models: ModelRegistry, id: string): ModelEntry {
  const model = models.get(id);
  if (model.task !== 'super-resolution') throw new StudioError('model/invalid', `${id} is a ${model.task} model`);
  return model;
}

function enlargeLabels(labels: LabelMap, scale: number): LabelMap {
  return { ...labels, data: enlargeNearest(labels.data, labels.width, labels.height, scale), width: labels.width * scale, height: labels.height * scale };
}

/** `faithful`, `perceptual` or `blend 0.30`, with the average and the projection where there is one: weights and settings in one name. */
function variantName(parts: EnhanceParts, settings: EnhanceSettings, operator: string): string {
  const weights = variantWeights([...parts.outputs.keys()], settings.perceptual);
  const blend = weights.size === 1 ? [...weights.keys()][0]! : `blend ${settings.perceptual.toFixed(2)}`;
  return [blend, ...(parts.averaged ? ['averaged'] : []), ...(settings.consistent ? [`consistent ${operator}`] : [])].join(' ');
}

function describe(parts: EnhanceParts, settings: EnhanceSettings, model: ModelEntry, softwareVersion: string, found: Pick<EnhanceResult, 'meter' | 'meterBefore' | 'clamped' | 'warnings'>): AugmentationInfo {
  const used = [...variantWeights([...parts.outputs.keys()], settings.perceptual).keys()];
  const second: Record<string, string> = used[1] ? { secondWeights: model.variants[used[1]]!.sha256 } : {};
  return {
    kind: 'super-resolution',
    model: { id: model.id, variant: variantName(parts, settings, found.meter.operator), sha256: model.variants[used[0]!]!.sha256, license: model.license },
    backend: parts.backend,
    seed: null,
    parameters: {
      scale: parts.scale,
      perceptual: used.length === 2 || used[0] === 'perceptual' ? settings.perceptual : 0,
      consistent: settings.consistent,
      operator: found.meter.operator,
      ...(parts.averaged ? { orientations: ORIENTATIONS } : {}),
      ...second,
      normalisation: parts.range.source,
      normalisationLow: parts.range.low,
      normalisationHigh: parts.range.high,
      meterRmse: rounded(found.meter.rmse),
      meterRmseBefore: rounded(found.meterBefore.rmse),
      meterUnit: found.meter.unit,
      clampedPixels: found.clamped,
      filledPixels: parts.fill ? parts.fill.reduce((n, v) => n + v, 0) : 0,
      notices: found.warnings.map((w) => w.code).join(' ') || null,
      outsideCard: outsideCard(found.warnings),
      ...unknownToCard(found.warnings),
    },
    softwareVersion,
    milliseconds: parts.milliseconds,
  };
}

/** Figures in provenance have six decimals at most, so that they read and compare alike. */
const rounded = (v: number): number => Math.round(v * 1e6) / 1e6;
