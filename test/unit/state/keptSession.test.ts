import { expect, it, vi } from 'vitest';
import type { Augmentation } from '../../../src/core/slice';
import { writeNifti } from '../../../src/formats/niftiWriter';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { undo } from '../../../src/state/history';
import { addDerived, derivedOf, putResult } from '../../../src/state/library';
import { removeDerivedWithUndo } from '../../../src/state/libraryEdits';
import { openInputs } from '../../../src/state/open';
import { provideServices, type Services } from '../../../src/state/services';
import { startSession } from '../../../src/state/session';
import { makeSlice } from '../../fixtures/memorySeries';

/** What lies in the database; `slow` holds a write back until it resolves. */
const kept = vi.hoisted(() => ({ results: new Map<string, unknown>(), metas: [] as { meta: { derived: { id: string }[] }; mark: string; opens: readonly unknown[] }[], slow: null as Promise<void> | null }));
vi.mock('../../../src/state/sessionDb', () => ({
  readMeta: () => Promise.resolve(undefined),
  writeMeta: (meta: never, mark: string, opens: readonly unknown[]) => Promise.resolve(void kept.metas.push({ meta, mark, opens })),
  writeResult: async (key: string, value: unknown) => {
    const { slow } = kept;
    kept.results.set(key, value);
    await slow;
  },
  resultKeys: () => Promise.resolve([...kept.results.keys()]),
  deleteResult: (key: string) => Promise.resolve(void kept.results.delete(key)),
}));

const result = (id: string): Augmentation => ({ id, sourceId: 's', slice: makeSlice(new Array(16).fill(7), 4, 4), info: { kind: 'lesion-insert' } }) as unknown as Augmentation;
const made = (id: string): string => {
  const derived = addDerived({ sourceId: 'nifti:scan.nii', kind: 'lesion-insert', name: id, total: 1 }).id;
  putResult(derived, 0, result(id));
  return derived;
};
/** Waits until a save has ended that left these results. */
const keeps = async (keys: string[]) => {
  await vi.waitFor(() => expect([...kept.results.keys()]).toEqual(keys), 10_000);
  await saves(kept.metas.length + (kept.metas.at(-1)?.meta.derived.length === keys.length ? 0 : 1));
};
const saves = (n: number) => vi.waitFor(() => expect(kept.metas.length).toBeGreaterThanOrEqual(n), 10_000);

it('a session is kept as the work goes on', { timeout: 60_000 }, async () => {
  provideServices({ decoder: () => Promise.resolve(createInlineDecoder()) } as unknown as Services);
  await startSession();
  const blob = new Blob([writeNifti({ data: new Int16Array(32), size: [4, 4, 2], affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] })]);
  await openInputs([{ path: 'scan.nii', blob }], { name: 'scan.nii', origin: 'file', show: 'first' });
  const first = made('first');
  await keeps([`${first}/0`]);
  expect(kept.metas[0]!.opens).toHaveLength(1);

  // What is removed and brought back by undo is there again, and files are not written again.
  removeDerivedWithUndo(derivedOf(first)!);
  await keeps([]);
  undo();
  await keeps([`${first}/0`]);
  expect(new Set(kept.metas.map((m) => m.mark)).size).toBe(1);

  // A result that comes while a long save runs is not taken for one that was removed.
  let end = (): void => undefined;
  kept.slow = new Promise<void>((resolve) => (end = resolve));
  const second = made('second');
  await vi.waitFor(() => expect(kept.results.has(`${second}/0`)).toBe(true), 10_000);
  kept.slow = null;
  const third = made('third');
  await new Promise((resolve) => setTimeout(resolve, 1200));
  end();
  await vi.waitFor(() => expect(kept.metas.at(-1)!.meta.derived).toHaveLength(3), 10_000);
  expect([...kept.results.keys()]).toEqual([first, second, third].map((id) => `${id}/0`));
});
