import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { Recipe, RecipeStep } from '../pipeline/recipes';
import { recordEdit } from './history';
import { stepDef } from './stepCatalog';
import { say } from './strings/say';

/** A step as the panel edits it; `settings` are the step's own fields. */
export interface PanelStep {
  /** Of this list only; never in a recipe. */
  readonly id: string;
  readonly type: string;
  /** 0…1 */
  readonly probability: number;
  readonly on: boolean;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What the panel edits. `recipe.steps` is not looked at: `steps` stands for it, with those that are switched off. */
export interface RecipeDraft {
  /** Preset it began as; null: loaded or pasted. */
  readonly preset: string | null;
  readonly changed: boolean;
  readonly recipe: Recipe;
  readonly steps: readonly PanelStep[];
}

interface RecipeState {
  readonly draft: RecipeDraft;
  /** Step whose settings are open. */
  readonly openStep: string | null;
}

let counter = 0;
const newStepId = (): string => `step-${++counter}`;

const EMPTY: RecipeDraft = {
  preset: null,
  changed: false,
  steps: [],
  recipe: {
    verisim: 'recipe', version: 1, name: 'dataset', seed: 1, copies: 1, originals: true, draw: 'slice', steps: [], outputs: [{ format: 'nnunet', datasetId: 1 }],
    sources: { modality: [], slices: 'all', every: 1 }, split: { folds: 5, test: 0 },
    deidentify: { enabled: true, dates: 'remove', device: false, descriptors: false, characteristics: false },
  },
};

export const recipeStore = createStore<RecipeState>(() => ({ draft: EMPTY, openStep: null }));
export const useRecipe = <T>(select: (state: RecipeState) => T): T => useStore(recipeStore, select);

/** True until a preset, a recipe or a kept draft was shown. */
export const draftUntouched = (): boolean => recipeStore.getState().draft === EMPTY;

/** A draft out of plain data that was kept on this machine; null where it is none. Steps this version does not know are left out. */
export function reviveDraft(data: unknown): RecipeDraft | null {
  const kept = data as Partial<RecipeDraft> | null;
  if (kept?.recipe?.verisim !== 'recipe' || kept.recipe.version !== 1 || !Array.isArray(kept.recipe.outputs) || !Array.isArray(kept.steps)) return null;
  const steps = (kept.steps as Partial<PanelStep>[])
    .filter((s) => typeof s?.type === 'string' && stepDef(s.type) !== undefined)
    .map((s): PanelStep => ({ id: newStepId(), type: s.type!, probability: Number(s.probability ?? 1), on: s.on !== false, settings: s.settings ?? {} }));
  return { preset: typeof kept.preset === 'string' ? kept.preset : null, changed: kept.changed === true, recipe: { ...EMPTY.recipe, ...kept.recipe, steps: [] }, steps };
}

/** The recipe that the draft stands for: steps that are off are left out. */
export function recipeOf(draft: RecipeDraft): Recipe {
  const steps = draft.steps.filter((s) => s.on).map((s) => ({ ...s.settings, type: s.type, probability: s.probability }) as RecipeStep);
  return { ...draft.recipe, steps };
}

/** A draft that stands for `recipe`. */
export function draftOf(recipe: Recipe, preset: string | null): RecipeDraft {
  const steps = recipe.steps.map((step): PanelStep => {
    const { type, probability, ...settings } = step;
    return { id: newStepId(), type, probability, on: true, settings };
  });
  return { preset, changed: false, recipe: { ...recipe, steps: [] }, steps };
}

/** Takes another draft and makes it undoable. Edits of one field in quick succession count as one. */
export function editDraft(label: string, change: (draft: RecipeDraft) => RecipeDraft): void {
  const before = recipeStore.getState().draft;
  const after = { ...change(before), changed: true };
  recipeStore.setState({ draft: after });
  const last = lastEdit;
  if (last && last.label === label && last.after === before) {
    last.after = after;
    return;
  }
  const edit = { label, before, after };
  lastEdit = edit;
  recordEdit({ label: say('edit.recipe'), undo: () => show(edit.before), redo: () => show(edit.after) });
}

let lastEdit: { label: string; before: RecipeDraft; after: RecipeDraft } | null = null;

function show(draft: RecipeDraft): void {
  lastEdit = null;
  recipeStore.setState({ draft });
}

/** A preset or a loaded recipe: undoable, but not "changed". */
export function replaceDraft(label: string, after: RecipeDraft): void {
  const before = recipeStore.getState().draft;
  lastEdit = null;
  recipeStore.setState({ draft: after, openStep: null });
  if (before !== EMPTY) recordEdit({ label, undo: () => show(before), redo: () => show(after) });
}

export function changeRecipe(changes: Partial<Recipe>): void {
  editDraft(`recipe ${Object.keys(changes).join(' ')}`, (d) => ({ ...d, recipe: { ...d.recipe, ...changes } }));
}

export function changeStep(id: string, change: Partial<Omit<PanelStep, 'id' | 'type'>>): void {
  editDraft(`step ${id}`, (d) => ({ ...d, steps: d.steps.map((s) => (s.id === id ? { ...s, ...change } : s)) }));
}

export function setStepField(id: string, key: string, value: unknown): void {
  editDraft(`step ${id} ${key}`, (d) => ({ ...d, steps: d.steps.map((s) => (s.id === id ? { ...s, settings: { ...s.settings, [key]: value } } : s)) }));
}

/** Puts the step at `to`; the others close up. */
export function moveStep(id: string, to: number): void {
  editDraft(`move ${id}`, (d) => {
    const steps = d.steps.filter((s) => s.id !== id);
    const moved = d.steps.find((s) => s.id === id);
    if (!moved) return d;
    steps.splice(Math.min(steps.length, Math.max(0, to)), 0, moved);
    return { ...d, steps };
  });
}

export function removeStep(id: string): void {
  editDraft('remove step', (d) => ({ ...d, steps: d.steps.filter((s) => s.id !== id) }));
}

export function addStep(step: Omit<PanelStep, 'id'>): void {
  const id = newStepId();
  editDraft('add step', (d) => ({ ...d, steps: [...d.steps, { ...step, id }] }));
  recipeStore.setState({ openStep: id });
}

export const toggleStep = (id: string): void => recipeStore.setState((s) => ({ openStep: s.openStep === id ? null : id }));
