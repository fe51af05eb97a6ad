import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { DeidentifyChange } from '../pipeline/deidentifyPreview';
import type { Preset } from '../pipeline/recipes';
import { draftSources } from './datasetInput';
import { knownModels, loadModels } from './datasetModels';
import { draftOf, draftUntouched, recipeOf, recipeStore, replaceDraft } from './datasetRecipe';
import { download } from './download';
import { projectKey } from './exports';
import { itemOf } from './library';
import { announce, postError } from './notices';
import { keepDraft, restoreDraft } from './recipeDraft';
import { loadCached } from './sliceCache';
import { stageStore } from './stage';
import { say, sentence } from './strings/say';

const presetsStore = createStore<{ presets: readonly Preset[] }>(() => ({ presets: [] }));
export const usePresets = (): readonly Preset[] => useStore(presetsStore, (s) => s.presets);

/** Loads the presets; a panel opened for the first time begins with one for the modality on the stage. */
export async function loadPresets(): Promise<void> {
  try {
    const { PRESETS } = await import('../pipeline/recipes');
    presetsStore.setState({ presets: PRESETS });
    if (restoreDraft() || !draftUntouched()) return keepDraft();
    await loadModels();
    const installed = new Set(knownModels().map((m) => m.id));
    const runs = (p: Preset) => p.recipe.steps.every((s) => !('model' in s) || installed.has(s.model));
    const modality = itemOf(stageStore.getState().seriesId)?.source.series.modality;
    const fits = PRESETS.filter((p) => runs(p) && p.recipe.sources.modality.some((m) => m === modality));
    const first = fits.find((p) => p.recipe.steps.some((s) => s.type === 'insert-lesion')) ?? fits[0] ?? PRESETS[0]!;
    replaceDraft(say('edit.recipe'), draftOf(first.recipe, first.id));
    keepDraft();
  } catch (error) {
    postError(error);
  }
}

export function choosePreset(id: string): void {
  const preset = presetsStore.getState().presets.find((p) => p.id === id);
  if (preset) replaceDraft(say('edit.recipe'), draftOf(preset.recipe, preset.id));
}

async function draftText(): Promise<{ name: string; text: string }> {
  const recipe = recipeOf(recipeStore.getState().draft);
  const { recipeText } = await import('../pipeline/recipes');
  return { name: recipe.name, text: recipeText(recipe) };
}

export async function saveRecipe(): Promise<void> {
  const { name, text } = await draftText();
  download(new Blob([text], { type: 'application/json' }), `${name}.recipe.json`);
}

/** The recipe as text in the clipboard; resolves false where the browser refuses. */
export async function copyRecipe(): Promise<boolean> {
  try {
    await navigator.clipboard.writeText((await draftText()).text);
    return true;
  } catch (error) {
    postError(error);
    return false;
  }
}

/** Takes a recipe from text: true, or the sentence that says which field is wrong. */
export async function takeRecipe(text: string): Promise<true | string> {
  try {
    const { parseRecipe } = await import('../pipeline/recipes');
    const recipe = parseRecipe(text);
    replaceDraft(say('edit.recipe'), draftOf(recipe, null));
    announce(recipe.name);
    return true;
  } catch (error) {
    // Several mistakes stand in one line.
    return ((error as { detail?: string }).detail ?? String(error)).split('; ').map(sentence).join('; ');
  }
}

/** Lets the person choose a recipe file. */
export function loadRecipeFile(): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = '.json,application/json';
  input.onchange = async () => {
    const text = await input.files?.[0]?.text();
    if (text === undefined) return;
    const outcome = await takeRecipe(text);
    if (outcome !== true) {
      const { StudioError } = await import('../core/errors');
      postError(new StudioError('recipe/invalid', outcome));
    }
  };
  input.click();
}

/** What de-identification does to the first source's file; null where it is no DICOM. */
export async function deidentifyChanges(): Promise<readonly DeidentifyChange[] | null> {
  const item = draftSources()[0];
  if (!item) return null;
  const [{ deidentifyPreview }, slice] = await Promise.all([import('../pipeline/deidentifyPreview'), loadCached(item.source, 0)]);
  return deidentifyPreview(slice, recipeStore.getState().draft.recipe.deidentify, projectKey());
}
