import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { Slice, WindowSetting } from '../core/slice';
import type * as reviewPipeline from '../pipeline/review';
import type { Manifest, ReadSetFile, Review, ReviewItem, ReviewOrder, Verdict } from '../pipeline/review';
import { download } from './download';
import { announce, postError, postNotice } from './notices';
import { keepName, keepReview, keptName, readKeptReview } from './reviewKeep';
import { services } from './services';
import { openPage } from './view';
import { say } from './strings/say';

export type { ReviewItem, ReviewOrder, Verdict } from '../pipeline/review';

/** A set that can be looked through, wherever it lies. */
export interface ReviewSource {
  readonly name: string;
  /** Of the set that the Dataset panel has at hand; absent where a folder was opened. */
  readonly jobId?: string;
  readonly manifest: Manifest;
  readonly read: ReadSetFile;
  /** Writes the decisions into the set's own manifest; absent where it cannot be written. */
  readonly save?: (review: Review) => Promise<void>;
  /** Hands out the set without what was rejected; absent: a ZIP of the accepted items. */
  readonly exportAccepted?: (review: Review) => Promise<void>;
}

export type ReviewFilter = 'all' | 'open' | Verdict;

interface ReviewState {
  readonly source: ReviewSource | null;
  readonly items: readonly ReviewItem[];
  readonly review: Review;
  readonly filter: ReviewFilter;
  readonly order: ReviewOrder;
  readonly seed: number;
  /** Items in the order and filter of the moment. */
  readonly shown: readonly ReviewItem[];
  readonly currentId: string | null;
  readonly by: string;
  readonly outline: boolean;
  /** While held, results show their source. */
  readonly original: boolean;
}

const EMPTY: Review = { entries: {}, past: [] };
export const reviewStore = createStore<ReviewState>(() => ({ source: null, items: [], review: EMPTY, filter: 'all', order: 'meter', seed: 1, shown: [], currentId: null, by: keptName(), outline: true, original: false }));
export const useReview = <T>(select: (state: ReviewState) => T): T => useStore(reviewStore, select);

let pipeline: typeof reviewPipeline | null = null;
const load = async (): Promise<typeof reviewPipeline> => (pipeline ??= await import('../pipeline/review'));

/** Opens the contact sheet of a built set, with the decisions that were made before. */
export async function openReview(source: ReviewSource): Promise<void> {
  try {
    const p = await load();
    await saveNow();
    slices.clear();
    const items = p.reviewItems(source.manifest);
    const review = p.resumeReview(readKeptReview(source.manifest), source.manifest.review);
    const order: ReviewOrder = items.some((i) => i.meter !== null) ? 'meter' : items.some((i) => i.agreement !== null) ? 'disagreement' : 'number';
    reviewStore.setState({ source, items, review, filter: 'all', order, currentId: null, shown: [] });
    arrange();
    reviewStore.setState((s) => ({ currentId: (s.shown.find((i) => !review.entries[i.id]?.verdict) ?? s.shown[0])?.id ?? null }));
    openPage('review');
  } catch (error) {
    postError(error, source.name);
  }
}

/** Closes the review of the set that job `jobId` built, once its last decisions are written: the set is given up. */
export async function closeReviewOf(jobId: string): Promise<void> {
  if (reviewStore.getState().source?.jobId !== jobId) return;
  await saveNow();
  slices.clear();
  reviewStore.setState({ source: null, items: [], review: EMPTY, filter: 'all', currentId: null, shown: [] });
}

/** Sorts and filters; the current item stays where it is still shown. */
function arrange(): void {
  if (!pipeline) return;
  const { items, order, seed, filter, review } = reviewStore.getState();
  const sorted = pipeline.sortForReview(items, order, seed);
  const shown = filter === 'all' ? sorted : sorted.filter((i) => (review.entries[i.id]?.verdict ?? 'open') === filter);
  reviewStore.setState((s) => ({ shown, currentId: shown.some((i) => i.id === s.currentId) ? s.currentId : (shown[0]?.id ?? null) }));
}

export function setOrder(order: ReviewOrder): void {
  reviewStore.setState((s) => ({ order, seed: order === 'random' ? s.seed + 1 : s.seed }));
  arrange();
}
export function setFilter(filter: ReviewFilter): void {
  reviewStore.setState({ filter });
  arrange();
}
export const setCurrent = (currentId: string | null): void => reviewStore.setState({ currentId });

export function move(by: number): void {
  const { shown, currentId } = reviewStore.getState();
  const at = shown.findIndex((i) => i.id === currentId);
  const next = shown[Math.min(shown.length - 1, Math.max(0, at + by))];
  if (next) setCurrent(next.id);
}

/** A verdict on the current item, then on to the next one. */
export function judge(verdict: Verdict): void {
  const { currentId, review, by, shown, filter } = reviewStore.getState();
  if (!currentId || !pipeline) return;
  const at = shown.findIndex((i) => i.id === currentId);
  const next = pipeline.decide(review, currentId, { verdict }, by, new Date().toISOString());
  reviewStore.setState({ review: next });
  keep();
  const set = next.entries[currentId]!.verdict;
  announce(say(`verdict.${set ?? 'none'}`, { n: shown[at]?.number ?? '' }));
  if (filter === 'all') {
    if (set) move(1);
    return;
  }
  arrange();
  const { shown: after } = reviewStore.getState();
  setCurrent(after[Math.min(at, after.length - 1)]?.id ?? null);
}

