import type { keptReview, Manifest } from '../pipeline/review';

const NAME = 'verisim.review.by';
const keyOf = (manifest: Manifest): string => `verisim.review.${manifest.contentSha256.slice(0, 24)}`;

/** What this browser kept of the sign-off of a set on an earlier visit, as it lies there; null where nothing does. */
export function readKeptReview(manifest: Manifest): unknown {
  try {
    return JSON.parse(localStorage.getItem(keyOf(manifest)) ?? 'null');
  } catch {
    return null; // Damaged or no storage: the manifest's own decisions hold.
  }
}

export function keepReview(manifest: Manifest, review: ReturnType<typeof keptReview>): void {
  try {
    localStorage.setItem(keyOf(manifest), JSON.stringify(review));
  } catch {
    // Storage is full or denied: the manifest still gets the decisions where it can be written.
  }
}

/** The name the person signed with last; it stays in this browser until it is emptied. */
export function keptName(): string {
  try {
    return localStorage.getItem(NAME) ?? '';
  } catch {
    return ''; // No storage: the name is typed again.
  }
}

export function keepName(name: string): void {
  try {
    if (name) localStorage.setItem(NAME, name);
    else localStorage.removeItem(NAME);
  } catch {
    // Storage is full or denied: the name holds for this visit.
  }
}
