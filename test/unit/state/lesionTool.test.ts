import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createNodeInfer } from '../../../src/inference/node';
import type { ModelRegistry } from '../../../src/models';
import { drawShape, type Tissue } from '../../../src/synthesis/lesion';
import { historyStore, redo, undo } from '../../../src/state/history';
import { chooseLesionModel, kindWords, lesionStore, prepareLesion } from '../../../src/state/lesion';
import { dismissRefusal, judgeWaiting, moveItForMe, setMask, waitingMask } from '../../../src/state/lesionMask';
import { propose } from '../../../src/state/lesionPropose';
import { takeFinding } from '../../../src/state/lesionRemove';
import { addLesion, another, followSliders, keepLesion } from '../../../src/state/lesionRun';
import { addSeries, libraryStore } from '../../../src/state/library';
import { noticesStore } from '../../../src/state/notices';
import { provideServices, type Services } from '../../../src/state/services';
import { openSeries, setIndex, stageStore } from '../../../src/state/stage';
import { stageTool, type StagePoint } from '../../../src/state/tools';
import { chestSlice } from '../../fixtures/chest';
import { lesionRegistry } from '../../fixtures/lesionModels';
import { makeSource } from '../../fixtures/memorySeries';

const slow = vi.hoisted(() => ({ wait: Promise.resolve() }));
vi.mock('../../../src/pipeline/tissue.browser', async () => {
  const { findLung: find } = await import('../../../src/synthesis/lesion');
  return { tissueInWorker: async (slice: Parameters<typeof find>[0]): Promise<Tissue> => (await slow.wait, find(slice)) };
});

const flat = lesionRegistry();
const models: ModelRegistry = {
  ...flat,
  // A person's own: of the modality, but non-commercial and with a smaller patch.
  list: (task) => flat.list(task).flatMap((m) => (m.task === 'lesion-insert' ? [m, { ...m, id: 'own-mr', license: 'CC-BY-NC-4.0', patch: 32 }] : [m])),
};
const infer = createNodeInfer(flat);
let asked: (modelId: string) => void | Promise<void> = () => undefined;
provideServices({
  softwareVersion: 'test',
  engine: () => Promise.resolve({ client: { infer: async (...args: Parameters<typeof infer>) => (await asked(args[0].modelId), infer(...args)), onStatus: () => () => undefined }, models }),
} as unknown as Services);

const chest = chestSlice();
const { width, height } = chest.raster;
const bright = { ...chest, raster: { ...chest.raster, data: chest.raster.data.slice() }, stored: null };
const nodule = (x: number, y: number, diameter = 10) => drawShape({ x: x * width, y: y * height, diameter, irregularity: 0, seed: 1 }, width, height, chest.pixelSpacingMm);
nodule(0.3, 0.5).forEach((v, i) => v && (bright.raster.data[i] = 390));
const LUNG = [0.3, 0.5] as const, WALL = [0.16, 0.5] as const;

const at = (x: number, y: number, sliceIndex = 0): StagePoint => ({ side: 'original', seriesId: 'series-1', derivedId: null, sliceIndex, x: x * width, y: y * height, width, height, scale: 1, shiftKey: false, altKey: false, pressure: 1 });
const store = () => lesionStore.getState();
const until = (test: () => boolean) => vi.waitFor(() => expect(test()).toBe(true), { timeout: 20_000 });
const show = async (index: number) => {
  setIndex(index);
  await until(() => stageStore.getState().shownIndex === index);
};
const place = async (x: number, y: number) => {
  const before = store().mask;
  stageTool('lesion-place')!.onDown!(at(x, y));
  stageTool('lesion-place')!.onUp!(at(x, y));
  await until(() => store().mask !== before && historyStore.getState().past.length > 0);
};
const made = () => {
  const { derivedId, shownIndex } = stageStore.getState();
  return libraryStore.getState().derived.find((d) => d.id === derivedId)?.results.get(shownIndex);
};

beforeEach(async () => {
  await until(() => store().running === null);
  slow.wait = Promise.resolve();
  asked = () => undefined;
  keepLesion();
  libraryStore.setState({ items: [], derived: [] });
  noticesStore.setState({ notices: [] });
  const source = makeSource([bright, chest]);
  addSeries([{ id: source.series.id, source, study: 'made', studyId: '1.2', origin: 'test' }]);
  await openSeries('series-1', 1);
  lesionStore.setState({ mode: 'add', modelId: null, sizeMm: 12, irregularity: 0.35, contrast: 0, mask: null, maskKey: null, shape: null, refusal: null, seed: 1 });
  await prepareLesion(chest);
  historyStore.setState({ past: [], future: [] });
});

