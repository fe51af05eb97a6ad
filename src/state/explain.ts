import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { isAbort, throwIfAborted } from '../core/errors';
import type { Raster } from '../core/raster';
import type { Augmentation, Slice } from '../core/slice';
import type { ModelEntry } from '../models';
import type { EngineContext } from '../pipeline/enhance';
import type { Box, ExplainResult, SaliencyMethod } from '../pipeline/explain';
import { robustLimit } from './difference';
import { enhanceStore, rangeOf } from './enhance';
import { runJob } from './jobs';
import { setLayersVisible } from './layerVisibility';
import { putLayer, removeLayers, type ColormapName } from './layers';
import { regionBetween, regionOnGrid } from './explainRegion';
import { libraryStore } from './library';
import { announce, postError } from './notices';
import { engineContext } from './services';
import { generatedOf, stageStore } from './stage';
import { registerTool, type StagePoint } from './tools';
import { chooseTool, viewStore } from './view';
import { say, sentence } from './strings/say';

/** Methods that answer for a region, and views of the whole slice. */
export type ExplainView = SaliencyMethod | 'difference' | 'realism' | 'areas';
export const REGION_METHODS: readonly SaliencyMethod[] = ['gradient', 'lam', 'integrated-gradients', 'smoothgrad', 'occlusion', 'rise'];
export const isRegionMethod = (view: ExplainView): view is SaliencyMethod => (REGION_METHODS as readonly string[]).includes(view);

/** The region methods go back through the network that made the result; recipes of several steps have the whole-slice views. */
export const canExplainRegion = (generated: Augmentation): boolean => generated.info.model !== null && ['super-resolution', 'lesion-insert', 'lesion-remove'].includes(generated.info.kind);
export const isLesion = (generated: Augmentation): boolean => generated.info.kind.startsWith('lesion-');

/** Marks the lesion itself: the box of its mask; of several, that of the last. */
export async function markLesion(): Promise<void> {
  const now = pair();
  if (!now) return;
  const { lesionBox } = await import('../pipeline/explainLesion');
  const box = lesionBox(now.generated);
  if (box) setRegion(box);
}

/** What a map is drawn from, whatever made it. */
export interface ShownMap {
  readonly raster: Raster;
  readonly signed: boolean;
  /** A share of its largest value; else in its unit. */
  readonly relative?: boolean;
  readonly side: 'original' | 'generated';
  readonly unit: string;
  readonly lines: readonly string[];
  /** Where it can differ from zero, in pixels of the raster. */
  readonly reach: Box | null;
  /** Value at which the colours of a signed map end; by default the 99.5th percentile of its sizes. */
  readonly limit?: number;
}

export interface ExplainState {
  readonly view: ExplainView;
  /** In pixels of the generated image. */
  readonly region: Box | null;
  readonly opacity: number;
  readonly threshold: number;
  readonly colormap: ColormapName;
  readonly smooth: boolean;
  readonly shuffle: boolean;
  readonly map: ShownMap | null;
  readonly result: ExplainResult | null;
  /** Whole-slice views: a figure and its sentence. */
  readonly note: string;
  readonly busy: boolean;
  /** 0…1 of the map under way. */
  readonly progress: number;
  /** Results of all methods for the same region, while they are compared. */
  readonly compared: readonly { readonly method: SaliencyMethod; readonly result: ExplainResult | null }[] | null;
}

const INITIAL: ExplainState = {
  view: 'lam', region: null, opacity: 0.88, threshold: 0.06, colormap: 'viridis', smooth: false, shuffle: false,
  map: null, result: null, note: '', busy: false, progress: 0, compared: null,
};
export const explainStore = createStore<ExplainState>(() => INITIAL);
export const useExplain = <T>(select: (state: ExplainState) => T): T => useStore(explainStore, select);

export const viewName = (view: ExplainView): string => say(`method.${view}`);

let controller: AbortController | null = null;
let waiting: ReturnType<typeof setTimeout> | undefined;

/** Asks again: what runs is cancelled, what was asked in the same moment is one question. Nothing queues up. */
function ask(delay = 60): void {
  controller?.abort();
  clearTimeout(waiting);
  if (viewStore.getState().task !== 'explain') return; // asked when its panel opens
  waiting = setTimeout(() => void answer(), delay);
}

/** The panel has been opened: draw what is there, ask for what is not. */
export function askAgain(): void {
  drawLayers();
  const { map, region, view } = explainStore.getState();
  if (!map && (region || !isRegionMethod(view))) ask(0);
}

