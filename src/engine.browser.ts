import type { InferenceClient, Simulation } from './inference/client';
import type { Infer } from './inference/protocol';
import type { ModelRegistry } from './models';
import type { Decoder } from './pipeline/decode/protocol';
import { StudioError } from './core/errors';
import { settingsStore } from './state/settings';

interface Engine {
  readonly client: InferenceClient;
  readonly models: ModelRegistry;
}
interface BatchEngine {
  readonly infer: Infer;
  /** Slices that may be worked on at once. */
  readonly lanes: number;
  dispose(): void;
}

/** Reads a file of public/models. */
async function readModelFile(baseUrl: string, name: string): Promise<Uint8Array> {
  const response = await fetch(`${baseUrl}models/${name}`);
  if (!response.ok) throw new StudioError('model/not-found', `${name}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * The inference worker and the models, made when first asked for. Tests ask for failures by the address:
 * `?simulate=device-lost`, `?backend=wasm`, `?softwareGpu` (WebGPU even on a software adapter), `?threads=1`.
 */
export function makeEngine(baseUrl: string): () => Promise<Engine> {
  let engine: Promise<Engine> | null = null;
  const make = async (): Promise<Engine> => {
    const [{ createInferenceClient }, { loadManifest, trialShapes }] = await Promise.all([import('./inference/client'), import('./models')]);
    const models = await loadManifest((name) => readModelFile(baseUrl, name));
    const query = new URLSearchParams(location.search);
    const wished = query.get('backend') ?? settingsStore.getState().backend;
    const client = createInferenceClient({
      createWorker: () => new Worker(new URL('./inference/worker.ts', import.meta.url), { type: 'module', name: 'inference' }),
      loadGraph: (ref) => models.bytes(ref),
      trialShapes: (ref) => trialShapes(models.get(ref.modelId), ref.graph),
      prefer: wished === 'webgpu' || wished === 'wasm' ? wished : 'auto',
      threads: query.has('threads') ? Math.max(1, Number(query.get('threads'))) : undefined,
      forceSoftwareGpu: query.has('softwareGpu'),
      simulate: (query.get('simulate') as Simulation | null) ?? undefined,
    });
    return { client, models };
  };
  return () => {
    engine ??= make().catch((error: unknown) => {
      engine = null; // The next call tries again.
      throw error;
    });
    return engine;
  };
}

/** Makes clients of a worker of that name with one WASM thread. */
async function oneThreadClients(models: ModelRegistry): Promise<(name: string) => InferenceClient> {
  const [{ createInferenceClient }, { trialShapes }] = await Promise.all([import('./inference/client'), import('./models')]);
  return (name) => createInferenceClient({
    createWorker: () => new Worker(new URL('./inference/worker.ts', import.meta.url), { type: 'module', name }),
    loadGraph: (ref) => models.bytes(ref),
    trialShapes: (ref) => trialShapes(models.get(ref.modelId), ref.graph),
    prefer: 'wasm',
    threads: 1,
  });
}

/** One WASM thread for recipes, whose bytes are the same everywhere; the models are those of `engine`, brought-along ones too. */
export function makeRecipeEngine(engine: () => Promise<Engine>): () => Promise<Engine> {
  let own: Promise<Engine> | null = null;
  const make = async (): Promise<Engine> => {
    const { models } = await engine();
    const client = (await oneThreadClients(models))('recipe');
    return { client, models };
  };
  return () => {
    own ??= make().catch((error: unknown) => {
      own = null;
      throw error;
    });
    return own;
  };
}

/** More single-thread workers than this gain little, and each holds its own copy of the model and the runtime. */
const MOST_LANES = 4;

/**
 * Workers for a whole series: on WASM several with one thread each, as many as the engine would use threads; else, and
 * on small machines, the engine's own worker. `dispose` ends what was made for this batch.
 */
export function makeBatchEngine(engine: () => Promise<Engine>): () => Promise<BatchEngine> {
  return async () => {
    const { client, models } = await engine();
    const lanes = client.status?.backend === 'wasm' ? Math.min(MOST_LANES, client.status.threads) : 1;
    if (lanes < 2) return { infer: client.infer, lanes: 1, dispose: () => undefined };
    const [make, { poolInfer }] = await Promise.all([oneThreadClients(models), import('./inference/pool')]);
    const clients = Array.from({ length: lanes }, (_, k) => make(`series ${k + 1}`));
    return { infer: poolInfer(clients.map((c) => c.infer)), lanes, dispose: () => clients.forEach((c) => c.dispose()) };
  };
}

/** The decode workers, made when the first file is opened. */
export function makeDecoder(): () => Promise<Decoder> {
  let decoder: Promise<Decoder> | null = null;
  return () => (decoder ??= import('./pipeline/decode/decoder.browser').then(({ createBrowserDecoder }) => createBrowserDecoder()));
}
