import { isAbort } from '../core/errors';
import { hasClass, uniteMaps } from '../core/labelOps';
import type { ClassRef, Slice } from '../core/slice';
import type { EngineContext, ValueRange } from '../pipeline/enhance';
import type { LesionCheck, LesionResult, LesionSettings } from '../pipeline/insertLesion';
import { download } from './download';
import { rangeOf } from './enhance';
import { projectKey } from './exports';
import { recordEdit } from './history';
import { runJob } from './jobs';
import { labelledSlice, labelSetsOf } from './labels';
import { putLayer, removeLayer } from './layers';
import { addDerived, derivedOf, libraryStore, patchDerived, putResult } from './library';
import { rememberSeries } from './libraryEdits';
import { kindWords, lesionStore, type LesionFigures } from './lesion';
import { judgeWaiting, shown, tissueOf, useUp, waitingMask, type MaskSlice } from './lesionMask';
import { announce, postError, postNotice } from './notices';
import { engineContext, services } from './services';
import { setDerived, stageStore } from './stage';
import { say, sentence } from './strings/say';

/**
 * What is being worked on: a derived series that is not kept yet, with the slice before each of its lesions, so that
 * "Another" repaints the last one and a further "Add lesion" goes on top.
 */
interface Draft {
  readonly derivedId: string;
  /** The slice that it is of. */
  readonly of: MaskSlice;
  readonly steps: Step[];
}
interface Step {
  readonly base: Slice;
  /** The same object as long as the painting is the same: a check that comes later makes no other lesion of it. */
  readonly settings: LesionSettings;
  readonly result: LesionResult;
}
let draft: Draft | null = null;

/** The draft of the slice on the stage. */
const draftHere = (): Draft | null => (draft && draft.of.key === shown()?.key ? draft : null);

/** The draft that a further lesion goes on top of: that of the slice on the stage, while it is the one shown. */
function openDraft(): Draft | null {
  const here = draftHere();
  return here && derivedOf(here.derivedId) && stageStore.getState().derivedId === here.derivedId ? here : null;
}

/** What the lesions of that draft were painted through (0/1 each). */
export const paintedHere = (): readonly Uint8Array[] => openDraft()?.steps.map((step) => step.result.mask) ?? [];

const figuresKey = (derivedId: string, index: number): string => `${derivedId}/${index}`;

/** What follows the sliders on a lesion that is already painted. */
function edgeNow(): Pick<LesionSettings, 'contrast' | 'softnessMm' | 'labelRimPx'> {
  const { contrast, softnessMm, labelRimPx } = lesionStore.getState();
  return { contrast, softnessMm, labelRimPx };
}

function settingsNow(mask: Uint8Array, overrides: Partial<LesionSettings> = {}): LesionSettings {
  const s = lesionStore.getState();
  return {
    modelId: s.modelId!, seed: s.seed, place: { kind: 'mask', mask, ...(s.shape ? { drawn: s.auto ? 'auto' : 'centre' } : {}) },
    sizeMm: s.shape?.sizeMm ?? s.sizeMm, irregularity: s.shape?.irregularity ?? s.irregularity, ...edgeNow(), mergeIntoClass: s.mergeInto, ...overrides,
  };
}

/** Runs work with the running button and the jobs bar; undefined when it was cancelled or failed. */
export async function run<T>(label: string, total: number, summary: string, work: Parameters<typeof runJob<T>>[1]): Promise<T | undefined> {
  const controller = new AbortController();
  const report = (done: number, of: number) => lesionStore.setState({ running: { label, done, total: of, cancel: () => controller.abort() } });
  report(0, total);
  try {
    return await runJob<T>({ name: label, kind: 'lesion', total, summary: () => summary, signal: controller.signal }, (handle) =>
      work({ ...handle, progress: (done, of) => { report(done, of); handle.progress(done, of); } }),
    );
  } finally {
    lesionStore.setState({ running: null });
  }
}

