import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { isAbort, StudioError } from '../core/errors';
import type { BatchWorker } from '../pipeline/batch/batchWorker.browser';
import type { BuildResult, SetInput } from '../pipeline/buildDataset';
import type { Review } from '../pipeline/review';
import type { Sink } from '../storage/contracts';
import { batchSize, batchWorkers, draftSources, setInput, type SetSetup } from './datasetInput';
import type { SetJob } from './datasetJobDb';
import { recipeOf, recipeStore } from './datasetRecipe';
import { download } from './download';
import { projectKey, restoreProjectKey } from './exports';
import { jobsStore, runJob, type JobHandle } from './jobs';
import { itemOf, libraryStore } from './library';
import { postError, postNotice } from './notices';
import { sessionOfferStore } from './sessionOffer';
import { say } from './strings/say';

/** Waiting, in work, written, left out for good (no plausible place, …), failed for now. */
export type ItemState = 'waiting' | 'working' | 'written' | 'flawed' | 'failed';

interface BuildState {
  /** A set was asked for, and models and plan are being loaded: nothing else starts. */
  readonly starting: boolean;
  /** The set at hand: being built, stopped, or whole. */
  readonly job: SetJob | null;
  readonly phase: 'none' | 'running' | 'stopped' | 'complete';
  /** One an item, in the order of the plan. */
  readonly states: readonly ItemState[];
  readonly result: BuildResult | null;
}

const NONE = { job: null, phase: 'none', states: [], result: null } as const;
export const buildStore = createStore<BuildState>(() => ({ starting: false, ...NONE }));
export const useBuild = <T>(select: (state: BuildState) => T): T => useStore(buildStore, select);

export const canChooseFolder = (): boolean => 'showDirectoryPicker' in globalThis;

/** Runs the set that `prepare` gives. A second click meanwhile starts nothing: two builds would write into one folder. */
async function begin(prepare: () => Promise<SetJob | null>): Promise<void> {
  const { starting, phase } = buildStore.getState();
  if (starting || phase === 'running') return;
  buildStore.setState({ starting: true });
  try {
    const job = await prepare();
    if (job) return await run(job); // which says itself from when on it runs
  } catch (error) {
    postError(error);
  }
  buildStore.setState({ starting: false });
}

/** Starts the set of the draft. `folder` asks where to; `zip` builds in the private file system and downloads at the end. */
export const startBuild = (place: 'folder' | 'zip'): Promise<void> =>
  begin(async () => {
    const recipe = recipeOf(recipeStore.getState().draft);
    const items = draftSources();
    const folder = place === 'folder' ? await chooseFolder(recipe.name) : null;
    if (place === 'folder' && !folder) return null;
    await discard();
    void navigator.storage?.persist?.();
    return {
      id: crypto.randomUUID(), recipe, key: projectKey(), folder, done: 0, total: 0, generated: 0, complete: false,
      sourceIds: items.map((i) => i.id), sourceNames: items.map((i) => `${i.study}, ${i.source.series.description || i.source.series.modality}`),
    };
  });

async function chooseFolder(name: string): Promise<FileSystemDirectoryHandle | null> {
  const pick = (globalThis as unknown as { showDirectoryPicker(o: { mode: 'readwrite'; id: string }): Promise<FileSystemDirectoryHandle> }).showDirectoryPicker;
  const parent = await pick({ mode: 'readwrite', id: 'verisim-set' }).catch((error: unknown) => {
    if ((error as DOMException).name === 'AbortError') return null;
    throw new StudioError('storage/denied', '', { cause: error });
  });
  return parent && (await import('../pipeline/setPlaces.browser')).folderSet(parent, name);
}

const rootOf = async (job: SetJob): Promise<FileSystemDirectoryHandle> => job.folder ?? (await import('../pipeline/setPlaces.browser')).privateSet(job.id);

