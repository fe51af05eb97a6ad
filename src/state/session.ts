import { isAbort, StudioError } from '../core/errors';
import type { Augmentation } from '../core/slice';
import { download } from './download';
import { enhanceStore, putFigures, type ResultFigures } from './enhance';
import { projectKey, restoreProjectKey } from './exports';
import { labelsInUse, labelsStore } from './labels';
import { lesionStore, type LesionFigures } from './lesion';
import { freeId, freeName, libraryStore, restoreDerived, type DerivedItem } from './library';
import { mayComeBack } from './libraryEdits';
import { measureStore, restoreMeasurements, type Measurement } from './measure';
import { announce, postError, postNotice } from './notices';
import { onOpened, openInputs, openSample } from './open';
import { keptRecord, sameRecords, withinBytes, type OpenedRecord, type OpenRecord } from './openRecord';
import { saveRhythm } from './saveRhythm';
import { sessionOfferStore } from './sessionOffer';
import { openSeries, setDerived, stageStore } from './stage';
import { setView, viewStore, type ViewState } from './view';
import { say } from './strings/say';

interface DerivedRecord extends Omit<DerivedItem, 'results'> {
  readonly indices: readonly number[];
}

/** Version 1 of a session: what was opened, what was made, how it was looked at. */
interface Session {
  readonly version: 1;
  readonly opens: readonly OpenRecord[];
  readonly derived: readonly DerivedRecord[];
  readonly measurements: readonly Measurement[];
  readonly view: Pick<ViewState, 'task' | 'mode' | 'layout' | 'cells' | 'linked' | 'camera' | 'windows' | 'invert' | 'swipe' | 'markPlace'>;
  readonly stage: { readonly seriesId: string | null; readonly derivedId: string | null; readonly index: number };
  readonly enhance: { readonly modelId: string | null; readonly settings: unknown };
  readonly key: Uint8Array;
}
interface Result {
  readonly augmentation: Augmentation;
  readonly figures: ResultFigures | null;
  /** Absent in sessions that were saved before. */
  readonly lesion?: LesionFigures | null;
}

/** Files beyond this are kept by name only: the person drops them again. */
const EMBED_LIMIT = 512 * 1024 * 1024;

const opens: OpenedRecord[] = [];
let restoring = false;
/** What lies in the database, by its key there. */
const written = new Map<string, Written>();
let writtenOpens: readonly OpenRecord[] | null = null;
/** Tells the files of this tab, as they are now, from those that another one wrote. */
let opensMark = '';

const kept = () => libraryStore.getState().derived.filter((d) => !d.transient);

function collect(): Session {
  const view = viewStore.getState();
  const stage = stageStore.getState();
  const alive = new Set(libraryStore.getState().items.map((i) => i.source.series.id));
  const labels = labelsInUse();
  // What was removed may come back here, by undo; it does not go into a session.
  const stays = (seriesId: string): boolean => alive.has(seriesId) || !mayComeBack(seriesId);
  return {
    version: 1,
    opens: withinBytes(opens.flatMap((o) => keptRecord(o, alive, labels) ?? []), EMBED_LIMIT),
    derived: kept().map(({ results, ...d }) => ({ ...d, indices: [...results.keys()] })),
    measurements: measureStore.getState().measurements.filter((m) => stays(m.seriesId)),
    view: { task: view.task, mode: view.mode, layout: view.layout, cells: view.cells, linked: view.linked, camera: view.camera, windows: Object.fromEntries(Object.entries(view.windows).filter(([id]) => stays(id))), invert: view.invert, swipe: view.swipe, markPlace: view.markPlace },
    stage: { seriesId: stage.seriesId, derivedId: stage.derivedId, index: stage.index },
    enhance: { modelId: enhanceStore.getState().modelId, settings: enhanceStore.getState().settings },
    key: projectKey(),
  };
}

function resultOf(derivedId: string, index: number, augmentation: Augmentation): Result {
  const key = `${derivedId}/${index}`;
  return { augmentation, figures: enhanceStore.getState().figures.get(key) ?? null, lesion: lesionStore.getState().figures.get(key) ?? null };
}

