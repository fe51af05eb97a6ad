import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { libraryStore, type LibraryItem } from './library';

interface SourcesState {
  /** Ids of library items; null: every series that suits the recipe. */
  readonly chosen: readonly string[] | null;
}

export const sourcesStore = createStore<SourcesState>(() => ({ chosen: null }));
export const useSources = <T>(select: (state: SourcesState) => T): T => useStore(sourcesStore, select);

/** Localisers and colour images are for looking at only. */
export function canBeSource(item: LibraryItem): boolean {
  const { series } = item.source;
  return !series.warnings.some((w) => w.code === 'localizer' || w.code === 'colour');
}

/** Whether a recipe whose models know `modalities` takes this series; none named: any. */
export function suits(item: LibraryItem, modalities: readonly string[]): boolean {
  return canBeSource(item) && (modalities.length === 0 || modalities.includes(item.source.series.modality));
}

/** The series that the set is built from, in library order. */
export function chosenItems(items: readonly LibraryItem[], chosen: readonly string[] | null, modalities: readonly string[]): LibraryItem[] {
  return items.filter((i) => suits(i, modalities) && (chosen === null || chosen.includes(i.id)));
}

export function chooseSource(id: string, take: boolean, modalities: readonly string[]): void {
  const { items } = libraryStore.getState();
  const now = chosenItems(items, sourcesStore.getState().chosen, modalities).map((i) => i.id);
  sourcesStore.setState({ chosen: take ? [...now, id] : now.filter((x) => x !== id) });
}
