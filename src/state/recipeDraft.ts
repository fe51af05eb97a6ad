import { draftUntouched, reviveDraft, recipeStore, type RecipeDraft } from './datasetRecipe';

const KEY = 'verisim.recipe';
let keeping = false;

/** Shows the draft of the last visit, if there is one and none was begun in this one. True when it did. */
export function restoreDraft(): boolean {
  if (!draftUntouched()) return false;
  let draft: RecipeDraft | null = null;
  try {
    draft = reviveDraft(JSON.parse(localStorage.getItem(KEY) ?? 'null'));
  } catch {
    // No storage, or damaged: the panel begins with a preset as on the first visit.
  }
  if (draft) recipeStore.setState({ draft });
  return draft !== null;
}

/** Writes each change of the draft to this machine from now on. What the studio chose by itself is not written. */
export function keepDraft(): void {
  if (keeping) return;
  keeping = true;
  recipeStore.subscribe(({ draft }, before) => {
    if (draft === before.draft) return;
    try {
      localStorage.setItem(KEY, JSON.stringify(draft));
    } catch {
      // Storage is full or denied: the draft holds for this visit.
    }
  });
}
