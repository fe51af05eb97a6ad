import type { ReaderAnswer } from './reading';
import { dropReading, readingStore } from './reading';
import { readReading, type KeptReading } from './readingDb';

const KEY = 'verisim.reading';
const SETUP = 'verisim.reading.setup';
let keeping = false;

/**
 * Keeps the answers of the reader study in this browser with what was set (reader, seed, mode, count), and brings back
 * those of an earlier visit; one that was broken off is offered.
 */
export function keepReading(): void {
  if (keeping) return;
  keeping = true;
  const { answers, phase } = readingStore.getState();
  const kept = read();
  readingStore.setState(readSetup());
  if (answers.length === 0 && phase === 'setup' && kept.length > 0) readingStore.setState({ answers: kept, phase: 'result' });
  if (phase === 'setup') void offerBroken();
  readingStore.subscribe((state, before) => {
    const { reader, seed, mode, limit } = state;
    try {
      if (reader !== before.reader || seed !== before.seed || mode !== before.mode || limit !== before.limit) localStorage.setItem(SETUP, JSON.stringify({ reader, seed, mode, limit }));
      if (state.answers === before.answers) return;
      if (state.answers.length > 0) localStorage.setItem(KEY, JSON.stringify(state.answers));
      else localStorage.removeItem(KEY);
    } catch {
      // Storage is full or denied: the answers stay until the tab is closed, and can be saved as CSV.
    }
  });
}

/**
 * Its answers tell how far it came: they are written one by one. Others of that name are older: the first answer takes
 * their place, so that it begins anew.
 */
async function offerBroken(): Promise<void> {
  const kept = await readReading().catch(() => undefined);
  const { phase, answers } = readingStore.getState();
  if (!kept || phase === 'reading' || phase === 'preparing') return;
  const name = kept.reader.trim() || 'reader 1';
  const given = answers.filter((a) => a.reader === name);
  const fit = given.every((a, i) => a.itemId === kept.steps[i]?.[0]?.id);
  if (fit && given.length >= kept.steps.length) return dropReading();
  readingStore.setState({ broken: { ...kept, reader: name, at: fit ? given.length : 0 }, phase: 'setup' });
}

/** Deletes all answers and the reader's name, here and in this browser's storage. */
export function forgetReading(): void {
  dropReading();
  readingStore.setState({ phase: 'setup', reader: '', answers: [], steps: [], at: 0, pending: null });
}

function read(): ReaderAnswer[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(found) ? found.filter(isAnswer) : [];
  } catch {
    return []; // Damaged or no storage: the study begins anew.
  }
}

function readSetup(): Partial<Pick<KeptReading, 'reader' | 'seed' | 'mode' | 'limit'>> {
  try {
    const { reader, seed, mode, limit } = JSON.parse(localStorage.getItem(SETUP) ?? '{}') as Record<string, unknown>;
    const whole = (v: unknown, least: number, most: number): v is number => Number.isSafeInteger(v) && (v as number) >= least && (v as number) <= most;
    return {
      ...(typeof reader === 'string' ? { reader } : {}), ...(whole(seed, 0, Number.MAX_SAFE_INTEGER) ? { seed } : {}),
      ...(mode === 'single' || mode === 'pairs' ? { mode } : {}), ...(whole(limit, 2, 200) ? { limit } : {}),
    };
  } catch {
    return {}; // Damaged or no storage: it is set anew.
  }
}

function isAnswer(value: unknown): value is ReaderAnswer {
  const a = value as Partial<ReaderAnswer> | null;
  const kind = (v: unknown): boolean => v === 'real' || v === 'generated';
  return typeof a?.reader === 'string' && typeof a.itemId === 'string' && kind(a.truth) && kind(a.answer) && [1, 2, 3, 4, 5].includes(a.confidence as number) && typeof a.milliseconds === 'number';
}