/** The set at hand for other pages (sign-off): where it lies and what it is made from. Throws `dataset/no-sources`. */
export async function currentSet(): Promise<{ job: SetJob; sink: Sink; input: SetInput } | null> {
  const { job } = buildStore.getState();
  if (!job) return null;
  const [{ sinkOf }, root, { input }] = await Promise.all([import('../pipeline/setPlaces.browser'), rootOf(job), inputOf(job)]);
  return { job, sink: sinkOf(root), input };
}

async function inputOf(job: SetJob): Promise<SetSetup> {
  restoreProjectKey(job.key);
  const items = job.sourceIds.map((id) => itemOf(id));
  const missing = job.sourceNames.filter((_, i) => !items[i]);
  if (missing.length) throw new StudioError('dataset/no-sources', `open again: ${missing.join('; ')}`);
  return setInput(job.recipe, items.filter((i) => i !== undefined));
}

async function run(job: SetJob): Promise<void> {
  const [pipeline, { sinkOf }, { writeSetJob }] = await Promise.all([import('../pipeline/buildDataset'), import('../pipeline/setPlaces.browser'), import('./datasetJobDb')]);
  const { input, infer } = await inputOf(job);
  const folder = await rootOf(job);
  const sink = sinkOf(folder);
  await pipeline.checkRoom(sink, pipeline.estimateDataset(input));
  const planned = await pipeline.plannedItems(input, sink);
  const states: ItemState[] = planned.map((p) => (p.done ? 'written' : 'waiting'));
  let current: SetJob = { ...job, total: planned.length, done: planned.filter((p) => p.done).length, generated: planned.filter((p) => p.generated).length };
  const at = new Map(planned.map((p, i) => [p.id, i]));
  const show = (changes: Partial<BuildState> = {}) => buildStore.setState({ job: current, states: [...states], ...changes });
  await writeSetJob(current);
  show({ phase: 'running', starting: false, result: null });

  const open = planned.length - current.done;
  const parts = open >= 8 ? batchSize() : 1;
  const work = async ({ signal, progress, checkpoint }: JobHandle): Promise<BuildResult> => {
    progress(current.done, current.total);
    await sink.removeLeftovers();
    const [workers, cards] = await Promise.all([batchWorkers(parts), cardsOf(input)]);
    // Where one part meets a full disk the others stop too.
    const all = new AbortController();
    const stop = AbortSignal.any([signal, all.signal]);
    const mark = () => {
      for (let k = 0; k < states.length; k++) if (states[k] === 'working') states[k] = 'waiting';
      for (let k = 0, left = parts; k < states.length && left > 0; k++) {
        if (states[k] !== 'waiting') continue;
        states[k] = 'working';
        left--;
      }
      show();
    };
    const build = (worker: BatchWorker, shard?: { index: number; count: number }) =>
      worker.build(input, {
        infer, folder, cards, shard, finish: !shard, signal: stop,
        gate: async () => {
          await checkpoint();
          mark();
        },
        onProgress: ({ item, outcome }) => {
          const i = at.get(item);
          if (i !== undefined) states[i] = outcome === 'made' ? 'written' : outcome === 'skipped' ? 'flawed' : 'failed';
          current = { ...current, done: states.filter((s) => s === 'written' || s === 'flawed').length };
          progress(current.done, current.total);
          mark();
          if (current.done % 8 === 0) void writeSetJob(current).catch(() => undefined); // a full disk is told by the files and at the end
        },
      });
    if (parts === 1) return build(workers[0]!);
    const made = await Promise.allSettled(
      workers.map((worker, k) =>
        build(worker, { index: k + 1, count: parts }).catch((error: unknown) => {
          all.abort();
          throw error;
        }),
      ),
    );
    const failures = made.flatMap((m) => (m.status === 'rejected' ? [m.reason as unknown] : []));
    if (failures.length) throw failures.find((e) => !isAbort(e)) ?? failures[0];
    const results = made.flatMap((m) => (m.status === 'fulfilled' ? [m.value] : []));
    const finished = results.some((r) => r.failed.length) ? null : await build(workers[0]!);
    return {
      planned: planned.length, alreadyDone: results.reduce((n, r) => n + r.alreadyDone, 0), made: results.reduce((n, r) => n + r.made, 0),
      skipped: results.flatMap((r) => r.skipped), failed: results.flatMap((r) => r.failed), complete: finished?.complete ?? false, contentSha256: finished?.contentSha256 ?? null,
    };
  };
  const result = await runJob({ name: say('job.building', { name: job.recipe.name }), kind: 'dataset', total: planned.length, canPause: true, summary: (r) => say('job.built', { name: job.recipe.name, n: r.made + r.alreadyDone }) }, work);
  for (let k = 0; k < states.length; k++) if (states[k] === 'working') states[k] = 'waiting';
  current = { ...current, complete: result?.complete ?? false };
  try {
    await writeSetJob(current);
  } finally {
    show({ phase: current.complete ? 'complete' : 'stopped', result: result ?? null });
  }
  if (!result) return;
  if (result.failed.length) postNotice({ level: 'warn', happened: say('set.failed', { n: result.failed.length }), todo: say('set.failed.todo', { reason: `${result.failed[0]!.code} ${result.failed[0]!.detail}` }) });
  if (current.complete && !job.folder) await downloadSet();
}

