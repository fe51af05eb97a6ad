import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { Slice } from '../core/slice';
import type { ImportResult, InputFile } from '../pipeline/importFiles';
import { underId, type SeriesSource } from '../pipeline/seriesSource';
import { StudioError } from '../core/errors';
import { runJob } from './jobs';
import { addSeries, itemOf, type LibraryItem } from './library';
import { mayComeBack } from './libraryEdits';
import { postError, postNotice } from './notices';
import { partsOf, type OpenedRecord } from './openRecord';
import { services } from './services';
import { openSeries, stageStore } from './stage';
import { openPage, setWindow, viewStore } from './view';
import { say } from './strings/say';

export interface Sample {
  readonly id: string;
  readonly name: string;
  readonly about: string;
  readonly files: readonly string[];
  readonly license: string;
}

/** The last import, for the summary page. */
export interface OpenState {
  readonly name: string;
  readonly reading: boolean;
  readonly report: ImportResult | null;
  readonly seconds: number;
  readonly fileCount: number;
  readonly samples: readonly Sample[];
  /** The first image that could be decoded, shown while the rest is read. */
  readonly first: Slice | null;
  readonly done: number;
}

interface OpenOptions {
  readonly name: string;
  readonly origin: LibraryItem['origin'];
  readonly show: 'first' | 'summary';
  readonly sample?: string;
  /** Ids that a session gave the series. */
  readonly seriesIds?: readonly string[];
  /** Series of the session that were removed. */
  readonly leftOut?: readonly string[];
}

const opened: OpenedRecord[] = [];
const openedListeners = new Set<(record: OpenedRecord) => void>();
/** Called for everything that is opened, and at once for what was opened before anybody listened. */
export function onOpened(listener: (record: OpenedRecord) => void): () => void {
  opened.forEach(listener);
  openedListeners.add(listener);
  return () => openedListeners.delete(listener);
}

const KNOWN: readonly Sample[] = ['mr-brain', 'ct-chest', 'mr-flair'].map((id) => ({ id, name: id, about: '', files: [], license: '' }));
export const openStore = createStore<OpenState>(() => ({ name: '', reading: false, report: null, seconds: 0, fileCount: 0, samples: KNOWN, first: null, done: 0 }));
export const useOpen = <T>(select: (state: OpenState) => T): T => useStore(openStore, select);
export const useSamples = (): readonly Sample[] => useStore(openStore, (s) => s.samples);

/**
 * Reads files into the library. Every file has an outcome; the report keeps them all. Gives the series of a session whose
 * id was taken, with the ids they got instead.
 */
