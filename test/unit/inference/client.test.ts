import { afterEach, describe, expect, it } from 'vitest';
import { toStudioError } from '../../../src/core/errors';
import { createInferenceClient, type InferenceClient, type InferenceClientOptions } from '../../../src/inference/client';
import { createEngine, type OrtModule } from '../../../src/inference/engine';
import type { InferenceMessage, InferenceReply } from '../../../src/inference/protocol';
import { createQueue } from '../../../src/inference/queue';
import { trialShapes } from '../../../src/models';
import { goldenImage } from '../../fixtures/golden';
import { linearModel, onnxModel } from '../../fixtures/onnx';
import { registryOf } from '../../fixtures/models';

const divide = onnxModel({ nodes: [{ op: 'Div', inputs: ['image', 'zero'], outputs: ['output'] }], weights: [{ name: 'zero', dims: [1], values: [0] }], inputs: { image: [1, 1, 'H', 'W'] }, outputs: { output: [1, 1, 'H', 'W'] } });
const models = registryOf([{ entry: { id: 'linear' }, variants: { default: linearModel([2]) } }, { entry: { id: 'divide' }, variants: { default: { forward: divide } } }]);
const loadWasm = async (): Promise<OrtModule> => {
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = 1;
  return ort as unknown as OrtModule;
};

/** A stand-in for the browser's Worker: the real engine behind structured clones. `deaf` never answers a run. */
class LocalWorker {
  onmessage: ((event: { data: InferenceReply }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  readonly seen: string[] = [];
  ended = false;
  private readonly engine = createEngine({ loadWasm, now: () => performance.now() });
  private readonly enqueue = createQueue();
  constructor(private readonly deaf = false) {}
  postMessage(message: InferenceMessage, transfer: Transferable[]): void {
    const m = structuredClone(message, { transfer });
    this.seen.push(m.kind);
    if (this.deaf && m.kind === 'run') return;
    void this.enqueue(async () => {
      let reply: InferenceReply;
      try {
        const value = m.kind === 'init' ? await this.engine.init(m.request) : m.kind === 'load' ? await this.engine.load(m.request.ref, m.request.bytes, m.request.trial) : m.kind === 'run' ? await this.engine.run(m.request.ref, m.request.inputs) : null;
        reply = { id: m.id, ok: true, value };
      } catch (error) {
        const { code, message: text, detail } = toStudioError(error);
        reply = { id: m.id, ok: false, code, message: text, detail };
      }
      if (!this.ended) this.onmessage?.({ data: structuredClone(reply) });
    });
  }
  terminate(): void {
    this.ended = true;
  }
}

const clients: InferenceClient[] = [];
afterEach(() => clients.splice(0).forEach((c) => c.dispose()));
function start(makeWorker: () => LocalWorker, options: Partial<InferenceClientOptions> = {}): InferenceClient {
  const client = createInferenceClient({
    createWorker: () => makeWorker() as unknown as Worker, loadGraph: (ref) => models.bytes(ref),
    trialShapes: (ref) => trialShapes(models.get(ref.modelId), ref.graph), prefer: 'wasm', threads: 1, ...options,
  });
  clients.push(client);
  return client;
}
const ref = (modelId: string) => ({ modelId, variant: 'default', graph: 'forward' as const });
const image = goldenImage(6, 5, 1).data;
const input = { image: { data: image, dims: [1, 1, 6, 5] } };

describe('inference client', () => {
  it('makes the worker on the first call, loads a graph once, leaves the caller’s data alone, and tells the backend', async () => {
    const workers: LocalWorker[] = [];
    const client = start(() => (workers.push(new LocalWorker()), workers.at(-1)!));
    const seen: string[] = [];
    client.onStatus((s) => seen.push(s.backend));
    expect([workers.length, client.status]).toEqual([0, null]);
    const results = await Promise.all([client.infer(ref('linear'), input), client.infer(ref('linear'), input)]);
    for (const r of results) expect([...r.outputs.output!.data]).toEqual([...image.map((v) => 2 * v)]);
    expect(image.length).toBe(30);
    expect(workers[0]!.seen).toEqual(['init', 'load', 'run', 'run']);
    expect([client.status!.backend, seen]).toEqual(['wasm', ['wasm']]);
    await client.warm(ref('linear'));
    expect(workers.length).toBe(1);
  });

  it('rebuilds typed errors and goes on', async () => {
    const client = start(() => new LocalWorker());
    await expect(client.infer(ref('divide'), input)).rejects.toMatchObject({ name: 'StudioError', code: 'model/bad-output' });
    await expect(client.infer(ref('nothing'), input)).rejects.toMatchObject({ code: 'model/unknown' });
    await expect(client.infer(ref('linear'), input)).resolves.toMatchObject({ backend: 'wasm' });
  });

  it('never posts what was cancelled while it waited', async () => {
    const worker = new LocalWorker(), client = start(() => worker);
    await client.infer(ref('linear'), input);
    const controller = new AbortController();
    const first = client.infer(ref('linear'), input), second = client.infer(ref('linear'), input, controller.signal);
    controller.abort();
    await first;
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    expect(worker.seen).toEqual(['init', 'load', 'run', 'run']);
  });

  it('ends a hung worker, makes a new one, and loads again', async () => {
    const workers = [new LocalWorker(true), new LocalWorker()];
    let made = 0;
    const client = start(() => workers[made++]!, { timeoutMs: 2500 });
    await expect(client.infer(ref('linear'), input)).rejects.toMatchObject({ code: 'worker/timeout' });
    expect(workers[0]!.ended).toBe(true);
    await expect(client.infer(ref('linear'), input)).resolves.toMatchObject({ backend: 'wasm' });
    expect(workers[1]!.seen).toEqual(['init', 'load', 'run']);
  });

  it('a crash rejects what is under way and what waits; the next call works', async () => {
    const workers = [new LocalWorker(true), new LocalWorker()];
    let made = 0;
    const client = start(() => workers[made++]!);
    const waiting = [client.infer(ref('linear'), input), client.infer(ref('linear'), input)];
    const results = Promise.allSettled(waiting);
    while (!workers[0]!.seen.includes('run')) await new Promise((r) => setTimeout(r, 5));
    workers[0]!.onerror!({ message: 'out of memory' });
    for (const r of await results) expect(r).toMatchObject({ status: 'rejected', reason: { code: 'worker/crashed' } });
    await expect(client.infer(ref('linear'), input)).resolves.toMatchObject({ backend: 'wasm' });
  });

  it('is over when disposed', async () => {
    const client = start(() => new LocalWorker());
    await client.infer(ref('linear'), input);
    client.dispose();
    await expect(client.infer(ref('linear'), input)).rejects.toMatchObject({ code: 'worker/crashed' });
  });
});
