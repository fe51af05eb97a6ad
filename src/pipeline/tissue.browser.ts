import { StudioError } from '../core/errors';
import type { Slice } from '../core/slice';
import type { Tissue } from '../synthesis/lesion';

interface Reply {
  readonly id: number;
  readonly tissue?: Tissue;
  readonly error?: string;
}
let worker: Worker | null = null;
let counter = 0;
const open = new Map<number, { resolve: (tissue: Tissue) => void; reject: (error: unknown) => void }>();

function start(): Worker {
  const made = new Worker(new URL('./tissue.worker.ts', import.meta.url), { type: 'module', name: 'tissue' });
  made.onmessage = ({ data }: MessageEvent<Reply>) => {
    const waiting = open.get(data.id);
    open.delete(data.id);
    if (data.tissue) waiting?.resolve(data.tissue);
    else waiting?.reject(new StudioError('internal', data.error ?? ''));
  };
  made.onerror = (event) => {
    for (const waiting of open.values()) waiting.reject(new StudioError('worker/crashed', event.message));
    open.clear();
    worker = null;
  };
  return made;
}

/** `findTissue` in a worker of its own, so that the page stays smooth. Rejects with `worker/crashed`. */
export function tissueInWorker(slice: Slice): Promise<Tissue> {
  worker ??= start();
  const id = ++counter;
  const bare = { id: slice.id, raster: slice.raster, stored: null, pixelSpacingMm: slice.pixelSpacingMm, modality: slice.modality, window: slice.window, geometry: null, source: { kind: 'image', name: '', bits: 16 } } satisfies Slice;
  return new Promise((resolve, reject) => {
    open.set(id, { resolve, reject });
    worker!.postMessage({ id, slice: bare });
  });
}
