import { StudioError } from './errors';
import type { Raster } from './raster';

/** a·(1 − t) + b·t, pixel by pixel; t 0…1. `t` 0 and 1 give `a` and `b` themselves. */
export function mix(a: Raster, b: Raster, t: number): Raster {
  if (a.width !== b.width || a.height !== b.height) throw new StudioError('internal', 'blending rasters of different sizes');
  if (t <= 0) return a;
  if (t >= 1) return b;
  const data = new Float32Array(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = a.data[i]! * (1 - t) + b.data[i]! * t;
  return { ...a, data };
}
