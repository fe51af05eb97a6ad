import { settingsStore } from '../../state/settings';
import { datasetDe } from '../strings/dataset.de';
import { datasetEn, type DatasetKey } from '../strings/dataset.en';

/** The words of the Dataset panel in the language of the moment. They load with the panel, not before the first paint. */
export function w(key: DatasetKey, values?: Readonly<Record<string, string | number>>): string {
  const text = (settingsStore.getState().language === 'de' ? datasetDe : datasetEn)[key];
  return values ? text.replace(/\{(\w+)\}/g, (all, name: string) => (name in values ? String(values[name]) : all)) : text;
}

/** A key that may not be there (a step or field of a newer recipe): the name itself then. `title`: of a preset. */
export function wordOf(area: 'title' | 'step' | 'field' | 'option' | 'output' | 'group', name: string): string {
  const key = `${area}.${name}`;
  return key in datasetEn ? w(key as DatasetKey) : name;
}

/** `1 study` or `3 studies`. */
export function counted(n: number, one: DatasetKey, many: DatasetKey): string {
  return n === 1 ? w(one) : w(many, { n });
}