/** The range of a series for the segmenter of its slices, which may normalise otherwise than the painter. */
export async function checkRangeOf({ slice, seriesId }: MaskSlice, context: EngineContext): Promise<ValueRange | undefined> {
  const { segmenterFor } = await import('../pipeline/segment');
  const segmenter = segmenterFor(slice, context.models);
  return segmenter ? rangeOf(seriesId, segmenter.id, context.signal) : undefined;
}

/** Paints the waiting mask. On a draft of the same slice the lesion goes on top of what is there. `insist`: although its place was refused. */
export async function addLesion(insist = false): Promise<void> {
  await judgeWaiting();
  const now = shown();
  const { modelId, running, refusal } = lesionStore.getState();
  if (!now || !modelId || running) return;
  const mask = waitingMask(now.key);
  if (!mask || (refusal && !insist)) {
    announce(say(mask ? 'lesion.refused' : 'lesion.placeFirst'));
    return;
  }
  const open = openDraft();
  const below = open?.steps.at(-1);
  const { mergeInto } = lesionStore.getState();
  const base = withClass(below ? below.result.augmentation.slice : labelledSlice(now.slice, now.seriesId, now.index), now.seriesId, mergeInto);
  const settings = settingsNow(mask, { insist: refusal !== null, mergeIntoClass: mergeInto && base.labels?.some((map) => hasClass(map, mergeInto)) ? mergeInto : null });
  const made = await run(say('job.adding', { kind: say(`kind.${kindWords(modelId)}`) }), 1, say('job.added', { kind: say(`kind.${kindWords(modelId)}`) }), async ({ signal, progress }) => {
    const context = await engineContext({ signal });
    const { insertLesion } = await import('../pipeline/insertLesion');
    const range = await rangeOf(now.seriesId, modelId, signal);
    const result = await insertLesion(base, settings, range, context, { tissue: await tissueOf(now.key, now.slice), checkRange: await checkRangeOf(now, context) });
    progress(1, 1);
    return result;
  });
  if (!made || open?.steps.at(-1)?.settings !== below?.settings) return; // what it was painted over was undone or painted anew meanwhile
  const target: Draft = open ?? { derivedId: addDerived({ sourceId: now.seriesId, kind: 'lesion-insert', name: nameOf(made, 1), total: 1 }).id, of: now, steps: [] };
  target.steps.push({ base, settings, result: made });
  draft = target;
  show(target);
  const used = useUp(mask, now.key);
  if (refusal && made.warnings.some((w) => w.code === 'placed-by-hand')) postNotice({ level: 'warn', happened: say('lesion.insisted'), todo: sentence(refusal.words) });
  remember(target, say(open ? 'edit.another' : 'edit.lesion'), used);
  void makeVariations(8);
}

/** The slice with an empty map of the label set that has the class, where none of its labels has it: the set bears nothing here. */
function withClass(slice: Slice, seriesId: string, ref: ClassRef | null): Slice {
  const set = ref === null || slice.labels?.some((map) => hasClass(map, ref)) ? undefined : labelSetsOf(seriesId).find((s) => hasClass(s, ref));
  const { width, height } = slice.raster;
  return set ? { ...slice, labels: [...(slice.labels ?? []), { data: new Uint8Array(width * height), width, height, classes: set.classes, source: set.source }] } : slice;
}

/** Goes into exports as Series Description: English in every language. */
function nameOf(result: LesionResult, count: number): string {
  const kind = kindWords(result.augmentation.info.model?.id ?? null);
  const size = result.measures.diameterMm;
  const how = size === null ? `seed ${result.augmentation.info.seed}` : `${size.toFixed(0)} mm`;
  return count > 1 ? `${count} ${kind}s, last ${how}` : `${kind === 'nodule' ? 'Nodule' : kind === 'glioma' ? 'Glioma' : 'Lesion'}, ${how}`;
}