describe('the waiting mask stays with its slice', () => {
  it('a stroke that is scrolled away from is kept where it was begun', async () => {
    const brush = stageTool('brush')!;
    brush.onDown!(at(...LUNG));
    await show(0);
    brush.onMove!(at(0.5, 0.5));
    brush.onUp!(at(0.5, 0.5));
    const mask = waitingMask('series-1/1')!;
    expect(mask.includes(1)).toBe(true);
    expect(mask[Math.round(0.5 * height) * width + Math.round(0.5 * width)]).toBe(0);
    undo();
    expect(store().mask).toBeNull();
    redo();
    expect(waitingMask('series-1/1')).toBe(mask);
  });

  it('a shape, too', async () => {
    stageTool('lesion-place')!.onDown!(at(...LUNG));
    await show(0);
    stageTool('lesion-place')!.onUp!(at(...LUNG));
    await until(() => historyStore.getState().past.length === 1);
    expect(store().maskKey).toBe('series-1/1');
  });

  it('a proposal and a finding that come late go to the slice they are of', async () => {
    let go = (): void => undefined;
    slow.wait = new Promise((resolve) => (go = resolve));
    await openSeries('series-1', 0); // tissue of this one is not known yet
    const proposed = propose();
    await show(1);
    go();
    await proposed;
    expect([store().maskKey, store().auto]).toEqual(['series-1/0', true]);

    await show(0);
    lesionStore.setState({ mode: 'remove' });
    asked = () => {
      asked = () => undefined;
      return show(1);
    };
    await takeFinding();
    expect([store().maskKey, store().mask!.includes(1), store().auto]).toEqual(['series-1/0', true, true]);
  });
});

describe('undo', () => {
  it('takes back a place, a proposal, a finding and a refusal that was dismissed', async () => {
    await place(...LUNG);
    const first = store().mask!;
    await propose();
    const second = store().mask!;
    expect(second).not.toBe(first);
    undo();
    expect([store().mask, store().auto]).toEqual([first, false]);
    redo();
    expect([store().mask, store().auto]).toEqual([second, true]);
    // Of what was painted the mask waits again.
    await addLesion();
    expect([store().mask, made() === undefined]).toEqual([null, false]);
    undo();
    expect([store().mask === second, made()]).toEqual([true, undefined]);
    redo();
    expect(store().mask).toBeNull();
    undo();
    undo();
    undo();
    expect(store().mask).toBeNull();

    await place(...WALL);
    await judgeWaiting();
    expect(store().refusal).not.toBeNull();
    dismissRefusal();
    expect(store().mask).toBeNull();
    undo();
    await judgeWaiting();
    expect(store().refusal).not.toBeNull();

    await show(0);
    lesionStore.setState({ mode: 'remove' });
    await takeFinding();
    expect(store().maskKey).toBe('series-1/0');
    undo();
    expect(store().maskKey).toBe('series-1/1');
  });
});

describe('a refused place', () => {
  it('is not painted by who is faster than the verdict; on purpose it is, and that is said', async () => {
    stageTool('brush')!.onDown!(at(...WALL));
    stageTool('brush')!.onUp!(at(...WALL));
    await addLesion();
    expect(made()).toBeUndefined();
    expect(store().refusal).not.toBeNull();
    await addLesion(true);
    expect(made()!.info.parameters.outsideCard).toContain('placed-by-hand');
    expect(noticesStore.getState().notices.map((n) => n.happened)).toEqual(['The lesion was placed although its place was refused.']);
  });

  it('moved for the person it is still the shape that was drawn, and an accepted one is painted without insisting', async () => {
    await place(...WALL);
    await judgeWaiting();
    moveItForMe();
    expect(store().shape!.x).toBeGreaterThan(WALL[0] * width - 0.5);
    await addLesion();
    expect(made()!.info.parameters).toMatchObject({ place: 'centre', sizeMm: 12, irregularity: 0.35, outsideCard: null });
    expect(noticesStore.getState().notices).toEqual([]);
  });
});

describe('what stands in the provenance', () => {
  it('is how the lesion was placed, whatever the sliders say later, and stays so when it is painted again', async () => {
    await propose();
    const { sizeMm } = store();
    asked = () => lesionStore.setState({ sizeMm: 30, irregularity: 1 });
    await addLesion();
    const told = { place: 'auto', sizeMm, irregularity: 0.35 };
    expect(made()!.info.parameters).toMatchObject(told);
    await another();
    expect(made()!.info).toMatchObject({ seed: 2, parameters: told });
    lesionStore.setState({ contrast: 0.2 });
    followSliders();
    await until(() => made()!.info.parameters.contrast === 0.2);
    expect(made()!.info.parameters).toMatchObject(told);
  });
});

it('a mask that is made while a lesion is painted waits on', async () => {
  await place(...LUNG);
  const next = nodule(0.7, 0.4);
  asked = () => {
    asked = () => undefined;
    setMask(next, 'series-1/1');
  };
  await addLesion();
  expect(made()).toBeDefined();
  expect(waitingMask('series-1/1')).toBe(next);
});

describe('another model', () => {
  it('brings its own warnings and its own largest size', async () => {
    const before = store();
    expect(before.warnings.map((w) => w.code)).not.toContain('non-commercial');
    lesionStore.setState({ sizeMm: 40 });
    await chooseLesionModel('own-mr', chest);
    expect(store().modelId).toBe('own-mr');
    expect(store().warnings.map((w) => w.code)).toContain('non-commercial');
    expect(store().largestMm).toBeLessThan(before.largestMm);
    expect(store().sizeMm).toBeLessThanOrEqual(store().largestMm);
  });

  it('is named by its lesion, not by its modality', () => {
    expect(['lesion-insert-mr-glioma', 'lesion-insert-ct-nodule', 'own-mr', null].map(kindWords)).toEqual(['glioma', 'nodule', 'lesion', 'lesion']);
  });
});
