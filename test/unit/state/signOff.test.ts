import { beforeAll, beforeEach, expect, it } from 'vitest';
import { writeNifti } from '../../../src/formats/niftiWriter';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import type { Manifest, ManifestItem, Review } from '../../../src/pipeline/review';
import { openBuiltSet } from '../../../src/state/builtSet';
import { buildStore } from '../../../src/state/datasetBuild';
import type { SetJob } from '../../../src/state/datasetJobDb';
import { closeReviewOf, comment, itemSlice, judge, openReview, reviewStore, setCurrent, setFilter, type ReviewSource } from '../../../src/state/review';
import { provideServices, type Services } from '../../../src/state/services';

const item = (slice: number): ManifestItem => ({
  id: `p1/s1/${slice}/1`, kind: 'generated', patient: 'p1', series: 's1', slice, copy: 1, modality: 'MR', size: [2, 2], steps: [], models: [], labels: [], meter: null, agreement: null,
  files: [{ role: 'image', path: `images/${slice}.nii` }],
}) as unknown as ManifestItem;
const manifestOf = (contentSha256: string): Manifest => ({ verisim: 'dataset', version: 1, recipe: { name: 'set', seed: 1 }, items: [item(0), item(1)], files: [], contentSha256 }) as unknown as Manifest;
/** A set whose pictures hold `value` alone; as of the same recipe's name and images, its items have the ids of every other. */
const setOf = (value: number, changes: Partial<ReviewSource> = {}): ReviewSource => ({
  name: 'set',
  manifest: manifestOf(String(value).repeat(64)),
  read: () => Promise.resolve(writeNifti({ data: new Uint16Array(4).fill(value), size: [2, 2, 1], affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] })),
  ...changes,
});
const shown = async (): Promise<number> => (await itemSlice(reviewStore.getState().items[0]!.item)).raster.data[0]!;

beforeAll(() => provideServices({ decoder: () => Promise.resolve(createInlineDecoder()) } as unknown as Services));
beforeEach(() => {
  reviewStore.setState({ source: null, items: [], shown: [], currentId: null, review: { entries: {}, past: [] }, filter: 'all' });
  buildStore.setState({ job: null, phase: 'none' });
});

it('a set built again shows its own pictures, though its items are named as before', async () => {
  await openReview(setOf(1));
  expect(await shown()).toBe(1);
  await openReview(setOf(2));
  expect(await shown()).toBe(2);
});

it('decisions go to the set they were made on, also where another is opened at once', async () => {
  const saved: [string, string][] = [];
  const saving = (name: string) => ({ save: async (review: Review) => void saved.push([name, review.entries['p1/s1/0/1']?.verdict ?? 'open']) });
  await openReview(setOf(1, saving('first')));
  setCurrent('p1/s1/0/1');
  judge('rejected');
  await openReview(setOf(2, saving('second')));
  expect(saved).toEqual([['first', 'rejected']]);
  expect(reviewStore.getState().review.entries).toEqual({});
});

it('the review of a set that is given up closes, that of another stays', async () => {
  await openReview(setOf(1, { jobId: 'a' }));
  await closeReviewOf('b');
  expect(reviewStore.getState().source).not.toBeNull();
  await closeReviewOf('a');
  expect(reviewStore.getState()).toMatchObject({ source: null, items: [], shown: [], currentId: null });
});

it('Sign-off opens the set at hand in place of one built before, not in place of a folder', async () => {
  const folder = { getFileHandle: () => Promise.resolve({ getFile: () => Promise.resolve(new File([JSON.stringify(manifestOf('b'.repeat(64)))], 'manifest.json')) }) } as unknown as FileSystemDirectoryHandle;
  buildStore.setState({ job: { id: 'b', folder, recipe: { name: 'set' } } as SetJob, phase: 'complete' });
  await openReview(setOf(1));
  await openBuiltSet();
  expect(reviewStore.getState().source?.jobId).toBeUndefined();
  await openReview(setOf(1, { jobId: 'a' }));
  await openBuiltSet();
  expect(reviewStore.getState().source).toMatchObject({ jobId: 'b', manifest: { contentSha256: 'b'.repeat(64) } });
});

it('a comment is of the item it was typed for, though another is the current one by then', async () => {
  await openReview(setOf(3));
  setCurrent('p1/s1/0/1');
  setFilter('accepted'); // the item is not shown any more
  expect(reviewStore.getState().currentId).toBeNull();
  comment('p1/s1/0/1', 'too bright');
  comment('gone', 'of another set');
  expect(Object.values(reviewStore.getState().review.entries).map((e) => [e.item, e.comment])).toEqual([['p1/s1/0/1', 'too bright']]);
});
