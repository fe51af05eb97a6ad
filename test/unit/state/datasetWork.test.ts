import { beforeEach, describe, expect, it, vi } from 'vitest';
import { StudioError } from '../../../src/core/errors';
import { parseRecipe, type RecipeInput } from '../../../src/dataset/recipe';
import type { BuildResult, Example } from '../../../src/pipeline/buildDataset';
import { buildStore, resumeBuild, startBuild } from '../../../src/state/datasetBuild';
import { previewStore, startPreview } from '../../../src/state/datasetPreview';
import { draftOf, recipeStore } from '../../../src/state/datasetRecipe';
import { addSeries, derivedOf, libraryStore, type LibraryItem } from '../../../src/state/library';
import { noticesStore } from '../../../src/state/notices';
import { provideServices, type Services } from '../../../src/state/services';
import { openSeries, setIndex, stageStore } from '../../../src/state/stage';
import { resetView, setView } from '../../../src/state/view';
import { createMemorySink } from '../../../src/storage/memorySink';
import { makeSlice, makeSource } from '../../fixtures/memorySeries';

vi.stubGlobal('navigator', { hardwareConcurrency: 2 }); // one worker
/** What the batch worker and the database of sets do in these tests. */
const fake = vi.hoisted(() => ({
  preview: (_index: number): Promise<unknown> => Promise.reject(new Error('not asked for')),
  build: (): Promise<unknown> => Promise.reject(new Error('not asked for')),
  writeSetJob: (): Promise<void> => Promise.resolve(),
}));
vi.mock('../../../src/pipeline/batch/batchWorker.browser', () => ({
  createBatchWorker: () => ({ preview: (_: unknown, { index }: { index: number }) => fake.preview(index), build: () => fake.build() }),
}));
vi.mock('../../../src/state/datasetJobDb', () => ({ writeSetJob: () => fake.writeSetJob(), deleteSetJob: () => Promise.resolve() }));
vi.mock('../../../src/pipeline/setPlaces.browser', () => ({ privateSet: () => Promise.resolve({}), removePrivateSet: () => Promise.resolve(), sinkOf: () => createMemorySink() }));

const slices = () => Array.from({ length: 6 }, (_, i) => makeSlice(new Array(64).fill(i + 1), 8, 8));
const item = (id = 'series-1'): LibraryItem => {
  const source = makeSource(slices());
  return { id, source: { ...source, series: { ...source.series, id } }, study: 'made', studyId: '1.2', origin: 'test' };
};
const scan = (id: string): LibraryItem => {
  const mr = item(id);
  return { ...mr, source: { ...mr.source, series: { ...mr.source.series, modality: 'CT' } } };
};
const BASE: RecipeInput = { verisim: 'recipe', version: 1, name: 'small', seed: 1, steps: [{ type: 'flip' }], outputs: [{ format: 'npz' }] };
const draw = (changes: Partial<RecipeInput> = {}) => recipeStore.setState({ draft: draftOf(parseRecipe({ ...BASE, ...changes }), null) });
const rest = (ms = 10) => new Promise((resolve) => setTimeout(resolve, ms));
const until = (holds: () => boolean) => vi.waitFor(() => expect(holds()).toBe(true), 60_000);

beforeEach(() => {
  provideServices({ softwareVersion: 'test' } as Services);
  libraryStore.setState({ items: [], derived: [] });
  noticesStore.setState({ notices: [] });
  buildStore.setState({ starting: false, job: null, phase: 'none', states: [], result: null });
  resetView();
  draw();
});

