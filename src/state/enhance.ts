import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { Raster } from '../core/raster';
import type { Slice } from '../core/slice';
import type { ModelEntry, ModelNormalisation } from '../models';

export type { ModelEntry } from '../models';
import { chooseOperator } from '../pipeline/chooseOperator';
import type { EnhanceParts, EnhanceResult, EnhanceSettings, EnhanceWarning, HallucinationMeter, ValueRange } from '../pipeline/enhance';
import { runJob } from './jobs';
import { addDerived, derivedOf, derivedUnder, freeName, itemOf, libraryStore, onGone, patchDerived, putResult, type DerivedItem } from './library';
import { rememberResults, rememberSeries } from './libraryEdits';
import { labelledSlice, labelsStore } from './labels';
import { resultBytes, tellIfLarge } from './memoryShare';
import { postError, postNotice } from './notices';
import { engineContext, services } from './services';
import { setDerived, stageStore } from './stage';
import { say, sentence } from './strings/say';

type MeterFigures = Omit<HallucinationMeter, 'map'>;

/** What the panel shows of a result besides its pixels. */
export interface ResultFigures {
  readonly meter: MeterFigures;
  /** `map`: what can be laid over the original; null where it was given up for memory (`meterMap.ts` makes it again). */
  readonly before: MeterFigures & { readonly map: Raster | null };
  readonly milliseconds: number;
  readonly backend: string;
  readonly range: ValueRange;
  readonly modelId: string;
  /** As this result was made. */
  readonly settings: EnhanceSettings;
}

interface EnhanceState {
  /** Super-resolution models, those made for the open series' modality first; null until the manifest is read. */
  readonly models: readonly ModelEntry[] | null;
  readonly modelId: string | null;
  /** Models that may run on images of another modality, since a person said so: `modelId|modality`. */
  readonly agreed: ReadonlySet<string>;
  readonly scope: 'slice' | 'series';
  readonly settings: EnhanceSettings;
  /** Figures by `derivedId/index`. */
  readonly figures: ReadonlyMap<string, ResultFigures>;
  readonly warnings: readonly EnhanceWarning[];
  readonly running: { readonly done: number; readonly total: number; readonly series: boolean; readonly cancel: () => void } | null;
}

export const enhanceStore = createStore<EnhanceState>(() => ({
  models: null,
  modelId: null,
  agreed: new Set(),
  scope: 'slice',
  settings: { perceptual: 0, consistent: true, operator: 'auto' },
  figures: new Map(),
  warnings: [],
  running: null,
}));
export const useEnhance = <T>(select: (state: EnhanceState) => T): T => useStore(enhanceStore, select);

/** Network outputs kept so that slider and switches need no new run; bounded. */
const PARTS_LIMIT = 160 * 1024 * 1024;
/** Maps of the meter kept, in bytes. */
const MAPS_LIMIT = 32 * 1024 * 1024;
const parts = new Map<string, { parts: EnhanceParts; bytes: number }>();
const ranges = new Map<string, ValueRange>();

const keyOf = (derivedId: string, index: number) => `${derivedId}/${index}`;
const settingsKey = (modelId: string, s: EnhanceSettings) => `${modelId}|${s.perceptual.toFixed(2)}|${s.consistent}|${s.operator}${s.averaged ? '|8' : ''}`;

/** `×2, perceptual 0.30` */
export function resultName(model: ModelEntry, settings: EnhanceSettings): string {
  const blended = 'perceptual' in model.variants && settings.perceptual > 0;
  const how = blended ? `perceptual ${settings.perceptual.toFixed(2)}` : 'faithful' in model.variants ? 'faithful' : model.id;
  return `×${model.scale}, ${how}${settings.averaged ? ', averaged' : ''}${settings.consistent ? '' : ', free'}`;
}

/** Whether a model was made for images of this modality. */
export const suits = (model: ModelEntry, slice: Slice): boolean => model.modality.includes(slice.modality);
/** The modality for which a model of another one was chosen. */
let otherFor: string | null = null;

