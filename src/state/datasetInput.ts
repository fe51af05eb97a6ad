import { StudioError } from '../core/errors';
import type { Infer } from '../inference/protocol';
import type { BatchWorker } from '../pipeline/batch/batchWorker.browser';
import type { RunModelStep, SetInput } from '../pipeline/buildDataset';
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

/** What a set is made from, and how its model steps are run. */
export interface SetSetup {
  readonly input: SetInput;
  readonly infer: Infer | null;
}

/** Items are made in the batch worker; on the page sets are planned and finished only. */
const elsewhere: RunModelStep = () => Promise.reject(new StudioError('internal', 'items are made in the batch worker'));

/** Everything that building and previewing need, from the draft, the library and its labels. Models load when a step names one. */
export async function setInput(recipe: Recipe = recipeOf(recipeStore.getState().draft), items: readonly LibraryItem[] = draftSources()): Promise<SetSetup> {
  const sources = items.map((item) => ({ source: item.source, labels: labelSetsOf(item.id) }));
  const input = { recipe, sources, key: projectKey(), softwareVersion: services().softwareVersion };
  if (!recipe.steps.some((s) => 'model' in s)) return { input, infer: null };
  const { client, models } = await services().recipeEngine();
  return { input: { ...input, models, runModel: elsewhere }, infer: client.infer };
}

const workers: BatchWorker[] = [];

/** Workers that make items: as many as cores but one, at most four; made when first asked for. */
export async function batchWorkers(count: number): Promise<readonly BatchWorker[]> {
  const { createBatchWorker } = await import('../pipeline/batch/batchWorker.browser');
  while (workers.length < count) workers.push(createBatchWorker());
  return workers.slice(0, count);
}

export const batchSize = (): number => Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1));