export function setView(view: ExplainView): void {
  explainStore.setState({ view, map: null, result: null, note: '', compared: null, colormap: defaultColors(view) });
  ask(0);
}
export function setShuffle(shuffle: boolean): void {
  explainStore.setState({ shuffle, map: null, result: null });
  drawLayers();
  ask(0);
}
export function setRegion(region: Box | null): void {
  explainStore.setState({ region, compared: null, map: null, result: null });
  drawLayers();
  if (region) ask();
  else controller?.abort();
}
export function changeLook(changes: Partial<Pick<ExplainState, 'opacity' | 'threshold' | 'colormap' | 'smooth'>>): void {
  explainStore.setState(changes);
  drawLayers();
}

const defaultColors = (view: ExplainView): ColormapName => (view === 'difference' ? 'berlin' : view === 'realism' ? 'inferno' : 'viridis');

interface Pair {
  readonly original: Slice;
  readonly generated: Augmentation;
  readonly seriesId: string;
  readonly derivedId: string;
}

function pair(): Pair | null {
  const stage = stageStore.getState();
  const generated = generatedOf(stage);
  return stage.original && stage.seriesId && stage.derivedId && generated ? { original: stage.original, generated, seriesId: stage.seriesId, derivedId: stage.derivedId } : null;
}

async function answer(): Promise<void> {
  const now = pair();
  const { view, region } = explainStore.getState();
  if (!now || (isRegionMethod(view) && (!region || !canExplainRegion(now.generated)))) {
    explainStore.setState({ map: null, result: null, busy: false });
    drawLayers();
    return;
  }
  const mine = (controller = new AbortController());
  explainStore.setState({ busy: true, progress: 0 });
  try {
    if (isRegionMethod(view)) await explain(now, view, region!, mine.signal);
    else await wholeSlice(now, view, mine.signal);
  } catch (error) {
    if (!isAbort(error) && !mine.signal.aborted) postError(error, viewName(view));
  } finally {
    if (controller === mine) explainStore.setState({ busy: false });
  }
}

/** One method for one region. The shown image is explained: blend and consistency are pulled back as they were. */
async function runMethod(now: Pair, method: SaliencyMethod, region: Box, signal: AbortSignal, onMap?: (map: ExplainResult['map'], done: number, total: number) => void): Promise<ExplainResult> {
  const { explainRegion } = await import('../pipeline/explain');
  const context = await engineContext({ signal });
  if (isLesion(now.generated)) {
    const { lesionQuestion } = await import('../pipeline/explainLesion');
    const model = context.models.get(now.generated.info.model!.id);
    const base = now.generated.paintedInto ?? now.original;
    const question = lesionQuestion(base, now.generated, model);
    const result = await explainRegion(
      base, question.target,
      { method, region: question.toPatch(region), faithfulness: true, randomise: explainStore.getState().shuffle ? 1 : undefined, onUpdate: onMap && ((map, done, total) => onMap(question.toSlice(map), done, total)) },
      context,
    );
    return { ...result, map: question.toSlice(result.map) };
  }
  const figures = enhanceStore.getState().figures.get(`${now.derivedId}/${stageStore.getState().shownIndex}`);
  const modelId = figures?.modelId ?? now.generated.info.model?.id ?? '';
  const range = figures?.range ?? (await rangeOf(now.seriesId, modelId, signal));
  return explainRegion(
    now.original,
    { kind: 'super-resolution', modelId, settings: figures?.settings ?? enhanceStore.getState().settings, range },
    { method, region, faithfulness: true, randomise: explainStore.getState().shuffle ? 1 : undefined, onUpdate: onMap },
    context,
  );
}

async function explain(now: Pair, method: SaliencyMethod, region: Box, signal: AbortSignal): Promise<void> {
  const lines = (reach: Box, native: number) => {
    const margin = Math.round(Math.max(0, (reach.width - (region.width * now.original.raster.width) / now.generated.slice.raster.width) / 2));
    return [say('map.relative', { method: viewName(method) }), say('map.reach', { cells: native > 1 ? say('map.cells', { n: native }) : say('map.native'), margin })];
  };
  const shown = (map: ExplainResult['map']): ShownMap => ({ raster: map.raster, signed: map.signed, relative: true, side: 'original', unit: say('map.unit'), lines: lines(map.box, map.nativePx), reach: map.box });
  const result = await runMethod(now, method, region, signal, (map, done, total) => {
    if (signal.aborted) return;
    explainStore.setState({ map: shown(map), progress: total ? done / total : 0 });
    drawLayers();
  });
  if (signal.aborted) return;
  explainStore.setState({ map: shown(result.map), result, progress: 1 });
  drawLayers();
  announce(result.faithfulness ? sentence(result.faithfulness.sentence) : say('map.ready', { method: viewName(method) }));
}

