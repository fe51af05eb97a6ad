import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { isAbort, toStudioError, type ErrorCode } from '../core/errors';
import { errorText } from './strings/say';
import { setView } from './view';

export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

/** What happened, what to do; stays until dismissed. */
export interface Notice {
  readonly id: number;
  readonly level: 'note' | 'warn' | 'err';
  readonly happened: string;
  readonly todo: string;
  readonly code?: ErrorCode;
  readonly actions: readonly NoticeAction[];
}

interface NoticesState {
  readonly notices: readonly Notice[];
  /** Last thing worth announcing to a screen reader. */
  readonly spoken: string;
  /** Counts what was said: the same words twice are said twice. */
  readonly said: number;
}

export const noticesStore = createStore<NoticesState>(() => ({ notices: [], spoken: '', said: 0 }));
export const useNotices = <T>(select: (state: NoticesState) => T): T => useStore(noticesStore, select);

let nextId = 1;

/**
 * Posts a notice and returns its id. A notice with the same two sentences is not posted twice. An error opens the list,
 * in the same step as it is posted: opened later, a click on the button that had just appeared closed it again.
 */
export function postNotice(notice: Omit<Notice, 'id' | 'actions'> & { actions?: readonly NoticeAction[] }): number {
  const { notices } = noticesStore.getState();
  const same = notices.find((n) => n.happened === notice.happened && n.todo === notice.todo);
  if (notice.level === 'err') setView({ noticesOpen: true });
  if (same) return same.id;
  const posted: Notice = { actions: [], ...notice, id: nextId++ };
  noticesStore.setState((s) => ({ notices: [posted, ...notices], spoken: `${posted.happened} ${posted.todo}`, said: s.said + 1 }));
  return posted.id;
}

/** Posts anything thrown as a notice in human words; cancelling is silent. `where` names the file or the job. */
export function postError(error: unknown, where = '', actions: readonly NoticeAction[] = []): void {
  if (isAbort(error)) return;
  const known = toStudioError(error);
  if (known.code === 'internal') console.error(error);
  const text = errorText(known.code);
  const detail = [where, known.detail].filter(Boolean).join(': ');
  postNotice({ level: 'err', code: known.code, happened: text.happened, todo: detail ? `${text.todo} (${detail})` : text.todo, actions });
}

export function dismissNotice(id: number): void {
  noticesStore.setState((s) => ({ notices: s.notices.filter((n) => n.id !== id) }));
  if (noticesStore.getState().notices.length === 0) setView({ noticesOpen: false });
}

/** Says something to a screen reader without showing a notice. */
export function announce(text: string): void {
  noticesStore.setState((s) => ({ spoken: text, said: s.said + 1 }));
}