describe('the example of a set', () => {
  /** Examples under way: each ends when it is told to. */
  let planned: number[] = [];
  let asked: { index: number; end: () => void }[] = [];
  beforeEach(() => {
    asked = [];
    fake.preview = (index) =>
      new Promise((resolve) => {
        const sliceIndex = planned[index]!;
        const slice = makeSlice(new Array(64).fill(9), 8, 8);
        const example = { item: { id: `item-${index}`, source: 0, sliceIndex, copy: 1 }, before: slice, after: slice, steps: [], milliseconds: 1 } as unknown as Example;
        asked.push({ index, end: () => resolve(example) });
      });
  });

  async function openAt(index: number): Promise<() => void> {
    addSeries([item()]);
    await openSeries('series-1', index);
    setView({ task: 'dataset' });
    const end = startPreview();
    await until(() => asked.length > 0);
    return end;
  }

  it('never takes the stage back to a slice that the person has left: it follows', async () => {
    planned = [0, 1, 2, 3, 4, 5];
    const end = await openAt(1);
    setIndex(4);
    asked[0]!.end();
    await until(() => asked.length > 1);
    expect([stageStore.getState().index, asked[1]!.index]).toEqual([4, 4]);
    asked[1]!.end();
    await until(() => previewStore.getState().example?.item.sliceIndex === 4);
    expect(stageStore.getState()).toMatchObject({ index: 4, derivedId: 'dataset-preview' });
    end();
  });

  it('leaves another series open that was opened, or came in, meanwhile', async () => {
    planned = [0, 1, 2, 3, 4, 5];
    draw({ sources: { modality: ['MR'] } });
    addSeries([scan('series-2')]);
    const end = await openAt(1);
    await openSeries('series-2', 0);
    asked[0]!.end();
    await until(() => previewStore.getState().example !== null);
    await rest();
    expect(stageStore.getState().seriesId).toBe('series-2');
    addSeries([scan('series-3')]);
    await openSeries('series-3', 0);
    await until(() => asked.length > 1);
    asked[1]!.end();
    await until(() => !previewStore.getState().working);
    await rest();
    expect(stageStore.getState().seriesId).toBe('series-3');
    end();
  });

  it('leaves the person on a slice of which the set has none', async () => {
    planned = [0, 2, 4];
    draw({ sources: { every: 2 } });
    const end = await openAt(2);
    asked[0]!.end();
    await until(() => previewStore.getState().example !== null);
    setIndex(3);
    await until(() => asked.length > 1);
    asked[1]!.end();
    await until(() => !previewStore.getState().working);
    expect(stageStore.getState().index).toBe(3);
    expect([...derivedOf('dataset-preview')!.results.keys()]).toEqual([2]);
    end();
  });
});

describe('building a set', () => {
  const result: BuildResult = { planned: 12, made: 12, alreadyDone: 0, skipped: [], failed: [{ id: 'a', code: 'internal', detail: '' }], complete: false, contentSha256: null };

  it('a second click while it starts, and one while it runs, start nothing', async () => {
    addSeries([item()]);
    let builds = 0;
    let finish = (_: BuildResult) => {};
    fake.build = () => {
      builds++;
      return new Promise((resolve) => (finish = resolve));
    };
    const first = startBuild('zip');
    expect(buildStore.getState()).toMatchObject({ starting: true, phase: 'none' });
    await startBuild('zip');
    await until(() => builds > 0);
    expect(buildStore.getState()).toMatchObject({ starting: false, phase: 'running' });
    await startBuild('zip');
    finish(result);
    await first;
    expect([builds, buildStore.getState().phase]).toEqual([1, 'stopped']);
    const again = resumeBuild();
    await resumeBuild();
    await until(() => builds > 1);
    finish(result);
    await again;
    expect(builds).toBe(2);
  });

  it('that cannot begin may be tried again', async () => {
    addSeries([item()]);
    fake.writeSetJob = () => Promise.reject(new StudioError('storage/full'));
    await startBuild('zip');
    expect(buildStore.getState()).toMatchObject({ starting: false, phase: 'none' });
    expect(noticesStore.getState().notices[0]).toMatchObject({ code: 'storage/full' });
  });

  it('is stopped, not running for good, when its end cannot be written down', async () => {
    addSeries([item()]);
    let writes = 0;
    fake.writeSetJob = () => (++writes > 1 ? Promise.reject(new StudioError('storage/full')) : Promise.resolve());
    fake.build = () => Promise.resolve(result);
    await startBuild('zip');
    expect(buildStore.getState()).toMatchObject({ starting: false, phase: 'stopped' });
    expect(noticesStore.getState().notices[0]).toMatchObject({ code: 'storage/full' });
  });
});
