import type { Slice } from '../core/slice';

/** A rectangle in mm (pixels where no spacing is known) from the outer corner of the first pixel. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The whole field of view of a slice. */
export function fieldBox(slice: Slice): Box {
  const [row, column] = slice.pixelSpacingMm ?? [1, 1];
  return { x: 0, y: 0, width: slice.raster.width * column, height: slice.raster.height * row };
}

/**
 * Where the anatomy is: rows and columns in which at least 4 % of the pixels stand clearly above the background.
 * CT: above −400 HU. Else: above 12 % of the way from the darkest to the 99th percentile.
 * The whole field where that finds little (a blank slice, a phantom without background).
 */
export function bodyBox(slice: Slice): Box {
  const { data, width, height } = slice.raster;
  const whole = fieldBox(slice);
  const step = Math.max(1, Math.floor(data.length / 20000));
  const sample: number[] = [];
  for (let i = 0; i < data.length; i += step) if (Number.isFinite(data[i])) sample.push(data[i]!);
  sample.sort((a, b) => a - b);
  const at = (p: number) => sample[Math.min(sample.length - 1, Math.floor(p * sample.length))] ?? 0;
  const threshold = slice.raster.unit === 'HU' ? -400 : at(0.02) + 0.12 * (at(0.99) - at(0.02));
  const rows = new Uint32Array(height);
  const columns = new Uint32Array(width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x]! > threshold) {
        rows[y]!++;
        columns[x]!++;
      }
    }
  }
  const y0 = rows.findIndex((n) => n > 0.04 * width);
  const y1 = rows.findLastIndex((n) => n > 0.04 * width) + 1;
  const x0 = columns.findIndex((n) => n > 0.04 * height);
  const x1 = columns.findLastIndex((n) => n > 0.04 * height) + 1;
  if (y0 < 0 || x0 < 0 || x1 - x0 < width / 6 || y1 - y0 < height / 6) return whole;
  const [row, column] = slice.pixelSpacingMm ?? [1, 1];
  return { x: x0 * column, y: y0 * row, width: (x1 - x0) * column, height: (y1 - y0) * row };
}
