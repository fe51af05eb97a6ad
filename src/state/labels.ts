import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { LabelSet } from '../core/labelSet';
import { classColor, labelsOfSlice } from '../core/labelSet';
import type { Slice } from '../core/slice';
import type { LabelledCase } from '../formats/caseFolders';
import type { AttachChoice, LabelFile } from '../pipeline/labelFile';
import type { OtherFile } from '../pipeline/importFiles';
import type { LabelShelf, WaitingLabel } from '../pipeline/labelShelf';
import { doEdit } from './history';
import { setLayersVisible } from './layerVisibility';
import { putLayer, removeLayers } from './layers';
import { libraryStore } from './library';
import { postError, postNotice } from './notices';
import { labelFrom } from './openRecord';
import { stageStore } from './stage';
import { say, sentence } from './strings/say';

/** How one class of one label set is drawn. */
export interface ClassLook {
  readonly visible: boolean;
  readonly color: readonly [number, number, number];
}

interface LabelsState extends LabelShelf {
  /** By `setId/classId`; absent means visible in its own colour. */
  readonly looks: Readonly<Record<string, ClassLook>>;
  /** 0 outlines alone … 1 solid. */
  readonly fill: number;
}

export const labelsStore = createStore<LabelsState>(() => ({ attached: [], waiting: [], looks: {}, fill: 0 }));
export const useLabels = <T>(select: (state: LabelsState) => T): T => useStore(labelsStore, select);

export const lookKey = (setId: string, classId: number): string => `${setId}/${classId}`;

export function lookOf(state: Pick<LabelsState, 'looks'>, set: LabelSet, classId: number): ClassLook {
  return state.looks[lookKey(set.id, classId)] ?? { visible: true, color: classColor(set.classes.find((c) => c.id === classId) ?? { id: classId, name: '' }) };
}

export function changeLook(set: LabelSet, classId: number, changes: Partial<ClassLook>): void {
  labelsStore.setState((s) => ({ looks: { ...s.looks, [lookKey(set.id, classId)]: { ...lookOf(s, set, classId), ...changes } } }));
  if (changes.visible) setLayersVisible(true);
  drawLabels();
}

export function setFill(fill: number): void {
  labelsStore.setState({ fill });
  drawLabels();
}

export const labelSetsOf = (seriesId: string): LabelSet[] => labelsStore.getState().attached.filter((set) => set.seriesId === seriesId);

/** A slice with the labels attached to it, so that every step carries them. */
export function labelledSlice(slice: Slice, seriesId: string, index: number): Slice {
  const maps = labelSetsOf(seriesId).flatMap((set) => labelsOfSlice(set, index));
  return maps.length ? { ...slice, labels: [...(slice.labels ?? []), ...maps] } : slice;
}

const allSeries = () => libraryStore.getState().items.map((i) => i.source.series);

/** Tries waiting labels again, and new ones, and tells what became of them. */
export async function shelve(labels: readonly LabelFile[]): Promise<void> {
  if (labels.length === 0 && labelsStore.getState().waiting.length === 0) return;
  const { shelveLabels } = await import('../pipeline/labelShelf');
  const { attached, waiting } = labelsStore.getState();
  const { shelf, news } = shelveLabels({ attached, waiting }, labels, allSeries());
  labelsStore.setState(shelf);
  for (const item of news) {
    if ('result' in item) tellWaiting(item);
    else tellAttached(item);
  }
  drawLabels();
}

function tellAttached(set: LabelSet): void {
  const series = allSeries().find((s) => s.id === set.seriesId);
  postNotice({ level: 'note', happened: say('label.attached', { name: set.source, series: series?.description || say('label.itsSeries') }), todo: [...set.notes.map(sentence), say('label.classes', { names: set.classes.map((c) => c.name).join(', ') })].join(' ') });
}

function tellWaiting({ label, result }: WaitingLabel): void {
  if (result.status === 'waiting') {
    postNotice({ level: 'note', happened: say('label.waiting', { name: label.name }), todo: say('label.waiting.todo') });
    return;
  }
  const seriesId = result.status === 'mismatch' ? result.seriesId : null;
  const reorder = result.status === 'mismatch' && result.difference?.reorder !== undefined;
  postNotice({
    level: 'warn',
    happened: result.status === 'ambiguous' ? say('label.ambiguous') : say('label.mismatch'),
    todo: sentence(result.words),
    actions: reorder && seriesId ? [{ label: say('label.reorder'), run: () => void chooseSeries(label, { seriesId, reorder: true }) }] : [],
  });
}

/** A person chose the series of a waiting label. */
export async function chooseSeries(label: LabelFile, choice: AttachChoice): Promise<void> {
  const { chooseForLabel } = await import('../pipeline/labelShelf');
  const { attached, waiting } = labelsStore.getState();
  const { shelf, result } = chooseForLabel({ attached, waiting }, label, allSeries(), choice);
  labelsStore.setState(shelf);
  if (result.status === 'attached') tellAttached(result.set);
  else postNotice({ level: 'warn', happened: say('label.noFit'), todo: sentence(result.words) });
  drawLabels();
}

