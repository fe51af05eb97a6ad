import { doEdit } from './history';
import { addSeries, derivedUnder, removeDerived, removeSeries, restoreDerived, type DerivedItem, type LibraryItem } from './library';
import { forgetSlices } from './sliceCache';

/** Undo instead of "are you sure". */
export function removeSeriesWithUndo(item: LibraryItem): void {
  const derived = derivedUnder(item.id);
  doEdit({
    label: item.source.series.description || item.source.series.modality,
    redo: () => {
      removeSeries(item.id);
      forgetSlices(item.id); // decoded again from its file when it comes back
    },
    undo: () => {
      addSeries([item]);
      derived.forEach(restoreDerived);
    },
  });
}

export function removeDerivedWithUndo(derived: DerivedItem): void {
  doEdit({ label: derived.name, redo: () => removeDerived(derived.id), undo: () => restoreDerived(derived) });
}
