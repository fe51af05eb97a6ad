import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';

export interface Settings {
  readonly theme: 'dark' | 'light';
  readonly language: 'en' | 'de';
  /** Patient names, ids and dates are shown only where the user asks. */
  readonly showIdentifiers: boolean;
  /** Bilinear display of both sides; off means nearest. Written in the corner either way. */
  readonly smooth: boolean;
  readonly blinkMs: number;
  readonly cineFps: number;
  readonly backend: 'auto' | 'webgpu' | 'wasm';
  readonly tourSeen: boolean;
}

const KEY = 'verisim.settings';
const DEFAULTS: Settings = {
  theme: 'dark',
  language: 'en',
  showIdentifiers: false,
  smooth: true,
  blinkMs: 500,
  cineFps: 8,
  backend: 'auto',
  tourSeen: false,
};

function read(): Settings {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Settings>;
    return { ...DEFAULTS, ...stored };
  } catch {
    return DEFAULTS; // No storage (private mode) or damaged: the defaults are a full answer.
  }
}

export const settingsStore = createStore<Settings>(read);
export const useSettings = <T>(select: (state: Settings) => T): T => useStore(settingsStore, select);

export function changeSettings(changes: Partial<Settings>): void {
  settingsStore.setState(changes);
  try {
    localStorage.setItem(KEY, JSON.stringify(settingsStore.getState()));
  } catch {
    // Storage is full or denied: the setting holds for this visit.
  }
}
