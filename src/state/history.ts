import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { announce } from './notices';
import { say } from './strings/say';

/** One undoable edit. Both functions must be repeatable in turn. */
export interface Edit {
  readonly label: string;
  readonly undo: () => void;
  readonly redo: () => void;
}

interface HistoryState {
  readonly past: readonly Edit[];
  readonly future: readonly Edit[];
}

const LIMIT = 100;
export const historyStore = createStore<HistoryState>(() => ({ past: [], future: [] }));
export const useHistory = <T>(select: (state: HistoryState) => T): T => useStore(historyStore, select);

/** Records an edit that has just been done. */
export function recordEdit(edit: Edit): void {
  historyStore.setState((s) => ({ past: [...s.past, edit].slice(-LIMIT), future: [] }));
}

/** Does an edit and records it. */
export function doEdit(edit: Edit): void {
  edit.redo();
  recordEdit(edit);
}

export function undo(): void {
  const { past, future } = historyStore.getState();
  const edit = past.at(-1);
  if (!edit) return;
  edit.undo();
  historyStore.setState({ past: past.slice(0, -1), future: [edit, ...future] });
  announce(say('undone.what', { what: edit.label }));
}

export function redo(): void {
  const { past, future } = historyStore.getState();
  const edit = future[0];
  if (!edit) return;
  edit.redo();
  historyStore.setState({ past: [...past, edit], future: future.slice(1) });
  announce(say('redone.what', { what: edit.label }));
}
