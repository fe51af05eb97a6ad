import { doEdit } from './history';
import { addSeries, derivedUnder, removeDerived, removeSeries, restoreDerived, type DerivedItem, type LibraryItem } from './library';

const removed = new Set<string>();
/** Whether a series of this id was removed and may come back by undo. */
export const mayComeBack = (seriesId: string): boolean => removed.has(seriesId);

/** Undo instead of "are you sure". */
export function removeSeriesWithUndo(item: LibraryItem): void {
  const derived = derivedUnder(item.id);
  doEdit({
    label: item.source.series.description || item.source.series.modality,
    redo: () => {
      removed.add(item.id);
      removeSeries(item.id);
    },
    undo: () => {
      removed.delete(item.id);
      addSeries([item]);
      derived.forEach(restoreDerived);
    },
  });
}

export function removeDerivedWithUndo(derived: DerivedItem): void {
  doEdit({ label: derived.name, redo: () => removeDerived(derived.id), undo: () => restoreDerived(derived) });
}
