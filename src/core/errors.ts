/**
 * Every way the studio can refuse. Area first, so that a list of codes reads like a table of contents.
 * A code is part of the public contract: `verisim … --json` prints it, tests and scripts match on it.
 */
export type ErrorCode =
  | 'input/not-readable'
  | 'input/not-an-image'
  | 'input/too-large'
  | 'input/empty'
  | 'zip/corrupt'
  | 'zip/bomb'
  | 'zip/encrypted'
  | 'gzip/corrupt'
  | 'gzip/bomb'
  | 'nifti/invalid'
  | 'nifti/unsupported'
  | 'png/invalid'
  | 'npz/invalid'
  | 'dicom/not-dicom'
  | 'dicom/truncated'
  | 'dicom/corrupt'
  | 'dicom/limits'
  | 'dicom/no-pixel-data'
  | 'dicom/unsupported-syntax'
  | 'dicom/unsupported-pixels'
  | 'dicom/bad-dimensions'
  | 'dicom/decode-failed'
  | 'dicom/decode-timeout'
  | 'geometry/mismatch'
  | 'geometry/unknown'
  | 'label/no-images'
  | 'label/mismatch'
  | 'label/invalid'
  | 'model/unknown'
  | 'model/not-found'
  | 'model/hash-mismatch'
  | 'model/invalid'
  | 'model/shape-mismatch'
  | 'model/no-gradient'
  | 'model/wrong-modality'
  | 'model/bad-output'
  | 'gpu/unavailable'
  | 'gpu/device-lost'
  | 'gpu/disagrees'
  | 'worker/crashed'
  | 'worker/timeout'
  | 'lesion/outside-body'
  | 'lesion/no-place'
  | 'lesion/mask-too-large'
  | 'lesion/mask-empty'
  | 'saliency/no-region'
  | 'recipe/invalid'
  | 'dataset/hash-mismatch'
  | 'dataset/no-sources'
  | 'dataset/other-set'
  | 'storage/full'
  | 'storage/denied'
  | 'storage/failed'
  | 'session/invalid'
  | 'cli/usage'
  | 'internal';

/** A refusal with a code (what kind) and a detail (which file, which number). The sentence is in `errorText.ts`. */
export class StudioError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;

  constructor(code: ErrorCode, detail = '', options?: { cause?: unknown }) {
    super(detail ? `${code}: ${detail}` : code, options);
    this.name = 'StudioError';
    this.code = code;
    this.detail = detail;
  }
}

/** True for what `AbortSignal` throws; cancelling is silent. */
export function isAbort(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { name?: string }).name === 'AbortError';
}

/** Any thrown thing as a StudioError; what is not one already becomes `fallback` with its message as the detail. */
export function toStudioError(error: unknown, fallback: ErrorCode = 'internal'): StudioError {
  if (error instanceof StudioError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new StudioError(fallback, detail, { cause: error });
}

/** The part of AbortSignal that pure code needs. */
export interface AbortSignalLike {
  readonly aborted: boolean;
}

/** Throws an AbortError when the signal has been raised. Called between tiles, slices and steps. */
export function throwIfAborted(signal?: AbortSignalLike): void {
  if (!signal?.aborted) return;
  const error = new Error('Cancelled.');
  error.name = 'AbortError';
  throw error;
}
