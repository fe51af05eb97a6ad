import { useLibrary } from '../../state/library';

/** Whether the file of a loaded slice says of itself that it is synthetic. */
export const useSynthetic = (seriesId: string | null, index: number): boolean =>
  useLibrary((s) => s.items.find((i) => i.id === seriesId)?.source.series.slices[index]?.synthetic ?? false);