/** Cards of the models that the recipe names, for the methods text and the data card. */
async function cardsOf({ recipe, models }: SetInput): Promise<Record<string, Awaited<ReturnType<NonNullable<SetInput['models']>['card']>>>> {
  const ids = [...new Set(recipe.steps.flatMap((s) => ('model' in s ? [s.model] : [])))];
  return Object.fromEntries(await Promise.all(ids.map(async (id) => [id, (await models?.card(id)) ?? null] as const)));
}

const running = () => jobsStore.getState().jobs.find((j) => j.kind === 'dataset' && j.phase.kind === 'running');
export const pauseBuild = (): void => running()?.pause();
export const continueBuild = (): void => running()?.resume();

/** Finds the set that an earlier visit left. Called when the panel opens. */
export async function findSet(): Promise<void> {
  if (buildStore.getState().job) return;
  try {
    const job = await (await import('./datasetJobDb')).readSetJob();
    if (!job || buildStore.getState().job) return;
    const states: ItemState[] = Array.from({ length: job.total }, (_, i) => (i < job.done ? 'written' : 'waiting'));
    buildStore.setState({ job, phase: job.complete ? 'complete' : 'stopped', states });
  } catch {
    // No database here (private mode): there is nothing to resume.
  }
}

/** Goes on with a stopped set. Opens the last session first where the sources are not there. */
export const resumeBuild = (): Promise<void> =>
  begin(async () => {
    const { job, phase } = buildStore.getState();
    if (!job || phase !== 'stopped') return null;
    if (job.folder && !(await mayWrite(job.folder))) throw new StudioError('storage/denied', job.folder.name);
    if (libraryStore.getState().items.length === 0 && sessionOfferStore.getState().offer) await (await import('./session')).openLastSession();
    return job;
  });

async function mayWrite(folder: FileSystemDirectoryHandle): Promise<boolean> {
  const handle = folder as unknown as { requestPermission(o: { mode: 'readwrite' }): Promise<PermissionState> };
  return (await handle.requestPermission({ mode: 'readwrite' })) === 'granted';
}

/** Forgets the set at hand; what lies in the private file system goes, a chosen folder stays as it is. */
export async function discard(): Promise<void> {
  const { job } = buildStore.getState();
  if (!job) return;
  const [{ deleteSetJob }, { removePrivateSet }, { closeReviewOf }] = await Promise.all([import('./datasetJobDb'), import('../pipeline/setPlaces.browser'), import('./review')]);
  await closeReviewOf(job.id);
  await deleteSetJob(job.id);
  if (!job.folder) await removePrivateSet(job.id);
  buildStore.setState(NONE);
}

