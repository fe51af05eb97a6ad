import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { Slice, WindowSetting } from '../core/slice';
import { greyOf } from '../core/window';
import type { ReaderAnswer, ReadingItem } from '../pipeline/readerStudy';
import { download } from './download';
import { itemOf, libraryStore } from './library';
import { postError, postNotice } from './notices';
import { deleteReading, writeReading, type KeptReading, type PreparedItem } from './readingDb';
import { itemSlice, pictureOf, reviewStore } from './review';
import { loadCached } from './sliceCache';
import { viewStore } from './view';
import { say } from './strings/say';

export type { ReaderAnswer } from '../pipeline/readerStudy';

/** A candidate: where its pixels come from, and in which window it is shown. */
interface Candidate extends ReadingItem {
  readonly load: () => Promise<Slice>;
  readonly window?: { readonly center: number; readonly width: number };
  /** Where the window is taken from the pixels of another item: a generated one is shown as its source. */
  readonly windowOf?: () => Promise<WindowSetting>;
}

interface ReadingState {
  readonly phase: 'setup' | 'preparing' | 'reading' | 'result';
  readonly reader: string;
  readonly seed: number;
  readonly mode: 'single' | 'pairs';
  readonly limit: number;
  /** Steps of one or two items, in the order they are shown. */
  readonly steps: readonly (readonly PreparedItem[])[];
  readonly at: number;
  readonly prepared: number;
  readonly toPrepare: number;
  /** Answer given, confidence still open. */
  readonly pending: { readonly answer: 'real' | 'generated'; readonly milliseconds: number } | null;
  readonly answers: readonly ReaderAnswer[];
  /** A reading of an earlier visit that did not come to its end. */
  readonly broken: (KeptReading & { readonly at: number }) | null;
}

export const readingStore = createStore<ReadingState>(() => ({ phase: 'setup', reader: '', seed: 1, mode: 'single', limit: 20, steps: [], at: 0, prepared: 0, toPrepare: 0, pending: null, answers: [], broken: null }));
export const useReading = <T>(select: (state: ReadingState) => T): T => useStore(readingStore, select);
export const changeReading = (changes: Partial<Pick<ReadingState, 'reader' | 'seed' | 'mode' | 'limit'>>): void => readingStore.setState(changes);

/** Everything at hand: generated results and real slices of the session, and the set that is under review. */
export function candidates(): Candidate[] {
  const out: Candidate[] = [];
  const { windows } = viewStore.getState();
  const { items, derived } = libraryStore.getState();
  for (const d of derived) {
    const item = itemOf(d.sourceId);
    if (!item || ('transient' in d && d.transient)) continue;
    for (const [index, result] of d.results) {
      out.push({ id: `${d.id}/${index + 1}`, truth: 'generated', load: () => Promise.resolve(result.slice), window: windows[d.sourceId] });
    }
  }
  for (const item of items) {
    item.source.series.slices.forEach((_, index) => out.push({ id: `${item.id}/${index + 1}`, truth: 'real', load: () => loadCached(item.source, index), window: windows[item.id] }));
  }
  const { items: made } = reviewStore.getState();
  const sources = new Set<string>();
  for (const entry of made) {
    const windowOf = async () => (await pictureOf(entry, 'result'))!.window;
    out.push({ id: entry.item.id, truth: 'generated', load: () => itemSlice(entry.item), windowOf });
    if (!entry.source || sources.has(entry.source.id)) continue;
    sources.add(entry.source.id);
    const { source } = entry;
    out.push({ id: source.id, truth: 'real', load: () => itemSlice(source), windowOf });
  }
  return out;
}

/** The name as typed; without one the next `reader N` that has no answers yet. */
function nameOfReader(): string {
  const { reader, answers } = readingStore.getState();
  const taken = new Set(answers.map((a) => a.reader));
  let n = 1;
  while (taken.has(`reader ${n}`)) n++;
  return reader.trim() || `reader ${n}`;
}

let cancelled = false;
let shownAt = 0;

