import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { toStudioError, type StudioError } from '../core/errors';
import type { Augmentation, Slice } from '../core/slice';
import { derivedOf, derivedUnder, itemOf, libraryStore, onGone } from './library';
import { cachedSlice, loadCached } from './sliceCache';
import { bodyBox, type Box } from './bodyBox';
import { FITTED, indexOf, setView, TOGETHER, viewStore } from './view';

/** What stands on the stage: one source slice, and what was made of it. */
export interface StageState {
  readonly seriesId: string | null;
  /** The derived series on the generated side; null while there is none. */
  readonly derivedId: string | null;
  /** Asked for; `original` follows as soon as it is decoded. */
  readonly index: number;
  readonly count: number;
  readonly original: Slice | null;
  /** Index that `original` really is. */
  readonly shownIndex: number;
  readonly error: StudioError | null;
  /** What of the field of view holds anatomy, mm from its corner; the view is fitted to it. */
  readonly box: Box | null;
}

const EMPTY: StageState = { seriesId: null, derivedId: null, index: 0, count: 0, original: null, shownIndex: 0, error: null, box: null };
export const stageStore = createStore<StageState>(() => EMPTY);
export const useStage = <T>(select: (state: StageState) => T): T => useStore(stageStore, select);

/** Opens a series at its middle slice (or `index`), with the newest derived series beside it. */
export async function openSeries(seriesId: string, index?: number): Promise<void> {
  const item = itemOf(seriesId);
  if (!item) return;
  const count = item.source.series.slices.length;
  const changed = stageStore.getState().seriesId !== seriesId;
  const at = Math.min(count - 1, Math.max(0, index ?? Math.floor((count - 1) / 2)));
  stageStore.setState({
    seriesId,
    derivedId: derivedUnder(seriesId).at(-1)?.id ?? null,
    index: at,
    count,
    error: null,
    ...(changed ? { box: null, original: cachedSlice(item.source, at) ?? null, shownIndex: at } : {}),
  });
  if (changed) setView({ camera: FITTED, ...TOGETHER, cells: [], maximised: null, gallery: false, cine: false, focused: 'original' });
  setView({ page: 'stage', drawerOpen: false });
  await showSlice();
}

/** Puts a derived series on the generated side, at a slice that it has. */
export async function openDerived(derivedId: string): Promise<void> {
  const derived = derivedOf(derivedId);
  if (!derived) return;
  const { seriesId, index } = stageStore.getState();
  const has = derived.results.has(index) && seriesId === derived.sourceId;
  const first = derived.results.keys().next().value;
  await openSeries(derived.sourceId, has ? index : (first ?? index));
  if (stageStore.getState().seriesId === derived.sourceId) stageStore.setState({ derivedId }); // else another was opened while it decoded
}

export function setDerived(derivedId: string | null): void {
  stageStore.setState({ derivedId });
}

export function setIndex(index: number): void {
  const { count, index: before } = stageStore.getState();
  const at = Math.min(count - 1, Math.max(0, Math.round(index)));
  if (at === before || count === 0) return;
  stageStore.setState({ index: at });
  void showSlice();
}

export const stepIndex = (by: number): void => setIndex(stageStore.getState().index + by);

/** Turns a cell: all of them, or, while unlinked, a generated one alone, among the slices that it has. */
export function stepCell(cell: string, by: number): void {
  const view = viewStore.getState();
  const derived = cell.startsWith('derived:') ? derivedOf(cell.slice('derived:'.length)) : undefined;
  if (view.linked || view.mode !== 'side' || !derived) {
    stepIndex(by);
    return;
  }
  const has = [...derived.results.keys()].sort((a, b) => a - b);
  const now = indexOf(view, cell, stageStore.getState().shownIndex);
  const at = has.findIndex((i) => i >= now);
  const next = has[Math.min(has.length - 1, Math.max(0, (at < 0 ? has.length - 1 : at) + by))];
  if (next !== undefined) setView({ cellIndices: { ...view.cellIndices, [cell]: next } });
}

/** Decodes what is asked for and shows it, unless another slice was asked for meanwhile. */
async function showSlice(): Promise<void> {
  const { seriesId, index } = stageStore.getState();
  const item = itemOf(seriesId);
  if (!item) return;
  const wanted = () => stageStore.getState().seriesId === seriesId && stageStore.getState().index === index;
  try {
    const slice = cachedSlice(item.source, index) ?? (await loadCached(item.source, index));
    if (!wanted()) return;
    stageStore.setState((s) => ({ original: slice, shownIndex: index, error: null, box: s.box ?? bodyBox(slice) }));
    pinWindow(item.id, slice);
    prefetch(item.id, index);
  } catch (error) {
    if (wanted()) stageStore.setState({ original: null, shownIndex: index, error: toStudioError(error) });
  }
}

/** The first slice shown gives the window for the whole series, so that scrolling does not flicker. */
function pinWindow(seriesId: string, slice: Slice): void {
  const { windows } = viewStore.getState();
  if (!windows[seriesId]) setView({ windows: { ...windows, [seriesId]: slice.window } });
}

function prefetch(seriesId: string, index: number): void {
  const item = itemOf(seriesId);
  if (!item) return;
  for (const i of [index + 1, index - 1, index + 2, index - 2]) {
    if (i >= 0 && i < item.source.series.slices.length) loadCached(item.source, i).catch(() => undefined); // shown when it is asked for
  }
}

/** The result that belongs to the slice shown; null where the derived series has none for it. */
export function generatedOf(stage: StageState, derivedId = stage.derivedId): Augmentation | null {
  return derivedOf(derivedId)?.results.get(stage.shownIndex) ?? null;
}

/** The generated slice on the stage, as a hook. */
export function useGenerated(): Augmentation | null {
  const derivedId = useStage((s) => s.derivedId);
  const index = useStage((s) => s.shownIndex);
  return useStore(libraryStore, (s) => s.derived.find((d) => d.id === derivedId)?.results.get(index) ?? null);
}

export function closeStage(): void {
  stageStore.setState(EMPTY);
  setView({ page: 'start' });
}

// Images that others took the place of are shown anew.
onGone((gone) => {
  const { seriesId, index, count } = stageStore.getState();
  const item = itemOf(gone);
  if (seriesId !== gone || !item) return;
  const now = item.source.series.slices.length;
  stageStore.setState({ original: null, box: null, count: now, index: Math.min(now - 1, now === count ? index : Math.floor((now - 1) / 2)) });
  void showSlice();
});

// What is removed from the library leaves the stage.
libraryStore.subscribe((library) => {
  const { seriesId, derivedId } = stageStore.getState();
  if (seriesId && !library.items.some((i) => i.id === seriesId)) {
    const next = library.items[0];
    if (next) void openSeries(next.id);
    else closeStage();
  } else if (derivedId && !library.derived.some((d) => d.id === derivedId)) {
    stageStore.setState({ derivedId: library.derived.filter((d) => d.sourceId === seriesId).at(-1)?.id ?? null });
  }
});

