import { beforeEach, describe, expect, it } from 'vitest';
import { scaleMap } from '../../../src/state/explain';
import { historyStore, redo, undo } from '../../../src/state/history';
import { addDerived, addSeries, derivedOf, itemOf, libraryStore, type LibraryItem } from '../../../src/state/library';
import { mayComeBack, removeSeriesWithUndo } from '../../../src/state/libraryEdits';
import { cachedSlice, loadCached } from '../../../src/state/sliceCache';
import { makeRaster } from '../../../src/core/raster';
import { makeSlice, makeSource } from '../../fixtures/memorySeries';

const itemOfSlices = (value: number, count = 2): LibraryItem => {
  const source = makeSource(Array.from({ length: count }, () => makeSlice(new Array(16).fill(value), 4, 4)));
  return { id: source.series.id, source, study: 'made', studyId: '1.2', origin: 'test' };
};

beforeEach(() => {
  historyStore.setState({ past: [], future: [] });
  libraryStore.setState({ items: [], derived: [] });
});

describe('images that others take the place of under the same id', () => {
  it('are not shown again: neither what was decoded nor what was still decoding', async () => {
    const first = itemOfSlices(1), second = itemOfSlices(2);
    addSeries([first]);
    await loadCached(first.source, 0);
    const late = loadCached(first.source, 1);
    addSeries([second]);
    await late;
    for (const index of [0, 1]) {
      expect(cachedSlice(second.source, index)).toBeUndefined();
      expect((await loadCached(second.source, index)).raster.data[0]).toBe(2);
    }
  });

  it('keep their results where the slices are as many as before, and only there', () => {
    addSeries([itemOfSlices(1)]);
    const { id } = addDerived({ sourceId: 'series-1', kind: 'super-resolution', name: '×2', total: 2 });
    addSeries([itemOfSlices(2)]);
    expect(derivedOf(id)).toBeDefined();
    addSeries([itemOfSlices(3, 1)]);
    expect(derivedOf(id)).toBeUndefined();
  });

  it('a removed series may come back until it has', () => {
    const item = itemOfSlices(1);
    addSeries([item]);
    removeSeriesWithUndo(item);
    expect([itemOf(item.id), mayComeBack(item.id)]).toEqual([undefined, true]);
    undo();
    expect([itemOf(item.id), mayComeBack(item.id)]).toEqual([item, false]);
    redo();
    expect(mayComeBack(item.id)).toBe(true);
  });
});

it('a relative map ends at 1, whatever the word for its unit', () => {
  const map = { raster: makeRaster(Float32Array.of(-4, 2), 2, 1, 'map'), signed: true, relative: true, side: 'original' as const, unit: 'relativ', lines: [], reach: null };
  expect(scaleMap(map, 'viridis')).toEqual({ values: Float32Array.of(1, 0.5), range: [0, 1] });
});
