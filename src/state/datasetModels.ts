import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { ModelEntry } from '../models';
import { postError } from './notices';
import { services } from './services';

/** Models that steps may name; empty until the manifest is read. */
const modelsStore = createStore<{ models: readonly ModelEntry[] }>(() => ({ models: [] }));
export const useModels = (): readonly ModelEntry[] => useStore(modelsStore, (s) => s.models);
export const knownModels = (): readonly ModelEntry[] => modelsStore.getState().models;

let watching = false;

/** Reads the manifest once; models that a person brings along appear by themselves. */
export async function loadModels(): Promise<void> {
  if (watching) return;
  watching = true;
  try {
    const { models } = await services().engine();
    const show = () => modelsStore.setState({ models: models.list() });
    models.onChange(show);
    show();
  } catch (error) {
    watching = false;
    postError(error);
  }
}
