import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { en } from './en';

export type StringKey = keyof typeof en;
type Table = Partial<Record<StringKey, string>>;

const tableStore = createStore<{ language: string; table: Table }>(() => ({ language: 'en', table: en }));

/** The words for a key in the language of the moment, `{name}` filled in. English where a translation lacks it. */
export function t(key: StringKey, values?: Readonly<Record<string, string | number>>): string {
  const text = tableStore.getState().table[key] ?? en[key];
  return values ? text.replace(/\{(\w+)\}/g, (all, name: string) => (name in values ? String(values[name]) : all)) : text;
}

/** Re-renders the component when the language changes. Called once near the root. */
export const useLanguage = (): string => useStore(tableStore, (s) => s.language);

export async function loadLanguage(language: 'en' | 'de'): Promise<void> {
  const table: Table = language === 'de' ? (await import('./de')).de : en;
  document.documentElement.lang = language;
  tableStore.setState({ language, table });
}
