import { StudioError, throwIfAborted } from '../core/errors';
import { reducedGeometry } from '../core/geometry';
import { haarPsi, psnr, rmse, ssim } from '../core/metrics';
import { fromModelRange, toModelRange } from '../core/normalise';
import { fillMask } from '../core/padding';
import { cropReplicate, mapRaster, type Raster } from '../core/raster';
import { zeroFillKspace } from '../core/kspace';
import { resample, toPlane, toRaster } from '../core/resample';
import type { AugmentationInfo, Slice, StoredPixels } from '../core/slice';
import type { Backend } from '../inference/protocol';
import type { ModelNormalisation } from '../models';
import { makeReduction, runTiled, type ReductionKind } from '../synthesis/superResolution';
import type { EngineContext, ValueRange } from './enhance';
import { percentilesOfSlice, rangeOn } from './valueRange';

export type RecoveryMethod = 'nearest' | 'bicubic' | 'lanczos' | 'zero-fill' | 'faithful' | 'perceptual';

/** One way back from the reduced slice, in the source's units, at the source's size (cropped to a multiple of the scale). */
export interface Recovery {
  readonly method: RecoveryMethod;
  readonly slice: Slice;
  /** dB; peak: MR p99.5 − p0.5 of the series, CT 4096 HU; clamped to it, 8-pixel border left out. */
  readonly psnr: number;
  readonly ssim: number;
  readonly haarPsi: number;
  /** Root mean square error, in grey levels or HU, over what was no padding and not filled. */
  readonly rmse: number;
  /** Signed error (recovered − original), unit `map`; 0 where the original was filled. */
  readonly error: Raster;
  readonly backend: Backend | 'none';
  readonly milliseconds: number;
}

export interface DegradeRecoverResult {
  readonly original: Slice;
  readonly reduced: Slice;
  readonly recoveries: readonly Recovery[];
  readonly unit: 'HU' | 'grey levels';
}

export interface DegradeOptions {
  readonly scale: number;
  readonly track: ReductionKind;
  /** A super-resolution model of this scale gives `faithful` and `perceptual`; null leaves them out. */
  readonly modelId: string | null;
  /** From `measureRange` of the series; without it the slice alone is measured. */
  readonly range?: ValueRange;
  /** {@link PEAK} of the series, which the figures of all but CT refer to; without it the slice alone is measured. */
  readonly peak?: ValueRange;
  /** Called as each recovery is ready; the classical ones come first. */
  readonly onRecovery?: (recovery: Recovery, reduced: Slice) => void;
}

const CLASSICAL: readonly RecoveryMethod[] = ['nearest', 'bicubic', 'lanczos', 'zero-fill'];

/** The values of a series that the peak of all but CT lies between, whatever the model normalises by. */
export const PEAK = { type: 'percentile', low: 0.5, high: 99.5, scope: 'series' } as const satisfies ModelNormalisation;

/** The peak that CT figures refer to. */
const CT_PEAK = { low: -1024, high: 3072 };

/**
 * For teaching: reduces the slice by `track` (I antialiased bicubic, K k-space truncation) and recovers it by each method
 * in turn. Values stay float between the steps. `onProgress` counts methods.
 * Throws `model/shape-mismatch` for a model of another scale or a slice smaller than four cells.
 */
