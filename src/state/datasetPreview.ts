import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { isAbort, toStudioError, type StudioError } from '../core/errors';
import type { Estimate, Example, PreparedSet } from '../pipeline/buildDataset';
import type { Recipe } from '../pipeline/recipes';
import { batchSize, batchWorkers, draftSources, setInput } from './datasetInput';
import { recipeOf, recipeStore } from './datasetRecipe';
import { sourcesStore } from './datasetSources';
import { didSomething } from './drawnSteps';
import { layersStore, putLayer, removeLayers } from './layers';
import { labelsStore } from './labels';
import { libraryStore, putResult, removeDerived, restoreDerived } from './library';
import { openSeries, setDerived, stageStore } from './stage';
import { viewStore } from './view';
import { say } from './strings/say';

/** The derived series that shows the example on the stage; it is no result and is not kept. */
export const PREVIEW_ID = 'dataset-preview';

interface PreviewState {
  readonly working: boolean;
  /** Which generated item of the plan is shown. */
  readonly index: number;
  readonly example: Example | null;
  readonly estimate: Estimate | null;
  /** Why there is no example: nothing chosen, no plausible place, a mistake in the recipe. */
  readonly error: StudioError | null;
  readonly outline: boolean;
}

const NONE: PreviewState = { working: false, index: 0, example: null, estimate: null, error: null, outline: true };
export const previewStore = createStore<PreviewState>(() => NONE);
export const usePreview = <T>(select: (state: PreviewState) => T): T => useStore(previewStore, select);

let controller: AbortController | null = null;
/** The slice whose example is asked for next; null: the item of `index`. */
let wanted: { source: number; sliceIndex: number } | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Makes the example anew after a moment without further edits; `mayTurn` the stage to it. */
function refreshPreview(delayMs = 250, mayTurn = true): void {
  clearTimeout(timer);
  controller?.abort();
  timer = setTimeout(() => void make(mayTurn), delayMs);
}

/** Another item of the set: another source, another copy, other draws. */
export function anotherExample(by = 1): void {
  const { estimate, index } = previewStore.getState();
  const count = Math.max(1, estimate?.generated ?? 1);
  // A stride that visits sources and copies in turn rather than neighbours that look alike.
  const stride = count > 12 ? Math.floor(count * 0.381) | 1 : 1;
  previewStore.setState({ index: (index + by * stride + count) % count });
  refreshPreview(0);
}

async function make(mayTurn: boolean): Promise<void> {
  const mine = new AbortController();
  controller = mine;
  const recipe = recipeOf(recipeStore.getState().draft);
  const from = stageStore.getState();
  let turn = mayTurn || previewStore.getState().example === null;
  previewStore.setState({ working: true });
  try {
    const [{ input, infer }, { estimateDataset, prepareSet }, [worker]] = await Promise.all([setInput(recipe), import('../pipeline/buildDataset'), batchWorkers(1)]);
    if (mine.signal.aborted) return;
    const example = (index: number) => worker!.preview(input, { index, infer, signal: mine.signal });
    if (wanted) {
      const at = itemAt(prepareSet(input).plan, wanted.source, wanted.sliceIndex, previewStore.getState().example?.item.copy ?? 1);
      if (at !== null) previewStore.setState({ index: at });
      else turn = previewStore.getState().example === null; // the set has none of this slice: the person stays on it
      wanted = null;
    }
    previewStore.setState((s) => ({ estimate: { ...estimateDataset(input), milliseconds: s.estimate?.milliseconds ?? null } }));
    const made = await example(previewStore.getState().index);
    if (mine.signal.aborted) return;
    previewStore.setState({ working: false, example: made, error: null, estimate: estimateDataset(input, pace(recipe, made), batchSize()) });
    const now = stageStore.getState();
    await show(made, turn && now.seriesId === from.seriesId && now.index === from.index);
    if (previewStore.getState().estimate?.milliseconds === null) {
      const again = await example(previewStore.getState().index);
      if (!mine.signal.aborted) previewStore.setState({ estimate: estimateDataset(input, pace(recipe, again), batchSize()) });
    }
  } catch (error) {
    if (isAbort(error) || mine.signal.aborted) return;
    hide();
    const known = toStudioError(error);
    const lasting = known.code.startsWith('recipe/') || known.code.startsWith('dataset/') || known.code === 'model/unknown';
    previewStore.setState({ working: false, example: null, error: known, ...(lasting ? { estimate: null } : {}) });
  }
}

/** Examples of the same models so far: the first one also loads weights and measures ranges, so the quickest counts. */
const paces = new Map<string, number>();
function pace(recipe: Recipe, example: Example): { milliseconds: number } | undefined {
  const models = recipe.steps.flatMap((s) => ('model' in s ? [s.model] : []));
  const key = recipe.steps.map((s) => s.type).join() + models.join();
  const known = paces.get(key);
  const milliseconds = Math.min(known ?? Infinity, example.milliseconds);
  paces.set(key, milliseconds);
  return models.length > 0 && known === undefined ? undefined : { milliseconds };
}

/** The generated item of this slice with the copy that is shown now (else the first); null where the set has none of it. */
function itemAt(plan: PreparedSet['plan'], source: number, sliceIndex: number, copy: number): number | null {
  const generated = plan.items.filter((i) => i.copy > 0);
  const fits = (i: (typeof generated)[number]) => i.source === source && i.sliceIndex === sliceIndex;
  const same = generated.findIndex((i) => fits(i) && i.copy === copy);
  const any = same >= 0 ? same : generated.findIndex(fits);
  return any >= 0 ? any : null;
}

