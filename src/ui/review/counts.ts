import type { ReviewItem } from '../../state/review';
import type { reviewStore } from '../../state/review';

export interface Counts {
  readonly total: number;
  readonly open: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly flagged: number;
}

let last: { key: unknown; items: readonly ReviewItem[]; value: Counts } | null = null;

/** How many items stand where; the same object until a decision changes it. */
export function counts(state: ReturnType<typeof reviewStore.getState>): Counts {
  if (last && last.key === state.review && last.items === state.items) return last.value;
  const value = { total: state.items.length, open: 0, accepted: 0, rejected: 0, flagged: 0 };
  for (const { id } of state.items) value[state.review.entries[id]?.verdict ?? 'open']++;
  last = { key: state.review, items: state.items, value };
  return value;
}
