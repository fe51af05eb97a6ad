import { settingsStore } from '../../state/settings';
import { lesionDe } from '../strings/lesion.de';
import { lesionEn, type LesionKey } from '../strings/lesion.en';

/** Words in the language of the moment. They load with the panel, not before the first paint. */
export function w(key: LesionKey, values?: Readonly<Record<string, string | number>>): string {
  const text = (settingsStore.getState().language === 'de' ? lesionDe : lesionEn)[key];
  return values ? text.replace(/\{(\w+)\}/g, (all, name: string) => (name in values ? String(values[name]) : all)) : text;
}
