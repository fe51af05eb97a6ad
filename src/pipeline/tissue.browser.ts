import type { Slice } from '../core/slice';
import type { Tissue } from '../synthesis/lesion';
import { workerCalls } from './workerCalls.browser';

const call = workerCalls<Slice, Tissue>(() => new Worker(new URL('./tissue.worker.ts', import.meta.url), { type: 'module', name: 'tissue' }));

/** `findTissue` in a worker of its own, so that the page stays smooth. Rejects with `worker/crashed`. */
export function tissueInWorker(slice: Slice): Promise<Tissue> {
  return call({ id: slice.id, raster: slice.raster, stored: null, pixelSpacingMm: slice.pixelSpacingMm, modality: slice.modality, window: slice.window, geometry: null, source: { kind: 'image', name: '', bits: 16 } } satisfies Slice);
}
