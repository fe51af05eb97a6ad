import { reviewBlock, reviewFromBlock, type Review, type ReviewEntry } from './review';

/** What a browser keeps of a sign-off between visits: the decisions, what takes them back, and when it was written. */
export interface KeptReview {
  readonly version: 1;
  readonly decisions: readonly ReviewEntry[];
  readonly past: Review['past'];
  /** ISO time of writing. */
  readonly at: string;
}

export const keptReview = (review: Review, at: string): KeptReview => ({ ...reviewBlock(review), past: review.past, at });

/**
 * The sign-off as it was left: what this browser kept, and what the set's own manifest says. A decision of the manifest
 * holds where it was made after the browser last wrote (someone went on elsewhere); an older one was changed or taken
 * back here. Actions on items that others decided since cannot be undone any more.
 */
export function resumeReview(kept: unknown, inManifest: unknown): Review {
  const theirs = reviewFromBlock(inManifest).entries;
  const mine = reviewFromBlock(kept).entries;
  const { past, at } = (typeof kept === 'object' && kept !== null ? kept : {}) as { past?: unknown; at?: unknown };
  const entries: Record<string, ReviewEntry> = { ...mine };
  const others = new Set<string>();
  for (const [item, entry] of Object.entries(theirs)) {
    const known = typeof at === 'string' ? at : (mine[item]?.at ?? null);
    if (known !== null && entry.at <= known) continue;
    entries[item] = entry;
    others.add(item);
  }
  const actions = Array.isArray(past) ? (past as unknown[]).flatMap(actionOf) : [];
  return { entries, past: actions.filter((a) => !others.has(a.item)) };
}

function actionOf(raw: unknown): Review['past'][number][] {
  const { item, before } = (typeof raw === 'object' && raw !== null ? raw : {}) as { item?: unknown; before?: unknown };
  if (typeof item !== 'string') return [];
  if (before === null) return [{ item, before }];
  const entry = reviewFromBlock({ decisions: [before] }).entries[item];
  return entry ? [{ item, before: entry }] : [];
}
