import type { en } from './en';

/** German. What is missing here is shown in English. */
export const de: Partial<Record<keyof typeof en, string>> = {
  'app.disclaimer': 'Für Forschung und Lehre, nicht für die Diagnose',
  'start.title': 'Bilder öffnen',
};
