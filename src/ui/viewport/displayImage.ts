import type { Slice } from '../../core/slice';

/** What cornerstone-core draws. Display only: made from a slice, never fed back. Grey pixels start at 0: modality value = pixel × slope + intercept. */
export interface DisplayImage {
  readonly imageId: string;
  readonly minPixelValue: number;
  readonly maxPixelValue: number;
  readonly slope: number;
  readonly intercept: number;
  readonly windowCenter: number;
  readonly windowWidth: number;
  readonly rows: number;
  readonly columns: number;
  readonly height: number;
  readonly width: number;
  readonly color: boolean;
  readonly rgba: boolean;
  readonly columnPixelSpacing: number;
  readonly rowPixelSpacing: number;
  readonly invert: boolean;
  readonly sizeInBytes: number;
  getPixelData(): Uint16Array | Uint8ClampedArray;
}

const made = new WeakMap<Slice, DisplayImage>();

/** The display image of a slice, made once. `sx`, `sy` are the spacings the view uses (1 where none is known). */
export function displayImage(slice: Slice, sx: number, sy: number): DisplayImage {
  const before = made.get(slice);
  if (before && before.columnPixelSpacing === sx && before.rowPixelSpacing === sy) return before;
  const image = build(slice, sx, sy);
  made.set(slice, image);
  return image;
}

/**
 * cornerstone's lookup table has an entry per value between min and max: the file's integers where they have 16 bits,
 * else 65,536 steps over the slice's own range. Padding is drawn black.
 */
function build(slice: Slice, sx: number, sy: number): DisplayImage {
  const { width, height } = slice.raster;
  const base = {
    imageId: slice.id,
    rows: height, columns: width, height, width,
    columnPixelSpacing: sx, rowPixelSpacing: sy,
    windowCenter: slice.window.center,
    windowWidth: slice.window.width,
    invert: slice.inverted ?? false,
  };
  if (slice.rgb) {
    const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
    for (let i = 0; i < width * height; i++) rgba.set(slice.rgb.subarray(i * 3, i * 3 + 3), i * 4);
    return { ...base, windowCenter: 128, windowWidth: 256, invert: false, color: true, rgba: true, minPixelValue: 0, maxPixelValue: 255, slope: 1, intercept: 0, sizeInBytes: rgba.byteLength, getPixelData: () => rgba };
  }
  const { pixels, min, max, slope, intercept } = integers(slice);
  return { ...base, color: false, rgba: false, minPixelValue: min, maxPixelValue: max, slope, intercept, sizeInBytes: pixels.byteLength, getPixelData: () => pixels };
}

/** Stored steps between padding and the pixel next to it: black in any sensible window. */
const BEYOND = 2000;

function integers(slice: Slice): { pixels: Uint16Array; min: number; max: number; slope: number; intercept: number } {
  const stored = slice.stored;
  if (stored && (stored.data instanceof Int16Array || stored.data instanceof Uint16Array)) {
    const { data, padding, slope, intercept } = stored;
    const { low, high } = padding ?? { low: Infinity, high: -Infinity };
    let min = Infinity;
    let max = -Infinity;
    for (const v of data) {
      if (v >= low && v <= high) continue;
      if (v < min) min = v;
      if (v > max) max = v;
    }
    if (min > max) min = max = 0;
    if (!padding && data instanceof Uint16Array) return { pixels: data, min, max: Math.max(max, min + 1), slope, intercept };
    // Below the darkest pixel, or beyond the last where the file is drawn inverted, within 16 bits.
    const range = data instanceof Uint16Array ? [0, 65535] : [-32768, 32767];
    const black = slice.inverted ? Math.min(range[1]!, max + BEYOND) : Math.max(range[0]!, min - BEYOND);
    const zero = padding ? Math.min(min, black) : min;
    const pixels = new Uint16Array(data.length);
    for (let i = 0; i < data.length; i++) pixels[i] = (data[i]! >= low && data[i]! <= high ? black : data[i]!) - zero;
    return { pixels, min: 0, max: Math.max(1, (padding ? Math.max(max, black) : max) - zero), slope, intercept: intercept + zero * slope };
  }
  const { data } = slice.raster;
  let low = Infinity;
  let high = -Infinity;
  for (const v of data) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (!(high > low)) high = low + 1;
  const STEPS = 65535;
  const slope = (high - low) / STEPS;
  const pixels = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) pixels[i] = Math.round((data[i]! - low) / slope);
  return { pixels, min: 0, max: STEPS, slope, intercept: low };
}