/** What tells a result from another; its maps are not held by it. */
interface Written {
  readonly augmentation: Augmentation;
  readonly meter: ResultFigures['meter'] | undefined;
  readonly lesion: Result['lesion'];
}
const withoutMaps = ({ augmentation, figures, lesion }: Result): Written => ({ augmentation, meter: figures?.meter, lesion: lesion ?? null });

/** Figures that only lost their map are not written again. */
const same = (a: Written | undefined, b: Result): boolean => a?.augmentation === b.augmentation && a.meter === b.figures?.meter && a.lesion === (b.lesion ?? null);

/** Writes what changed: the small record always, files and each result once. Never twice at a time: {@link saveRhythm}. */
async function save(): Promise<void> {
  if (restoring || opens.length === 0) return;
  sessionOfferStore.setState({ offer: null }); // what was offered is written over from here on
  try {
    const db = await import('./sessionDb');
    const alive = new Set<string>();
    for (const d of kept()) {
      for (const [index, augmentation] of d.results) {
        const key = `${d.id}/${index}`;
        alive.add(key);
        const result = resultOf(d.id, index, augmentation);
        if (same(written.get(key), result)) continue;
        await db.writeResult(key, result);
        written.set(key, withoutMaps(result));
      }
    }
    for (const key of await db.resultKeys()) {
      if (alive.has(key)) continue;
      written.delete(key); // undo may bring the very same back
      await db.deleteResult(key);
    }
    const { opens: files, ...rest } = collect();
    if (!writtenOpens || !sameRecords(writtenOpens, files)) opensMark = crypto.randomUUID();
    await db.writeMeta(rest, opensMark, files);
    writtenOpens = files;
  } catch (error) {
    if (isAbort(error)) return;
    const full = error instanceof DOMException && error.name === 'QuotaExceededError';
    postNotice({ level: 'warn', happened: say('session.notKept'), todo: say(full ? 'session.notKept.full' : 'session.notKept.todo') });
    stop?.();
  }
}

let stop: (() => void) | null = null;

/** Keeps the session up to date from now on, and offers the last one. Called once after the first paint. */
export async function startSession(): Promise<void> {
  const { later, now, stop: quit } = saveRhythm(save);
  onOpened((record) => {
    opens.push(record);
    later();
  });
  const ends = [libraryStore.subscribe(later), labelsStore.subscribe(later), measureStore.subscribe(later), stageStore.subscribe(later), viewStore.subscribe(later)];
  const hidden = (): void => void (document.hidden && now());
  globalThis.document?.addEventListener('visibilitychange', hidden);
  stop = () => {
    quit();
    ends.forEach((end) => end());
    globalThis.document?.removeEventListener('visibilitychange', hidden);
  };
  try {
    const { readMeta } = await import('./sessionDb');
    const last = (await readMeta()) as Session | undefined;
    if (last?.version === 1 && last.opens.length > 0 && libraryStore.getState().items.length === 0) {
      sessionOfferStore.setState({ offer: { names: last.opens.map((o) => o.name).join(', '), results: last.derived.reduce((n, d) => n + d.indices.length, 0) } });
    }
  } catch {
    stop(); // No storage here (private mode): work goes on, nothing is offered after a reload.
  }
}

/** Opens the session that was kept on this machine. */
export async function openLastSession(): Promise<void> {
  const db = await import('./sessionDb');
  sessionOfferStore.setState({ offer: null });
  const session = (await db.readMeta()) as Session | undefined;
  if (!session) return;
  await restore(session, async (key) => {
    const result = (await db.readResult(key)) as Result | undefined;
    if (result) written.set(key, withoutMaps(result));
    return result;
  });
}

export async function forgetSession(): Promise<void> {
  sessionOfferStore.setState({ offer: null });
  written.clear();
  writtenOpens = null;
  await (await import('./sessionDb')).clearSession();
}