/** The models, and what should be said before one runs on the slice shown. One made for other images is taken only where a person chose it. */
export async function prepareEnhance(slice: Slice): Promise<void> {
  try {
    const [context, { warningsFor }] = await Promise.all([engineContext(), import('../pipeline/enhance')]);
    const all = context.models.list('super-resolution');
    const suiting = all.filter((m) => suits(m, slice));
    const models = [...suiting, ...all.filter((m) => !suits(m, slice))];
    const { modelId } = enhanceStore.getState();
    if (otherFor !== slice.modality) otherFor = null;
    const chosen = (otherFor === null ? suiting : models).find((m) => m.id === modelId) ?? suiting[0];
    // In one step: the panel's lower half comes with the warnings above it, and nothing moves.
    enhanceStore.setState({ models, modelId: chosen?.id ?? null, warnings: chosen ? warningsFor(slice, chosen.id, context.models) : [] });
  } catch (error) {
    enhanceStore.setState({ models: enhanceStore.getState().models ?? [] });
    postError(error);
  }
}

/** What should be said before a run is that of the chosen model. */
export function chooseModel(modelId: string): void {
  enhanceStore.setState({ modelId });
  const { original } = stageStore.getState();
  if (!original) return;
  otherFor = original.modality;
  void prepareEnhance(original);
}

/** Whether the chosen model was made for other images, and nobody said yet that it may run all the same. */
export function mustAgree({ models, modelId, agreed }: EnhanceState, slice: Slice): boolean {
  const model = models?.find((m) => m.id === modelId);
  return model !== undefined && !suits(model, slice) && !agreed.has(`${model.id}|${slice.modality}`);
}

/** The person has read that the chosen model was made for other images, and wants it all the same. */
export function agree(): void {
  const { original } = stageStore.getState();
  if (original) enhanceStore.setState((s) => ({ agreed: new Set(s.agreed).add(`${s.modelId}|${original.modality}`) }));
}

/** The reduction that the settings stand for on a slice. */
export const operatorOf = (settings: EnhanceSettings, slice: Slice): Exclude<EnhanceSettings['operator'], 'auto'> => chooseOperator(settings.operator, slice.modality);

export const setScope = (scope: 'slice' | 'series'): void => enhanceStore.setState({ scope });

let pendingReblend: ReturnType<typeof setTimeout> | undefined;

/** New settings; a result whose network outputs are still there follows at once, without a run. */
export function changeEnhance(changes: Partial<EnhanceSettings>): void {
  const settings = { ...enhanceStore.getState().settings, ...changes };
  enhanceStore.setState({ settings });
  clearTimeout(pendingReblend);
  pendingReblend = setTimeout(() => void follow(settings).catch((error: unknown) => postError(error)), 30);
}

