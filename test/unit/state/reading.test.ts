import { beforeEach, expect, it } from 'vitest';
import { addSeries, libraryStore, addDerived, putResult } from '../../../src/state/library';
import { anotherReader, changeReading, giveAnswer, giveConfidence, readingStore, startReading } from '../../../src/state/reading';
import type { Augmentation } from '../../../src/core/slice';
import { makeSlice, makeSource } from '../../fixtures/memorySeries';

const slice = makeSlice(new Array(16).fill(1), 4, 4);
const readers = (): string[] => readingStore.getState().answers.map((a) => a.reader);
const answer = (): void => {
  giveAnswer('real');
  giveConfidence(3);
};

beforeEach(() => {
  readingStore.setState({ phase: 'setup', reader: '', answers: [], steps: [], at: 0, limit: 2 });
  libraryStore.setState({ items: [], derived: [] });
  const source = makeSource([slice, slice]);
  addSeries([{ id: source.series.id, source, study: 'made', studyId: '1.2', origin: 'test' }]);
  const { id } = addDerived({ sourceId: source.series.id, kind: 'super-resolution', name: '×2', total: 1 });
  putResult(id, 0, { slice } as unknown as Augmentation);
});

it('readers without a name are told apart by number', async () => {
  await startReading();
  expect(readingStore.getState()).toMatchObject({ phase: 'reading', reader: 'reader 1' });
  answer();
  answer();
  anotherReader();
  await startReading();
  answer();
  expect(readers()).toEqual(['reader 1', 'reader 1', 'reader 2']);
});

it('a reader of the same name is replaced with the first new answer, not before', async () => {
  changeReading({ reader: 'N ' });
  for (let n = 0; n < 2; n++) {
    await startReading();
    expect(readers()).toEqual(n === 0 ? [] : ['N', 'N']);
    answer();
    expect(readers()).toEqual(['N']);
    answer();
  }
});
