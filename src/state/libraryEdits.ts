import { doEdit, recordEdit } from './history';
import { addSeries, derivedOf, derivedUnder, removeDerived, removeSeries, restoreDerived, type DerivedItem, type LibraryItem } from './library';
import { setDerived, stageStore } from './stage';

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

/** Making a derived series can be undone: it leaves the library. `undone`, `redone`: what goes with it. */
export function rememberSeries(derivedId: string, label?: string, undone?: () => void, redone?: () => void): void {
  let made = derivedOf(derivedId);
  if (!made) return;
  recordEdit({
    label: label ?? made.name,
    undo: () => {
      made = derivedOf(derivedId) ?? made; // as it is by then
      undone?.();
      removeDerived(derivedId);
    },
    redo: () => {
      restoreDerived(made!);
      if (stageStore.getState().seriesId === made!.sourceId) setDerived(made!.id);
      redone?.();
    },
  });
}
