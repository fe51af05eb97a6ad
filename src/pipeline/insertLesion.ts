import { StudioError, throwIfAborted } from '../core/errors';
import { labelComponents } from '../core/components';
import { erode } from '../core/distance';
import { addToLabels, dice } from '../core/labelOps';
import type { Augmentation, AugmentationInfo, ClassRef, LabelMap, Slice } from '../core/slice';
import type { Backend } from '../inference/protocol';
import { normaliseAlike, type ModelEntry } from '../models';
import { drawShape, findTissue, fitOutline, judgePlace, largestSide, maskBounds, measureLesion, paintLesion, patchSize, proposePlace, type LesionMeasures, type PlaceVerdict, type Region, type Tissue } from '../synthesis/lesion';
import type { EngineContext, ValueRange } from './enhance';
import { lesionKind } from './lesionKind';
import { lesionMarks, lesionWarnings, type LesionWarning } from './lesionWarnings';
import { findLesions, segmenterFor } from './segment';
import { rangeOn } from './valueRange';

/**
 * Where the lesion goes: a mask of the slice's size, a centre for a generated shape, or a place the studio proposes.
 * `drawn`: the mask is such a shape, which was drawn before; so it stands in the provenance.
 */
export type LesionPlace =
  | { readonly kind: 'mask'; readonly mask: Uint8Array; readonly drawn?: 'centre' | 'auto' }
  | { readonly kind: 'centre'; readonly x: number; readonly y: number }
  | { readonly kind: 'auto' };

export interface LesionSettings {
  readonly modelId: string;
  readonly seed: number;
  readonly place: LesionPlace;
  /** Diameter of the circle of the same area, mm (pixels where no spacing is known). For a given mask only told, where it was drawn. */
  readonly sizeMm: number;
  /** 0 a circle … 1 strongly lobed; less where it would swing beyond the model's patch. For a given mask as `sizeMm`. */
  readonly irregularity: number;
  /** −1…1, 0 as the model gives it. */
  readonly contrast: number;
  /** mm inside the mask's edge, 0 as the model gives it. */
  readonly softnessMm: number;
  /** Merge with this class of the slice's labels; null appends a new class. */
  readonly mergeIntoClass: ClassRef | null;
  /**
   * Pixels at the mask's edge that are painted but not labelled, where the mask holds the rim in which lesions fade and
   * labels should end where readers end them. Absent or 0: the label is the mask.
   */
  readonly labelRimPx?: number;
  /** Name of a new class; by default the kind of the lesion. */
  readonly className?: string;
  /** Run although the place was refused: a person who placed the mask may insist, but not on one that lies mostly outside the body. */
  readonly insist?: boolean;
}

export const DEFAULT_LESION: Omit<LesionSettings, 'modelId' | 'seed' | 'place'> = { sizeMm: 12, irregularity: 0.35, contrast: 0, softnessMm: 0, mergeIntoClass: null };

/** The independent segmentation model's opinion of a mask. */
export interface LesionCheck {
  readonly modelId: string;
  /** Dice of what it found that meets the mask: other lesions near by are neither agreement nor the lack of it. */
  readonly dice: number;
  /** Pixels it found there on the original and on the result. */
  readonly foundBefore: number;
  readonly foundAfter: number;
  readonly findingBefore: Uint8Array;
  readonly findingAfter: Uint8Array;
}

export interface CheckOptions {
  /** False: no opinion of the segmentation model is asked for. */
  readonly check?: boolean;
  /** From `measureRange` for the segmentation model; absent: the painter's where both normalise alike, else of the slice alone. */
  readonly checkRange?: ValueRange;
}

export interface LesionResult {
  readonly augmentation: Augmentation;
  readonly mask: Uint8Array;
  readonly classId: number;
  readonly measures: LesionMeasures;
  readonly check: LesionCheck | null;
  readonly warnings: readonly LesionWarning[];
  readonly changedOutside: number;
  readonly clamped: number;
  readonly backend: Backend;
  readonly milliseconds: number;
}

/** Thrown as `lesion/outside-body`; `verdict` says how far to move. */
export class PlaceRefused extends StudioError {
  readonly verdict: Extract<PlaceVerdict, { ok: false }>;
  readonly mask: Uint8Array;
  constructor(verdict: Extract<PlaceVerdict, { ok: false }>, mask: Uint8Array) {
    super('lesion/outside-body', verdict.words);
    this.verdict = verdict;
    this.mask = mask;
  }
}

/** Throws `model/wrong-modality` where the model is for another kind of image, or takes HU and the values are none. */
export function expectModality(slice: Slice, model: ModelEntry): void {
  if (!model.modality.includes(slice.modality)) {
    throw new StudioError('model/wrong-modality', `${model.id} takes ${model.modality.join(', ')}; this is ${slice.modality || 'unknown'}`);
  }
  if (model.normalisation.type === 'window' && slice.raster.unit !== 'HU') {
    throw new StudioError('model/wrong-modality', `${model.id} takes Hounsfield units; this picture has none`);
  }
}

