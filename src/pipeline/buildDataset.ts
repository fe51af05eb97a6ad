/**
 * Training sets from a recipe:
 *
 *     const recipe = parseRecipe(text);                                   // src/pipeline/recipes.ts
 *     const input = { recipe, sources, key, softwareVersion, models, runModel: makeModelSteps(sources, engine) };
 *     const { items, bytes, notes, nonCommercial } = estimateDataset(input);
 *     const { before, after, steps } = await previewExample(input, { index: 0 });
 *     const result = await buildDataset(input, { sink, signal, gate, onProgress });
 *
 * The same recipe, key, sources and version give the same bytes, whatever the number of workers or shards, in the
 * browser and in Node. A run that was ended goes on where it was; a second run does nothing.
 */
import { isAbort, StudioError, throwIfAborted, toStudioError, type ErrorCode } from '../core/errors';
import type { Slice } from '../core/slice';
import type { AppliedStep } from '../dataset/manifest';
import { shardItems, type PlannedItem } from '../dataset/plan';
import type { Sink } from '../storage/contracts';
import { finishSet, type FinishOptions } from './dataset/finishSet';
import { Journal } from './dataset/journal';
import { makeItem } from './dataset/makeItem';
import { prepareSet, type PreparedSet, type SetInput } from './dataset/prepare';
import { damagedFiles, placeOnce, reviewInSet, type ReviewInSet } from './dataset/setFiles';

export { makeModelSteps } from './dataset/modelSteps';
export { prepareSet, type DatasetSource, type PreparedSet, type SetInput } from './dataset/prepare';
export { verifyDataset, type VerifyResult } from './dataset/verifySet';
export { applyReview } from './dataset/applyReview';
export type { RunModelStep } from '../dataset/runRecipe';

export interface BuildProgress {
  readonly done: number;
  readonly total: number;
  /** The item just done. */
  readonly item: string;
  /** Written; left out for good; failed, and tried again by another run. */
  readonly outcome: 'made' | 'skipped' | 'failed';
  /** From the pace so far; null at first. */
  readonly remainingMs: number | null;
}

export interface BuildOptions extends Pick<FinishOptions, 'cards'> {
  readonly sink: Sink;
  /** Part `index` (from 1) of `count`; whichever part ends last finishes the set. */
  readonly shard?: { readonly index: number; readonly count: number };
  /** True: look whether the files of finished items are still there in their size, and lists and segmentations as they were; make again what is not. */
  readonly checkFiles?: boolean;
  /** False: only make items; another call finishes the set. */
  readonly finish?: boolean;
  readonly signal?: AbortSignal;
  /** Awaited before each item: pausing. */
  readonly gate?: () => Promise<void>;
  readonly onProgress?: (progress: BuildProgress) => void;
}

export interface BuildResult {
  readonly planned: number;
  /** Made now, found done, and left out for good, now or before (no plausible place, a slice that cannot be decoded…). */
  readonly made: number;
  readonly alreadyDone: number;
  readonly skipped: readonly { readonly id: string; readonly code: ErrorCode; readonly detail: string }[];
  /** Failed in a way that may pass; another run tries them again. */
  readonly failed: readonly { readonly id: string; readonly code: ErrorCode; readonly detail: string }[];
  /** Whether the whole set is there and has its manifest. */
  readonly complete: boolean;
  readonly contentSha256: string | null;
}

/** Errors that come again on every try: the item is left out, and the set says so. */
const LASTING = /^(lesion|dicom|nifti|png|npz|zip|gzip|geometry|label)\/|^input\/(?!not-readable$)|^model\/(wrong-modality|shape-mismatch|bad-output)$/;

/**
 * Builds a set, item by item: make → write its files → write its journal entry; then the indexes and the manifest.
 * One bad item never ends the run. Rejects with `storage/*` (what is written stays, resume later), `recipe/invalid`,
 * `dataset/*`, `model/*`, or AbortError.
 */
