import type { Slice } from '../core/slice';
import { derivedBytes, libraryStore, type LibraryItem } from './library';
import { postNotice } from './notices';
import { say } from './strings/say';

const GB = 1024 ** 3;

/** What results may take before it is said: a quarter of the memory that the browser tells of (it never tells more than 8 GB). */
const share = (): number => ((globalThis.navigator as { deviceMemory?: number } | undefined)?.deviceMemory ?? 8) * (GB / 4);

/** What results of so many slices of a series will take: each value as it is stored (`slice` is one of it), or as float without a 16-bit grid. */
export const resultBytes = ({ source: { series } }: LibraryItem, { stored }: Slice, scale: number, slices: number): number =>
  slices * series.rows * series.columns * scale * scale * (stored && stored.data.BYTES_PER_ELEMENT <= 2 ? 2 : 4);

/** Says before a run that its results, with those that are there, will take a large share of the memory. */
export function tellIfLarge(bytes: number): void {
  const all = bytes + derivedBytes(libraryStore.getState());
  if (all > share()) postNotice({ level: 'warn', happened: say('results.large', { n: (all / GB).toFixed(1) }), todo: say('results.large.todo') });
}
