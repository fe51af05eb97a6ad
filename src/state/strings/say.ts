import type { ErrorCode } from '../../core/errors';
import { ERROR_TEXT, type ErrorText } from '../../core/errorText';
import { saidEn, type SaidKey } from './said.en';

/** What the stores can say in one language. */
export interface Speech {
  readonly said: Readonly<Record<SaidKey, string>>;
  readonly errors: Readonly<Record<ErrorCode, ErrorText>>;
  /** A finished English sentence of a lower floor in this language; absent in English. */
  readonly sentence?: (english: string) => string;
}

const ENGLISH: Speech = { said: saidEn, errors: ERROR_TEXT };
let speech: Speech = ENGLISH;

/** Sets the language of the stores; without tables, English. What was said already stays as it was. */
export function speak(tables: Speech = ENGLISH): void {
  speech = tables;
}

/** The words for a key in the language of the moment, `{name}` filled in. */
export function say(key: SaidKey, values?: Readonly<Record<string, string | number>>): string {
  const text = speech.said[key];
  return values ? text.replace(/\{(\w+)\}/g, (all, name: string) => (name in values ? String(values[name]) : all)) : text;
}

/** What happened and what to do for a code, in the language of the moment. */
export const errorText = (code: ErrorCode): ErrorText => speech.errors[code];

/** A finished sentence that a lower floor made (a warning, a refusal, a reason), in the language of the moment. */
export const sentence = (english: string): string => speech.sentence?.(english) ?? english;