export async function degradeRecover(slice: Slice, options: DegradeOptions, context: EngineContext): Promise<DegradeRecoverResult> {
  const { scale, track, modelId } = options;
  const model = modelId === null ? null : context.models.get(modelId);
  if (model && (model.task !== 'super-resolution' || model.scale !== scale)) throw new StudioError('model/shape-mismatch', `${model.id} enlarges ${model.scale} ×, not ${scale} ×`);
  const original = cropToMultiple(slice, scale);
  const { width, height } = original.raster;
  if (width < 4 * scale || height < 4 * scale) throw new StudioError('model/shape-mismatch', `${width} × ${height} is too small`);
  const ct = original.raster.unit === 'HU';
  const peak: ValueRange = ct ? { ...CT_PEAK, source: 'window' } : options.peak ?? percentilesOfSlice(original, PEAK.low, PEAK.high);
  const range = options.range && model ? rangeOn(original, model, options.range) : options.range ?? peak;
  const unit = ct ? 'HU' : 'modality';
  // Padding and what lies outside the CT range was never there to be recovered: all methods see it filled, and so does the comparison.
  const fill = fillMask(original, ct ? CT_PEAK : null);
  const high = toModelRange(original.raster, range, fill);
  const reference = fill ? mapRaster(original.raster, (v, i) => (fill[i] ? Math.min(range.high, Math.max(range.low, v)) : v)) : original.raster;
  const low = toRaster(makeReduction(track, scale, width / scale, height / scale).reduce(toPlane(high)), 'model');
  const info = (method: string, backend: Backend | 'none', weights: AugmentationInfo['model'], milliseconds: number): AugmentationInfo => ({
    kind: 'degrade', model: weights, backend, seed: null, softwareVersion: context.softwareVersion, milliseconds,
    parameters: { track, scale, method, normalisationLow: range.low, normalisationHigh: range.high },
  });
  const derived = (raster: Raster, id: string, provenance: AugmentationInfo): Slice => ({
    ...original, id: `${original.id}+${id}`, raster: fromModelRange(raster, range, unit), stored: null, labels: undefined,
    source: { kind: 'generated', from: original.source, augmentation: provenance },
  });
  const moved = original.geometry && original.pixelSpacingMm ? reducedGeometry(original.geometry, original.pixelSpacingMm, scale) : { geometry: null, pixelSpacingMm: original.pixelSpacingMm };
  const reduced: Slice = { ...derived(low, `reduced-${track}-${scale}`, info('reduced', 'none', null, 0)), ...moved };
  const recoveries: Recovery[] = [];
  const variants: RecoveryMethod[] = model ? (model.variants.perceptual ? ['faithful', 'perceptual'] : ['faithful']) : [];
  const methods = [...CLASSICAL, ...variants];
  for (const method of methods) {
    throwIfAborted(context.signal);
    await context.gate?.();
    const started = performance.now();
    let raster: Raster, backend: Backend | 'none' = 'none', weights: AugmentationInfo['model'] = null;
    if (model && variants.includes(method)) {
      const variant = model.variants[method] ? method : Object.keys(model.variants)[0]!;
      // The model sees what a scanner would have given: its own normalisation, of the slice that is there.
      const run = await runTiled(low, model, variant, context.infer, { signal: context.signal, gate: context.gate });
      raster = run.output;
      backend = run.backend;
      weights = { id: model.id, variant, sha256: model.variants[variant]!.sha256, license: model.license };
    } else {
      raster = enlargeClassically(low, method, scale);
    }
    const milliseconds = performance.now() - started;
    const back = derived(raster, `recovered-${method}`, info(method, backend, weights, milliseconds));
    await pause();
    const likeness = ssim(reference, back.raster, peak);
    await pause();
    const perceived = haarPsi(reference, back.raster, peak);
    await pause();
    const recovery: Recovery = {
      method, slice: back, backend, milliseconds,
      psnr: psnr(reference, back.raster, peak), ssim: likeness, haarPsi: perceived,
      rmse: rmse(reference, back.raster, fill),
      error: mapRaster(back.raster, (v, i) => (fill?.[i] ? 0 : v - reference.data[i]!), 'map'),
    };
    throwIfAborted(context.signal); // while it was measured the person may have turned to something else
    recoveries.push(recovery);
    options.onRecovery?.(recovery, reduced);
    await pause();
    context.onProgress?.(recoveries.length, methods.length);
  }
  throwIfAborted(context.signal);
  return { original, reduced, recoveries, unit: ct ? 'HU' : 'grey levels' };
}

/** Each figure takes tens of milliseconds: between them the page may draw. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Nearest, bicubic (a = −0.5), Lanczos 3 or zero-filling, on the half-pixel grid. */
export function enlargeClassically(low: Raster, method: RecoveryMethod, scale: number): Raster {
  if (method === 'zero-fill') return toRaster(zeroFillKspace(toPlane(low), scale), low.unit);
  return resample(low, low.width * scale, low.height * scale, method === 'lanczos' ? 'lanczos' : method === 'nearest' ? 'nearest' : 'bicubic');
}

/** The top left part whose sides are multiples of the scale. */
function cropToMultiple(slice: Slice, scale: number): Slice {
  const width = Math.floor(slice.raster.width / scale) * scale, height = Math.floor(slice.raster.height / scale) * scale;
  if (width === slice.raster.width && height === slice.raster.height) return slice;
  const { stored, raster } = slice;
  const kept = stored && stored.data.length === raster.data.length ? { ...stored, data: stored.data.filter((_, i) => i % raster.width < width && i < raster.width * height) as StoredPixels['data'] } : null;
  return { ...slice, raster: cropReplicate(raster, 0, 0, width, height), stored: kept, labels: undefined, rgb: undefined };
}
