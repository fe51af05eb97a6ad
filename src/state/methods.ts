import { derivedOf } from './library';
import { announce, postError, postNotice } from './notices';
import { services } from './services';
import { stageStore } from './stage';
import { say } from './strings/say';

/** A paragraph fit for a methods section, from provenance and cards alone, to the clipboard. */
export async function copyMethods(): Promise<void> {
  const derived = derivedOf(stageStore.getState().derivedId);
  if (!derived) return;
  try {
    const { methodsText } = await import('../pipeline/exportSlice');
    const { models } = await services().engine();
    const items = [...derived.results.values()].map((r) => r.info);
    const ids = [...new Set(items.map((i) => i.model?.id).filter((id) => id !== undefined))];
    const cards = Object.fromEntries(await Promise.all(ids.map(async (id) => [id, await models.card(id)] as const)));
    const { text, bibtex } = methodsText({ softwareVersion: services().softwareVersion, items, cards, sources: { slices: items.length } });
    await navigator.clipboard.writeText(`${text}\n\n${bibtex}`);
    announce(say('methods.copied'));
    postNotice({ level: 'note', happened: say('methods.copied'), todo: say('methods.copied.provenance') });
  } catch (error) {
    postError(error);
  }
}
