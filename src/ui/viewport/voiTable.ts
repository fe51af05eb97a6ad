import type { Lut, WindowSetting } from '../../core/slice';
import { greyOf, straightWindow } from '../../core/window';
import type { DisplayImage } from './displayImage';

/** A lookup table as cornerstone-core takes it: `lut[pixel]`; equal `id`s mean the same table. */
export interface PixelTable {
  readonly id: string;
  readonly firstValueMapped: 0;
  readonly numBitsPerEntry: 16;
  /** Grey 0…255 of each pixel value from 0 on. */
  readonly lut: Float32Array;
}

/** What of a viewport makes grey. */
export interface VoiOfViewport {
  readonly voi: { readonly windowCenter: number; readonly windowWidth: number };
  readonly modalityLUT: PixelTable | undefined;
}

/** The window that maps 0…255 to itself. */
const IDENTITY = { windowCenter: 127.5, windowWidth: 255 };
const tables = new WeakMap<DisplayImage, PixelTable>();
const ids = new WeakMap<Lut, number>();
let count = 0;

/**
 * cornerstone-core draws straight windows only (its VOI tables shift bits); a SIGMOID or a VOI LUT goes in as one table
 * from pixel to grey, in place of its modality table, before the window that changes nothing.
 */
export function voiOfViewport(image: DisplayImage, window: WindowSetting): VoiOfViewport {
  if (image.color) return { voi: { windowCenter: 128, windowWidth: 256 }, modalityLUT: undefined };
  const straight = straightWindow(window);
  if (straight) return { voi: { windowCenter: straight.center, windowWidth: Math.max(1e-6, straight.width) }, modalityLUT: undefined };
  const id = idOf(window);
  let table = tables.get(image);
  if (table?.id !== id) {
    table = { id, firstValueMapped: 0, numBitsPerEntry: 16, lut: new Float32Array(image.maxPixelValue + 1) };
    const grey = greyOf(window);
    for (let v = image.minPixelValue; v <= image.maxPixelValue; v++) table.lut[v] = grey(v * image.slope + image.intercept);
    tables.set(image, table);
  }
  return { voi: IDENTITY, modalityLUT: table };
}

function idOf({ lut, function: fn, center, width }: WindowSetting): string {
  if (!lut) return `${fn} ${center} ${width}`;
  let id = ids.get(lut);
  if (id === undefined) ids.set(lut, (id = ++count));
  return `lut ${id}`;
}