/** What was typed about item `id`, which need not be the current one any more. */
export function comment(id: string, text: string): void {
  const { items, review, by } = reviewStore.getState();
  if (!pipeline || !items.some((i) => i.id === id) || (review.entries[id]?.comment ?? '') === text) return;
  reviewStore.setState({ review: pipeline.decide(review, id, { comment: text }, by, new Date().toISOString()) });
  keep();
}

export function undoReview(): void {
  if (!pipeline) return;
  const { review, item } = pipeline.undoDecision(reviewStore.getState().review);
  if (!item) return;
  reviewStore.setState({ review });
  arrange();
  if (reviewStore.getState().shown.some((i) => i.id === item)) setCurrent(item);
  keep();
  announce(say('undone'));
}

export function setBy(by: string): void {
  reviewStore.setState({ by });
  keepName(by);
}
export const setOutline = (outline: boolean): void => reviewStore.setState({ outline });
export const setOriginal = (original: boolean): void => reviewStore.setState({ original });

let saving: ReturnType<typeof setTimeout> | undefined;
let unsaved: (() => Promise<void>) | null = null;
/** Keeps decisions in this browser at once and in the set's manifest a moment later. */
function keep(): void {
  const { source, review } = reviewStore.getState();
  if (!source || !pipeline) return;
  keepReview(source.manifest, pipeline.keptReview(review, new Date().toISOString()));
  if (!source.save) return;
  clearTimeout(saving);
  unsaved = () => source.save!(review).catch((error: unknown) => postError(error, source.name));
  saving = setTimeout(() => void saveNow(), 600);
}

/** Writes what waits for its moment: the decisions belong to the set they were made on. */
async function saveNow(): Promise<void> {
  clearTimeout(saving);
  const save = unsaved;
  unsaved = null;
  await save?.();
}

/** The set without what was rejected. */
export async function exportAccepted(): Promise<void> {
  const { source, review } = reviewStore.getState();
  if (!source) return;
  try {
    clearTimeout(saving);
    unsaved = null; // the export writes them
    if (source.exportAccepted) return await source.exportAccepted(review);
    const p = await load();
    const blob = await new Response(p.reviewedZip(source.manifest, review, source.read, await services().decoder()) as ReadableStream<Uint8Array<ArrayBuffer>>).blob();
    download(blob, `${source.name.replace(/[^A-Za-z0-9-]+/g, '-')}-accepted.zip`);
    announce(say('exported'));
  } catch (error) {
    postError(error, source.name);
  }
}

const slices = new Map<string, Promise<Slice>>();
const KEPT = 240;

/** Picture of an item, decoded once and kept for the last few hundred. */
export function itemSlice(item: ReviewItem['item']): Promise<Slice> {
  const { source } = reviewStore.getState();
  const key = `${source?.manifest.contentSha256}/${item.id}`; // sets made of the same images name their items alike
  let found = slices.get(key);
  if (!found) {
    found = Promise.all([load(), services().decoder()]).then(([p, decoder]) => p.loadItemSlice(item, source!.read, decoder));
    slices.set(key, found);
    found.catch(() => slices.delete(key));
    if (slices.size > KEPT) slices.delete(slices.keys().next().value!);
  }
  return found;
}

/** Picture of an item or its source, and the window both are shown in. */
export async function pictureOf(item: ReviewItem, which: 'source' | 'result'): Promise<{ slice: Slice; window: WindowSetting } | null> {
  const wanted = which === 'source' ? item.source : item.item;
  if (!wanted) return null;
  const slice = await itemSlice(wanted);
  const source = item.source ? await itemSlice(item.source) : slice;
  return { slice, window: (await load()).itemWindow(item.item, source) };
}

/** Mask of all labels of an item. */
export const itemMask = (item: ReviewItem['item']): Uint8Array | null => pipeline?.itemMask(item) ?? null;

/** Opens the folder of a set that was built before. */
export function chooseSet(): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.webkitdirectory = true;
  input.addEventListener('change', () => void openSetFiles([...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, blob: file }))));
  input.click();
}

/** Opens a set from its files (a folder that was chosen, or a ZIP that was unpacked). */
export async function openSetFiles(files: readonly { readonly path: string; readonly blob: Blob }[]): Promise<boolean> {
  const manifestFile = files.filter((f) => /(^|\/)manifest\.json$/.test(f.path)).sort((a, b) => a.path.length - b.path.length)[0];
  if (!manifestFile) {
    postNotice({ level: 'warn', happened: say('set.none'), todo: say('set.none.todo') });
    return false;
  }
  try {
    const p = await load();
    const manifest = p.parseManifest(JSON.parse(await manifestFile.blob.text()));
    const base = manifestFile.path.slice(0, -'manifest.json'.length);
    const byPath = new Map(files.map((f) => [f.path, f.blob]));
    const readFile: ReadSetFile = async (path) => {
      const blob = byPath.get(base + path);
      return blob ? new Uint8Array(await blob.arrayBuffer()) : null;
    };
    await openReview({ name: base.split('/').at(-2) || manifest.recipe.name, manifest, read: readFile });
    return true;
  } catch (error) {
    postError(error, manifestFile.path);
    return false;
  }
}