/** Draws the order, prepares every image before the first is shown, and begins. */
export async function startReading(): Promise<void> {
  const { seed, mode, limit } = readingStore.getState();
  const reader = nameOfReader();
  cancelled = false;
  try {
    const { planReading } = await import('../pipeline/readerStudy');
    const plan = planReading(candidates(), seed, mode, limit);
    const flat = plan.flat();
    if (flat.length < 2) return;
    readingStore.setState({ phase: 'preparing', prepared: 0, toPrepare: flat.length });
    const slices: Slice[] = [];
    const seen: WindowSetting[] = [];
    for (const item of flat) {
      const slice = await item.load();
      slices.push(slice);
      seen.push(item.window ?? (await item.windowOf?.()) ?? slice.window);
      readingStore.setState({ prepared: slices.length });
      if (cancelled) return;
    }
    // Hounsfield units mean the same everywhere: one window for all of them.
    const hounsfield = slices.findIndex((s) => s.raster.unit === 'HU');
    const windowFor = (i: number) => (slices[i]!.raster.unit === 'HU' ? seen[hounsfield]! : seen[i]!);
    const coarsest = Math.max(...slices.map((s) => s.pixelSpacingMm?.[0] ?? 0));
    const prepared = new Map<string, PreparedItem>();
    for (const [i, item] of flat.entries()) {
      prepared.set(item.id, { id: item.id, truth: item.truth, ...prepareAlike(slices[i]!, windowFor(i), coarsest || null) });
      if (i % 4 === 3) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    if (cancelled) return;
    const steps = plan.map((step) => step.map((item) => prepared.get(item.id)!));
    // Without storage the reading goes on, and a reload would end it.
    await writeReading({ reader, seed, mode, limit, steps }).catch(() => undefined);
    if (cancelled) return dropReading();
    readingStore.setState({ phase: 'reading', reader, steps, at: 0, pending: null, broken: null });
    shownAt = performance.now();
  } catch (error) {
    readingStore.setState({ phase: 'setup' });
    postError(error);
  }
}

/**
 * The same for real and generated: the mean over pixels of one size (the coarsest of all items, so that a larger matrix
 * gives nothing away), the same side, the same window, no text.
 */
export function prepareAlike(slice: Slice, window: WindowSetting, coarsestMm: number | null): { grey: Uint8ClampedArray; side: number } {
  const { data, width, height } = slice.raster;
  const [row, column] = slice.pixelSpacingMm ?? [1, 1];
  const mm = coarsestMm ?? Math.max(row, column) * Math.max(1, Math.max(width, height) / 256);
  const side = Math.max(32, Math.min(512, Math.round(Math.max(width * column, height * row) / mm)));
  const grey = new Uint8ClampedArray(side * side);
  const [fx, fy] = [mm / column, mm / row];
  const [ox, oy] = [(side * fx - width) / 2, (side * fy - height) / 2];
  const greyAt = greyOf(window, slice.inverted);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [x0, x1, y0, y1] = [x * fx - ox, (x + 1) * fx - ox, y * fy - oy, (y + 1) * fy - oy];
      let sum = 0;
      let weight = 0;
      for (let sy = Math.max(0, Math.floor(y0)); sy < Math.min(height, Math.ceil(y1)); sy++) {
        const wy = Math.min(y1, sy + 1) - Math.max(y0, sy);
        for (let sx = Math.max(0, Math.floor(x0)); sx < Math.min(width, Math.ceil(x1)); sx++) {
          const w = wy * (Math.min(x1, sx + 1) - Math.max(x0, sx));
          sum += w * data[sy * width + sx]!;
          weight += w;
        }
      }
      if (weight > 0) grey[y * side + x] = greyAt(sum / weight);
    }
  }
  return { grey, side };
}

/** Goes on with a reading that a reload broke off; the time of the image that stood there begins anew. */
export function goOnReading(): void {
  const { broken } = readingStore.getState();
  if (!broken) return;
  readingStore.setState({ ...broken, phase: 'reading', pending: null, broken: null });
  shownAt = performance.now();
}

/** The images of a reading that is over are no longer kept. */
export function dropReading(): void {
  readingStore.setState({ broken: null });
  void deleteReading().catch(() => undefined);
}

/** Real or generated; in pairs: whether the left one is generated. */
export function giveAnswer(answer: 'real' | 'generated'): void {
  const { phase, pending } = readingStore.getState();
  if (phase !== 'reading') return;
  readingStore.setState({ pending: { answer, milliseconds: pending?.milliseconds ?? performance.now() - shownAt } });
}

/** The first answer of a reading takes the place of what a reader of the same name answered before. */
export function giveConfidence(confidence: ReaderAnswer['confidence']): void {
  const { pending, steps, at, reader, answers } = readingStore.getState();
  const item = steps[at]?.[0];
  if (!pending || !item) return;
  const answer: ReaderAnswer = { reader, itemId: item.id, truth: item.truth, answer: pending.answer, confidence, milliseconds: pending.milliseconds };
  const last = at + 1 >= steps.length;
  readingStore.setState({ answers: [...(at === 0 ? answers.filter((a) => a.reader !== reader) : answers), answer], pending: null, at: at + 1, phase: last ? 'result' : 'reading' });
  if (last) dropReading();
  shownAt = performance.now();
}

/** Ends early; what was answered counts. */
export function stopReading(): void {
  cancelled = true;
  if (readingStore.getState().phase === 'reading') dropReading();
  readingStore.setState((s) => ({ phase: s.answers.length ? 'result' : 'setup', pending: null }));
}

export function anotherReader(): void {
  readingStore.setState((s) => ({ phase: 'setup', reader: '', seed: s.seed, steps: [], at: 0 }));
}

export async function saveCsv(): Promise<void> {
  const { answersCsv } = await import('../pipeline/readerStudy');
  download(new Blob([answersCsv(readingStore.getState().answers)], { type: 'text/csv' }), 'reader-study.csv');
}

/** Adds answers of other readers from CSV files; a reader of the same name is replaced. */
export async function addCsv(files: readonly File[]): Promise<void> {
  const { answersFromCsv } = await import('../pipeline/readerStudy');
  for (const file of files) {
    const found = answersFromCsv(await file.text());
    if (found.length === 0) {
      postNotice({ level: 'warn', happened: say('reading.noAnswers'), todo: say('reading.noAnswers.todo', { name: file.name }) });
      continue;
    }
    const names = new Set(found.map((a) => a.reader));
    readingStore.setState((s) => ({ answers: [...s.answers.filter((a) => !names.has(a.reader)), ...found], phase: 'result' }));
  }
}
