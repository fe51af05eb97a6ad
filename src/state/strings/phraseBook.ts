/** Pairs of templates with the same blanks: `{0}`, `{1}`… are taken as they are (names, numbers), `{a}`, `{b}`… looked up themselves. */
export type Phrases = readonly (readonly [english: string, other: string])[];

interface Entry {
  readonly pattern: RegExp;
  /** Blank of each group, in the order they stand in the English template. */
  readonly blanks: readonly string[];
  readonly other: string;
}

const compile = (phrases: Phrases): Entry[] =>
  phrases.map(([english, other]) => {
    const blanks = [...english.matchAll(/\{(\w)\}/g)].map((m) => m[1]!);
    const source = english.split(/\{\w\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('(.+?)');
    return { pattern: new RegExp(`^${source}$`, 's'), blanks, other };
  });

/**
 * Finds finished English sentences by their templates and gives those of the other language, sentence by sentence;
 * what is not known stays as it is.
 */
export function phraseBook(sentences: Phrases, phrases: Phrases): (text: string) => string {
  const whole = compile(sentences);
  const parts = [...compile(phrases), ...whole];
  const look = (entries: readonly Entry[], text: string): string | null => {
    for (const { pattern, blanks, other } of entries) {
      const found = pattern.exec(text);
      if (!found) continue;
      const filled = new Map(blanks.map((blank, i) => [blank, (blank > '9' ? look(parts, found[i + 1]!) : null) ?? found[i + 1]!]));
      return other.replace(/\{(\w)\}/g, (_, blank: string) => filled.get(blank) ?? '');
    }
    return null;
  };
  return (text) => text.split(/(?<=\.) (?=\p{Lu})/u).map((sentence) => look(whole, sentence) ?? sentence).join(' ');
}