/** Takes a label off its series, or out of the waiting ones; it can be undone. */
export function dropLabel(what: LabelSet | WaitingLabel): void {
  const { attached, waiting } = labelsStore.getState();
  doEdit({
    label: 'result' in what ? what.label.name : what.source,
    redo: () => {
      labelsStore.setState((s) => ('result' in what ? { waiting: s.waiting.filter((w) => w !== what) } : { attached: s.attached.filter((a) => a !== what) }));
      drawLabels();
    },
    undo: () => {
      if ('result' in what) labelsStore.setState((s) => ({ waiting: putBack(s.waiting, what, waiting.indexOf(what)) }));
      else if (allSeries().some((series) => series.id === what.seriesId)) labelsStore.setState((s) => ({ attached: putBack(s.attached, what, attached.indexOf(what)) }));
      drawLabels();
    },
  });
}

const putBack = <T>(list: readonly T[], item: T, at: number): T[] => (list.includes(item) ? [...list] : [...list.slice(0, at), item, ...list.slice(at)]);

/** Labels of a series that left the library and comes back. */
export function restoreLabels(sets: readonly LabelSet[]): void {
  labelsStore.setState((s) => ({ attached: [...s.attached, ...sets.filter((set) => !s.attached.some((a) => a.id === set.id))] }));
  drawLabels();
}

/** Draws the classes of the slice on the stage as outlines, or filled, over original and generated. */
export function drawLabels(): void {
  removeLayers('labels/');
  const { seriesId, shownIndex, original } = stageStore.getState();
  if (!seriesId || !original) return;
  const state = labelsStore.getState();
  for (const set of labelSetsOf(seriesId)) {
    for (const { id, name } of set.classes) {
      const look = lookOf(state, set, id);
      if (!look.visible) continue;
      for (const [n, layer] of set.layers.entries()) {
        const plane = layer[shownIndex];
        if (!plane?.includes(id)) continue;
        const mask = new Uint8Array(plane.length);
        for (let i = 0; i < plane.length; i++) if (plane[i] === id) mask[i] = 1;
        putLayer({
          id: `labels/${set.id}/${id}/${n}`, kind: 'mask', side: 'both', seriesId, sliceIndex: shownIndex, visible: true,
          mask, width: set.width, height: set.height, style: { color: `rgb(${look.color.join(' ')})` }, fillOpacity: state.fill, label: set.classes.length > 1 ? name : undefined,
        });
      }
    }
  }
}

/** A labelled folder stands in the library as a study each case. */
function studyEachCase({ path, cases }: { readonly path: string; readonly cases: readonly LabelledCase[] }): void {
  const base = path.slice(0, path.lastIndexOf('/') + 1);
  const caseOf = new Map(cases.flatMap((c) => c.images.map((image) => [`nifti:${base}${image.path}` as string, c.name] as const)));
  libraryStore.setState((s) => ({
    items: s.items.map((item) => {
      const name = caseOf.get(item.id);
      return name === undefined ? item : { ...item, study: name, studyId: `${path}/${name}` };
    }),
  }));
}

/** Labels among what an import brought besides images. `paths`: of all its files; `recordId`: of what was opened. */
export async function openOthers(others: readonly OtherFile[], paths: readonly string[], recordId: number): Promise<void> {
  startLabels(); // dropped right after the first paint, they come before the studio has started them
  const { openLabels } = await import('../pipeline/openLabels');
  const opened = await openLabels(others, paths);
  for (const { path, error } of opened.failed) postError(error, path);
  for (const folder of opened.folders) {
    for (const problem of folder.problems.slice(0, 5)) postNotice({ level: 'warn', happened: say('label.folder', { layout: folder.layout }), todo: sentence(problem) });
  }
  for (const folder of opened.folders) studyEachCase(folder);
  await shelve(opened.labels.map((label) => ({ ...label, from: labelFrom(recordId, opened.pathOf.get(label)!) })));
}

/** Where the labels that are attached or wait were read from. */
export function labelsInUse(): Set<string | undefined> {
  const { attached, waiting } = labelsStore.getState();
  return new Set([...attached.map((set) => set.from), ...waiting.map((w) => w.label.from)]);
}

let watching = false;
/** Listens to the stage and the library; called once when the studio starts its stage. */
export function startLabels(): void {
  if (watching) return;
  watching = true;
  let shown = '';
  stageStore.subscribe((s) => {
    const key = `${s.seriesId}/${s.shownIndex}/${s.original !== null}`;
    if (key !== shown) {
      shown = key;
      drawLabels();
    }
  });
  libraryStore.subscribe((now, before) => {
    if (now.items.length > before.items.length) void shelve([]).catch((error: unknown) => postError(error));
    if (now.items.length < before.items.length) {
      const alive = new Set(now.items.map((i) => i.id));
      labelsStore.setState((s) => ({ attached: s.attached.filter((set) => alive.has(set.seriesId)) }));
    }
  });
}
