import type { ErrorCode } from '../core/errors';
import { classStatistics, type ClassStatistics } from '../core/labelStatistics';
import type { ImportResult } from '../pipeline/importFiles';
import { EMPTY_SHELF, shelveLabels, type LabelShelf } from '../pipeline/labelShelf';
import { openLabels } from '../pipeline/openLabels';

/** Labels as `verisim inspect --json` lists them for a series. */
export interface InspectedLabel {
  readonly source: string;
  readonly classes: readonly ClassStatistics[];
  readonly notes: readonly string[];
}

export interface LabelReport {
  readonly shelf: LabelShelf;
  /** Series id → labels. */
  readonly bySeries: ReadonlyMap<string, readonly InspectedLabel[]>;
  /** Labels that attached to nothing, and why. */
  readonly waiting: readonly { readonly label: string; readonly status: string; readonly words: string }[];
  readonly failed: readonly { readonly path: string; readonly code: ErrorCode; readonly detail: string }[];
  /** What a `dataset.json` promises and the folder does not hold. */
  readonly problems: readonly string[];
}

/** Attaches every label of an import to its series and measures it. */
export async function reportLabels(result: ImportResult): Promise<LabelReport> {
  const opened = await openLabels(result.others, result.outcomes.map((o) => o.path));
  const { shelf } = shelveLabels(EMPTY_SHELF, opened.labels, result.series.map((s) => s.series));
  const bySeries = new Map<string, InspectedLabel[]>();
  for (const { series } of result.series) {
    const sets = shelf.attached.filter((set) => set.seriesId === series.id);
    if (sets.length) bySeries.set(series.id, sets.map((set) => ({ source: set.source, classes: classStatistics(set, series.pixelSpacingMm, series.sliceSpacingMm), notes: set.notes })));
  }
  return {
    shelf,
    bySeries,
    waiting: shelf.waiting.map(({ label, result: r }) => ({ label: label.name, status: r.status, words: r.words })),
    failed: opened.failed.map(({ path, error }) => ({ path, code: error.code, detail: error.detail })),
    problems: opened.folders.flatMap((f) => f.problems.map((p) => `${f.path}: ${p}`)),
  };
}
