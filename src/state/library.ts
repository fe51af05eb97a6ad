import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { compactSlice, sliceBytes } from '../core/compactSlice';
import type { Augmentation, AugmentationInfo } from '../core/slice';
import type { SeriesSource } from '../pipeline/seriesSource';

/** A loaded series. */
export interface LibraryItem {
  readonly id: string;
  readonly source: SeriesSource;
  /** Name of the study it stands under. */
  readonly study: string;
  readonly studyId: string;
  readonly origin: 'sample' | 'file' | 'session' | 'test';
}

/** A generated series under its source: results by the index of the source slice they were made from. */
export interface DerivedItem {
  readonly id: string;
  readonly sourceId: string;
  readonly kind: AugmentationInfo['kind'];
  /** How it was made: `×2, perceptual 0.30`. */
  readonly name: string;
  /** How many slices it will have when finished. */
  readonly total: number;
  /** Same model and settings: results of further slices go into the same series. */
  readonly key?: string;
  /** An example on the stage only: not listed, not kept with the session. */
  readonly transient?: boolean;
  /** Other settings make a new series beside it instead of changing it. */
  readonly kept?: boolean;
  readonly results: ReadonlyMap<number, Augmentation>;
}

interface LibraryState {
  readonly items: readonly LibraryItem[];
  readonly derived: readonly DerivedItem[];
}

export const libraryStore = createStore<LibraryState>(() => ({ items: [], derived: [] }));
export const useLibrary = <T>(select: (state: LibraryState) => T): T => useStore(libraryStore, select);

/** Adds series. One of an id that is there already takes its place; results stay where the slices are as many as before. */
export function addSeries(items: readonly LibraryItem[]): void {
  const slices = (list: readonly LibraryItem[], id: string) => list.find((i) => i.id === id)?.source.series.slices.length;
  libraryStore.setState((s) => ({
    items: [...s.items.filter((i) => !items.some((n) => n.id === i.id)), ...items],
    derived: s.derived.filter((d) => (slices(items, d.sourceId) ?? slices(s.items, d.sourceId)) === (slices(s.items, d.sourceId) ?? slices(items, d.sourceId))),
  }));
}

/**
 * Calls `forget` with the id of each series whose images left the library, removed or replaced by others of the same id:
 * what was kept of them by that id is not true of what comes under it.
 */
export function onGone(forget: (seriesId: string) => void): void {
  libraryStore.subscribe((now, before) => {
    if (now.items === before.items) return;
    for (const { id, source } of before.items) if (now.items.find((i) => i.id === id)?.source !== source) forget(id);
  });
}

export const itemOf = (id: string | null): LibraryItem | undefined => libraryStore.getState().items.find((i) => i.id === id);
export const derivedOf = (id: string | null): DerivedItem | undefined => libraryStore.getState().derived.find((d) => d.id === id);
export const derivedUnder = (sourceId: string): DerivedItem[] => libraryStore.getState().derived.filter((d) => d.sourceId === sourceId);

let counter = 0;

/** The name, with a number where another derived series under the source has it: no two are named alike. */
export function freeName(sourceId: string, wanted: string, ownId?: string): string {
  const names = new Set(derivedUnder(sourceId).filter((d) => d.id !== ownId).map((d) => d.name));
  let name = wanted;
  for (let n = 2; names.has(name); n++) name = `${wanted} (${n})`;
  return name;
}

/** The id of a derived series that comes from elsewhere, or another where one here has it or had it: undo may bring that back. */
export function freeId(wanted: string): string {
  const number = Number(wanted.slice('derived-'.length));
  if (!(number > counter)) return nextId();
  counter = number;
  return wanted;
}

function nextId(): string {
  const taken = new Set(libraryStore.getState().derived.map((d) => d.id));
  do counter++;
  while (taken.has(`derived-${counter}`));
  return `derived-${counter}`;
}

/** A new, still empty derived series. */
export function addDerived(item: Omit<DerivedItem, 'id' | 'results'>): DerivedItem {
  const name = freeName(item.sourceId, item.name);
  const derived: DerivedItem = { ...item, name, id: nextId(), results: new Map() };
  libraryStore.setState((s) => ({ derived: [...s.derived, derived] }));
  return derived;
}

/** Puts a generated slice into its derived series, under the index of the source slice. */
export function putResult(derivedId: string, sliceIndex: number, made: Augmentation): void {
  const result = compact(made);
  libraryStore.setState((s) => ({
    derived: s.derived.map((d) => (d.id === derivedId ? { ...d, results: new Map(d.results).set(sliceIndex, result) } : d)),
  }));
}

/** Changes name, key, total, results, or whether it is kept. */
export function patchDerived(id: string, changes: Partial<Pick<DerivedItem, 'name' | 'key' | 'total' | 'kept' | 'results'>>): void {
  libraryStore.setState((s) => ({ derived: s.derived.map((d) => (d.id === id ? { ...d, ...changes } : d)) }));
}

const compact = (made: Augmentation): Augmentation => ({ ...made, slice: compactSlice(made.slice) });

/** Puts a derived series back that was removed, or that comes from a session. */
export function restoreDerived(item: DerivedItem): void {
  const derived = { ...item, results: new Map([...item.results].map(([index, made]) => [index, compact(made)])) };
  libraryStore.setState((s) => (s.derived.some((d) => d.id === derived.id) ? s : { ...s, derived: [...s.derived, derived] }));
}

export function removeDerived(id: string): void {
  libraryStore.setState((s) => ({ derived: s.derived.filter((d) => d.id !== id) }));
}

/** Takes a series and what was made of it out of the list; its files stay open so that it can be undone. */
export function removeSeries(id: string): void {
  libraryStore.setState((s) => ({ items: s.items.filter((i) => i.id !== id), derived: s.derived.filter((d) => d.sourceId !== id) }));
}

/** Bytes held by generated slices. */
export function derivedBytes(state: LibraryState): number {
  let bytes = 0;
  for (const d of state.derived) for (const r of d.results.values()) bytes += sliceBytes(r.slice);
  return bytes;
}