async function wholeSlice(now: Pair, view: 'difference' | 'realism' | 'areas' | 'grad-cam', signal: AbortSignal): Promise<void> {
  const pipeline = await import('../pipeline/explain');
  if (view === 'difference') {
    const raster = pipeline.differenceMap(now.original, now.generated.slice);
    const unit = now.original.raster.unit === 'HU' ? 'HU' : say('map.grey');
    explainStore.setState({ map: { raster, signed: true, side: 'generated', unit, lines: [say('map.difference'), say('map.difference.range')], reach: null }, note: say('map.difference.note') });
  } else {
    const context = await engineContext({ signal });
    const modality = now.original.modality;
    const critic = view === 'realism' && now.generated.info.kind === 'lesion-insert' ? context.models.list('realism').find((m) => m.modality.includes(modality) && m.inputs.length === 2) : undefined;
    if (signal.aborted) return;
    if (critic) return showLesionRealism(now, critic, context);
    const task = view === 'realism' ? 'realism' : 'segmentation';
    // Critics of lesion patches take a mask too; only those of whole slices make a map.
    const model = context.models.list(task).find((m) => m.modality.includes(modality) && m.inputs.length === 1);
    if (!model) {
      explainStore.setState({ map: null, note: say(view === 'realism' ? 'map.none.realism' : 'map.none.areas', { modality }) });
      drawLayers();
      return;
    }
    const range = await rangeOf(now.seriesId, model.id, signal);
    if (view === 'realism') {
      const map = await pipeline.realismMap(now.generated.slice, model.id, context, range);
      if (signal.aborted) return;
      explainStore.setState({ map: { raster: map.raster, signed: false, side: 'generated', unit: say('map.score'), lines: [say('map.realism', { model: model.id }), say('map.realism.range', { n: map.nativePx })], reach: null }, note: say('map.realism.note') });
    } else {
      const { probability } = await pipeline.areasOfInterest(now.generated.slice, model.id, context, range);
      if (signal.aborted) return;
      explainStore.setState({ map: { raster: probability.raster, signed: false, side: 'generated', unit: say('map.probability'), lines: [say('map.areas', { model: model.id }), say('map.areas.range')], reach: null }, note: say('map.areas.note') });
    }
  }
  if (!signal.aborted) drawLayers();
}

/** What the critic of a lesion painter thinks of the lesion, cell by cell. */
async function showLesionRealism(now: Pair, critic: ModelEntry, context: EngineContext): Promise<void> {
  const { lesionRealism } = await import('../pipeline/explainLesion');
  const { map, mean } = await lesionRealism(now.generated, critic, context);
  if (context.signal?.aborted) return;
  const limit = map.raster.data.reduce((m, v) => (Math.abs(v) > m ? Math.abs(v) : m), 1);
  explainStore.setState((s) => ({
    map: { raster: map.raster, signed: true, side: 'generated', unit: say('map.score'), lines: [say('map.realism', { model: critic.id }), say('map.realism.range', { n: map.nativePx })], reach: null, limit },
    note: say('map.realism.lesion', { mean: mean.toFixed(2).replace('-', '−') }),
    colormap: s.colormap === 'vik' ? s.colormap : 'berlin',
  }));
  drawLayers();
}

/** A map scaled for show: regions relative to their maximum, differences symmetric, probabilities 0…1. */
export function scaleMap(map: ShownMap, colormap: ColormapName): { values: Float32Array; range: readonly [number, number] } {
  const diverging = colormap === 'berlin' || colormap === 'vik';
  if (!map.relative) {
    if (!map.signed) return { values: map.raster.data, range: [0, 1] };
    const limit = map.limit ?? robustLimit(map.raster.data);
    return diverging ? { values: map.raster.data, range: [-limit, limit] } : { values: map.raster.data.map(Math.abs), range: [0, limit] };
  }
  let max = 0;
  for (const v of map.raster.data) max = Math.max(max, Math.abs(v));
  const values = map.raster.data.map((v) => (diverging ? v : Math.abs(v)) / (max || 1));
  return { values, range: diverging ? [-1, 1] : [0, 1] };
}

/** Layers on the stage: map over its side, reach of the network, the region on both. */
export function drawLayers(): void {
  const now = viewStore.getState().task === 'explain' ? pair() : null;
  const { map, region, opacity, threshold, colormap, smooth, view } = explainStore.getState();
  const { shownIndex } = stageStore.getState();
  removeLayers('explain/');
  if (!now) return;
  const base = { seriesId: now.seriesId, sliceIndex: shownIndex, derivedId: now.derivedId, visible: true };
  if (map) {
    const { values, range } = scaleMap(map, colormap);
    const opaque = range[0] < 0 || view === 'realism';
    putLayer({
      ...base, id: 'explain/map', kind: 'map', side: map.side, values, width: map.raster.width, height: map.raster.height,
      colormap, range, threshold: opaque ? null : threshold, opacity, smooth, unit: map.unit, title: viewName(view), lines: map.lines,
    });
    if (map.reach) {
      const { x, y, width, height } = map.reach;
      putLayer({ ...base, id: 'explain/reach', kind: 'rect', side: 'original', x, y, rectWidth: width, rectHeight: height, width: map.raster.width, height: map.raster.height, style: 'reach' });
    }
  }
  if (region && isRegionMethod(view)) {
    const { width, height } = now.generated.slice.raster;
    const rect = { ...base, kind: 'rect' as const, x: region.x, y: region.y, rectWidth: region.width, rectHeight: region.height, width, height, style: 'region' as const };
    putLayer({ ...rect, id: 'explain/region', side: 'generated', label: say('map.region', { width: region.width, height: region.height }) });
    putLayer({ ...rect, id: 'explain/region-original', side: 'original' });
  }
}

