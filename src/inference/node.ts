import { StudioError, throwIfAborted } from '../core/errors';
import { trialShapes, type ModelRegistry } from '../models';
import { createEngine, keyOf, type OrtModule } from './engine';
import type { GraphRef, Infer } from './protocol';
import { createQueue } from './queue';

/** onnxruntime fixes its threads when its module starts; there is one module a process. */
let threadsOfProcess: number | null = null;

/**
 * The same WASM backend in Node, in this process: its bytes equal the browser's. `threads` 1 is the default of
 * everything that decides bytes. Sessions are made on the first run of a graph.
 * Throws `internal` when another number of threads was asked for before.
 */
export function createNodeInfer(models: ModelRegistry, threads = 1): Infer {
  threadsOfProcess ??= threads;
  if (threadsOfProcess !== threads) throw new StudioError('internal', `inference runs on ${threadsOfProcess} threads in this process`);
  const engine = createEngine({
    async loadWasm(count) {
      const ort = await import('onnxruntime-web');
      ort.env.wasm.numThreads = count;
      return ort as unknown as OrtModule;
    },
    now: () => performance.now(),
  });
  const enqueue = createQueue();
  const started = enqueue(() => engine.init({ prefer: 'wasm', threads }));
  const ready = new Map<string, Promise<unknown>>();
  const load = (ref: GraphRef): Promise<unknown> => {
    const key = keyOf(ref);
    let loading = ready.get(key);
    if (!loading) {
      loading = started
        .then(() => models.bytes(ref))
        .then((bytes) => enqueue(() => engine.load(ref, bytes, trialShapes(models.get(ref.modelId), ref.graph))));
      ready.set(key, loading);
      loading.catch(() => ready.delete(key));
    }
    return loading;
  };
  return async (ref, inputs, signal) => {
    throwIfAborted(signal);
    await load(ref);
    return enqueue(() => {
      throwIfAborted(signal);
      return engine.run(ref, inputs);
    });
  };
}
