import { draftUntouched, replaceDraft, reviveDraft, recipeStore, type RecipeDraft } from './datasetRecipe';
import { say } from './strings/say';

const KEY = 'verisim.recipe';
let keeping = false;

/** The draft of the last visit; null where there is none. */
function lastDraft(): RecipeDraft | null {
  try {
    return reviveDraft(JSON.parse(localStorage.getItem(KEY) ?? 'null'));
  } catch {
    return null; // No storage, or damaged: the panel begins with a preset as on the first visit.
  }
}

/** The draft that goes into a session file: that of this visit, else that of the last. */
export const sessionDraft = (): RecipeDraft | null => (draftUntouched() ? lastDraft() : recipeStore.getState().draft);

/** Takes the draft of a session file, whatever it holds; undoable. */
export function openDraft(data: unknown): void {
  const draft = reviveDraft(data);
  if (draft) replaceDraft(say('edit.recipe'), draft);
}

/** Shows the draft of the last visit, if there is one and none was begun in this one. True when it did. */
export function restoreDraft(): boolean {
  if (!draftUntouched()) return false;
  const draft = lastDraft();
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
