import { rmse } from '../core/metrics';
import { fromModelRange, toModelRange } from '../core/normalise';
import { mapRaster, rangeOf, type Raster } from '../core/raster';
import type { Slice, StoredPixels } from '../core/slice';
import { isLinearLut, storeRaster } from '../core/storeRaster';
import { blendOutputs, inconsistency, makeReduction, projectConsistent, type Reduction, type ReductionKind } from '../synthesis/superResolution';

/** How far a consistent slice, reduced again, may be from its input: 1/255 of the model range. */
const CONSISTENT_255 = 0.5;

/** What a shown slice is made from. Plain data: it can be sent to a worker. */
export interface ComposeRequest {
  /** The network's outputs in model range, by variant. */
  readonly outputs: ReadonlyMap<string, Raster>;
  /** The slice in model range, filled where `fill` is 1. */
  readonly input: Raster;
  readonly fill: Uint8Array | null;
  readonly scale: number;
  readonly range: { readonly low: number; readonly high: number };
  readonly source: Pick<Slice, 'raster' | 'stored'>;
  readonly perceptual: number;
  readonly consistent: boolean;
  readonly operator: ReductionKind;
}

/** Reduced again and compared with the input: how much the network made up. In grey levels or HU. */
export interface HallucinationMeter {
  readonly operator: ReductionKind;
  readonly rmse: number;
  /** The same in 1/255 of the model range. */
  readonly rmse255: number;
  readonly maxAbs255: number;
  readonly unit: 'HU' | 'grey levels';
  /** Signed difference (reduced − input) at the input's size, unit `map`, in grey levels or HU. */
  readonly map: Raster;
}

/** The slice as it is shown and stored, with its meters. */
export interface Composed {
  readonly raster: Raster;
  readonly stored: StoredPixels | null;
  /** Pixels clamped to the stored type. */
  readonly clamped: number;
  readonly meter: HallucinationMeter;
  /** The meter before data consistency. */
  readonly meterBefore: HallucinationMeter;
}

/** Somewhere else to do it: a worker. */
export type Compose = (request: ComposeRequest, signal?: AbortSignal) => Promise<Composed>;

/** Blend, projection, values on the grey grid of the source, meters: some tenths of a second for a large slice. */
export function composeShown(request: ComposeRequest): Composed {
  const { outputs, input, range, source, scale } = request;
  const reduction = makeReduction(request.operator, scale, input.width, input.height);
  const blended = blendOutputs(outputs, request.perceptual);
  const projected = request.consistent ? projectConsistent(blended, input, reduction) : blended;
  const unit = source.raster.unit === 'HU' ? 'HU' : 'modality';
  const exact = fromModelRange(projected, range, unit), linear = isLinearLut(source.raster, source.stored);
  const store = (diffused: boolean) => {
    // A projection that is clamped reduces to the input no more: its overshoot below zero stays.
    const kept = storeRaster(exact, source.stored, linear, { belowZero: request.consistent, diffused });
    return { ...kept, meter: measure(toModelRange(kept.raster, range), request, reduction) };
  };
  const plain = store(false);
  // Where grey steps are coarse, rounding alone may miss the promise.
  const missed = request.consistent && plain.stored !== null && plain.meter.maxAbs255 > CONSISTENT_255;
  const again = missed ? store(true) : plain;
  const { raster, stored, clamped, meter } = again.meter.maxAbs255 < plain.meter.maxAbs255 ? again : plain;
  const meterBefore = measure(blended, request, reduction);
  putBack(raster, stored?.data ?? null, request);
  return { raster, stored, clamped, meter, meterBefore };
}

function measure(high: Raster, request: ComposeRequest, reduction: Reduction): HallucinationMeter {
  const { fill, range } = request;
  const difference = inconsistency(high, request.input, reduction);
  // Filled pixels were never asked of the model.
  const clean = fill ? mapRaster(difference, (v, i) => (fill[i] ? 0 : v)) : difference;
  const width = range.high - range.low;
  const { min, max } = rangeOf(clean.data);
  const root = rmse(clean, mapRaster(clean, () => 0), fill);
  return {
    operator: reduction.kind,
    rmse: root * width,
    rmse255: root * 255,
    maxAbs255: Math.max(-min, max) * 255,
    unit: request.source.raster.unit === 'HU' ? 'HU' : 'grey levels',
    map: mapRaster(clean, (v) => v * width, 'map'),
  };
}

/** Padding, and what lay outside the window, as it was: each pixel becomes a block. */
function putBack(raster: Raster, stored: { [i: number]: number } | null, { fill, scale, source }: ComposeRequest): void {
  if (!fill) return;
  for (let y = 0; y < raster.height; y++) {
    for (let x = 0; x < raster.width; x++) {
      const from = Math.floor(y / scale) * source.raster.width + Math.floor(x / scale);
      if (!fill[from]) continue;
      raster.data[y * raster.width + x] = source.raster.data[from]!;
      if (stored) stored[y * raster.width + x] = source.stored!.data[from]!;
    }
  }
}
