import type { Series, Slice } from '../core/slice';

/** A series whose slices decode on demand, wherever they lie: files, derived storage, or built in a test. */
export interface SeriesSource {
  readonly series: Series;
  /** Slice `index` of `series.slices`; rejects with StudioError, or AbortError. */
  loadSlice(index: number, signal?: AbortSignal): Promise<Slice>;
  dispose(): void;
}