/** The mask that these settings give on this slice, judged. `taken` keeps several lesions apart. */
export function planLesion(slice: Slice, settings: LesionSettings, model: ModelEntry, tissue: Tissue = findTissue(slice), taken: Uint8Array | null = null): { mask: Uint8Array; verdict: PlaceVerdict } {
  expectModality(slice, model);
  const { width, height } = slice.raster;
  const limit = largestSide(patchSize(model), slice.pixelSpacingMm, slice.modality);
  if (settings.place.kind !== 'mask' && settings.sizeMm > limit) {
    throw new StudioError('lesion/mask-too-large', `at most ${limit.toFixed(0)} ${slice.pixelSpacingMm ? 'mm' : 'pixels'} fit the model`);
  }
  const shape = fitOutline({ diameter: settings.sizeMm, irregularity: settings.irregularity, seed: settings.seed }, slice.pixelSpacingMm, limit);
  if (settings.place.kind === 'auto') return { mask: proposePlace(slice, tissue, shape, settings.seed, taken).mask, verdict: { ok: true } };
  const mask = settings.place.kind === 'mask' ? settings.place.mask : drawShape({ ...shape, x: settings.place.x, y: settings.place.y }, width, height, slice.pixelSpacingMm);
  if (mask.length !== width * height) throw new StudioError('geometry/mismatch', 'the mask has another size than the slice');
  if (!maskBounds(mask, width, height)) throw new StudioError('lesion/mask-empty', settings.place.kind === 'centre' ? 'the lesion is smaller than a pixel or lies off the slice' : '');
  return { mask, verdict: judgePlace(mask, slice, tissue) };
}

/**
 * Puts one lesion into a slice: place → judge → paint → label → check by the independent segmentation model.
 * Rejects with `PlaceRefused` (code `lesion/outside-body`), `lesion/*`, `model/*`; AbortError.
 */
export async function insertLesion(slice: Slice, settings: LesionSettings, measured: ValueRange, context: EngineContext, options: CheckOptions & { readonly tissue?: Tissue; readonly taken?: Uint8Array } = {}): Promise<LesionResult> {
  const model = context.models.get(settings.modelId);
  const { mask, verdict } = planLesion(slice, settings, model, options.tissue, options.taken ?? null);
  if (!verdict.ok && (verdict.final || !settings.insist)) throw new PlaceRefused(verdict, mask);
  throwIfAborted(context.signal);
  const range = rangeOn(slice, model, measured);
  const painted = await paintLesion(slice, { mask, seed: settings.seed, contrast: settings.contrast, softness: settings.softnessMm }, model, 'default', range, context.infer, context.signal);
  const kind = lesionKind(model.id);
  const target = settings.mergeIntoClass === null ? { name: settings.className ?? `synthetic ${kind}` } : { into: settings.mergeIntoClass };
  const label = withoutRim(mask, slice.raster.width, slice.raster.height, settings.labelRimPx ?? 0);
  const { maps, classId } = addToLabels(slice.labels ?? [], label, slice.raster.width, slice.raster.height, target);
  const measures = measureLesion(painted.slice, mask);
  const warnings = lesionWarnings(slice, model);
  if (!verdict.ok) warnings.push({ code: 'placed-by-hand', text: `Placed by hand although refused. ${verdict.words}` });
  const bounds = maskBounds(mask, slice.raster.width, slice.raster.height)!;
  const place = settings.place.kind === 'mask' ? (settings.place.drawn ?? 'mask') : settings.place.kind;
  const info: AugmentationInfo = {
    kind: 'lesion-insert',
    model: { id: model.id, variant: 'default', sha256: model.variants.default!.sha256, license: model.license },
    backend: painted.backend,
    seed: settings.seed,
    parameters: {
      lesion: kind,
      place,
      sizeMm: place === 'mask' ? measures.diameterMm : settings.sizeMm,
      irregularity: place === 'mask' ? null : settings.irregularity,
      contrast: settings.contrast,
      softnessMm: settings.softnessMm,
      maskBox: [bounds.x0, bounds.y0, bounds.x1 - bounds.x0, bounds.y1 - bounds.y0],
      maskPixels: bounds.pixels,
      ...(settings.labelRimPx ? { labelRimPx: settings.labelRimPx } : {}),
      classId,
      normalisationLow: range.low,
      normalisationHigh: range.high,
      resampled: painted.plan.step,
      ...lesionMarks(warnings),
    },
    softwareVersion: context.softwareVersion,
    milliseconds: painted.milliseconds,
  };
  const id = `${slice.id}+${model.id}-${settings.seed}-${bounds.x0}.${bounds.y0}`;
  const maskMap: LabelMap = { data: label, width: slice.raster.width, height: slice.raster.height, classes: [{ id: 1, name: `synthetic ${kind}` }], source: 'inserted' };
  const result: Slice = { ...painted.slice, id, labels: maps, source: { kind: 'generated', from: slice.source, augmentation: info } };
  const check = options.check === false ? null : await checkLesion(slice, result, label, rangeOfCheck(slice, model, measured, context, options), context);
  return {
    augmentation: { id, sourceId: slice.id, slice: result, info, mask: maskMap, ...(label === mask ? {} : { filled: mask }), ...(slice.source.kind === 'generated' ? { paintedInto: slice } : {}) },
    mask, classId, measures, check, warnings,
    changedOutside: painted.changedOutside, clamped: painted.clamped, backend: painted.backend, milliseconds: painted.milliseconds,
  };
}