/** What is labelled: the mask less its rim. */
const labelOf = (result: LesionResult): Uint8Array => result.augmentation.mask?.data ?? result.mask;

/** Puts the last step of a draft on the generated side with its figures, and the outlines of all. */
function show({ derivedId, steps, of: { index } }: Draft): void {
  const { result } = steps.at(-1)!;
  const labels = steps.flatMap((step) => step.result.augmentation.mask ?? []);
  const mask = labels.length > 1 ? uniteMaps(labels) : result.augmentation.mask;
  putResult(derivedId, index, labels.length > 1 ? { ...result.augmentation, mask, filled: result.mask } : result.augmentation);
  patchDerived(derivedId, { name: nameOf(result, steps.length) });
  if (stageStore.getState().seriesId === derivedOf(derivedId)?.sourceId) setDerived(derivedId);
  putFigures(derivedId, index, {
    check: result.check, meanInside: result.measures.meanInside, meanRing: result.measures.meanRing, areaMm2: result.measures.areaMm2, pixels: result.measures.pixels,
    changedOutside: result.changedOutside, unit: result.augmentation.slice.raster.unit === 'HU' ? 'HU' : '', count: steps.length, removed: [], milliseconds: result.milliseconds,
  });
  drawResult(index, derivedId, mask?.data ?? result.mask, result.check, result.measures.diameterMm);
}

/** A lesion that comes back with a session: its outline, and its figures where the session has them. */
export function restoreLesion(derivedId: string, index: number, figures: LesionFigures | null): void {
  const mask = derivedOf(derivedId)?.results.get(index)?.mask?.data;
  if (figures) putFigures(derivedId, index, figures);
  if (mask) drawResult(index, derivedId, mask, figures?.check ?? null, figures && diameterOf(figures));
}

/** Of the circle of the same area, mm. */
const diameterOf = ({ areaMm2 }: LesionFigures): number | null => (areaMm2 === null ? null : Math.sqrt((4 * areaMm2) / Math.PI));

export function putFigures(derivedId: string, index: number, figures: LesionFigures): void {
  lesionStore.setState((s) => ({ figures: new Map(s.figures).set(figuresKey(derivedId, index), figures) }));
}

export function drawResult(index: number, derivedId: string, mask: Uint8Array, check: LesionCheck | null, diameterMm: number | null): void {
  const derived = derivedOf(derivedId);
  const slice = derived?.results.get(index)?.slice;
  if (!derived || !slice) return;
  const base = { kind: 'mask' as const, seriesId: derived.sourceId, sliceIndex: index, derivedId, visible: true, width: slice.raster.width, height: slice.raster.height, fillOpacity: 0 };
  const words = [diameterMm === null ? say('lesion.mask') : `${diameterMm.toFixed(1)} mm`, check ? `Dice ${check.dice.toFixed(2)}` : ''].filter(Boolean).join(', ');
  putLayer({ ...base, id: `lesion/result/${derivedId}/${index}/mask`, side: 'generated', mask, style: 'synthetic', label: words });
  if (check?.findingAfter.includes(1)) putLayer({ ...base, id: `lesion/result/${derivedId}/${index}/found`, side: 'generated', mask: check.findingAfter, style: 'segmenter' });
  else removeLayer(`lesion/result/${derivedId}/${index}/found`);
  if (check?.findingBefore.includes(1)) putLayer({ ...base, id: `lesion/result/${derivedId}/${index}/before`, side: 'original', mask: check.findingBefore, style: 'segmenter' });
  else removeLayer(`lesion/result/${derivedId}/${index}/before`);
}

/** The same place with the next seed. */
export async function another(): Promise<void> {
  const { seed: before, variations, variationsKey } = lesionStore.getState();
  const seed = (before + 1) % 4294967296;
  const here = draftHere();
  lesionStore.setState({ seed });
  if (!here) return;
  if (variationsKey === keyOf(here) && variations.some((v) => v.seed === seed)) return pickVariation(seed);
  await repaint({ ...here.steps.at(-1)!.settings, seed, ...edgeNow() });
}