async function restore(session: Session, result: (key: string) => Promise<Result | undefined>): Promise<void> {
  restoring = true;
  try {
    const missing: string[] = [];
    // Beside what is open already, series and results of the session may get other ids.
    const series = new Map<string, string>();
    const derived = new Map<string, string>();
    const seriesOf = (id: string): string => series.get(id) ?? id;
    for (const record of session.opens) {
      if (record.sample) await openSample(record.sample);
      else if (record.inputs) for (const [was, is] of await openInputs(record.inputs, { ...record, show: 'first' })) series.set(was, is);
      else missing.push(record.name);
    }
    for (const { indices, ...item } of session.derived) {
      const found = new Map<number, Result>();
      for (const index of indices) {
        const one = await result(`${item.id}/${index}`);
        if (one) found.set(index, one);
      }
      const [id, sourceId] = [freeId(item.id), seriesOf(item.sourceId)];
      derived.set(item.id, id);
      restoreDerived({ ...item, id, sourceId, name: freeName(sourceId, item.name), results: new Map([...found].map(([index, { augmentation }]) => [index, augmentation])) });
      for (const [index, one] of found) await restoreWords(id, index, one);
    }
    restoreProjectKey(session.key);
    restoreMeasurements(session.measurements.map((m) => ({ ...m, seriesId: seriesOf(m.seriesId) })));
    const { seriesId, derivedId, index } = session.stage;
    if (seriesId) await openSeries(seriesOf(seriesId), index);
    if (seriesId && stageStore.getState().seriesId === seriesOf(seriesId)) setDerived(derivedId && (derived.get(derivedId) ?? null));
    setView({
      ...session.view,
      cells: session.view.cells.map((cell) => cell && (derived.get(cell) ?? cell)),
      windows: { ...viewStore.getState().windows, ...Object.fromEntries(Object.entries(session.view.windows).map(([id, window]) => [seriesOf(id), window])) },
    });
    enhanceStore.setState({ modelId: session.enhance.modelId, settings: session.enhance.settings as ReturnType<typeof enhanceStore.getState>['settings'] });
    if (missing.length) postNotice({ level: 'warn', happened: say('session.byName'), todo: say('session.byName.todo', { names: missing.join(', ') }) });
    announce(say('session.opened'));
  } catch (error) {
    postError(error, 'session');
  } finally {
    restoring = false;
  }
}

/** What is said and drawn of a result besides its pixels. */
async function restoreWords(derivedId: string, index: number, { augmentation, figures, lesion }: Result): Promise<void> {
  if (figures) putFigures(`${derivedId}/${index}`, figures);
  if (/^lesion-/.test(augmentation.info.kind)) (await import('./lesionRun')).restoreLesion(derivedId, index, lesion ?? null);
}

/** The whole session as one file: images, results, views, the recipe that was worked on. */
export function saveSession(): void {
  void Promise.all([import('./sessionPack'), import('./recipeDraft')]).then(([{ packSession }, { sessionDraft }]) => {
    const results = new Map<string, Result>();
    for (const d of kept()) for (const [index, a] of d.results) results.set(`${d.id}/${index}`, resultOf(d.id, index, a));
    download(packSession({ session: collect(), results, recipe: sessionDraft() }), 'session.verisim');
    announce(say('session.saved'));
  });
}

export function openSession(): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = '.verisim';
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    if (file) void openSessionFile(file);
  });
  input.click();
}

/** Opens a session file. Throws nothing: what is wrong becomes a notice. */
export async function openSessionFile(file: Blob): Promise<void> {
  try {
    const { unpackSession } = await import('./sessionPack');
    const { session, results, recipe } = (await unpackSession(file)) as { session: Session; results: Map<string, Result>; recipe?: unknown };
    if (session?.version !== 1 || !(results instanceof Map)) throw new StudioError('session/invalid', 'another version');
    await restore(session, (key) => Promise.resolve(results.get(key)));
    if (recipe) (await import('./recipeDraft')).openDraft(recipe);
  } catch (error) {
    postError(error, 'session');
  }
}