/** Re-blends the result on the stage, then the other slices of it; beside it where it is kept. */
async function follow(settings: EnhanceSettings): Promise<void> {
  const { derivedId, shownIndex } = stageStore.getState();
  const from = derivedOf(derivedId);
  const { modelId, running } = enhanceStore.getState();
  if (!from || from.kind !== 'super-resolution' || !modelId || running) return;
  const indices = [...new Set([...from.results.keys(), ...sharedWith.get(from.id) ?? []])];
  const made = (there: EnhanceParts | undefined): boolean => there?.modelId === modelId && there.averaged === (settings.averaged ?? false);
  if (!indices.every((i) => made(parts.get(keyOf(from.id, i))?.parts))) return;
  const { neededVariants, reblendAside } = await import('../pipeline/enhance');
  const context = await engineContext();
  const current = () => enhanceStore.getState().settings === settings;
  const needed = neededVariants(context.models.get(modelId), settings.perceptual);
  const lacking = indices.filter((i) => needed.some((v) => !parts.get(keyOf(from.id, i))?.parts.outputs.has(v)));
  if (lacking.length > 1) return; // A series of other weights stays what its name says; the next run makes the new one.
  for (const index of lacking) await complete(keyOf(from.id, index));
  if (!current()) return;
  const model = context.models.get(modelId);
  const there = from.kept && derivedUnder(from.sourceId).find((d) => d.key === settingsKey(modelId, settings));
  if (there) return show(from.sourceId, there.id);
  // Beside a kept one nothing is added before there is something to show.
  let derived = from.kept ? null : from;
  for (const index of [shownIndex, ...indices.filter((i) => i !== shownIndex)].filter((i) => indices.includes(i))) {
    const kept = parts.get(keyOf((derived ?? from).id, index));
    if (!kept) return;
    const result = await reblendAside(kept.parts, settings, context);
    if (!current() || !derivedOf((derived ?? from).id)) return; // changed again, or removed meanwhile
    const first = derived === null;
    derived ??= beside(from, model, settings, indices);
    keep(derived.id, index, result, settings);
    if (first) {
      show(derived.sourceId, derived.id);
      rememberSeries(derived.id);
    }
  }
  if (!derived) return;
  patchDerived(derived.id, { name: freeName(derived.sourceId, resultName(model, settings), derived.id), key: settingsKey(modelId, settings) });
}

/** Slices of a series that began beside a kept one and are still to be blended, by its id. */
const sharedWith = new Map<string, readonly number[]>();

/** The series beside a kept one that takes what other settings make of the same network outputs: no run is needed. */
function beside(kept: DerivedItem, model: ModelEntry, settings: EnhanceSettings, indices: readonly number[]): DerivedItem {
  const made = addDerived({ sourceId: kept.sourceId, kind: kept.kind, name: resultName(model, settings), total: kept.total, key: settingsKey(model.id, settings) });
  for (const index of indices) store(keyOf(made.id, index), parts.get(keyOf(kept.id, index))!.parts);
  sharedWith.set(made.id, indices);
  return made;
}

const withoutMap = ({ map: _, ...meter }: HallucinationMeter): MeterFigures => meter;

function keep(derivedId: string, index: number, result: EnhanceResult, settings: EnhanceSettings): void {
  const key = keyOf(derivedId, index);
  putResult(derivedId, index, result.augmentation);
  putFigures(key, { meter: withoutMap(result.meter), before: result.meterBefore, milliseconds: result.milliseconds, backend: result.backend, range: result.parts.range, modelId: result.parts.modelId, settings });
  store(key, result.parts);
}

function store(key: string, kept: EnhanceParts): void {
  parts.delete(key);
  let bytes = kept.input.data.byteLength;
  for (const output of kept.outputs.values()) bytes += output.data.byteLength;
  parts.set(key, { parts: kept, bytes });
  let total = 0;
  for (const entry of parts.values()) total += entry.bytes;
  for (const [oldest, entry] of parts) {
    if (total <= PARTS_LIMIT || oldest === key) break;
    parts.delete(oldest);
    total -= entry.bytes;
  }
}

const completing = new Map<string, Promise<void>>();

/** Runs what the slider may ask for next, after the first result is shown; asked twice, it runs once. */
function complete(key: string): Promise<void> {
  const there = completing.get(key);
  if (there) return there;
  const run = async () => {
    const kept = parts.get(key);
    if (!kept) return;
    const { completeParts } = await import('../pipeline/enhance');
    const whole = await completeParts(kept.parts, await engineContext());
    if (parts.get(key) === kept) store(key, whole);
  };
  const mine = run().finally(() => completing.delete(key));
  completing.set(key, mine);
  return mine;
}

/** The range of a series for a model or a normalisation, measured once for all that normalise alike. */
export async function rangeOf(seriesId: string, of: string | ModelNormalisation, signal?: AbortSignal): Promise<ValueRange> {
  const context = await engineContext({ signal });
  const normalisation = typeof of === 'string' ? context.models.get(of).normalisation : of;
  const key = `${seriesId}|${JSON.stringify(normalisation)}`;
  const there = ranges.get(key);
  if (there) return there;
  const item = itemOf(seriesId)!;
  const { measureRange } = await import('../pipeline/enhance');
  const range = await measureRange(item.source, normalisation, context);
  ranges.set(key, range);
  return range;
}