/** Paints the last lesion of the draft again with other settings. */
async function repaint(settings: LesionSettings): Promise<void> {
  const here = draftHere();
  const last = here?.steps.at(-1);
  if (!here || !last || lesionStore.getState().running) return;
  const { of } = here;
  const made = await run(say('job.painting'), 1, say('job.painted'), async ({ signal }) => {
    const { insertLesion } = await import('../pipeline/insertLesion');
    const [range, context] = [await rangeOf(of.seriesId, settings.modelId, signal), await engineContext({ signal })];
    return insertLesion(last.base, settings, range, context, { tissue: await tissueOf(of.key, of.slice), checkRange: await checkRangeOf(of, context) });
  });
  if (made) replaceLast(here, last, { base: last.base, settings, result: made });
}

/** Puts `step` in place of the draft's last one, unless that is another by now (undone, painted again): then it is not wanted any more. */
function replaceLast(mine: Draft, last: Step, step: Step): void {
  if (mine.steps.at(-1)?.settings !== last.settings) return;
  mine.steps[mine.steps.length - 1] = step;
  show(mine);
}

/** Contrast, softness or the label's rim moved: the last lesion of the draft follows. */
let following: ReturnType<typeof setTimeout> | undefined;
export function followSliders(): void {
  clearTimeout(following);
  following = setTimeout(() => {
    const last = draftHere()?.steps.at(-1);
    if (!last) return;
    if (lesionStore.getState().running) return followSliders(); // what was moved meanwhile is painted next
    const edge = edgeNow();
    const looksOther = edge.contrast !== last.settings.contrast || edge.softnessMm !== last.settings.softnessMm;
    void repaint({ ...last.settings, ...edge }).then(() => {
      if (looksOther && lesionStore.getState().variations.length) void makeVariations(lesionStore.getState().variations.length);
    });
  }, 150);
}

let variationsRun: AbortController | null = null;
/** What variations are of: the draft's last lesion. */
const keyOf = ({ derivedId, steps }: Draft): string => figuresKey(derivedId, steps.length);

/** More seeds for the same place, one after the other, in the background of the page. */
export async function makeVariations(count: number, more = false): Promise<void> {
  const last = draft?.steps.at(-1);
  if (!last || !draft) return;
  variationsRun?.abort();
  const mine = (variationsRun = new AbortController());
  const key = keyOf(draft), { of } = draft;
  const there = more && lesionStore.getState().variationsKey === key ? lesionStore.getState().variations : [];
  lesionStore.setState({ variations: there, variationsKey: key, variationsOf: of.key });
  try {
    const { lesionVariations } = await import('../pipeline/insertLesion');
    const range = await rangeOf(of.seriesId, last.settings.modelId, mine.signal);
    const from = there.length ? Math.max(...there.map((v) => v.seed)) + 1 : last.settings.seed;
    const context = await engineContext({ signal: mine.signal, gate: () => new Promise((resolve) => setTimeout(resolve, 0)) });
    await lesionVariations(last.base, { ...last.settings, seed: from }, count, range, context, (result) => {
      if (mine.signal.aborted) return;
      lesionStore.setState((s) => ({ variations: [...s.variations, { seed: result.augmentation.info.seed!, result }] }));
    }, await tissueOf(of.key, of.slice));
  } catch (error) {
    if (!isAbort(error)) postError(error, say('job.variations'));
  }
}

function forgetVariations(): void {
  variationsRun?.abort();
  lesionStore.setState({ variations: [], variationsKey: null, variationsOf: null });
}

