import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { Slice } from '../core/slice';
import { greyOf } from '../core/window';
import type { LibraryItem } from './library';
import { itemOf, onGone } from './library';
import { loadCached } from './sliceCache';

export const THUMB = 80;
/** THUMB × THUMB grey values of a slice, letter-boxed, in its own window. Display only. */
export type Thumb = Uint8ClampedArray;

interface ThumbsState {
  /** By `seriesId/index`. */
  readonly thumbs: ReadonlyMap<string, Thumb>;
}

export const thumbsStore = createStore<ThumbsState>(() => ({ thumbs: new Map() }));
export const useThumb = (key: string): Thumb | undefined => useStore(thumbsStore, (s) => s.thumbs.get(key));

/** Mean of the pixels under each thumbnail pixel, windowed. */
export function drawThumb(slice: Slice, window = slice.window, size = THUMB): Thumb {
  const { data, width, height } = slice.raster;
  const [rowMm, columnMm] = slice.pixelSpacingMm ?? [1, 1];
  const scale = size / Math.max(width * columnMm, height * rowMm);
  const out = new Uint8ClampedArray(size * size);
  const grey = greyOf(window, slice.inverted);
  const offX = (size - width * columnMm * scale) / 2;
  const offY = (size - height * rowMm * scale) / 2;
  const stepX = 1 / (columnMm * scale);
  const stepY = 1 / (rowMm * scale);
  for (let y = 0; y < size; y++) {
    const y0 = (y - offY) * stepY;
    if (y0 <= -stepY || y0 >= height) continue;
    for (let x = 0; x < size; x++) {
      const x0 = (x - offX) * stepX;
      if (x0 <= -stepX || x0 >= width) continue;
      let sum = 0;
      let n = 0;
      for (let sy = Math.max(0, Math.floor(y0)); sy < Math.min(height, Math.max(y0 + stepY, Math.floor(y0) + 1)); sy++) {
        for (let sx = Math.max(0, Math.floor(x0)); sx < Math.min(width, Math.max(x0 + stepX, Math.floor(x0) + 1)); sx++) {
          sum += data[sy * width + sx]!;
          n++;
        }
      }
      if (n) out[y * size + x] = grey(sum / n);
    }
  }
  return out;
}

const waiting: string[] = [];
const asked = new Set<string>();
let running = false;

/** Asks for the thumbnail of a slice; it comes when the decoder has time. The last asked come first. */
export function wantThumb(item: LibraryItem, index: number): void {
  const key = `${item.id}/${index}`;
  if (asked.has(key)) return;
  asked.add(key);
  waiting.push(key);
  if (!running) void work();
}

async function work(): Promise<void> {
  running = true;
  while (waiting.length) {
    const key = waiting.shift()!;
    const cut = key.lastIndexOf('/');
    const item = itemOf(key.slice(0, cut));
    if (!item) continue;
    try {
      const slice = await loadCached(item.source, Number(key.slice(cut + 1)));
      putThumb(key, drawThumb(slice));
    } catch {
      // The slice itself says what is wrong when it is opened; its thumbnail stays black.
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  running = false;
}

export function putThumb(key: string, thumb: Thumb): void {
  thumbsStore.setState((s) => ({ thumbs: new Map(s.thumbs).set(key, thumb) }));
}

onGone((seriesId) => {
  const others = [...thumbsStore.getState().thumbs].filter(([key]) => !key.startsWith(`${seriesId}/`));
  for (const key of asked) if (key.startsWith(`${seriesId}/`)) asked.delete(key);
  thumbsStore.setState({ thumbs: new Map(others) });
});
