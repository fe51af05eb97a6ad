import { isAbort, StudioError } from '../core/errors';
import type { Augmentation } from '../core/slice';
import { download } from './download';
import { enhanceStore, restoreFigures, type ResultFigures } from './enhance';
import { projectKey, restoreProjectKey } from './exports';
import { libraryStore, restoreDerived, type DerivedItem } from './library';
import { measureStore, restoreMeasurements, type Measurement } from './measure';
import { announce, postError, postNotice } from './notices';
import { onOpened, openInputs, openSample, type OpenRecord } from './open';
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
}

/** Files beyond this are kept by name only: the person drops them again. */
const EMBED_LIMIT = 512 * 1024 * 1024;

const opens: OpenRecord[] = [];
let saving: ReturnType<typeof setTimeout> | undefined;
let restoring = false;
const written = new Map<string, Augmentation>();

const sizeOf = (record: OpenRecord) => (record.inputs ?? []).reduce((n, i) => n + i.blob.size, 0);

const kept = () => libraryStore.getState().derived.filter((d) => !d.transient);

function collect(): Session {
  const view = viewStore.getState();
  const stage = stageStore.getState();
  const alive = new Set(libraryStore.getState().items.map((i) => i.source.series.id));
  let budget = EMBED_LIMIT;
  return {
    version: 1,
    opens: opens
      .filter((o) => o.seriesIds.some((id) => alive.has(id)))
      .map((o) => {
        budget -= sizeOf(o);
        return budget >= 0 ? o : { ...o, inputs: undefined };
      }),
    derived: kept().map(({ results, ...d }) => ({ ...d, indices: [...results.keys()] })),
    measurements: measureStore.getState().measurements,
    view: { task: view.task, mode: view.mode, layout: view.layout, cells: view.cells, linked: view.linked, camera: view.camera, windows: view.windows, invert: view.invert, swipe: view.swipe, markPlace: view.markPlace },
    stage: { seriesId: stage.seriesId, derivedId: stage.derivedId, index: stage.index },
    enhance: { modelId: enhanceStore.getState().modelId, settings: enhanceStore.getState().settings },
    key: projectKey(),
  };
}

const resultOf = (derivedId: string, index: number, augmentation: Augmentation): Result => ({ augmentation, figures: enhanceStore.getState().figures.get(`${derivedId}/${index}`) ?? null });

/** Writes what changed: the small record always, each result once. */
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
        if (written.get(key) === augmentation) continue;
        await db.writeResult(key, resultOf(d.id, index, augmentation));
        written.set(key, augmentation);
      }
    }
    for (const key of await db.resultKeys()) if (!alive.has(key)) await db.deleteResult(key);
    await db.writeMeta(collect());
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
  const later = () => {
    clearTimeout(saving);
    saving = setTimeout(() => void save(), 800);
  };
  onOpened((record) => {
    opens.push(record);
    later();
  });
  const ends = [libraryStore.subscribe(later), measureStore.subscribe(later), stageStore.subscribe(later), viewStore.subscribe(later)];
  stop = () => ends.forEach((end) => end());
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
  if (session) await restore(session, (key) => db.readResult(key) as Promise<Result | undefined>);
}

export async function forgetSession(): Promise<void> {
  sessionOfferStore.setState({ offer: null });
  written.clear();
  await (await import('./sessionDb')).clearSession();
}

async function restore(session: Session, result: (key: string) => Promise<Result | undefined>): Promise<void> {
  restoring = true;
  try {
    const missing: string[] = [];
    for (const record of session.opens) {
      if (record.sample) await openSample(record.sample);
      else if (record.inputs) await openInputs(record.inputs, { name: record.name, origin: record.origin, show: 'first', seriesIds: record.seriesIds });
      else missing.push(record.name);
    }
    for (const { indices, ...item } of session.derived) {
      const results = new Map<number, Augmentation>();
      for (const index of indices) {
        const found = await result(`${item.id}/${index}`);
        if (!found) continue;
        results.set(index, found.augmentation);
        written.set(`${item.id}/${index}`, found.augmentation);
        if (found.figures) restoreFigures(`${item.id}/${index}`, found.figures);
      }
      restoreDerived({ ...item, results });
    }
    restoreProjectKey(session.key);
    restoreMeasurements(session.measurements);
    if (session.stage.seriesId) await openSeries(session.stage.seriesId, session.stage.index);
    setDerived(session.stage.derivedId);
    setView(session.view);
    enhanceStore.setState({ modelId: session.enhance.modelId, settings: session.enhance.settings as ReturnType<typeof enhanceStore.getState>['settings'] });
    if (missing.length) postNotice({ level: 'warn', happened: say('session.byName'), todo: say('session.byName.todo', { names: missing.join(', ') }) });
    announce(say('session.opened'));
  } catch (error) {
    postError(error, 'session');
  } finally {
    restoring = false;
  }
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
