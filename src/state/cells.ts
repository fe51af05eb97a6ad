import { derivedOf, derivedUnder, patchDerived } from './library';
import { setDerived, stageStore } from './stage';
import { recordEdit } from './history';
import { say } from './strings/say';
import { indexOf, setView, viewStore } from './view';

/** Stands for the original where a cell names what it shows. */
export const ORIGINAL = 'original';
/** `original`, the id of a derived series, or null: nothing. */
export type CellChoice = string | null;

/** Layouts of the side-by-side stage, from small to large: [rows, columns]. */
export const LAYOUTS = [[1, 1], [1, 2], [1, 3], [2, 2], [2, 3]] as const;

interface Placing {
  /** What was chosen for each cell; null or absent: whatever fits. */
  readonly chosen: readonly CellChoice[];
  /** Number of cells. */
  readonly cells: number;
  /** Derived series of the open source, oldest first; `here`: with a result for the slice shown. */
  readonly results: readonly { readonly id: string; readonly kept: boolean; readonly here: boolean }[];
  /** The result that panels and exports speak of. */
  readonly current: string | null;
}

/**
 * What stands in each cell of the side-by-side layout. Choices stay where they are, nothing stands twice, and the current
 * result is always among them where there is more than one cell: in the first free cell, else in place of one that is not kept.
 */
export function placeCells({ chosen, cells, results, current }: Placing): CellChoice[] {
  const known = (id: CellChoice | undefined, i: number): boolean => id === ORIGINAL || (results.some((r) => r.id === id) && chosen.indexOf(id!) === i);
  const out: CellChoice[] = Array.from({ length: cells }, (_, i) => (known(chosen[i], i) ? chosen[i]! : null));
  if (!out.includes(ORIGINAL) && out[0] === null) out[0] = ORIGINAL;
  const isKept = (id: CellChoice): boolean => results.some((r) => r.id === id && r.kept);
  if (cells > 1 && !(current && out.includes(current))) {
    const free = out.indexOf(null, 1);
    const loose = out.findLastIndex((id, i) => i > 0 && id !== ORIGINAL && !isKept(id));
    if (current) out[free > 0 ? free : loose > 0 ? loose : cells - 1] = current;
  }
  const rest = results.filter((r) => r.here && !out.includes(r.id)).map((r) => r.id);
  // Without a current result its cell stays free: that is where the next one comes.
  return out.map((id, i) => id ?? (i === 1 && !current ? null : (rest.shift() ?? null)));
}

/** What stands in the cells now. */
export function shownCells(): CellChoice[] {
  const view = viewStore.getState();
  const { seriesId, derivedId, shownIndex } = stageStore.getState();
  const results = (seriesId ? derivedUnder(seriesId) : []).map((d) => ({ id: d.id, kept: d.kept ?? false, here: d.results.has(indexOf(view, `derived:${d.id}`, shownIndex)) }));
  return placeCells({ chosen: view.cells, cells: view.layout[0] * view.layout[1], results, current: derivedId });
}

/** What an edit of the cells may change. */
function placesNow() {
  const { cells, layout, maximised } = viewStore.getState();
  const { seriesId, derivedId } = stageStore.getState();
  return { view: { cells, layout, maximised }, seriesId, derivedId };
}

/** Does `change` so that undo brings the cells, the layout and the current result back; not over another series. */
function asEdit(label: string, change: () => void, changeBack: () => void = () => undefined): void {
  const before = placesNow();
  change();
  const after = placesNow();
  const show = ({ view, seriesId, derivedId }: typeof before) => {
    if (stageStore.getState().seriesId !== seriesId) return;
    setView(view);
    if (derivedId && derivedOf(derivedId)) setDerived(derivedId);
  };
  recordEdit({
    label,
    undo: () => {
      changeBack();
      show(before);
    },
    redo: () => {
      change();
      show(after);
    },
  });
}

/** Puts the original or a result into a cell; what stood there goes where that came from. */
export function chooseCell(cell: number, id: string): void {
  if (shownCells()[cell] !== id) asEdit(say('edit.cell'), () => place(cell, id));
}

function place(cell: number, id: string): void {
  const shown = shownCells();
  const before = shown[cell] ?? null;
  const from = shown.indexOf(id);
  const { derivedId } = stageStore.getState();
  const { maximised } = viewStore.getState();
  setView({
    cells: shown.map((now, i) => (i === cell ? id : i === from ? before : now)),
    ...(maximised === `derived:${before}` || maximised === before ? { maximised: id === ORIGINAL ? id : `derived:${id}` } : {}),
  });
  if (id !== ORIGINAL && (before === derivedId || !derivedId)) setDerived(id);
}

/** The result of a cell becomes the one that panels and exports speak of; no cell changes. */
export function makeCurrent(derivedId: string): void {
  if (derivedId === stageStore.getState().derivedId) return;
  setView({ cells: shownCells() });
  setDerived(derivedId);
}

/** A kept result is not replaced by the next one, which gets a cell beside it: the layout grows where none is free. */
export function keepResult(derivedId: string, kept = true): void {
  const before = derivedOf(derivedId)?.kept ?? false;
  if (before !== kept) asEdit(say('edit.kept'), () => setKept(derivedId, kept), () => patchDerived(derivedId, { kept: before }));
}

function setKept(derivedId: string, kept: boolean): void {
  patchDerived(derivedId, { kept });
  if (!kept) return;
  const cells = shownCells().map((id) => (id === ORIGINAL || derivedOf(id)?.kept ? id : null));
  const { layout } = viewStore.getState();
  const larger = LAYOUTS.find(([rows, columns]) => rows * columns > layout[0] * layout[1]);
  setView({ cells, ...(cells.includes(null) || !larger ? {} : { layout: larger }) });
}
