import type { SetInput } from '../pipeline/buildDataset';
import type { Recipe } from '../pipeline/recipes';
import { recipeOf, recipeStore, type RecipeDraft } from './datasetRecipe';
import { chosenItems, sourcesStore } from './datasetSources';
import { projectKey } from './exports';
import { labelSetsOf } from './labels';
import { libraryStore, type LibraryItem } from './library';
import { services } from './services';

/** The series that the draft's recipe takes. */
export function draftSources(draft: RecipeDraft = recipeStore.getState().draft): LibraryItem[] {
  return chosenItems(libraryStore.getState().items, sourcesStore.getState().chosen, draft.recipe.sources.modality);
}

/** Everything that building and previewing need, from the draft, the library and its labels. Models load when a step names one. */
export async function setInput(recipe: Recipe = recipeOf(recipeStore.getState().draft), items: readonly LibraryItem[] = draftSources()): Promise<SetInput> {
  const sources = items.map((item) => ({ source: item.source, labels: labelSetsOf(item.id) }));
  const base = { recipe, sources, key: projectKey(), softwareVersion: services().softwareVersion };
  if (!recipe.steps.some((s) => 'model' in s)) return base;
  const [{ client, models }, { makeModelSteps }] = await Promise.all([services().recipeEngine(), import('../pipeline/buildDataset')]);
  return { ...base, models, runModel: makeModelSteps(sources, { infer: client.infer, models, softwareVersion: base.softwareVersion }) };
}