/** The next example is of the slice on the stage, however the plan has changed. */
function stayHere(): void {
  const { seriesId, index } = stageStore.getState();
  const source = draftSources().findIndex((i) => i.id === seriesId);
  if (source >= 0) wanted = { source, sliceIndex: index };
}

/** The example follows the slice that the person scrolls to. */
function followStage(): void {
  const { seriesId, shownIndex } = stageStore.getState();
  const { example, working } = previewStore.getState();
  const source = draftSources().findIndex((i) => i.id === seriesId);
  // While another is made, even the slice of the last example is asked for anew: that other one would replace it.
  if (source < 0 || (!working && example?.item.source === source && example.item.sliceIndex === shownIndex)) return;
  wanted = { source, sliceIndex: shownIndex };
  refreshPreview(120);
}

/** Puts source and example side by side; `turn` the stage to them, or leave it where the person is. */
async function show({ item, before, after, steps }: Example, turn: boolean): Promise<void> {
  if (viewStore.getState().task !== 'dataset') return;
  const source = draftSources()[item.source];
  if (!source) return;
  const { recipe } = recipeStore.getState().draft;
  const drawn = steps.filter(didSomething).length;
  restoreDerived({ id: PREVIEW_ID, sourceId: source.id, kind: 'recipe', name: recipe.name, total: 1, key: '', transient: true, results: new Map() });
  libraryStore.setState((s) => ({
    derived: s.derived.map((d) => (d.id === PREVIEW_ID ? { ...d, sourceId: source.id, name: steps.length === 1 ? say('preview.name.one', { drawn }) : say('preview.name', { steps: steps.length, drawn }), results: new Map() } : d)),
  }));
  const info = { kind: 'recipe' as const, model: null, backend: 'none' as const, seed: recipe.seed, parameters: { recipe: recipe.name, item: item.id }, softwareVersion: '' };
  putResult(PREVIEW_ID, item.sliceIndex, { id: `${PREVIEW_ID}/${item.id}`, sourceId: before.id, slice: after, info });
  if (turn) await openSeries(source.id, item.sliceIndex);
  if (stageStore.getState().seriesId === source.id) setDerived(PREVIEW_ID);
  drawOutline();
}

/** The masks of the example in its own geometry; those of the source are drawn over the original alone. */
function drawOutline(): void {
  removeLayers(`${PREVIEW_ID}/`);
  const { example, outline } = previewStore.getState();
  const source = example && draftSources()[example.item.source];
  if (!example || !source || !outline) return;
  const synthetic = new Set(example.steps.filter((s) => s.applied && s.type === 'insert-lesion').length ? newClasses(example) : []);
  for (const [n, map] of (example.after.labels ?? []).entries()) {
    for (const { id, name, color } of map.classes) {
      const mask = map.data.map((v) => (v === id ? 1 : 0));
      if (!mask.includes(1)) continue;
      const style = synthetic.has(name) || !color ? ('synthetic' as const) : { color: `rgb(${color.join(' ')})` };
      putLayer({
        id: `${PREVIEW_ID}/${n}/${id}`, kind: 'mask', side: 'generated', seriesId: source.id, sliceIndex: example.item.sliceIndex, derivedId: PREVIEW_ID, visible: true,
        mask, width: map.width, height: map.height, style, fillOpacity: 0, label: map.classes.length > 1 ? name : undefined,
      });
    }
  }
}

function newClasses({ before, after }: Example): string[] {
  const old = new Set((before.labels ?? []).flatMap((m) => m.classes.map((c) => c.name)));
  return (after.labels ?? []).flatMap((m) => m.classes.map((c) => c.name)).filter((name) => !old.has(name));
}

export function setOutline(outline: boolean): void {
  previewStore.setState({ outline });
  drawOutline();
}

function hide(): void {
  removeLayers(`${PREVIEW_ID}/`);
  removeDerived(PREVIEW_ID);
}

/** Follows draft, sources, library and labels while the panel is open; returns how to end it. */
export function startPreview(): () => void {
  stayHere();
  refreshPreview(0);
  const stageChanged = stageStore.subscribe((now, before) => (now.shownIndex !== before.shownIndex || now.seriesId !== before.seriesId) && followStage());
  const draftChanged = recipeStore.subscribe((now, before) => {
    if (now.draft === before.draft) return;
    stayHere();
    refreshPreview();
  });
  const sourcesChanged = sourcesStore.subscribe(() => refreshPreview(0));
  // Images and labels that come in open themselves: the person is looking at them.
  const cameIn = () => {
    stayHere();
    refreshPreview(250, false);
  };
  const libraryChanged = libraryStore.subscribe((now, before) => now.items !== before.items && cameIn());
  const labelsChanged = labelsStore.subscribe((now, before) => now.attached !== before.attached && cameIn());
  // Labels of the source lie elsewhere on the copy once a step has moved it.
  const layersChanged = layersStore.subscribe(({ layers }) => {
    if (stageStore.getState().derivedId !== PREVIEW_ID) return;
    if (layers.some((l) => l.id.startsWith('labels/') && l.side === 'both')) {
      layersStore.setState({ layers: layers.map((l) => (l.id.startsWith('labels/') && l.side === 'both' ? { ...l, side: 'original' as const } : l)) });
    }
  });
  return () => {
    clearTimeout(timer);
    controller?.abort();
    for (const end of [stageChanged, draftChanged, sourcesChanged, libraryChanged, labelsChanged, layersChanged]) end();
    hide();
    previewStore.setState({ example: null, working: false, error: null });
  };
}
