import { describe, expect, it } from 'vitest';
import { placeCells } from '../../../src/state/cells';

const result = (id: string, { kept = false, here = true } = {}) => ({ id, kept, here });
const place = (cells: number, results: ReturnType<typeof result>[], current: string | null, chosen: (string | null)[] = []) => placeCells({ chosen, cells, results, current });

describe('what stands in the cells of a layout', () => {
  it('the original, the current result, then the others in the order they were made', () => {
    const all = [result('a'), result('b'), result('c')];
    expect(place(2, all, 'b')).toEqual(['original', 'b']);
    expect(place(3, all, 'c')).toEqual(['original', 'c', 'a']);
    expect(place(6, all, 'a')).toEqual(['original', 'a', 'b', 'c', null, null]);
    expect(place(1, all, 'a')).toEqual(['original']);
    expect(place(3, all, null)).toEqual(['original', null, 'a']);
  });

  it('one without a result for this slice fills no cell, but stays where it was chosen', () => {
    const all = [result('a'), result('b', { here: false }), result('c')];
    expect(place(4, all, 'c')).toEqual(['original', 'c', 'a', null]);
    expect(place(4, all, 'c', ['original', 'b'])).toEqual(['original', 'b', 'c', 'a']);
  });

  it('a choice stays; the current result takes the first free cell, else one that is not kept, else the last', () => {
    const all = [result('a', { kept: true }), result('b'), result('c')];
    expect(place(3, all, 'c', ['original', 'a', null])).toEqual(['original', 'a', 'c']);
    expect(place(3, all, 'c', ['original', 'b', 'a'])).toEqual(['original', 'c', 'a']);
    expect(place(2, all, 'c', ['original', 'a'])).toEqual(['original', 'c']);
    expect(place(3, all, 'b', ['c', 'a', null])).toEqual(['c', 'a', 'b']);
  });

  it('nothing stands twice, and what left the library leaves its cell', () => {
    const all = [result('a'), result('b')];
    expect(place(4, all, 'a', ['original', 'a', 'a', 'gone'])).toEqual(['original', 'a', 'b', null]);
    expect(place(4, all, 'a', ['a', 'original'])).toEqual(['a', 'original', 'b', null]);
  });
});