/** Takes a variation as the result; the segmenter looks at it then. One made before the sliders moved is painted again. */
export async function pickVariation(seed: number): Promise<void> {
  const here = draftHere();
  const last = here?.steps.at(-1);
  const { variations, variationsKey } = lesionStore.getState();
  const picked = here && variationsKey === keyOf(here) ? variations.find((v) => v.seed === seed) : undefined;
  if (!picked || !here || !last) return;
  lesionStore.setState({ seed });
  const { contrast, softnessMm, labelRimPx } = picked.result.augmentation.info.parameters, edge = edgeNow();
  if (contrast !== edge.contrast || softnessMm !== edge.softnessMm || (labelRimPx ?? 0) !== edge.labelRimPx) return repaint({ ...last.settings, seed, ...edge });
  const step: Step = { base: last.base, settings: { ...last.settings, seed }, result: picked.result };
  replaceLast(here, last, step);
  try {
    const { checkLesion } = await import('../pipeline/insertLesion');
    const context = await engineContext();
    const check = await checkLesion(last.base, picked.result.augmentation.slice, labelOf(picked.result), await checkRangeOf(here.of, context), context);
    replaceLast(here, step, { ...step, result: { ...step.result, check } });
  } catch (error) {
    postError(error);
  }
}

/** The draft stays in the library; the next lesion begins a new one. */
export function keepLesion(): void {
  if (!draft) return;
  announce(say('lesion.kept', { name: derivedOf(draft.derivedId)?.name ?? say('kind.lesion') }));
  closeDraft();
}

export function closeDraft(): void {
  draft = null;
  forgetVariations();
}

export const hasDraft = (): boolean => draftHere() !== null;

/** Making a lesion can be undone: a further one leaves its slice, the first takes the series with it; the mask waits again. */
function remember(mine: Draft, label: string, used: ReturnType<typeof useUp>): void {
  const { derivedId, steps } = mine;
  if (steps.length === 1) {
    let wasOpen = false;
    return rememberSeries(derivedId, label, () => {
      wasOpen = draft === mine;
      if (wasOpen) closeDraft();
      used.undo();
    }, () => {
      if (wasOpen && !draft) draft = mine;
      used.redo();
    });
  }
  let gone: Step | undefined;
  recordEdit({
    label,
    undo: () => {
      gone = steps.pop();
      if (draft === mine) forgetVariations();
      show(mine);
      used.undo();
    },
    redo: () => {
      if (gone) steps.push(gone);
      if (draft === mine) forgetVariations();
      show(mine);
      used.redo();
    },
  });
}

/** Image and mask of the result on the stage: DICOM and SEG, or NIfTI, in one ZIP. */
export async function exportWithMask(): Promise<void> {
  const { derivedId, shownIndex } = stageStore.getState();
  const derived = derivedOf(derivedId);
  const result = derived?.results.get(shownIndex);
  if (!derived || !result?.mask) return;
  try {
    const [{ writeLesionFiles }, { zipFiles }] = await Promise.all([import('../pipeline/exportLesion'), import('../pipeline/exportSlice')]);
    const source = libraryStore.getState().items.find((i) => i.id === derived.sourceId)?.source.series;
    const files = writeLesionFiles(result, {
      softwareVersion: services().softwareVersion, key: projectKey(), number: shownIndex + 1, name: `s${String(shownIndex + 1).padStart(4, '0')}-seed${result.info.seed ?? 0}`,
      dicom: source?.slices.some((h) => h.sopInstanceUid !== undefined) ?? false,
    });
    const zip = zipFiles(files, `${files[0].name.replace(/\.(dcm|nii\.gz)$/, '')}.zip`);
    download(new Blob([zip.bytes], { type: zip.type }), zip.name);
    announce(say('exported.file', { name: zip.name }));
  } catch (error) {
    postError(error, derived.name);
  }
}

libraryStore.subscribe((now, before) => {
  if (draft && now.derived !== before.derived && !now.derived.some((d) => d.id === draft!.derivedId)) closeDraft();
});