export async function buildDataset(input: SetInput, options: BuildOptions): Promise<BuildResult> {
  const prepared = prepareSet(input);
  const { sink, signal } = options;
  await sink.removeLeftovers();
  const journal = new Journal(sink);
  await journal.open(prepared);
  const mine = options.shard ? shardItems(prepared.plan.items, options.shard.index, options.shard.count) : prepared.plan.items;
  if (options.checkFiles) for (const id of await journal.damaged(mine)) await journal.forget(id);
  const before = await journal.done();
  const open = mine.filter((item) => !before.has(item.id));
  const leftOut = await journal.skipped(mine.filter((item) => before.has(item.id)));
  const result = { planned: mine.length, made: 0, alreadyDone: mine.length - open.length - leftOut.length, skipped: [...leftOut] as BuildResult['skipped'][number][], failed: [] as BuildResult['failed'][number][] };
  const started = performance.now();
  for (const [n, item] of open.entries()) {
    throwIfAborted(signal);
    await options.gate?.();
    const tally = { skipped: result.skipped.length, failed: result.failed.length };
    await buildItem(prepared, item, journal, sink, result, signal);
    const outcome = result.skipped.length > tally.skipped ? 'skipped' : result.failed.length > tally.failed ? 'failed' : 'made';
    const perItem = (performance.now() - started) / (n + 1);
    options.onProgress?.({ done: mine.length - open.length + n + 1, total: mine.length, item: item.id, outcome, remainingMs: n >= 2 ? perItem * (open.length - n - 1) : null });
  }
  const finished = options.finish === false ? null : await finishIfWhole(prepared, journal, sink, options, open.length > 0);
  await sink.removeLeftovers();
  return { ...result, complete: finished !== null, contentSha256: finished };
}

type Tally = { made: number; skipped: BuildResult['skipped'][number][]; failed: BuildResult['failed'][number][] };

async function buildItem(prepared: PreparedSet, item: PlannedItem, journal: Journal, sink: Sink, tally: Tally, signal?: AbortSignal): Promise<void> {
  try {
    const made = await makeItem(prepared, item, signal).catch((error: unknown) => {
      // A machine that slept or was busy is no fault of the file; one that takes too long again is left out.
      if (toStudioError(error).code !== 'dicom/decode-timeout') throw error;
      return makeItem(prepared, item, signal);
    });
    for (const file of made.files) await sink.write(file.path, file.bytes);
    await journal.add(made.entry);
    tally.made++;
  } catch (error) {
    if (isAbort(error)) throw error;
    const { code, detail } = toStudioError(error);
    if (code.startsWith('storage/')) throw error;
    if (LASTING.test(code)) {
      await journal.add({ skipped: { id: item.id, code, detail } });
      tally.skipped.push({ id: item.id, code, detail });
    } else {
      tally.failed.push({ id: item.id, code, detail });
    }
  }
}

/** The items of the plan in order, and whether the journal has them: how far an interrupted run came. */
export async function plannedItems(input: SetInput, sink: Sink): Promise<readonly { readonly id: string; readonly generated: boolean; readonly done: boolean }[]> {
  const { plan } = prepareSet(input);
  const done = await new Journal(sink).done();
  return plan.items.map(({ id, copy }) => ({ id, generated: copy > 0, done: done.has(id) }));
}

/** The set's hash when all items are there, else null. An unchanged, finished set is left alone. */
async function finishIfWhole(prepared: PreparedSet, journal: Journal, sink: Sink, options: BuildOptions, changed: boolean): Promise<string | null> {
  const done = await journal.done();
  if (prepared.plan.items.some((item) => !done.has(item.id))) return null;
  const there = changed ? null : await finishedHash(sink);
  if (there && !(options.checkFiles && (await damagedFiles(sink)).length > 0)) return there;
  const ids = prepared.plan.items.map((item) => item.id);
  const signedOff = await reviewInSet(sink, journal, ids);
  await sortFiles(ids, signedOff, journal, sink);
  return (await finishSet(prepared, journal, sink, { ...options, ...signedOff })).contentSha256;
}

