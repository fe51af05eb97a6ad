import { beforeEach, describe, expect, it } from 'vitest';
import { agree, chooseModel, enhanceNow, enhanceStore, mustAgree, prepareEnhance, putFigures, type ResultFigures } from '../../../src/state/enhance';
import { jobsStore } from '../../../src/state/jobs';
import { addDerived, derivedUnder, libraryStore, putResult } from '../../../src/state/library';
import { bringMap } from '../../../src/state/meterMap';
import { noticesStore } from '../../../src/state/notices';
import { setDerived, stageStore } from '../../../src/state/stage';
import { makeSource, sliceOf } from '../../fixtures/memorySeries';
import { registryOf } from '../../fixtures/models';
import { doublingModel } from '../../fixtures/onnx';
import { phantom } from '../../fixtures/phantom';
import { onStage, provideEngine } from '../../fixtures/studioEngine';

const normalisation = { type: 'percentile', low: 0, high: 100, scope: 'series' } as const;
const models = registryOf([
  { entry: { id: 'ct', scale: 2, halo: 1, modality: ['CT'] }, variants: { faithful: doublingModel() } },
  { entry: { id: 'mr', scale: 2, halo: 1, normalisation }, variants: { faithful: doublingModel() } },
  { entry: { id: 'loud', scale: 2, halo: 1, normalisation }, variants: { faithful: doublingModel([1], 40) } },
]);
const series = (modality: string, count = 3) => makeSource(Array.from({ length: count }, (_, k) => sliceOf(phantom(24, 24, k + 1), 1000, { modality })));
const original = () => stageStore.getState().original!;

beforeEach(() => {
  provideEngine(models);
  enhanceStore.setState({ models: null, modelId: null, scope: 'slice', settings: { perceptual: 0, consistent: false, operator: 'auto' }, figures: new Map(), warnings: [], agreed: new Set() });
  noticesStore.setState({ notices: [] });
  jobsStore.setState({ jobs: [] });
});

describe('a model of another modality', () => {
  it('stands below those that suit the images, and is never the one that is taken by itself', async () => {
    await onStage(series('MR'));
    await prepareEnhance(original());
    expect(enhanceStore.getState().models!.map((m) => m.id)).toEqual(['mr', 'loud', 'ct']);
    expect(enhanceStore.getState().modelId).toBe('mr');
    const picture = { ...original(), modality: 'OT' };
    await prepareEnhance(picture);
    expect(enhanceStore.getState()).toMatchObject({ modelId: null, warnings: [] });
    await prepareEnhance({ ...picture, modality: 'CT' });
    expect(enhanceStore.getState().modelId).toBe('ct');
  });

  it('runs only once a person agreed after the warning', async () => {
    const id = await onStage(series('OT'));
    await prepareEnhance(original());
    chooseModel('mr');
    await prepareEnhance(original());
    const state = enhanceStore.getState();
    expect([state.modelId, state.warnings[0]?.code, mustAgree(state, original())]).toEqual(['mr', 'other-modality', true]);
    await enhanceNow();
    expect(derivedUnder(id)).toEqual([]);
    agree();
    expect(mustAgree(enhanceStore.getState(), original())).toBe(false);
    await enhanceNow();
    expect(derivedUnder(id).map((d) => d.results.size)).toEqual([1]);
  });
});

describe('a run over a series', () => {
  it('shows its first result; what is chosen after it stays on the stage', async () => {
    const id = await onStage(series('MR'), 1);
    await prepareEnhance(original());
    enhanceStore.setState({ scope: 'series' });
    const other = addDerived({ sourceId: id, kind: 'lesion-insert', name: 'Nodule', total: 1 }).id;
    const made = () => derivedUnder(id).find((d) => d.id !== other);
    const end = libraryStore.subscribe(() => {
      if (made()?.results.size !== 2) return;
      end();
      expect(stageStore.getState().derivedId).toBe(made()!.id);
      setDerived(other);
    });
    await enhanceNow();
    expect(made()!.results.size).toBe(3);
    expect(stageStore.getState().derivedId).toBe(other);
  });

  it('tells at its end, once, what was clamped on all of its slices', async () => {
    const id = await onStage(series('MR'), 1);
    enhanceStore.setState({ scope: 'series', modelId: 'loud' });
    await prepareEnhance(original());
    await enhanceNow();
    const clamped = [...derivedUnder(id)[0]!.results.values()].map((r) => Number(r.info.parameters.clampedPixels));
    expect(Math.min(...clamped)).toBeGreaterThan(0);
    const sum = clamped.reduce((a, b) => a + b);
    expect(noticesStore.getState().notices.filter((n) => /clamped/.test(n.happened)).map((n) => n.happened)).toEqual([`${sum} pixels did not fit the stored type and were clamped to it.`]);
  });

  it('is announced where its results will take much of the memory', async () => {
    const source = series('MR', 2);
    await onStage({ ...source, series: { ...source.series, rows: 16384, columns: 16384 } });
    await prepareEnhance(original());
    enhanceStore.setState({ scope: 'series' });
    await enhanceNow();
    expect(noticesStore.getState().notices.map((n) => n.happened)).toContain('The results will take about 4.0 GB of memory.');
  });
});

describe('maps of the meter', () => {
  const figures = (): ResultFigures => ({ meter: { rmse: 1 }, before: { rmse: 2, map: { data: new Float32Array(1 << 20), width: 1024, height: 1024, unit: 'map' } } }) as unknown as ResultFigures;
  const mapOf = (key: string) => enhanceStore.getState().figures.get(key)!.before.map;

  it('are kept of the newest results, and of the one that is looked at', async () => {
    const id = await onStage(series('MR', 1));
    const shown = addDerived({ sourceId: id, kind: 'super-resolution', name: '×2', total: 20 }).id;
    setDerived(shown);
    for (let k = 0; k < 20; k++) putFigures(`${shown}/${k}`, figures());
    expect(Array.from({ length: 20 }, (_, k) => mapOf(`${shown}/${k}`) !== null)).toEqual(Array.from({ length: 20 }, (_, k) => k === 0 || k >= 12));
    expect(enhanceStore.getState().figures.get(`${shown}/5`)).toMatchObject({ meter: { rmse: 1 }, before: { rmse: 2 } });
  });

  it('come again, the same, when they are asked for', async () => {
    const id = await onStage(series('MR', 1));
    await prepareEnhance(original());
    await enhanceNow();
    const [made] = derivedUnder(id);
    const key = `${made!.id}/0`;
    const first = mapOf(key)!;
    const giveUp = () => enhanceStore.setState((s) => ({ figures: new Map(s.figures).set(key, { ...s.figures.get(key)!, before: { ...s.figures.get(key)!.before, map: null } }) }));
    giveUp();
    expect(await bringMap()).toBe(true); // from the network's outputs
    expect(mapOf(key)!.data).toEqual(first.data);
    libraryStore.setState({ derived: [] });
    libraryStore.setState({ derived: [made!] });
    putResult(made!.id, 0, made!.results.get(0)!);
    setDerived(made!.id);
    expect(mapOf(key)).toBeNull();
    expect(await bringMap()).toBe(true); // by another run
    expect(mapOf(key)!.data).toEqual(first.data);
  });
});
