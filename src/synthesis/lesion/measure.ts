import { dilate } from '../../core/distance';
import type { Slice } from '../../core/slice';

/** What a lesion looks like against its surroundings; in HU or the slice's grey levels. */
export interface LesionMeasures {
  readonly meanInside: number;
  /** Mean of the ring 2 to 5 mm (pixels without spacing) around the mask. */
  readonly meanRing: number;
  readonly pixels: number;
  readonly areaMm2: number | null;
  /** Diameter of the circle of the same area, mm. */
  readonly diameterMm: number | null;
}

export function measureLesion(slice: Slice, mask: Uint8Array): LesionMeasures {
  const { data, width, height } = slice.raster;
  const spacing = slice.pixelSpacingMm ?? [1, 1];
  const near = dilate(mask, width, height, 2, spacing);
  const far = dilate(mask, width, height, 5, spacing);
  let inside = 0;
  let pixels = 0;
  let ring = 0;
  let ringPixels = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i]) {
      inside += data[i]!;
      pixels++;
    } else if (far[i] && !near[i]) {
      ring += data[i]!;
      ringPixels++;
    }
  }
  const areaMm2 = slice.pixelSpacingMm ? pixels * slice.pixelSpacingMm[0] * slice.pixelSpacingMm[1] : null;
  return {
    meanInside: pixels ? inside / pixels : NaN,
    meanRing: ringPixels ? ring / ringPixels : NaN,
    pixels,
    areaMm2,
    diameterMm: areaMm2 === null ? null : Math.sqrt((areaMm2 * 4) / 3.141592653589793),
  };
}
