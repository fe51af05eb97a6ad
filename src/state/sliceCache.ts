import { sliceBytes } from '../core/compactSlice';
import type { Slice } from '../core/slice';
import type { SeriesSource } from '../pipeline/seriesSource';
import { onGone } from './library';

/** Decoded slices, least recently used out first. Bounded: 140 slices of 1024² would be 587 MB. */
const LIMIT_BYTES = 256 * 1024 * 1024;
const held = new Map<string, { slice: Slice; bytes: number }>();
const pending = new Map<string, Promise<Slice>>();
let total = 0;

const keyOf = (source: SeriesSource, index: number) => `${source.series.id}/${index}`;

export function cachedSlice(source: SeriesSource, index: number): Slice | undefined {
  const key = keyOf(source, index);
  const entry = held.get(key);
  if (!entry) return undefined;
  held.delete(key);
  held.set(key, entry);
  return entry.slice;
}

/** A decoded slice, from the cache or its file. Two callers at once share one decode. */
export function loadCached(source: SeriesSource, index: number): Promise<Slice> {
  const there = cachedSlice(source, index);
  if (there) return Promise.resolve(there);
  const key = keyOf(source, index);
  const running = pending.get(key);
  if (running) return running;
  const promise: Promise<Slice> = source
    .loadSlice(index)
    .then((slice) => {
      if (pending.get(key) !== promise) return slice; // its series has left the library meanwhile
      const bytes = sliceBytes(slice);
      held.set(key, { slice, bytes });
      total += bytes;
      for (const [oldest, entry] of held) {
        if (total <= LIMIT_BYTES || oldest === key) break;
        held.delete(oldest);
        total -= entry.bytes;
      }
      return slice;
    })
    .finally(() => {
      if (pending.get(key) === promise) pending.delete(key);
    });
  pending.set(key, promise);
  return promise;
}

export const cachedBytes = (): number => total;

onGone((seriesId) => {
  for (const key of pending.keys()) if (key.startsWith(`${seriesId}/`)) pending.delete(key);
  for (const [key, entry] of held) {
    if (!key.startsWith(`${seriesId}/`)) continue;
    held.delete(key);
    total -= entry.bytes;
  }
});
