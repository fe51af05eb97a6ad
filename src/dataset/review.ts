import { makeRandom } from '../core/random';

/** What a person decided on an item of a built set. `null`: still open. */
export type Verdict = 'accepted' | 'rejected' | 'flagged';

export interface ReviewEntry {
  readonly item: string;
  readonly verdict: Verdict | null;
  readonly comment: string;
  /** A name that the person typed, or nothing. */
  readonly by: string | null;
  /** ISO time. The one place of a set where a clock is allowed; it lies outside the hashed part of the manifest. */
  readonly at: string;
}

/** All decisions of a set, with what is needed to take them back one by one. */
export interface Review {
  readonly entries: Readonly<Record<string, ReviewEntry>>;
  /** What stood before each action, newest last; null where there was nothing. */
  readonly past: readonly { readonly item: string; readonly before: ReviewEntry | null }[];
}

export const EMPTY_REVIEW: Review = { entries: {}, past: [] };
const UNDO_LIMIT = 500;

/** Sets verdict and/or comment of an item. The same verdict again takes it back to open. */
export function decide(review: Review, item: string, change: { readonly verdict?: Verdict | null; readonly comment?: string }, by: string | null, at: string): Review {
  const before = review.entries[item] ?? null;
  const toggled = change.verdict !== undefined && change.verdict === before?.verdict ? null : change.verdict;
  const next: ReviewEntry = {
    item,
    verdict: toggled === undefined ? (before?.verdict ?? null) : toggled,
    comment: change.comment ?? before?.comment ?? '',
    by: by?.trim() || null,
    at,
  };
  return { entries: { ...review.entries, [item]: next }, past: [...review.past, { item, before }].slice(-UNDO_LIMIT) };
}

/** Takes back the last action; the item it was about, or null when there is none. */
export function undoDecision(review: Review): { readonly review: Review; readonly item: string | null } {
  const last = review.past.at(-1);
  if (!last) return { review, item: null };
  const entries = { ...review.entries };
  if (last.before) entries[last.item] = last.before;
  else delete entries[last.item];
  return { review: { entries, past: review.past.slice(0, -1) }, item: last.item };
}

export interface ReviewCounts {
  readonly total: number;
  readonly open: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly flagged: number;
}

export function reviewCounts(items: readonly string[], review: Review): ReviewCounts {
  const counts = { accepted: 0, rejected: 0, flagged: 0 };
  for (const item of items) {
    const verdict = review.entries[item]?.verdict;
    if (verdict) counts[verdict]++;
  }
  return { total: items.length, open: items.length - counts.accepted - counts.rejected - counts.flagged, ...counts };
}

/** What the contact sheet knows of an item for sorting. */
export interface Sortable {
  readonly id: string;
  /** Hallucination meter, 1/255 of the model range; null where the item has none. */
  readonly meter: number | null;
  /** Dice of the independent segmentation with the mask; null where there is none. */
  readonly agreement: number | null;
}

export type ReviewOrder = 'meter' | 'disagreement' | 'random' | 'number';

/** Worst first: highest meter, lowest agreement; ties and missing values by id. Random order is drawn from the seed. */
export function sortForReview<T extends Sortable>(items: readonly T[], order: ReviewOrder, seed = 0): T[] {
  const byId = (a: T, b: T): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  const sorted = [...items].sort(byId);
  if (order === 'number') return sorted;
  if (order === 'random') {
    const random = makeRandom(`review/${seed}`);
    for (let i = sorted.length - 1; i > 0; i--) {
      const j = random.integer(0, i);
      [sorted[i], sorted[j]] = [sorted[j]!, sorted[i]!];
    }
    return sorted;
  }
  const badness = (i: T): number => (order === 'meter' ? (i.meter ?? -Infinity) : -(i.agreement ?? Infinity));
  return sorted.sort((a, b) => {
    const [x, y] = [badness(a), badness(b)];
    return x === y ? byId(a, b) : y > x ? 1 : -1;
  });
}

/** Items that an export takes: accepted ones only, or all that were not rejected. */
export function exportable(items: readonly string[], review: Review, policy: 'accepted' | 'not-rejected'): string[] {
  return items.filter((id) => {
    const verdict = review.entries[id]?.verdict ?? null;
    return policy === 'accepted' ? verdict === 'accepted' : verdict !== 'rejected';
  });
}

/** The block that goes into `manifest.json` beside, never inside, the hashed part. Sorted, so that it is easy to compare. */
export function reviewBlock(review: Review): { version: 1; decisions: ReviewEntry[] } {
  return { version: 1, decisions: Object.values(review.entries).sort((a, b) => (a.item < b.item ? -1 : 1)) };
}

/** Reads a block back (resume); entries that make no sense are left out. */
export function reviewFromBlock(block: unknown): Review {
  const list = typeof block === 'object' && block !== null && Array.isArray((block as { decisions?: unknown }).decisions) ? (block as { decisions: unknown[] }).decisions : [];
  const entries: Record<string, ReviewEntry> = {};
  for (const raw of list) {
    const e = raw as Partial<ReviewEntry> | null;
    if (!e || typeof e.item !== 'string') continue;
    const verdict = e.verdict === 'accepted' || e.verdict === 'rejected' || e.verdict === 'flagged' ? e.verdict : null;
    entries[e.item] = { item: e.item, verdict, comment: typeof e.comment === 'string' ? e.comment : '', by: typeof e.by === 'string' ? e.by : null, at: typeof e.at === 'string' ? e.at : '' };
  }
  return { entries, past: [] };
}