/** Runs the chosen model on the slice shown or on the whole series. Results appear as they come. */
export async function enhanceNow(): Promise<void> {
  const { modelId, scope, settings, running } = enhanceStore.getState();
  const { seriesId, shownIndex, original, count } = stageStore.getState();
  const item = itemOf(seriesId);
  if (!modelId || !item || !seriesId || !original || running || mustAgree(enhanceStore.getState(), original)) return;
  const told = new Set(enhanceStore.getState().warnings.map((w) => w.code)); // in the panel, before the run
  const name = item.source.series.description || item.source.series.modality;
  const whole = scope === 'series' && count > 1;
  const summary = (n: number) => (n === 1 ? say('job.enhanced.one') : say('job.enhanced', { n }));
  const controller = new AbortController();
  const report = (done: number, total: number) =>
    enhanceStore.setState({ running: { done, total, series: whole, cancel: () => controller.abort() } });
  report(0, whole ? count : 1);
  let derived: DerivedItem | undefined;
  let before: DerivedItem | undefined;
  try {
    await runJob(
      { name: say('job.enhancing', { name }), kind: 'enhance', total: whole ? count : 1, canPause: whole, summary, signal: controller.signal },
      async ({ signal, progress, checkpoint }) => {
        const onProgress = (done: number, total: number) => {
          report(done, total);
          progress(done, total);
        };
        const context = await engineContext({ signal, onProgress, gate: checkpoint });
        const pipeline = await import('../pipeline/enhance');
        const range = await rangeOf(seriesId, modelId, signal);
        const model = context.models.get(modelId);
        const key = settingsKey(modelId, settings);
        const place = () => {
          before ??= derived ? undefined : derivedUnder(seriesId).find((d) => d.key === key);
          derived ??= before ?? addDerived({ sourceId: seriesId, kind: 'super-resolution', name: resultName(model, settings), total: whole ? count : 1, key });
          return derived;
        };
        if (!whole) {
          const result = await pipeline.enhanceSlice(labelledSlice(original, seriesId, shownIndex), modelId, settings, context, range);
          const target = place();
          keep(target.id, shownIndex, result, settings);
          void complete(keyOf(target.id, shownIndex)).catch(() => undefined); // asked again, and said, when it is needed
          patchDerived(target.id, { total: Math.max(target.total, derivedOf(target.id)!.results.size) });
          show(seriesId, target.id);
          tell(result.warnings, told);
          return 1;
        }
        // What an interrupted run has made already is not made again.
        const done = new Set(derivedUnder(seriesId).find((d) => d.key === key)?.results.keys() ?? []);
        if (done.size === count) done.clear();
        tellIfLarge(resultBytes(item, original, model.scale, count - done.size));
        const warnings = new Map<string, EnhanceWarning>();
        let clamped = 0, shown = false;
        const add = (index: number, result: EnhanceResult) => {
          const target = place();
          keep(target.id, index, result, settings);
          patchDerived(target.id, { total: count });
          if (!shown) show(seriesId, target.id); // the first one; what is chosen after it stays
          shown = true;
          for (const warning of result.warnings) warnings.set(warning.code, warning);
          clamped += result.clamped;
        };
        // The slice that is looked at comes first.
        if (!done.has(shownIndex)) {
          add(shownIndex, await pipeline.enhanceSlice(labelledSlice(original, seriesId, shownIndex), modelId, settings, await engineContext({ signal, gate: checkpoint }), range));
          done.add(shownIndex);
        }
        const [{ withLabels }, { enhanceSeries }] = await Promise.all([import('../pipeline/labelShelf'), import('../pipeline/enhanceSeries')]);
        const batch = await services().batchEngine();
        const outcome = await enhanceSeries(
          withLabels(item.source, () => labelsStore.getState().attached),
          {
            modelId, settings, range, done,
            onSlice: (index, result) => {
              if (derived && !derivedOf(derived.id)) return controller.abort(); // taken out of the library: the rest is not wanted
              add(index, result);
            },
          },
          { ...context, infer: batch.infer, lanes: batch.lanes },
        ).finally(() => {
          batch.dispose();
          if (clamped) warnings.set('clamped', pipeline.clampedWarning(clamped));
          tell([...warnings.values()], told);
        });
        for (const failure of outcome.failed) postError(failure.error, say('slice.of', { name, n: failure.index + 1 }));
        return count - outcome.failed.length;
      },
    );
  } finally {
    enhanceStore.setState({ running: null });
  }
  if (before) rememberResults(before);
  else if (derived) rememberSeries(derived.id);
}

