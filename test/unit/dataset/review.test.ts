import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keptReview, resumeReview } from '../../../src/dataset/keptReview';
import { decide, EMPTY_REVIEW, exportable, reviewBlock, reviewCounts, reviewFromBlock, sortForReview, undoDecision, type Verdict } from '../../../src/dataset/review';

const AT = '2026-11-24T09:00:00.000Z';
const verdicts: Verdict[] = ['accepted', 'rejected', 'flagged'];
const actions = fc.array(fc.record({ item: fc.constantFrom('001', '002', '003'), verdict: fc.constantFrom(...verdicts), comment: fc.option(fc.string(), { nil: undefined }) }), { maxLength: 40 });

describe('sign-off', () => {
  it('undo takes back every action, one by one, to nothing', () => {
    fc.assert(
      fc.property(actions, (list) => {
        const states = [EMPTY_REVIEW.entries];
        let review = EMPTY_REVIEW;
        for (const { item, ...change } of list) states.push((review = decide(review, item, change, 'N', AT)).entries);
        for (let i = states.length - 2; i >= 0; i--) {
          review = undoDecision(review).review;
          expect(review.entries).toEqual(states[i]);
        }
        expect(undoDecision(review).item).toBeNull();
      }),
    );
  });

  it('decisions survive manifest.json', () => {
    fc.assert(
      fc.property(actions, (list) => {
        let review = EMPTY_REVIEW;
        for (const { item, ...change } of list) review = decide(review, item, change, '', AT);
        expect(reviewFromBlock(JSON.parse(JSON.stringify(reviewBlock(review)))).entries).toEqual(review.entries);
      }),
    );
    expect(reviewFromBlock({ decisions: [null, 3, { item: 'a', verdict: 'nonsense' }] }).entries).toEqual({ a: { item: 'a', verdict: null, comment: '', by: null, at: '' } });
  });

  it('a reload changes nothing: decisions and every undo come back, whatever the manifest still says', () => {
    const at = (n: number) => `2026-11-24T09:00:${String(n).padStart(2, '0')}.000Z`;
    fc.assert(
      fc.property(actions, fc.nat(), fc.nat(), (list, written, taken) => {
        let review = EMPTY_REVIEW;
        let manifest: unknown = undefined;
        let n = 0;
        for (const { item, ...change } of list) {
          if (n === written % (list.length + 1)) manifest = JSON.parse(JSON.stringify(reviewBlock(review)));
          review = decide(review, item, change, 'N', at(n++));
        }
        for (let k = taken % (list.length + 1); k > 0; k--) review = undoDecision(review).review;
        expect(resumeReview(JSON.parse(JSON.stringify(keptReview(review, at(n)))), manifest)).toEqual(review);
      }),
    );
  });

  it('what others decided elsewhere since holds, and cannot be undone here; nothing kept: the manifest alone', () => {
    let mine = decide(EMPTY_REVIEW, '1', { verdict: 'accepted' }, 'A', '2026-11-24T09:00:00.000Z');
    mine = decide(mine, '2', { verdict: 'accepted' }, 'A', '2026-11-24T09:00:01.000Z');
    const kept = JSON.parse(JSON.stringify(keptReview(mine, '2026-11-24T09:00:02.000Z'))) as unknown;
    const theirs = decide(decide(mine, '2', { verdict: 'rejected' }, 'B', '2026-11-24T10:00:00.000Z'), '3', { verdict: 'flagged' }, 'B', '2026-11-24T10:00:01.000Z');
    const found = resumeReview(kept, reviewBlock(theirs));
    expect(found.entries).toEqual(theirs.entries);
    expect(found.past.map((p) => p.item)).toEqual(['1']);
    expect(resumeReview(null, reviewBlock(theirs))).toEqual({ entries: theirs.entries, past: [] });
    for (const damaged of ['x', 3, { past: [null, { item: 1 }, { item: '1', before: 3 }] }, { decisions: {}, past: {} }]) expect(resumeReview(damaged, undefined)).toEqual(EMPTY_REVIEW);
  });

  it('the same key twice opens an item again; counts and export follow', () => {
    let review = decide(EMPTY_REVIEW, '1', { verdict: 'accepted' }, null, AT);
    review = decide(review, '2', { verdict: 'rejected', comment: 'edge too sharp' }, null, AT);
    expect(reviewCounts(['1', '2', '3'], review)).toEqual({ total: 3, open: 1, accepted: 1, rejected: 1, flagged: 0 });
    expect(exportable(['1', '2', '3'], review, 'accepted')).toEqual(['1']);
    expect(exportable(['1', '2', '3'], review, 'not-rejected')).toEqual(['1', '3']);
    review = decide(review, '2', { verdict: 'rejected' }, null, AT);
    expect(review.entries['2']).toMatchObject({ verdict: null, comment: 'edge too sharp' });
  });

  it('sorts the worst first, missing figures last, random by seed', () => {
    const items = [{ id: 'a', meter: 1, agreement: 0.9 }, { id: 'b', meter: 7, agreement: null }, { id: 'c', meter: null, agreement: 0.2 }];
    expect(sortForReview(items, 'meter').map((i) => i.id)).toEqual(['b', 'a', 'c']);
    expect(sortForReview(items, 'disagreement').map((i) => i.id)).toEqual(['c', 'a', 'b']);
    const many = Array.from({ length: 50 }, (_, i) => ({ id: String(i).padStart(2, '0'), meter: 0, agreement: 0 }));
    const order = (seed: number) => sortForReview(many, 'random', seed).map((i) => i.id);
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
    expect([...order(1)].sort()).toEqual(many.map((i) => i.id));
  });
});
