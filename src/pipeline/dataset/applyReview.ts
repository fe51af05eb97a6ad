import { StudioError } from '../../core/errors';
import type { Review } from '../../dataset/review';
import type { Sink } from '../../storage/contracts';
import { finishSet, type FinishOptions } from './finishSet';
import { Journal } from './journal';
import { prepareSet, type SetInput } from './prepare';
import { placeFile, placeOf, recordReview, unsealSet } from './setFiles';

/** What happens to the files of rejected items. */
export type RejectedFiles = 'move' | 'remove';

/**
 * Takes a person's decisions into a finished set: rejected items leave its lists and segmentations, their files go to
 * `rejected/` or away; what was rejected before and is not any more comes back. Where files of accepted items are gone
 * (`toMakeAgain`) nothing moves, and the set is to be built before. Decisions are written to `manifest.json`, outside the
 * hashed part. Rejects with `dataset/other-set`, `storage/*`.
 */
export async function applyReview(input: SetInput, sink: Sink, review: Review, rejected: RejectedFiles, options: Pick<FinishOptions, 'cards'> = {}): Promise<{ readonly accepted: number; readonly rejected: number; readonly toMakeAgain: readonly string[] }> {
  const prepared = prepareSet(input);
  const journal = new Journal(sink);
  await journal.check(prepared, 'plan'); // of items that are made, labels on their sources change nothing
  const leftOut = new Set<string>();
  const toMakeAgain: string[] = [];
  const files = new Map<string, readonly string[]>();
  for (const { id } of prepared.plan.items) {
    const entry = await journal.get(id);
    if (!entry) throw new StudioError('dataset/hash-mismatch', `${id} is not made yet; finish the set first`);
    if ('skipped' in entry) continue;
    files.set(id, entry.item.files.map((f) => f.path));
    if (review.entries[id]?.verdict === 'rejected') leftOut.add(id);
    else if (!(await allThere(sink, files.get(id)!))) toMakeAgain.push(id);
  }
  const counts = { accepted: files.size - leftOut.size, rejected: leftOut.size, toMakeAgain };
  if (toMakeAgain.length > 0) {
    // Nothing is moved: the next build makes them, then the review is applied once more.
    for (const id of toMakeAgain) await journal.forget(id);
    await recordReview(sink, review);
    return counts;
  }
  const done = rejected === 'move' ? 'moved' : 'removed';
  const signOff = { review, rejected: done, leftOut } as const;
  await unsealSet(sink, signOff); // a build ends what is broken off from here on
  for (const [id, paths] of files) for (const path of paths) await placeFile(sink, path, leftOut.has(id) ? done : 'set');
  await finishSet(prepared, journal, sink, { ...options, ...signOff });
  return counts;
}

async function allThere(sink: Sink, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if ((await placeOf(sink, path)) === null) return false;
  return true;
}
