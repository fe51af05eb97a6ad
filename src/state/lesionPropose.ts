import { hasClass } from '../core/labelOps';
import { labelSetsOf, labelledSlice } from './labels';
import { kindWords, lesionStore } from './lesion';
import { recordMask, setMask, shown, tissueOf, waiting } from './lesionMask';
import { paintedHere } from './lesionRun';
import { postError, postNotice } from './notices';
import { say } from './strings/say';

/** A place in plausible tissue, drawn from the seed, clear of labelled lesions and of those painted before; each press takes another. */
let proposals = 0;
export async function propose(): Promise<void> {
  const now = shown();
  if (!now) return;
  try {
    const [tissue, { fitOutline, proposePlace, labelledLesions }] = await Promise.all([tissueOf(now.key, now.slice), import('../pipeline/lesionTools')]);
    const { sizeMm, largestMm, irregularity, seed, modelId, mergeInto } = lesionStore.getState();
    const merged = mergeInto && labelSetsOf(now.seriesId).find((set) => hasClass(set, mergeInto))?.classes.find((c) => c.id === mergeInto.id);
    const taken = labelledLesions(labelledSlice(now.slice, now.seriesId, now.index).labels ?? [], now.slice.raster.data.length, kindWords(modelId), merged?.name ?? null);
    for (const mask of paintedHere()) mask.forEach((v, i) => v && (taken[i] = 1));
    const draw = `${seed}/${proposals++}`;
    // Where the wanted size fits nowhere, a smaller one is proposed, and it is said.
    for (const part of [1, 0.75, 0.55, 0.4, 0]) {
      const diameter = Math.round(sizeMm * (part || 1) * 2) / 2;
      try {
        const { x, y, mask } = proposePlace(now.slice, tissue, fitOutline({ diameter, irregularity, seed }, now.slice.pixelSpacingMm, largestMm), draw, taken);
        const before = waiting();
        lesionStore.setState({ sizeMm: diameter, how: tissue.how });
        setMask(mask, now.key, { shape: { x, y, sizeMm: diameter, irregularity }, auto: true });
        recordMask(say('edit.proposal'), before);
        if (part < 1) postNotice({ level: 'note', happened: say('lesion.fit', { size: sizeMm.toFixed(1) }), todo: say('lesion.fit.todo', { size: diameter.toFixed(1) }) });
        return;
      } catch (error) {
        if (part === 0) throw error;
      }
    }
  } catch (error) {
    postError(error);
  }
}
