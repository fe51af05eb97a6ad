import { enhanceStore, partsOf, putFigures } from './enhance';
import { runJob } from './jobs';
import { labelledSlice } from './labels';
import { engineContext } from './services';
import { stageStore } from './stage';
import { say } from './strings/say';

const coming = new Set<string>();

/** Makes the meter's map of the result on the stage again where it was given up. Resolves false where that could not be done. */
export async function bringMap(): Promise<boolean> {
  const { derivedId, seriesId, shownIndex, original } = stageStore.getState();
  const key = `${derivedId}/${shownIndex}`;
  const figures = enhanceStore.getState().figures.get(key);
  if (!figures || !original || !seriesId) return false;
  if (figures.before.map || coming.has(key)) return true;
  coming.add(key);
  const { modelId, settings, range } = figures;
  const made = await runJob({ name: say('job.meterMap'), kind: 'enhance', total: 1, summary: () => say('job.meterMap.done') }, async ({ signal }) => {
    const [context, pipeline] = await Promise.all([engineContext({ signal }), import('../pipeline/enhance')]);
    const parts = partsOf(key);
    const result = parts ? await pipeline.reblendAside(parts, settings, context) : await pipeline.enhanceSlice(labelledSlice(original, seriesId, shownIndex), modelId, settings, context, range);
    return result.meterBefore.map;
  });
  coming.delete(key);
  const now = enhanceStore.getState().figures.get(key);
  if (!made || now?.settings !== settings) return made !== undefined; // the result is another one by now
  putFigures(key, { ...now, before: { ...now.before, map: made } });
  return true;
}
