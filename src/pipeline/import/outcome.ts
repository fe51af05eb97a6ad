import { describeError } from '../../core/errorText';
import type { ErrorCode, StudioError } from '../../core/errors';
import type { FrameStats } from '../decode/protocol';

/** What became of one file. Every file that came in has exactly one. */
export interface FileOutcome {
  readonly path: string;
  /** `shown`: in a series, or a label that can be attached; `skipped`: nothing to show, with a reason; `error`: broken or refused. */
  readonly status: 'shown' | 'skipped' | 'error';
  readonly kind: 'image' | 'label' | 'directory' | 'archive' | 'list' | 'other';
  readonly code?: ErrorCode;
  /** One sentence for a person: what happened and what to do. */
  readonly message: string;
  readonly seriesIds?: readonly string[];
  readonly info?: FileInfo;
}

/** Facts of a file that could be read. */
export interface FileInfo {
  readonly transferSyntax?: string;
  readonly sopClass?: string;
  readonly modality?: string;
  readonly frames?: number;
  readonly rows?: number;
  readonly columns?: number;
  readonly dtype?: string;
  readonly stats?: FrameStats;
}

/** Not an image, and nothing wrong with it: told as skipped, not as an error. */
const HARMLESS = new Set<ErrorCode>(['input/not-an-image', 'dicom/not-dicom', 'dicom/no-pixel-data', 'input/empty']);

export function refusal(path: string, error: StudioError, info?: FileInfo): FileOutcome {
  return { path, status: HARMLESS.has(error.code) ? 'skipped' : 'error', kind: 'other', code: error.code, message: describeError(error.code, error.detail), ...(info ? { info } : {}) };
}

/** The summary in one line: "287 shown, 12 skipped, 1 could not be read". */
export function summarise(outcomes: readonly FileOutcome[]): string {
  const count = (status: FileOutcome['status']): number => outcomes.filter((o) => o.status === status).length;
  const parts = [`${count('shown')} shown`];
  if (count('skipped')) parts.push(`${count('skipped')} skipped`);
  if (count('error')) parts.push(`${count('error')} could not be read`);
  return parts.join(', ');
}