/** Files of rejected items that were made again go where they were; a sign-off that was broken off is carried out to its end. */
async function sortFiles(ids: readonly string[], { leftOut, rejected }: ReviewInSet, journal: Journal, sink: Sink): Promise<void> {
  if (!rejected) return;
  for (const id of ids) {
    const entry = await journal.get(id);
    if (entry && 'item' in entry) for (const { path } of entry.item.files) await placeOnce(sink, path, leftOut?.has(id) ? rejected : 'set');
  }
}

/** `contentSha256` of a finished set's manifest, or null. */
export async function finishedHash(sink: Sink): Promise<string | null> {
  const bytes = await sink.read('manifest.json');
  if (!bytes) return null;
  const tail = new TextDecoder().decode(bytes.subarray(-Math.min(bytes.length, 1 << 20)));
  return /"contentSha256": "([0-9a-f]{64})"(?![\s\S]*"contentSha256")/.exec(tail)?.[1] ?? null;
}

export interface Example {
  readonly item: PlannedItem;
  readonly before: Slice;
  readonly after: Slice;
  readonly steps: readonly AppliedStep[];
  /** What the cards of the models do not cover in this slice. */
  readonly warnings: readonly string[];
  readonly milliseconds: number;
}

/** Generated item number `index` of the plan, in memory, exactly as the set will have it: the live preview. */
export async function previewExample(input: SetInput, options: { readonly index?: number; readonly signal?: AbortSignal } = {}): Promise<Example> {
  const prepared = prepareSet(input);
  const generated = prepared.plan.items.filter((item) => item.copy > 0);
  const item = (generated.length ? generated : prepared.plan.items)[(options.index ?? 0) % (generated.length || prepared.plan.items.length)]!;
  const started = performance.now();
  const { entry, before, after } = await makeItem(prepared, item, options.signal);
  return { item, before, after, steps: entry.item.steps, warnings: entry.item.warnings, milliseconds: performance.now() - started };
}

export interface Estimate {
  readonly items: number;
  readonly generated: number;
  readonly originals: number;
  readonly patients: number;
  readonly folds: number;
  readonly bytes: number;
  /** From the time of an example; null without one. */
  readonly milliseconds: number | null;
  readonly licenses: readonly string[];
  readonly nonCommercial: boolean;
  readonly classes: readonly string[];
  readonly notes: readonly string[];
}

/** Bytes a pixel of each output, measured on MR and CT slices (lossless compression of 16 bits with noise). */
const BYTES_PER_PIXEL = { dicom: 2, nnunet: 1.5, png: 1.5, npz: 1.5, bids: 1.5 } as const;

/**
 * "What will this make?": counts exactly, size roughly, time from an example that was made before (`previewExample`).
 * Throws what `prepareSet` throws.
 */
export function estimateDataset(input: SetInput, example?: Pick<Example, 'milliseconds'>, workers = 1): Estimate {
  const { plan, licenses, set } = prepareSet(input);
  const scale = input.recipe.steps.reduce((s, step) => (step.type === 'super-resolve' ? s * (input.models?.get(step.model).scale ?? 1) : s), 1);
  let bytes = 0;
  let generated = 0;
  for (const item of plan.items) {
    const { rows, columns } = input.sources[item.source]!.source.series;
    const pixels = rows * columns * (item.copy > 0 ? scale * scale : 1);
    if (item.copy > 0) generated++;
    for (const output of input.recipe.outputs) bytes += pixels * BYTES_PER_PIXEL[output.format] + 3000;
  }
  return {
    items: plan.items.length,
    generated,
    originals: plan.items.length - generated,
    patients: plan.patients.length,
    folds: plan.folds,
    bytes: Math.round(bytes),
    milliseconds: example ? Math.round((example.milliseconds * generated) / workers) : null,
    licenses,
    nonCommercial: set.nonCommercial,
    classes: [...set.classes.keys()],
    notes: plan.notes,
  };
}

/** Throws `storage/full` when less room is left than the estimate asks for. */
export async function checkRoom(sink: Sink, estimate: Pick<Estimate, 'bytes'>): Promise<void> {
  const room = await sink.room();
  if (room !== null && room < estimate.bytes) throw new StudioError('storage/full', `${Math.ceil(estimate.bytes / 1e6)} MB are needed, ${Math.floor(room / 1e6)} MB are free`);
}