/** The new result stands on the generated side, if its source is still open. */
function show(seriesId: string, derivedId: string): void {
  if (stageStore.getState().seriesId === seriesId) setDerived(derivedId);
}

/** Says what was not `told` before. */
function tell(warnings: readonly EnhanceWarning[], told: ReadonlySet<string>): void {
  for (const warning of warnings) {
    if (told.has(warning.code)) continue;
    // No adapter is no failure: the top bar names the backend, and nothing has to be done.
    if (warning.code === 'backend-fell-back' && /no WebGPU adapter/.test(warning.text)) continue;
    const text = sentence(warning.text);
    const cut = text.indexOf('. ');
    const [happened, todo] = cut < 0 ? [text, ''] : [text.slice(0, cut + 1), text.slice(cut + 2)];
    postNotice({ level: warning.code === 'backend-fell-back' || warning.code === 'clamped' ? 'note' : 'warn', happened, todo });
  }
}

const mapless = (of: ResultFigures): ResultFigures => ({ ...of, before: { ...of.before, map: null } });

/** Figures of a result, made now or come back. Of their maps only the newest stay, and the one of the result that is looked at. */
export function putFigures(key: string, added: ResultFigures): void {
  const figures = new Map(enhanceStore.getState().figures);
  figures.delete(key); // the newest stands last
  figures.set(key, added);
  const { derivedId, shownIndex } = stageStore.getState();
  const staying = [key, derivedId && keyOf(derivedId, shownIndex)];
  let left = MAPS_LIMIT;
  for (const [at, of] of [...figures].reverse()) {
    left -= of.before.map?.data.byteLength ?? 0;
    if (of.before.map && left < 0 && !staying.includes(at)) figures.set(at, mapless(of));
  }
  enhanceStore.setState({ figures });
}

/** The network outputs that a result was made from, while they are there. */
export const partsOf = (key: string): EnhanceParts | undefined => parts.get(key)?.parts;

/** Figures of the result on the stage. */
export function useFigures(): ResultFigures | null {
  const derivedId = useStore(stageStore, (s) => s.derivedId);
  const index = useStore(stageStore, (s) => s.shownIndex);
  return useEnhance((s) => (derivedId ? (s.figures.get(keyOf(derivedId, index)) ?? null) : null));
}

onGone((seriesId) => {
  for (const key of ranges.keys()) if (key.startsWith(`${seriesId}|`)) ranges.delete(key);
});

// Results that left the library free what was kept of them, but for the numbers: undo shows those again.
libraryStore.subscribe((library, before) => {
  if (library.derived === before.derived) return;
  const alive = new Set(library.derived.map((d) => d.id));
  const gone = (key: string): boolean => !alive.has(key.slice(0, key.lastIndexOf('/')));
  for (const key of parts.keys()) if (gone(key)) parts.delete(key);
  const { figures } = enhanceStore.getState();
  if (![...figures].some(([key, { before: meter }]) => meter.map && gone(key))) return;
  enhanceStore.setState({ figures: new Map([...figures].map(([key, of]) => [key, gone(key) ? mapless(of) : of])) });
});