/** The mask less a rim of so many pixels; less of it where nothing would be left. */
function withoutRim(mask: Uint8Array, width: number, height: number, pixels: number): Uint8Array {
  for (let rim = pixels; rim > 0; rim--) {
    const inner = erode(mask, width, height, rim);
    if (inner.includes(1)) return inner;
  }
  return mask;
}

/** The range that the segmentation model of a slice is run with, where `measured` is that of the painting one. */
export function rangeOfCheck(slice: Slice, painter: ModelEntry, measured: ValueRange, { models }: EngineContext, { checkRange }: CheckOptions): ValueRange | undefined {
  const segmenter = segmenterFor(slice, models);
  return checkRange ?? (segmenter && normaliseAlike(segmenter, painter) ? measured : undefined);
}

/** The independent model's finding around the mask, before and after; null where there is no such model. `range`: as for `findLesions`. */
export async function checkLesion(before: Slice, after: Slice, mask: Uint8Array, range: ValueRange | undefined, context: EngineContext): Promise<LesionCheck | null> {
  if (!segmenterFor(before, context.models)) return null;
  const { width, height } = before.raster;
  const region = surroundings(mask, width, height);
  const inner: EngineContext = { ...context, onProgress: undefined };
  const was = await findOnce(before, range, inner, region);
  const is = await findLesions(after, range, inner, region);
  const sum = (m: Uint8Array): number => m.reduce((n, v) => n + v, 0);
  return { modelId: is.modelId, dice: dice(touching(is.mask, mask, width, height), mask), foundBefore: sum(was.mask), foundAfter: sum(is.mask), findingBefore: was.mask, findingAfter: is.mask };
}

/** The connected parts of `found` that share a pixel with the mask. */
function touching(found: Uint8Array, mask: Uint8Array, width: number, height: number): Uint8Array {
  const { labels } = labelComponents(found, width, height);
  const met = new Set<number>();
  for (let i = 0; i < mask.length; i++) if (mask[i] && labels[i]) met.add(labels[i]!);
  return found.map((_, i) => (met.has(labels[i]!) ? 1 : 0));
}

/** What was found on a slice before anything was put in: the same for every seed at that place. Only finished findings are kept, so that one caller's cancelling is nobody else's. */
const foundBefore = new WeakMap<Slice['raster'], { readonly key: string; readonly finding: Awaited<ReturnType<typeof findLesions>> }>();

async function findOnce(slice: Slice, range: ValueRange | undefined, context: EngineContext, region: Region): ReturnType<typeof findLesions> {
  const key = [region.x, region.y, region.width, region.height, range?.low, range?.high].join(' ');
  const there = foundBefore.get(slice.raster);
  if (there?.key === key) return there.finding;
  const finding = await findLesions(slice, range, context, region);
  foundBefore.set(slice.raster, { key, finding });
  return finding;
}

/** The mask's box with as much again on every side, at least 24 pixels, within the slice. */
function surroundings(mask: Uint8Array, width: number, height: number): Region {
  const b = maskBounds(mask, width, height)!;
  const margin = Math.max(24, Math.ceil(Math.max(b.x1 - b.x0, b.y1 - b.y0) / 2));
  const x = Math.max(0, b.x0 - margin);
  const y = Math.max(0, b.y0 - margin);
  return { x, y, width: Math.min(width, b.x1 + margin) - x, height: Math.min(height, b.y1 + margin) - y };
}

/** `count` lesions that differ in the seed alone, at the place of the first: the variations strip. `tissue`: that of the slice. */
export async function lesionVariations(slice: Slice, settings: LesionSettings, count: number, range: ValueRange, context: EngineContext, onResult: (result: LesionResult, index: number) => void, tissue: Tissue = findTissue(slice)): Promise<void> {
  const model = context.models.get(settings.modelId);
  const { mask } = planLesion(slice, settings, model, tissue);
  const place: LesionPlace = settings.place.kind === 'mask' ? settings.place : { kind: 'mask', mask, drawn: settings.place.kind };
  for (let i = 0; i < count; i++) {
    throwIfAborted(context.signal);
    await context.gate?.();
    const next: LesionSettings = { ...settings, seed: settings.seed + i, place, insist: true };
    onResult(await insertLesion(slice, next, range, { ...context, onProgress: undefined }, { check: false, tissue }), i);
    context.onProgress?.(i + 1, count);
  }
}
