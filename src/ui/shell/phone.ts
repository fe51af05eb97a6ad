import { useSyncExternalStore } from 'react';

const narrow = window.matchMedia('(max-width: 759px)');
const watch = (changed: () => void) => {
  narrow.addEventListener('change', changed);
  return () => narrow.removeEventListener('change', changed);
};

/** Whether the window is that of a phone: one image at a time, tasks in a sheet. As wide as in `styles/phone.css`. */
export const isPhone = (): boolean => narrow.matches;
export const usePhone = (): boolean => useSyncExternalStore(watch, isPhone);
