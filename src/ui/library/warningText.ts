import type { SeriesWarning } from '../../core/slice';
import { t, type StringKey } from '../strings/t';

/** What a warning says, with its detail. Every code has its words: a missing one does not compile. */
export const warningText = (warning: SeriesWarning): string => {
  const key: StringKey = `warning.${warning.code}`;
  return warning.detail ? `${t(key)}: ${warning.detail}` : t(key);
};
