import { StudioError } from '../core/errors';
import type { Raster } from '../core/raster';
import type { Slice } from '../core/slice';
import type { Backend } from '../inference/protocol';
import type { EngineContext, ValueRange } from './enhance';

export type RecoveryMethod = 'nearest' | 'bicubic' | 'lanczos' | 'zero-fill' | 'faithful' | 'perceptual';

/** One way back from the reduced slice, in the source's units, at the source's size (cropped to a multiple of the scale). */
export interface Recovery {
  readonly method: RecoveryMethod;
  readonly slice: Slice;
  /** dB; peak: MR p99.5 − p0.5 of the series, CT 4096 HU; clamped to it, 8-pixel border left out. */
  readonly psnr: number;
  readonly ssim: number;
  readonly haarPsi: number;
  /** Root mean square error, in grey levels or HU. */
  readonly rmse: number;
  /** Signed error (recovered − original), unit `map`. */
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

/**
 * Reduces the slice by `track` (I antialiased bicubic, K k-space truncation) and recovers it by each method in turn;
 * `onRecovery` is called as each is ready. Classical methods come first. A model of the same scale gives the last two.
 */
export async function degradeRecover(
  _slice: Slice,
  _options: { readonly scale: number; readonly track: 'bicubic' | 'kspace'; readonly modelId: string | null; readonly range?: ValueRange; readonly onRecovery?: (recovery: Recovery, reduced: Slice) => void },
  _context: EngineContext,
): Promise<DegradeRecoverResult> {
  throw new StudioError('internal', 'not built');
}
