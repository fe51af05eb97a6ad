import type { AugmentationInfo } from '../core/slice';
import { announce, postError, postNotice } from './notices';
import { reviewStore } from './review';
import { services } from './services';
import { say } from './strings/say';

const KINDS: Record<string, AugmentationInfo['kind']> = { 'insert-lesion': 'lesion-insert', 'remove-lesion': 'lesion-remove', 'super-resolve': 'super-resolution' };

/** Methods paragraph of the set under review, with the sign-off as it stands, to the clipboard. */
export async function copyReviewMethods(): Promise<void> {
  const { source, items, review } = reviewStore.getState();
  if (!source) return;
  try {
    const [{ methodsText }, { reviewCounts }] = await Promise.all([import('../pipeline/exportSlice'), import('../pipeline/review')]);
    const { models } = await services().engine();
    const { manifest } = source;
    const infos = items.flatMap(({ item }): AugmentationInfo[] => {
      const steps = item.steps.filter((s) => s.applied && KINDS[s.type]);
      if (steps.length === 0) return [{ kind: 'recipe', model: null, backend: 'none', seed: manifest.recipe.seed, parameters: {}, softwareVersion: manifest.softwareVersion }];
      return steps.flatMap((step) => item.models.map((m) => ({ kind: KINDS[step.type]!, model: { id: m.id, variant: m.variant, sha256: m.sha256, license: m.license }, backend: m.backend, seed: typeof step.values.seed === 'number' ? step.values.seed : null, parameters: {}, softwareVersion: manifest.softwareVersion })));
    });
    const known = new Set(models.list().map((m) => m.id));
    const cards = Object.fromEntries(await Promise.all(manifest.models.map(async (m) => [m.id, known.has(m.id) ? await models.card(m.id) : null] as const)));
    const patients = new Set(items.map(({ item }) => item.patient)).size;
    const slices = new Set(items.map(({ item: i }) => `${i.patient}/${i.series}/${i.slice}`)).size;
    const { text, bibtex } = methodsText({
      softwareVersion: manifest.softwareVersion, items: infos, cards, sources: { slices, patients },
      recipe: { name: manifest.recipe.name, seed: manifest.recipe.seed, sha256: manifest.recipeSha256, copies: manifest.recipe.copies, steps: manifest.recipe.steps.map((s) => s.type) },
      review: reviewCounts(items.map((i) => i.id), review),
    });
    await navigator.clipboard.writeText(`${text}\n\n${bibtex}`);
    announce(say('methods.copied'));
    postNotice({ level: 'note', happened: say('methods.copied'), todo: say('methods.copied.manifest') });
  } catch (error) {
    postError(error);
  }
}
