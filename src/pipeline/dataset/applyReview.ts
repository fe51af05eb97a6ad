import { StudioError } from '../../core/errors';
import type { Review } from '../../dataset/review';
import type { Sink } from '../../storage/contracts';
import { finishSet, type FinishOptions } from './finishSet';
import { Journal } from './journal';
import { prepareSet, type SetInput } from './prepare';

/** What happens to the files of rejected items. */
export type RejectedFiles = 'move' | 'remove';

/**
 * Takes a person's decisions into a finished set: rejected items leave its lists and segmentations, their files go to
 * `rejected/` or away; what was rejected before and is not any more comes back. Decisions are written to
 * `manifest.json`, outside the hashed part. Rejects with `dataset/other-set`, `storage/*`.
 */
export async function applyReview(input: SetInput, sink: Sink, review: Review, rejected: RejectedFiles, options: Pick<FinishOptions, 'cards'> = {}): Promise<{ readonly accepted: number; readonly rejected: number; readonly toMakeAgain: readonly string[] }> {
  const prepared = prepareSet(input);
  const journal = new Journal(sink);
  await journal.check(prepared, 'plan'); // of items that are made, labels on their sources change nothing
  const leftOut = new Set<string>();
  const toMakeAgain: string[] = [];
  let accepted = 0;
  for (const { id } of prepared.plan.items) {
    const entry = await journal.get(id);
    if (!entry) throw new StudioError('dataset/hash-mismatch', `${id} is not made yet; finish the set first`);
    if ('skipped' in entry) continue;
    const no = review.entries[id]?.verdict === 'rejected';
    if (no) leftOut.add(id);
    else accepted++;
    for (const { path } of entry.item.files) {
      const place = (await sink.size(path)) !== null ? path : (await sink.size(`rejected/${path}`)) !== null ? `rejected/${path}` : null;
      const target = no && rejected === 'move' ? `rejected/${path}` : path;
      if (no && rejected === 'remove') {
        if (place) await sink.remove(place);
      } else if (place === null) {
        if (!no && !toMakeAgain.includes(id)) toMakeAgain.push(id);
      } else if (place !== target) {
        await sink.write(target, (await sink.read(place))!);
        await sink.remove(place);
      }
    }
  }
  // Removed before and wanted again: the next build makes them, then the review is applied once more.
  for (const id of toMakeAgain) await journal.forget(id);
  if (toMakeAgain.length === 0) {
    await finishSet(prepared, journal, sink, { ...options, review, rejected: rejected === 'move' ? 'moved' : 'removed', leftOut });
  }
  return { accepted, rejected: leftOut.size, toMakeAgain };
}