/** All region methods one after the other, for the view that stands them side by side. */
export async function compareMethods(): Promise<void> {
  const now = pair();
  const { region } = explainStore.getState();
  if (!now || !region || !canExplainRegion(now.generated)) return;
  controller?.abort();
  const mine = (controller = new AbortController());
  explainStore.setState({ compared: REGION_METHODS.map((method) => ({ method, result: null })), busy: true });
  const total = REGION_METHODS.length;
  const done = await runJob({ name: say('job.compare'), kind: 'explain', total, summary: () => say('job.compared', { n: total }), signal: mine.signal }, async ({ signal, progress }) => {
    for (const [n, method] of REGION_METHODS.entries()) {
      const result = await runMethod(now, method, region, signal);
      throwIfAborted(signal);
      explainStore.setState((s) => ({ compared: s.compared?.map((c) => (c.method === method ? { method, result } : c)) ?? null }));
      progress(n + 1, total);
    }
    return true;
  });
  // Cancelled or failed: a gallery of empty places would wait for nothing.
  if (controller === mine) explainStore.setState((s) => ({ busy: false, compared: done ? s.compared : null }));
}

export function closeComparison(): void {
  if (!explainStore.getState().compared) return;
  controller?.abort();
  explainStore.setState({ compared: null });
}

/** The panel has been left: what runs for it ends, and nothing of it stays on the stage. */
export function leaveExplain(): void {
  controller?.abort();
  clearTimeout(waiting);
  explainStore.setState({ compared: null, busy: false });
  removeLayers('explain/');
  if (viewStore.getState().tool === 'region') chooseTool('window');
}

let start: { x: number; y: number } | null = null;
let before: Box | null = null;

function toGenerated(point: StagePoint): { x: number; y: number } | null {
  const now = pair();
  if (!now) return null;
  const { width, height } = now.generated.slice.raster;
  return { x: (point.x / point.width) * width, y: (point.y / point.height) * height };
}

registerTool({
  id: 'region',
  cursor: 'crosshair',
  onDown(point) {
    start = toGenerated(point);
    before = explainStore.getState().region;
    setLayersVisible(true);
    this.onMove!(point);
  },
  onMove(point) {
    const at = toGenerated(point);
    const now = pair();
    if (start && at && now) setRegion(regionBetween(start, at, now.generated.slice.raster));
  },
  onUp() {
    start = null;
    chooseTool('window');
  },
  onCancel() {
    if (start) setRegion(before);
    start = null;
  },
});

// Another slice or another result asks the same question there; without a result there is nothing to explain.
let asked: unknown = null;
let grid: { readonly seriesId: string; readonly width: number; readonly height: number } | null = null;
function subjectChanged(): void {
  const now = pair();
  const subject = now ? now.generated : null;
  if (subject === asked) return;
  asked = subject;
  if (now) carryRegion(now);
  controller?.abort();
  const { map, result } = explainStore.getState();
  const open = viewStore.getState().task === 'explain';
  if (map || result) explainStore.setState({ map: null, result: null, compared: null });
  if (!open) return;
  drawLayers();
  if (now) ask(120);
}

/** The region stays at its place in the body: on another grid its pixels are others; in another series there is none. */
function carryRegion({ seriesId, generated }: Pair): void {
  const { region } = explainStore.getState();
  const { width, height } = generated.slice.raster;
  const from = grid;
  grid = { seriesId, width, height };
  if (!region || !from) return;
  if (from.seriesId !== seriesId) explainStore.setState({ region: null });
  else if (from.width !== width || from.height !== height) {
    explainStore.setState({ region: regionOnGrid(region, from, { width, height }) });
  }
}

stageStore.subscribe(subjectChanged);
libraryStore.subscribe(subjectChanged); // settings that a result follows change it in its place
// Another way to compare shows the images again.
viewStore.subscribe((now, before) => {
  if (now.mode !== before.mode || now.layout !== before.layout) closeComparison();
});
