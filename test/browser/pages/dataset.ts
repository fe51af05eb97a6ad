import '../../../src/trustedTypes';
import { parseRecipe, type RecipeInput } from '../../../src/dataset/recipe';
import { createInferenceClient } from '../../../src/inference/client';
import { loadManifest, trialShapes } from '../../../src/models';
import { buildDataset, makeModelSteps, type SetInput } from '../../../src/pipeline/buildDataset';
import type { Sink } from '../../../src/storage/contracts';
import { createDirectorySink, walkFiles } from '../../../src/storage/directorySink.browser';
import { makeDatasetSource } from '../../fixtures/datasetSources';

export interface PageResult {
  hash: string | null;
  made: number;
  alreadyDone: number;
  error: string | null;
}

async function input(recipe: RecipeInput): Promise<SetInput> {
  const sources = ['P1', 'P2'].map((p) => makeDatasetSource(p));
  const base = { recipe: parseRecipe(recipe), sources, key: new Uint8Array(32).fill(6), softwareVersion: '0.1.0' };
  if (!base.recipe.steps.some((s) => 'model' in s)) return base;
  const models = await loadManifest(async (name) => new Uint8Array(await (await fetch(`/models/${name}`)).arrayBuffer()));
  const client = createInferenceClient({
    createWorker: () => new Worker(new URL('../../../src/inference/worker.ts', import.meta.url), { type: 'module' }),
    loadGraph: (ref) => models.bytes(ref),
    trialShapes: (ref) => trialShapes(models.get(ref.modelId), ref.graph),
    prefer: 'wasm', threads: 1, timeoutMs: 200_000,
  });
  return { ...base, models, runModel: makeModelSteps(sources, { infer: client.infer, models, softwareVersion: '0.1.0' }) };
}

const scope = globalThis as unknown as {
  /** Builds into a folder of the origin-private file system. With `hangAt`, that write (1: the first) stays half done for good. */
  build(folder: string, recipe: RecipeInput, hangAt?: number): Promise<PageResult>;
  list(folder: string): Promise<string[]>;
  /** The write that was to hang hangs. */
  hanging: boolean;
};
scope.hanging = false;

/** A sink whose write number `at` gets the first half of its bytes and never comes back. */
function hangingSink(sink: Sink, at: number): Sink {
  let writes = 0;
  return {
    ...sink,
    write: async (path, data) => {
      if (++writes < at) return sink.write(path, data);
      const half = data instanceof Uint8Array ? data.subarray(0, data.length >> 1) : new Uint8Array(1);
      return sink.write(path, (async function* () {
        yield half;
        scope.hanging = true;
        await new Promise(() => undefined);
      })());
    },
  };
}

scope.build = async (folder, recipe, hangAt) => {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true });
  const sink = createDirectorySink(root);
  try {
    const result = await buildDataset(await input(recipe), { sink: hangAt === undefined ? sink : hangingSink(sink, hangAt) });
    return { hash: result.contentSha256, made: result.made, alreadyDone: result.alreadyDone, error: null };
  } catch (error) {
    return { hash: null, made: 0, alreadyDone: 0, error: (error as { code?: string }).code ?? String(error), detail: String((error as { detail?: string }).detail ?? (error as Error).message) } as PageResult;
  }
};
scope.list = async (folder) => {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true });
  const paths: string[] = [];
  for await (const { path, handle } of walkFiles(root)) paths.push(`${path} ${(await handle.getFile()).size}`);
  return paths;
};
