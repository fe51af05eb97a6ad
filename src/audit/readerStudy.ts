import { makeRandom } from '../core/random';
import { binomialTest, proportion, type Proportion } from './binomial';
import { cohenKappa, fleissKappa } from './kappa';
import { rocOf, type RocResult } from './roc';

/** One answer of one reader. In pairs `generated` asks for the left item. */
export interface ReaderAnswer {
  readonly reader: string;
  readonly itemId: string;
  readonly truth: 'real' | 'generated';
  readonly answer: 'real' | 'generated';
  /** 1 guess … 5 certain. */
  readonly confidence: 1 | 2 | 3 | 4 | 5;
  readonly milliseconds: number;
}

/** What a reader's answers amount to. "Positive" means generated. */
export interface ReaderResult {
  readonly reader: string;
  readonly items: number;
  readonly accuracy: Proportion;
  /** Of the generated ones, called generated. */
  readonly sensitivity: Proportion;
  /** Of the real ones, called real. */
  readonly specificity: Proportion;
  readonly roc: RocResult;
  /** Exact two-sided binomial test of the accuracy against one half. */
  readonly pAgainstChance: number;
  readonly medianSeconds: number;
}

/** −5 certainly real … −1, 1 … 5 certainly generated. */
export const ratingOf = (a: Pick<ReaderAnswer, 'answer' | 'confidence'>): number => (a.answer === 'generated' ? a.confidence : -a.confidence);

/** Figures of one reader. */
export function readerResult(reader: string, answers: readonly ReaderAnswer[]): ReaderResult {
  const mine = answers.filter((a) => a.reader === reader);
  const generated = mine.filter((a) => a.truth === 'generated');
  const real = mine.filter((a) => a.truth === 'real');
  const right = (list: readonly ReaderAnswer[]): number => list.filter((a) => a.answer === a.truth).length;
  const times = mine.map((a) => a.milliseconds / 1000).sort((a, b) => a - b);
  const middle = Math.floor(times.length / 2);
  return {
    reader,
    items: mine.length,
    accuracy: proportion(right(mine), mine.length),
    sensitivity: proportion(right(generated), generated.length),
    specificity: proportion(right(real), real.length),
    roc: rocOf(generated.map(ratingOf), real.map(ratingOf)),
    pAgainstChance: binomialTest(right(mine), mine.length),
    medianSeconds: times.length === 0 ? NaN : times.length % 2 ? times[middle]! : (times[middle - 1]! + times[middle]!) / 2,
  };
}

/** Agreement of the readers over the items that all of them answered: Cohen for two, Fleiss for more, null for one. */
export function readerAgreement(answers: readonly ReaderAnswer[]): { readonly kind: 'Cohen' | 'Fleiss'; readonly kappa: number; readonly items: number } | null {
  const readers = [...new Set(answers.map((a) => a.reader))];
  if (readers.length < 2) return null;
  const table = new Map<string, Map<string, number>>();
  for (const a of answers) {
    const row = table.get(a.itemId) ?? new Map<string, number>();
    table.set(a.itemId, row.set(a.reader, a.answer === 'generated' ? 1 : 0));
  }
  const shared = [...table.values()].filter((row) => row.size === readers.length);
  if (readers.length === 2) {
    return { kind: 'Cohen', kappa: cohenKappa(shared.map((r) => r.get(readers[0]!)!), shared.map((r) => r.get(readers[1]!)!)), items: shared.length };
  }
  const counts = shared.map((row) => {
    const positive = [...row.values()].reduce((s, v) => s + v, 0);
    return [readers.length - positive, positive];
  });
  return { kind: 'Fleiss', kappa: fleissKappa(counts), items: shared.length };
}

/** Something to be judged; real or generated is known to the plan, never to the page before the answer. */
export interface ReadingItem {
  readonly id: string;
  readonly truth: 'real' | 'generated';
}

/**
 * The order of a reading: as many real as generated items (the larger group is drawn from at random), shuffled by the
 * seed. In pairs each step holds one of either, left and right drawn by the seed.
 */
export function planReading<T extends ReadingItem>(items: readonly T[], seed: number | string, mode: 'single' | 'pairs', limit = Infinity): T[][] {
  const random = makeRandom(`reading/${seed}`);
  const shuffle = <U>(list: readonly U[]): U[] => {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i--) {
      const j = random.integer(0, i);
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  };
  const byId = [...items].sort((a, b) => (a.id < b.id ? -1 : 1));
  const real = shuffle(byId.filter((i) => i.truth === 'real'));
  const generated = shuffle(byId.filter((i) => i.truth === 'generated'));
  const each = Math.min(real.length, generated.length, mode === 'single' ? Math.floor(limit / 2) : limit);
  if (mode === 'single') return shuffle([...real.slice(0, each), ...generated.slice(0, each)]).map((item) => [item]);
  return Array.from({ length: each }, (_, i) => (random.next() < 0.5 ? [real[i]!, generated[i]!] : [generated[i]!, real[i]!]));
}

/** Quotes where RFC 4180 asks for it; an apostrophe keeps spreadsheets from reading a name as a formula. */
function cell(v: string | number): string {
  if (typeof v === 'number') return String(v);
  const safe = /^[=+\-@']/.test(v) ? `'${v}` : v;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One line an answer, RFC 4180, for a spreadsheet or a statistics program. */
export function answersCsv(answers: readonly ReaderAnswer[]): string {
  const rows: (string | number)[][] = [['reader', 'item', 'truth', 'answer', 'confidence', 'rating', 'correct', 'milliseconds']];
  for (const a of answers) rows.push([a.reader, a.itemId, a.truth, a.answer, a.confidence, ratingOf(a), a.answer === a.truth ? 1 : 0, Math.round(a.milliseconds)]);
  return rows.map((r) => r.map(cell).join(',')).join('\r\n') + '\r\n';
}

/** Reads back what `answersCsv` wrote, so that other readers' files can be added. Rows that make no sense are left out. */
export function answersFromCsv(text: string): ReaderAnswer[] {
  const out: ReaderAnswer[] = [];
  for (const line of text.split(/\r?\n/).slice(1)) {
    const cells = [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((m) => m[1]!.replace(/^"|"$/g, '').replaceAll('""', '"').replace(/^'(?=[=+\-@'])/, ''));
    const [reader, itemId, truth, answer, confidence, , , milliseconds] = cells;
    const c = Number(confidence);
    const valid = (v: string | undefined): v is 'real' | 'generated' => v === 'real' || v === 'generated';
    if (reader && itemId && valid(truth) && valid(answer) && [1, 2, 3, 4, 5].includes(c)) {
      out.push({ reader, itemId, truth, answer, confidence: c as ReaderAnswer['confidence'], milliseconds: Number(milliseconds) || 0 });
    }
  }
  return out;
}
