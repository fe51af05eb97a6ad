import type { RemovalResult } from '../pipeline/removeLesion';
import { rangeOf } from './enhance';
import { labelledSlice } from './labels';
import { lesionStore } from './lesion';
import { recordMask, setMask, shown, useUp, waiting, waitingMask } from './lesionMask';
import { checkRangeOf, closeDraft, drawResult, putFigures, run } from './lesionRun';
import { addDerived, putResult } from './library';
import { rememberSeries } from './libraryEdits';
import { announce, postNotice } from './notices';
import { engineContext } from './services';
import { setDerived, stageStore } from './stage';
import { say } from './strings/say';

/** Takes the waiting mask out of the slice. */
export async function removeNow(): Promise<void> {
  const now = shown();
  const { modelId, running, growMm } = lesionStore.getState();
  if (!now || !modelId || running) return;
  const mask = waitingMask(now.key);
  if (!mask) return announce(say('lesion.paintFirst'));
  const made = await run<RemovalResult>(say('job.removing'), 1, say('job.removed'), async ({ signal }) => {
    const { removeLesion } = await import('../pipeline/removeLesion');
    const [range, context] = [await rangeOf(now.seriesId, modelId, signal), await engineContext({ signal })];
    return removeLesion(labelledSlice(now.slice, now.seriesId, now.index), { modelId, mask, growMm }, range, context, { checkRange: await checkRangeOf(now, context) });
  });
  if (!made) return;
  if (stageStore.getState().seriesId === now.seriesId) closeDraft();
  const derived = addDerived({ sourceId: now.seriesId, kind: 'lesion-remove', name: `Lesion removed, slice ${now.index + 1}`, total: 1 });
  putResult(derived.id, now.index, made.augmentation);
  if (stageStore.getState().seriesId === now.seriesId) setDerived(derived.id); // another series may be open by now
  putFigures(derived.id, now.index, {
    check: made.check, meanInside: null, meanRing: null, areaMm2: null, pixels: made.mask.reduce((n, v) => n + v, 0), changedOutside: made.changedOutside,
    unit: '', count: 1, removed: made.removed, milliseconds: made.milliseconds,
  });
  drawResult(now.index, derived.id, made.mask, made.check, null);
  const used = useUp(mask, now.key);
  rememberSeries(derived.id, say('edit.removal'), used.undo, used.redo);
  if (made.removed.length) postNotice({ level: 'note', happened: say('lesion.labels'), todo: made.removed.map((r) => say('lesion.labels.todo', { name: r.name, n: r.pixels })).join(' ') });
}

/** What the segmenter finds on the original becomes the mask. */
export async function takeFinding(): Promise<void> {
  const now = shown();
  if (!now || lesionStore.getState().running) return;
  const found = await run(say('job.looking'), 1, say('job.looked'), async ({ signal, progress }) => {
    const { findLesions } = await import('../pipeline/segment');
    const context = await engineContext({ signal, onProgress: progress });
    return findLesions(now.slice, await checkRangeOf(now, context), context);
  });
  if (!found) return;
  if (found.mask.includes(1)) {
    const before = waiting();
    setMask(found.mask, now.key, { auto: true });
    recordMask(say('edit.finding'), before);
  } else postNotice({ level: 'note', happened: say('lesion.nothing'), todo: say('lesion.nothing.todo') });
}
