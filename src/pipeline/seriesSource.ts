import type { Series, Slice } from '../core/slice';

/** A series whose slices decode on demand, wherever they lie: files, derived storage, or built in a test. */
export interface SeriesSource {
  readonly series: Series;
  /** Slice `index` of `series.slices`; rejects with StudioError, or AbortError. */
  loadSlice(index: number, signal?: AbortSignal): Promise<Slice>;
  dispose(): void;
}

/** The same series under another id, which its UID and its slices bear too: for another file of a name that is taken. */
export function underId(source: SeriesSource, id: string): SeriesSource {
  const { series } = source;
  const renamed = (text: string): string => (text.startsWith(series.id) ? id + text.slice(series.id.length) : text);
  return {
    ...source,
    series: { ...series, id, seriesUid: renamed(series.seriesUid), slices: series.slices.map((s) => ({ ...s, id: renamed(s.id) })) },
    loadSlice: async (index, signal) => {
      const slice = await source.loadSlice(index, signal);
      return { ...slice, id: renamed(slice.id) };
    },
  };
}
