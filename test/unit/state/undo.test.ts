import { beforeEach, expect, it, vi } from 'vitest';
import type { Augmentation, Slice } from '../../../src/core/slice';
import type { LabelSet } from '../../../src/core/labelSet';
import { historyStore, redo, undo } from '../../../src/state/history';
import { jobsStore, runJob } from '../../../src/state/jobs';
import { enhanceStore, putFigures, type ResultFigures } from '../../../src/state/enhance';
import { dropLabel, labelsStore, startLabels } from '../../../src/state/labels';
import { layersStore, putLayer } from '../../../src/state/layers';
import { setLayersVisible } from '../../../src/state/layerVisibility';
import { lesionStore } from '../../../src/state/lesion';
import { addDerived, addSeries, derivedOf, libraryStore, putResult, type LibraryItem } from '../../../src/state/library';
import { rememberResults, removeDerivedWithUndo, removeSeriesWithUndo } from '../../../src/state/libraryEdits';
import '../../../src/state/lesionMask';
import { noticesStore } from '../../../src/state/notices';
import { openSeries } from '../../../src/state/stage';
import { stageTool, type StagePoint } from '../../../src/state/tools';
import { throwIfAborted } from '../../../src/core/errors';
import { makeSlice, makeSource } from '../../fixtures/memorySeries';

// What the browser does in a worker.
vi.mock('../../../src/pipeline/tissue.browser', async () => {
  const { findTissue } = await import('../../../src/synthesis/lesion');
  return { tissueInWorker: (slice: Slice) => Promise.resolve(findTissue(slice)) };
});

const item = (): LibraryItem => {
  const source = makeSource([makeSlice(new Array(64).fill(1), 8, 8), makeSlice(new Array(64).fill(2), 8, 8)]);
  return { id: source.series.id, source, study: 'made', studyId: '1.2', origin: 'test' };
};
const labels = (id: string, seriesId: string): LabelSet => ({ id, seriesId, source: `${id}.nii`, width: 8, height: 8, classes: [], layers: [], notes: [] }) as unknown as LabelSet;
const result = (id: string): Augmentation => ({ id, slice: { stored: null } }) as unknown as Augmentation;

beforeEach(() => {
  historyStore.setState({ past: [], future: [] });
  libraryStore.setState({ items: [], derived: [] });
  labelsStore.setState({ attached: [], waiting: [] });
  layersStore.setState({ layers: [], hidden: false });
});

it('a slice added to a derived series is undone alone', () => {
  addSeries([item()]);
  const { id } = addDerived({ sourceId: 'series-1', kind: 'super-resolution', name: '×2', total: 1 });
  putResult(id, 0, result('first'));
  const before = derivedOf(id)!;
  putResult(id, 1, result('second'));
  rememberResults(before);
  undo();
  expect([...derivedOf(id)!.results.keys()]).toEqual([0]);
  redo();
  expect([...derivedOf(id)!.results.keys()]).toEqual([0, 1]);
  rememberResults(derivedOf(id)!); // nothing was added
  expect(historyStore.getState().past).toHaveLength(1);
});

it('the map of a result that is removed is given up; its figures come back with it', () => {
  addSeries([item()]);
  const made = [1, 2].map(() => addDerived({ sourceId: 'series-1', kind: 'super-resolution', name: '×2', total: 1 }));
  const map = { data: new Float32Array(4), width: 2, height: 2, unit: 'map' };
  for (const { id } of made) putFigures(`${id}/0`, { before: { rmse: 3, map }, modelId: 'm' } as unknown as ResultFigures);
  const figuresOf = (n: number) => enhanceStore.getState().figures.get(`${made[n]!.id}/0`);
  removeDerivedWithUndo(derivedOf(made[0]!.id)!);
  undo();
  expect(figuresOf(0)).toMatchObject({ modelId: 'm', before: { rmse: 3, map: null } });
  expect(figuresOf(1)!.before.map).toBe(map);
});

it('labels come back with their series, and one that was taken off comes back in its place', () => {
  startLabels();
  const one = item();
  addSeries([one]);
  labelsStore.setState({ attached: [labels('a', one.id), labels('b', one.id), labels('c', one.id)] });
  const ids = () => labelsStore.getState().attached.map((set) => set.id);
  dropLabel(labelsStore.getState().attached[1]!);
  expect(ids()).toEqual(['a', 'c']);
  removeSeriesWithUndo(one);
  expect(ids()).toEqual([]);
  undo();
  expect(ids()).toEqual(['a', 'c']);
  undo();
  expect(ids()).toEqual(['a', 'b', 'c']);
});

it('Esc in the middle of a stroke leaves the mask as it was, and no edit', async () => {
  const one = item();
  addSeries([one]);
  await openSeries(one.id, 0);
  const at = (x: number): StagePoint => ({ side: 'original', seriesId: one.id, derivedId: null, sliceIndex: 0, x, y: 4, width: 8, height: 8, scale: 1, shiftKey: false, altKey: false, pressure: 1 });
  const sum = () => Array.from(lesionStore.getState().mask ?? []).reduce((a, v) => a + v, 0);
  lesionStore.setState({ brushMm: 2 });
  const brush = stageTool('brush')!;
  brush.onDown!(at(2));
  brush.onUp!(at(2));
  const first = sum();
  expect(first).toBeGreaterThan(0);
  brush.onDown!(at(5));
  brush.onMove!(at(7));
  expect(sum()).toBeGreaterThan(first);
  brush.onCancel!();
  expect(sum()).toBe(first);
  expect(historyStore.getState().past).toHaveLength(1);
});

it('overlays that were switched off stay off when others come', () => {
  const rect = (id: string) => ({ id, kind: 'rect', side: 'both', seriesId: null, sliceIndex: null, visible: true, x: 0, y: 0, rectWidth: 1, rectHeight: 1, width: 8, height: 8, style: 'region' }) as const;
  putLayer(rect('a'));
  setLayersVisible(false);
  putLayer(rect('b'));
  expect(layersStore.getState().hidden).toBe(true);
  setLayersVisible(true);
  expect(layersStore.getState()).toMatchObject({ hidden: false, layers: [{ visible: true }, { visible: true }] });
});

it('a job that a person cancels is spoken of', async () => {
  const running = runJob({ name: 'Long', kind: 'test', total: 1 }, async ({ signal }) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    throwIfAborted(signal);
    return 1;
  });
  jobsStore.getState().jobs[0]!.cancel();
  await running;
  expect(noticesStore.getState().spoken).toBe('Long: cancelled');
});