/** The whole set as a ZIP. */
export async function downloadSet(): Promise<void> {
  const { job } = buildStore.getState();
  if (!job || job.folder) return;
  await runJob({ name: say('job.packing', { name: job.recipe.name }), kind: 'zip', total: 1, summary: () => say('job.packed', { name: `${job.recipe.name}.zip` }) }, async ({ signal }) => {
    const { privateSet, zipPrivateSet } = await import('../pipeline/setPlaces.browser');
    download(await zipPrivateSet(await privateSet(job.id), job.id, job.recipe.name, signal), `${job.recipe.name}.zip`);
  });
}

/** Opens the contact sheet of the finished set. Decisions go into its manifest; rejected items of a folder into `rejected/`. */
export async function reviewSet(): Promise<void> {
  const { job } = buildStore.getState();
  if (!job) return;
  try {
    const [{ sinkOf }, root, { manifestWithReview, parseManifest }, { openReview }] = await Promise.all([import('../pipeline/setPlaces.browser'), rootOf(job), import('../pipeline/review'), import('./review')]);
    const sink = sinkOf(root);
    const bytes = await sink.read('manifest.json');
    if (!bytes) throw new StudioError('storage/failed', `${job.recipe.name}: manifest.json is missing`);
    const manifest = parseManifest(JSON.parse(new TextDecoder().decode(bytes)));
    await openReview({
      name: job.recipe.name,
      jobId: job.id,
      manifest,
      read: (path) => sink.read(path),
      save: async (review) => {
        // As it is now: an export took rejected items out of it. While one runs there is none, and it writes the decisions itself.
        const now = await sink.read('manifest.json');
        if (!now) return;
        const left = parseManifest(JSON.parse(new TextDecoder().decode(now)));
        await sink.write('manifest.json', new TextEncoder().encode(`${JSON.stringify(manifestWithReview(left, review, left.review?.rejected), null, 1)}\n`));
      },
      exportAccepted: async (review) => {
        if (await moveRejected(review)) await downloadSet();
      },
    });
  } catch (error) {
    postError(error, job.recipe.name);
  }
}

/**
 * The set itself is what goes out: what was rejected leaves its lists. False where the set has to be built again first, or it
 * failed. A tab that dies meanwhile finds the set stopped: going on with it ends the sign-off.
 */
async function moveRejected(review: Review): Promise<boolean> {
  const set = await currentSet();
  if (!set) return false;
  const [{ applyReview }, { writeSetJob }] = await Promise.all([import('../pipeline/buildDataset'), import('./datasetJobDb')]);
  await writeSetJob({ ...set.job, complete: false });
  const done = await runJob({ name: say('job.sorting', { name: set.job.recipe.name }), kind: 'review', total: 1, summary: () => say('job.sorted') }, async () => applyReview(set.input, set.sink, review, 'move', { cards: await cardsOf(set.input) }));
  if (!done && (await set.sink.size('manifest.json')) === null) await reopen(set.job, 0);
  else await writeSetJob(set.job);
  if (!done) return false;
  if (done.toMakeAgain.length > 0) {
    await reopen(set.job, done.toMakeAgain.length);
    postNotice({ level: 'warn', happened: say('set.again', { n: done.toMakeAgain.length }), todo: say('set.again.todo') });
    return false;
  }
  postNotice({ level: 'note', happened: say('set.accepted', { n: done.accepted, where: set.job.folder?.name ?? set.job.recipe.name }), todo: done.rejected ? say('set.rejected', { n: done.rejected }) : '' });
  return true;
}

/** The set at hand is not whole any more: it can be gone on with. */
async function reopen(job: SetJob, missing: number): Promise<void> {
  const open: SetJob = { ...job, done: job.total - missing, complete: false };
  await (await import('./datasetJobDb')).writeSetJob(open);
  if (buildStore.getState().job?.id !== job.id) return;
  buildStore.setState({ job: open, phase: 'stopped', states: Array.from({ length: job.total }, (_, i): ItemState => (i < open.done ? 'written' : 'waiting')), result: null });
}
