import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { speak } from '../../state/strings/say';
import { en } from './en';

export type StringKey = keyof typeof en;
type Table = Readonly<Record<StringKey, string>>;

const tableStore = createStore<{ language: string; table: Table }>(() => ({ language: 'en', table: en }));

/** The words for a key in the language of the moment, `{name}` filled in. */
export function t(key: StringKey, values?: Readonly<Record<string, string | number>>): string {
  const text = tableStore.getState().table[key];
  return values ? text.replace(/\{(\w+)\}/g, (all, name: string) => (name in values ? String(values[name]) : all)) : text;
}

/** Re-renders the component when the language changes. Called once near the root. */
export const useLanguage = (): string => useStore(tableStore, (s) => s.language);

/** Takes the tables of a language: those of the interface and those of the stores. */
export async function loadLanguage(language: 'en' | 'de'): Promise<void> {
  const german = language === 'de' ? await loadGerman() : null;
  const table: Table = german ? german.table : en;
  speak(german?.speech);
  document.documentElement.lang = language;
  tableStore.setState({ language, table });
}

async function loadGerman() {
  const [{ de }, { saidDe }, { errorsDe }, { phrasesDe, sentencesDe }, { phraseBook }] = await Promise.all([
    import('./de'), import('../../state/strings/said.de'), import('../../state/strings/errors.de'), import('../../state/strings/sentences.de'), import('../../state/strings/phraseBook'),
  ]);
  return { table: de, speech: { said: saidDe, errors: errorsDe, sentence: phraseBook(sentencesDe, phrasesDe) } };
}
