import { throwIfAborted, toStudioError, type StudioError } from '../core/errors';
import { affineRas, enlargedGeometry, subtract } from '../core/geometry';
import type { AugmentationInfo, Series, SliceHeader } from '../core/slice';
import { deriveUid } from '../dicom/write';
import { neededVariants, reblendAside, runNetwork, type EngineContext, type EnhanceResult, type EnhanceSettings, type ValueRange } from './enhance';
import type { SeriesSource } from './seriesSource';
import { measureRange } from './valueRange';

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
  /** The derived series (headers; slices are where `onSlice` put them). Null when no slice could be made. */
  readonly series: Series | null;
  readonly info: AugmentationInfo | null;
  readonly range: ValueRange;
  readonly failed: readonly { readonly index: number; readonly error: StudioError }[];
  /** Mean and largest meter over the slices made now. */
  readonly meter: { readonly meanRmse: number; readonly maxRmse: number; readonly unit: string };
}

/**
 * Enhances a whole series, slice by slice; one bad slice is reported and does not stop the rest. `onProgress` counts
 * slices, those of an earlier run included. `context.lanes` slices are worked on at once, the next one is being decoded
 * meanwhile, and no more are held; results are delivered in order, and are the same for any number of lanes.
 */
export async function enhanceSeries(source: SeriesSource, options: EnhanceSeriesOptions, context: EngineContext): Promise<EnhanceSeriesOutcome> {
  const { modelId, settings, onSlice } = options;
  const variants = neededVariants(context.models.get(modelId), settings.perceptual);
  const range = options.range ?? (await measureRange(source, modelId, { ...context, onProgress: undefined }));
  const total = source.series.slices.length;
  const open = Array.from({ length: total }, (_, i) => i).filter((i) => !options.done?.has(i));
  const failed: { index: number; error: StudioError }[] = [];
  const inner: EngineContext = { ...context, onProgress: undefined };
  let info: AugmentationInfo | null = null, sum = 0, max = 0, made = 0, unit = '';
  const under = makeQueue(open, Math.max(1, context.lanes ?? 1), (index) => source.loadSlice(index, context.signal), async (loading) => {
    const slice = await loading;
    await context.gate?.();
    return reblendAside(await runNetwork(slice, modelId, variants, inner, range, settings.averaged), settings, context);
  });
  context.onProgress?.(total - open.length, total);
  for (const [k, index] of open.entries()) {
    throwIfAborted(context.signal);
    try {
      const result = await under.take(k);
      await onSlice(index, result);
      info ??= result.augmentation.info;
      sum += result.meter.rmse;
      max = Math.max(max, result.meter.rmse);
      unit = result.meter.unit;
      made++;
    } catch (error) {
      throwIfAborted(context.signal);
      const known = toStudioError(error);
      if (known.code.startsWith('storage/')) throw known; // the next would not fit either
      failed.push({ index, error: known });
    }
    context.onProgress?.(total - open.length + k + 1, total);
  }
  return {
    series: info && derivedSeries(source.series, context.models.get(modelId).scale, info),
    info, range, failed,
    meter: { meanRmse: made ? sum / made : 0, maxRmse: max, unit },
  };
}

/** Works on `lanes` items at once, loads the one after them, and gives the results in order; failures come with `take`. */
function makeQueue<T, R>(items: readonly number[], lanes: number, load: (item: number) => Promise<T>, work: (loading: Promise<T>) => Promise<R>) {
  const loads = new Map<number, Promise<T>>(), runs = new Map<number, Promise<R>>();
  const quiet = <P>(promise: Promise<P>): Promise<P> => {
    promise.catch(() => undefined); // reported when its turn comes
    return promise;
  };
  const loaded = (k: number): Promise<T> => {
    const there = loads.get(k) ?? quiet(load(items[k]!));
    loads.set(k, there);
    return there;
  };
  return {
    async take(k: number): Promise<R> {
      for (let j = k; j < Math.min(items.length, k + lanes); j++) {
        if (!runs.has(j)) runs.set(j, quiet(work(loaded(j))));
        loads.delete(j);
      }
      if (k + lanes < items.length) loaded(k + lanes);
      const run = runs.get(k)!;
      runs.delete(k);
      return run;
    },
  };
}

/** Header of the derived series: ids from source, model, variant and settings; geometry by the half-pixel rule. */
export function derivedSeries(source: Series, scale: number, info: AugmentationInfo): Series {
  const how = `${info.model!.id} ${info.model!.variant}`;
  const spacing = source.pixelSpacingMm;
  const enlarge = (h: SliceHeader): SliceHeader => ({
    ...h,
    id: `${h.id}+${info.model!.id}-${info.model!.variant.replaceAll(' ', '-')}`,
    rows: h.rows * scale,
    columns: h.columns * scale,
    pixelSpacingMm: h.pixelSpacingMm && [h.pixelSpacingMm[0] / scale, h.pixelSpacingMm[1] / scale],
    geometry: h.geometry && h.pixelSpacingMm ? enlargedGeometry(h.geometry, h.pixelSpacingMm, scale).geometry : h.geometry,
    sopInstanceUid: undefined,
  });
  const slices = source.slices.map(enlarge);
  const first = slices[0]?.geometry, second = slices[1]?.geometry, step = source.affine;
  const enlarged: Series['pixelSpacingMm'] = spacing && [spacing[0] / scale, spacing[1] / scale];
  return {
    ...source,
    id: `${source.id}+${how.replaceAll(' ', '-')}`,
    seriesUid: deriveUid(['series', source.seriesUid, info.model!.id, info.model!.sha256, info.model!.variant, info.backend, info.softwareVersion]),
    description: `SYNTHETIC ${source.description} ×${scale} ${how}`.trim(),
    slices,
    rows: source.rows * scale,
    columns: source.columns * scale,
    pixelSpacingMm: enlarged,
    affine: step && first && enlarged
      ? affineRas(first, enlarged, second ? subtract(second.positionMm, first.positionMm) : [-step[0][2], -step[1][2], step[2][2]])
      : source.affine,
    bytes: undefined,
    derived: { sourceId: source.id, info },
  };
}
