import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answersCsv, answersFromCsv, planReading, readerAgreement, readerResult, type ReaderAnswer } from '../../../src/audit/readerStudy';

// Made by test/oracles/reader_study.py with SciPy, scikit-learn and statsmodels.
const golden = JSON.parse(readFileSync(new URL('../../golden/reader-study.json', import.meta.url), 'utf8')) as {
  answers: [string, string, number, number, number][];
  readers: Record<string, { accuracy: number[]; sensitivity: number[]; specificity: number[]; auc: number[]; p: number; medianSeconds: number; roc: [number, number][] }>;
  agreement: { cohenAB: number; fleiss: number };
};
const answers: ReaderAnswer[] = golden.answers.map(([reader, itemId, truth, rating, milliseconds]) => ({
  reader, itemId, milliseconds,
  truth: truth ? 'generated' : 'real',
  answer: rating > 0 ? 'generated' : 'real',
  confidence: Math.abs(rating) as ReaderAnswer['confidence'],
}));

describe('reader study', () => {
  it.each(['A', 'B', 'C'])('figures of reader %s equal SciPy and scikit-learn', (reader) => {
    const got = readerResult(reader, answers);
    const want = golden.readers[reader]!;
    for (const name of ['accuracy', 'sensitivity', 'specificity'] as const) {
      [got[name].value, got[name].low, got[name].high].forEach((v, i) => expect(v).toBeCloseTo(want[name][i]!, 9));
    }
    [got.roc.auc, got.roc.low, got.roc.high].forEach((v, i) => expect(v).toBeCloseTo(want.auc[i]!, 9));
    expect(got.pAgainstChance).toBeCloseTo(want.p, 10);
    expect(got.medianSeconds).toBeCloseTo(want.medianSeconds, 9);
    const keep = (list: readonly (readonly [number, number])[]) => list.map((p) => p.map((v) => v.toFixed(9)).join());
    expect(new Set(keep(got.roc.points))).toEqual(new Set(keep(want.roc)));
  });

  it('agreement equals scikit-learn (Cohen) and statsmodels (Fleiss)', () => {
    expect(readerAgreement(answers.filter((a) => a.reader !== 'C'))).toMatchObject({ kind: 'Cohen', items: 40 });
    expect(readerAgreement(answers.filter((a) => a.reader !== 'C'))!.kappa).toBeCloseTo(golden.agreement.cohenAB, 12);
    expect(readerAgreement(answers)!.kappa).toBeCloseTo(golden.agreement.fleiss, 12);
    expect(readerAgreement(answers.filter((a) => a.reader === 'A'))).toBeNull();
  });

  it('CSV goes out and comes back, with commas, quotes and formulas made harmless', () => {
    const odd = [{ ...answers[0]!, reader: 'Dr. "X", MD', itemId: '=1+1' }, ...answers];
    expect(answersFromCsv(answersCsv(odd))).toEqual(odd);
    expect(answersCsv(odd)).not.toMatch(/,=1/);
  });

  it('a plan is balanced, complete, and depends on seed and items alone, not on their order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), fc.integer(), (r, g, seed) => {
        const items = [...Array.from({ length: r }, (_, i) => ({ id: `r${i}`, truth: 'real' as const })), ...Array.from({ length: g }, (_, i) => ({ id: `g${i}`, truth: 'generated' as const }))];
        const single = planReading(items, seed, 'single').flat();
        expect(single.filter((i) => i.truth === 'real')).toHaveLength(Math.min(r, g));
        expect(single.filter((i) => i.truth === 'generated')).toHaveLength(Math.min(r, g));
        expect(planReading([...items].reverse(), seed, 'single').flat()).toEqual(single);
        for (const pair of planReading(items, seed, 'pairs')) expect(new Set(pair.map((i) => i.truth)).size).toBe(2);
      }),
    );
  });
});
