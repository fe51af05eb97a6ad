import type { Augmentation } from '../core/slice';
import { doEdit, recordEdit } from './history';
import { addSeries, derivedOf, derivedUnder, removeDerived, patchDerived, removeSeries, restoreDerived, type DerivedItem, type LibraryItem } from './library';
import { labelSetsOf, restoreLabels } from './labels';
import { setDerived, stageStore } from './stage';

const removed = new Set<string>();
/** Whether a series of this id was removed and may come back by undo. */
export const mayComeBack = (seriesId: string): boolean => removed.has(seriesId);

/** Undo instead of "are you sure". */
export function removeSeriesWithUndo(item: LibraryItem): void {
  const derived = derivedUnder(item.id);
  const labels = labelSetsOf(item.id);
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
      restoreLabels(labels);
    },
  });
}

export function removeDerivedWithUndo(derived: DerivedItem): void {
  doEdit({ label: derived.name, redo: () => removeDerived(derived.id), undo: () => restoreDerived(derived) });
}

/** Results that were added to a derived series can be undone: those before it stay. `before`: the series as it was. */
export function rememberResults(before: DerivedItem): void {
  const after = derivedOf(before.id);
  if (!after || [...after.results.keys()].every((index) => before.results.has(index))) return;
  const added = [...after.results].filter(([index]) => !before.results.has(index));
  const change = (total: number, edit: (results: Map<number, Augmentation>) => void): void => {
    const now = derivedOf(before.id);
    if (!now) return;
    const results = new Map(now.results);
    edit(results);
    patchDerived(before.id, { results, total });
  };
  recordEdit({
    label: after.name,
    undo: () => change(before.total, (results) => added.forEach(([index]) => results.delete(index))),
    redo: () => change(after.total, (results) => added.forEach(([index, result]) => results.set(index, result))),
  });
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
