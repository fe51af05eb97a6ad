import { useEffect } from 'react';
import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { viewStore } from '../../state/view';
import { stageIsOpen } from '../viewport/usePointer';
import { ACTIONS, type ActionId } from './actions';

/** Key as `event.key`, with `Ctrl+` before it. The first of a list is the one that is shown. */
export const KEYS: Readonly<Record<string, ActionId>> = {
  ArrowUp: 'previous', ArrowDown: 'next', PageUp: 'back5', PageDown: 'forward5', Home: 'first', End: 'last',
  ' ': 'reset', '=': 'fit', '+': 'zoomIn', '-': 'zoomOut',
  i: 'invert', h: 'flipH', v: 'flipV', r: 'rotate', c: 'cine',
  '1': 'preset1', '2': 'preset2', '3': 'preset3', '4': 'preset4',
  s: 'swipe', k: 'blink', d: 'difference', l: 'link', n: 'smooth',
  w: 'window', p: 'pan', z: 'zoom', q: 'probe', m: 'region', b: 'brush', e: 'eraser',
  'Ctrl+z': 'undo', 'Ctrl+y': 'redo', 'Ctrl+Z': 'redo', Escape: 'cancel', '?': 'help',
};

/** Keys that work on every page. */
const EVERYWHERE = new Set<ActionId>(['undo', 'redo', 'help', 'cancel']);

/** The last action done by key, for the help sheet to light up. */
const pressedStore = createStore<{ action: ActionId | null; at: number }>(() => ({ action: null, at: 0 }));
export const usePressed = (): ActionId | null => useStore(pressedStore, (s) => s.action);

type Claim = (event: KeyboardEvent) => boolean;
const claims = new Set<Claim>();

/** A panel or page that takes keys before the viewer does (`[` `]` of the brush, A X F of the review). Returns how to end it. */
export function claimKeys(claim: Claim): () => void {
  claims.add(claim);
  return () => claims.delete(claim);
}

/** The contact sheet is a list too, but its keys are those of its page. */
const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.matches('input:not([type=range]), textarea, select, [contenteditable=true]') || target.closest('[role=menu],[role=listbox]:not(.contact-sheet),[role=dialog]') !== null);

/** One listener for the viewer's keys. Keys that a focused control uses itself stay with it. */
export function useKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // AltGr types characters (`[`, `]`, `?` on many keyboards); Alt alone belongs to the browser.
      const typed = event.getModifierState('AltGraph');
      if (event.defaultPrevented || (event.altKey && !typed) || typing(event.target)) return;
      for (const claim of claims) {
        if (claim(event)) {
          event.preventDefault();
          return;
        }
      }
      const control = (event.ctrlKey && !typed) || event.metaKey;
      const action = KEYS[control ? `Ctrl+${event.key}` : event.key.length === 1 ? (KEYS[event.key] ? event.key : event.key.toLowerCase()) : event.key];
      if (!action) return;
      // A focused button keeps Space, a focused slider keeps its arrows.
      if (event.key === ' ' && event.target instanceof HTMLElement && event.target.closest('button, a, summary')) return;
      if (!EVERYWHERE.has(action) && !stageIsOpen()) return;
      const { page, helpOpen, noticesOpen } = viewStore.getState();
      if (action === 'cancel' && page !== 'stage' && !helpOpen && !noticesOpen) return;
      event.preventDefault();
      pressedStore.setState({ action, at: event.timeStamp });
      ACTIONS[action]();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}
