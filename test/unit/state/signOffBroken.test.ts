import { expect, it, vi } from 'vitest';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import type { SetJob } from '../../../src/state/datasetJobDb';
import { buildStore, reviewSet } from '../../../src/state/datasetBuild';
import { reviewStore } from '../../../src/state/review';
import { provideServices, type Services } from '../../../src/state/services';
import { createMemorySink } from '../../../src/storage/memorySink';

const { sink, written, apply } = vi.hoisted(() => ({ sink: { current: null as unknown }, written: [] as boolean[], apply: vi.fn<() => Promise<unknown>>() }));
vi.mock('../../../src/state/datasetJobDb', () => ({ writeSetJob: (job: SetJob) => Promise.resolve(void written.push(job.complete)), readSetJob: () => Promise.resolve(undefined), deleteSetJob: () => Promise.resolve() }));
vi.mock('../../../src/pipeline/setPlaces.browser', () => ({ sinkOf: () => sink.current, privateSet: () => Promise.resolve({}) }));
vi.mock('../../../src/state/datasetInput', () => ({ setInput: () => ({ input: { recipe: { steps: [] } } }), batchSize: () => 1, batchWorkers: () => [], draftSources: () => [] }));
vi.mock('../../../src/pipeline/buildDataset', () => ({ applyReview: apply }));

/** The set is signed off; `end` is what became of it. */
async function signOff(end: () => Promise<unknown>): Promise<void> {
  written.length = 0;
  const memory = createMemorySink();
  await memory.write('manifest.json', new TextEncoder().encode(JSON.stringify({ verisim: 'dataset', version: 1, recipe: { name: 'set', seed: 1 }, items: [], files: [], contentSha256: 'a'.repeat(64) })));
  sink.current = memory;
  apply.mockImplementation(end);
  provideServices({ decoder: () => Promise.resolve(createInlineDecoder()) } as unknown as Services);
  const job = { id: 'a', recipe: { name: 'set', steps: [] }, key: new Uint8Array(32), folder: {}, sourceIds: [], sourceNames: [], total: 2, done: 2, complete: true } as unknown as SetJob;
  buildStore.setState({ job, phase: 'complete' });
  await reviewSet();
  await reviewStore.getState().source!.exportAccepted!({ entries: {}, past: [] });
}

it('a set is not whole while it is signed off, and whole again after it', async () => {
  await signOff(() => {
    expect(written).toEqual([false]);
    return Promise.resolve({ accepted: 2, rejected: 0, toMakeAgain: [] });
  });
  expect(written).toEqual([false, true]);
  expect(buildStore.getState().phase).toBe('complete');
});

it('a sign-off that fails midway leaves a set that can be gone on with; one that changed nothing leaves it whole', async () => {
  await signOff(async () => {
    await (sink.current as ReturnType<typeof createMemorySink>).remove('manifest.json');
    throw new Error('the disk is full');
  });
  expect(written.at(-1)).toBe(false);
  expect(buildStore.getState()).toMatchObject({ phase: 'stopped', job: { done: 2, complete: false } });
  await signOff(() => Promise.reject(new Error('not now')));
  expect(written.at(-1)).toBe(true);
  expect(buildStore.getState().phase).toBe('complete');
});