export async function openInputs(inputs: readonly InputFile[], options: OpenOptions): Promise<ReadonlyMap<string, string>> {
  const renamed = new Map<string, string>();
  if (inputs.length === 0) return renamed;
  const startedAt = performance.now();
  openStore.setState({ name: options.name, reading: true, report: null, fileCount: inputs.length, first: null, done: 0 });
  if (options.show === 'summary') openPage('import');
  const read = await runJob(
    { name: say('job.reading', { name: options.name }), kind: 'import', total: inputs.length, summary: (r: ImportResult) => say('job.read', { n: r.series.length, name: options.name }) },
    async ({ signal, progress }) => {
      const [{ importFiles }, decoder] = await Promise.all([import('../pipeline/importFiles'), services().decoder()]);
      return importFiles(inputs, {
        decoder, signal,
        onProgress: (done, known) => {
          openStore.setState({ done });
          progress(done, known);
        },
        onFirstSlice: (first) => openStore.setState({ first }),
      });
    },
  );
  const idOf = new Map<string, string>();
  const take = (source: SeriesSource): SeriesSource => {
    const wanted = knownAs(source, options.seriesIds) ?? source.series.id;
    const made = apart(source, wanted);
    idOf.set(source.series.id, made.series.id);
    if (made.series.id !== wanted) renamed.set(wanted, made.series.id);
    return made;
  };
  const isLeftOut = (source: SeriesSource): boolean => {
    const removed = knownAs(source, options.leftOut);
    if (removed !== undefined) idOf.set(source.series.id, removed); // so that the next session leaves it out as well
    return removed !== undefined;
  };
  const report = read && { ...read, series: read.series.filter((source) => !isLeftOut(source)).map(take) };
  openStore.setState({ reading: false, report: report ?? null, seconds: (performance.now() - startedAt) / 1000 });
  if (!report) {
    if (options.show === 'summary') openPage('start');
    return renamed;
  }
  addSeries(report.series.map((source) => itemFor(source, options)));
  const record: OpenedRecord = {
    id: opened.length, name: options.name, origin: options.origin, seriesIds: report.series.map((s) => s.series.id),
    ...(options.sample ? { sample: options.sample } : { inputs }), parts: partsOf(inputs, report.outcomes, report.others, idOf),
  };
  opened.push(record);
  openedListeners.forEach((listener) => listener(record));
  try {
    await (await import('./labels')).openOthers(report.others, report.outcomes.map((outcome) => outcome.path), record.id);
  } catch (error) {
    postError(error, options.name);
  }
  const first = report.series[0];
  const missed = report.outcomes.filter((o) => o.status === 'error');
  // One series is what was meant: its middle slice is shown at once, and what was left out is one click away.
  if (first && (options.show === 'first' || report.series.length === 1)) {
    await openSeries(first.series.id);
    if (options.show === 'summary' && missed.length > 0) {
      const what = missed.length === 1 ? say('open.missed.one') : say('open.missed', { n: missed.length });
      postNotice({ level: 'warn', happened: what, todo: say('open.missed.todo'), actions: [{ label: say('open.summary'), run: () => openPage('import') }] });
    }
  } else if (options.show === 'summary') {
    // Whoever opened a series of the list while labels were still read stays there.
    if (viewStore.getState().page !== 'stage') openPage('import');
  } else missed.forEach((o) => postError(new StudioError(o.code ?? 'input/not-readable', o.path)));
  return renamed;
}

/** The one of these ids that a session gave the series: its own, or that with a number (`apart`). */
function knownAs({ series: { id } }: SeriesSource, ids: readonly string[] = []): string | undefined {
  return ids.find((known) => known === id || (known.startsWith(`${id} (`) && /^\d+\)$/.test(known.slice(id.length + 2))));
}

/**
 * NIfTI files and pictures are known by their path, which is a mere name where single files are chosen: another one of a
 * name that is taken gets an id of its own. DICOM series bear their UID; one that comes again takes the place of the former.
 */
function apart(source: SeriesSource, wanted: string): SeriesSource {
  const { id } = source.series;
  if (!/^(nifti|image):/.test(id)) return source;
  const taken = (candidate: string): boolean => itemOf(candidate) !== undefined || mayComeBack(candidate);
  let free = wanted;
  for (let n = 2; taken(free); n++) free = `${id} (${n})`;
  return free === id ? source : underId(source, free);
}

function itemFor(source: SeriesSource, options: { name: string; origin: LibraryItem['origin'] }): LibraryItem {
  const { series } = source;
  return {
    id: series.id,
    source,
    study: options.origin === 'sample' ? options.name : series.studyDescription || options.name,
    studyId: options.origin === 'sample' ? options.name : series.studyUid,
    origin: options.origin,
  };
}

/** What the chest sample is for. */
const LUNG = { center: -600, width: 1500 };

/** Fetches a sample of the built studio and opens it at its middle slice. */
export async function openSample(id: string): Promise<void> {
  try {
    const base = `${services().baseUrl}samples/`;
    const samples = await loadSamples();
    const sample = samples.find((s) => s.id === id);
    if (!sample) return;
    const inputs = await Promise.all(
      sample.files.map(async (file) => {
        const response = await fetch(base + file);
        if (!response.ok) throw new Error(`${file}: ${response.status}`);
        return { path: file, blob: await response.blob() };
      }),
    );
    await openInputs(inputs, { name: sample.name, origin: 'sample', show: 'first', sample: id });
    const { seriesId } = stageStore.getState();
    if (id === 'ct-chest' && seriesId) setWindow(seriesId, LUNG);
  } catch (error) {
    postError(error, id);
  }
}

export async function loadSamples(): Promise<readonly Sample[]> {
  const there = openStore.getState().samples;
  if (there[0]?.files.length) return there;
  const response = await fetch(`${services().baseUrl}samples/index.json`);
  const samples = (await response.json()) as Sample[];
  openStore.setState({ samples });
  return samples;
}
