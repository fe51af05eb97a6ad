import '../../../src/trustedTypes';
import { backendDifference, leastDifference } from '../../../src/inference/agreement';
import { createInferenceClient, type InferenceClient } from '../../../src/inference/client';
import type { GraphRef, Tensor } from '../../../src/inference/protocol';
import { loadManifest, trialShapes } from '../../../src/models';

export interface Agreement {
  graph: string;
  /** Backend of each side, as the worker names it. */
  ran: [string, string];
  /** Why WebGPU was not used, where it was not. */
  reason?: string | undefined;
  /** See `backendDifference`. */
  difference: number;
}

/** Values 0…1 from integers, the same everywhere; masks get 0 or 1. */
function inputsFor(shapes: Record<string, number[]>, seed: number): Record<string, Tensor> {
  let state = seed;
  const next = () => (state = (Math.imul(1664525, state) + 1013904223) >>> 0) / 4294967296;
  return Object.fromEntries(
    Object.entries(shapes).map(([name, dims]) => {
      const size = dims.reduce((n, d) => n * d, 1);
      const side = dims.at(-1)!;
      const inside = (i: number) => Math.abs((i % side) - side / 2) < side / 8 && Math.abs(Math.floor(i / side) - side / 2) < side / 8;
      const data = Float32Array.from({ length: size }, (_, i) => (name === 'mask' ? Number(inside(i)) : name === 'z' || name === 'cotangent' ? next() - 0.5 : next()));
      return [name, { data, dims }];
    }),
  );
}

async function compare(client: InferenceClient, other: InferenceClient, ref: GraphRef, shapes: Record<string, number[]>): Promise<Agreement> {
  let ran: [string, string] = ['', ''], reason: string | undefined;
  const difference = await leastDifference(ref.graph === 'gradient', async (trial) => {
    const a = await client.infer(ref, inputsFor(shapes, 7 + trial));
    const b = await other.infer(ref, inputsFor(shapes, 7 + trial));
    ran = [a.backend, b.backend];
    reason = a.reason;
    return backendDifference(b.outputs, a.outputs);
  });
  return { graph: `${ref.modelId} ${ref.variant} ${ref.graph}`, ran, reason, difference };
}

const scope = globalThis as unknown as { agree(tasks: string[]): Promise<Agreement[]> };
/** Runs every graph of the models with these tasks (or ids) on WebGPU (software adapter) and on WASM. */
scope.agree = async (tasks) => {
  const models = await loadManifest(async (name) => new Uint8Array(await (await fetch(`/models/${name}`)).arrayBuffer()));
  const make = (prefer: 'webgpu' | 'wasm') =>
    createInferenceClient({
      createWorker: () => new Worker(new URL('../../../src/inference/worker.ts', import.meta.url), { type: 'module' }),
      loadGraph: (ref) => models.bytes(ref),
      trialShapes: (ref) => trialShapes(models.get(ref.modelId), ref.graph),
      prefer, threads: 1, forceSoftwareGpu: true, timeoutMs: 200_000,
    });
  const clients = [make('webgpu'), make('wasm')] as const;
  const results: Agreement[] = [];
  for (const entry of models.list().filter((m) => tasks.includes(m.task) || tasks.includes(m.id))) {
    for (const [variant, files] of Object.entries(entry.variants)) {
      for (const graph of ['forward', 'gradient'] as const) {
        if (graph === 'gradient' && !files.gradient) continue;
        results.push(await compare(...clients, { modelId: entry.id, variant, graph }, trialShapes(entry, graph)));
      }
    }
  }
  for (const client of clients) client.dispose();
  return results;
};
