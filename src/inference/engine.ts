import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web';
import { isAbort, StudioError } from '../core/errors';
import { backendDifference, leastDifference } from './agreement';
import type { Backend, BackendStatus, GraphRef, InferResult, InitRequest, Tensor } from './protocol';

/** The part of onnxruntime-web that is used; the worker and Node bring different builds of it. */
export interface OrtModule {
  readonly InferenceSession: { create(bytes: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OrtTensor;
}

export interface EngineHost {
  /** The CPU build, ready with this many threads. */
  loadWasm(threads: number): Promise<OrtModule>;
  /** The WebGPU build; absent in Node. */
  loadWebgpu?(): Promise<OrtModule>;
  /** What adapter there is; asked once. */
  probeAdapter?(): Promise<'none' | 'software' | 'hardware'>;
  /** Destroys the graphics device that onnxruntime uses (only for the simulated loss). */
  destroyDevice?(ort: OrtModule): Promise<void>;
  now(): number;
}

export interface Engine {
  init(request: InitRequest): Promise<BackendStatus>;
  load(ref: GraphRef, bytes: Uint8Array, trial: Record<string, number[]>): Promise<BackendStatus>;
  run(ref: GraphRef, inputs: Readonly<Record<string, Tensor>>): Promise<InferResult>;
  unload(ref: GraphRef): Promise<void>;
}

export const keyOf = (ref: GraphRef): string => `${ref.modelId}/${ref.variant}/${ref.graph}`;

/** Sessions kept; the one unused for longest is released, and made again from its bytes when it is wanted. */
const KEPT = 16;
const SESSION = { graphOptimizationLevel: 'all', logSeverityLevel: 3 } as const;

interface Loaded {
  readonly bytes: Uint8Array;
  readonly trial: Record<string, number[]>;
  session: InferenceSession;
  backend: Backend;
  /** Why it does not run on the wished backend. */
  reason: string;
}

/**
 * Sessions, and the choice of backend. WebGPU where there is a real adapter and it computes what the CPU computes; when
 * it is lost or gives nonsense the same run is done again on WASM and everything after it too.
 * Calls must come one after the other (the worker and Node keep a queue).
 */
export function createEngine(host: EngineHost): Engine {
  let request: InitRequest = { prefer: 'auto', threads: 1 };
  let status: BackendStatus = { backend: 'wasm', threads: 1, reason: '' };
  let wasm: OrtModule | null = null;
  let gpu: OrtModule | null = null;
  let runsOnGpu = 0;
  const loaded = new Map<string, Loaded>();
  const asleep = new Map<string, Pick<Loaded, 'bytes' | 'trial'>>();

  const wasmModule = async (): Promise<OrtModule> => (wasm ??= await host.loadWasm(request.threads));

  async function chooseBackend(): Promise<string> {
    if (request.prefer === 'wasm') return 'chosen';
    if (!host.loadWebgpu || !host.probeAdapter) return 'no WebGPU here';
    const adapter = request.simulate === 'no-adapter' ? 'none' : await host.probeAdapter();
    if (adapter === 'none') return 'no WebGPU adapter';
    if (adapter === 'software' && !request.forceSoftwareGpu) return 'the WebGPU adapter is software, slower than WASM';
    try {
      gpu = await host.loadWebgpu();
      return '';
    } catch (error) {
      return `WebGPU did not start: ${messageOf(error)}`;
    }
  }

  async function makeSession(entry: { bytes: Uint8Array; trial: Record<string, number[]> }): Promise<Loaded> {
    let reason = status.reason;
    if (gpu) {
      try {
        if (request.simulate === 'session-fails') throw new Error('session refused (simulated)');
        const session = await gpu.InferenceSession.create(entry.bytes, { ...SESSION, executionProviders: [{ name: 'webgpu', preferredLayout: 'NCHW' }] });
        const difference = await compareBackends(gpu, session, entry);
        if (difference <= 1) return { ...entry, session, backend: 'webgpu', reason: '' };
        await session.release();
        reason = `the graphics device computes other values (${difference.toPrecision(2)} times the difference allowed)`;
      } catch (error) {
        reason = `WebGPU made no session: ${messageOf(error)}`;
      }
    }
    const ort = await wasmModule();
    try {
      const session = await ort.InferenceSession.create(entry.bytes, { ...SESSION, executionProviders: ['wasm'] });
      return { ...entry, session, backend: 'wasm', reason };
    } catch (error) {
      throw new StudioError('model/invalid', messageOf(error), { cause: error });
    }
  }

  /** Makes a session and, where there are too many, releases the one unused for longest. */
  async function wake(key: string, graph: Pick<Loaded, 'bytes' | 'trial'>): Promise<Loaded> {
    const entry = await makeSession(graph);
    if (gpu && entry.backend === 'wasm') status = { ...status, backend: 'wasm', reason: entry.reason };
    asleep.delete(key);
    loaded.set(key, entry);
    for (const [old, { session, bytes, trial }] of loaded) {
      if (loaded.size <= KEPT) break;
      loaded.delete(old);
      asleep.set(old, { bytes, trial });
      await session.release();
    }
    return entry;
  }

  /** Difference between WebGPU and the CPU on a small input, 1 = as much as is allowed. */
  async function compareBackends(ort: OrtModule, session: InferenceSession, entry: { bytes: Uint8Array; trial: Record<string, number[]> }): Promise<number> {
    const reference = await ort.InferenceSession.create(entry.bytes, { ...SESSION, executionProviders: ['wasm'] });
    try {
      return await leastDifference('cotangent' in entry.trial, async (trial) => {
        const inputs = trialInputs(entry.trial, trial);
        const a = await runSession(ort, session, inputs), b = await runSession(ort, reference, inputs);
        return backendDifference(b, a);
      });
    } finally {
      await reference.release();
    }
  }

  /** From here on everything runs on WASM. */
  async function leaveGpu(reason: string): Promise<void> {
    gpu = null;
    status = { backend: 'wasm', threads: request.threads, reason };
    for (const entry of loaded.values()) {
      if (entry.backend !== 'webgpu') continue;
      await entry.session.release().catch(() => undefined); // the device is gone; nothing to free there
      Object.assign(entry, await makeSession(entry));
    }
  }

  async function runLoaded(entry: Loaded, inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (entry.backend === 'wasm' || !gpu) return checked(await runSession(await wasmModule(), entry.session, inputs));
    try {
      if (request.simulate === 'device-lost' && ++runsOnGpu === 2) await host.destroyDevice?.(gpu);
      const outputs = await runSession(gpu, entry.session, inputs);
      if (!suspicious(outputs, inputs)) return outputs;
      // Zeros may be right; the CPU decides.
      const reference = checked(await runOnce(entry, inputs));
      if (allZero(reference)) return reference;
      await leaveGpu('the graphics device was lost: it gave empty images');
      return reference;
    } catch (error) {
      if (isAbort(error) || error instanceof StudioError) throw error;
      await leaveGpu('the graphics device was lost');
      return checked(await runSession(await wasmModule(), entry.session, inputs));
    }
  }

  /** One run on the CPU, whatever the graph usually runs on. */
  async function runOnce(entry: Loaded, inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const ort = await wasmModule();
    const session = await ort.InferenceSession.create(entry.bytes, { ...SESSION, executionProviders: ['wasm'] });
    try {
      return await runSession(ort, session, inputs);
    } finally {
      await session.release();
    }
  }

  return {
    async init(wished) {
      request = wished;
      const reason = await chooseBackend();
      if (!gpu) await wasmModule();
      status = { backend: gpu ? 'webgpu' : 'wasm', threads: request.threads, reason };
      return status;
    },
    async load(ref, bytes, trial) {
      const key = keyOf(ref);
      if (!loaded.has(key)) await wake(key, { bytes, trial });
      return status;
    },
    async run(ref, inputs) {
      const key = keyOf(ref);
      const sleeping = asleep.get(key);
      const entry = loaded.get(key) ?? (sleeping && (await wake(key, sleeping)));
      if (!entry) throw new StudioError('internal', `${key} is not loaded`);
      loaded.delete(key);
      loaded.set(key, entry); // youngest last
      checkShapes(entry.session, inputs);
      const started = host.now();
      const outputs = await runLoaded(entry, inputs);
      const reason = entry.backend === 'wasm' && request.prefer !== 'wasm' ? entry.reason || status.reason : undefined;
      return { outputs, backend: entry.backend, milliseconds: host.now() - started, ...(reason ? { reason } : {}) };
    },
    async unload(ref) {
      const entry = loaded.get(keyOf(ref));
      loaded.delete(keyOf(ref));
      asleep.delete(keyOf(ref));
      await entry?.session.release();
    },
  };
}

async function runSession(ort: OrtModule, session: InferenceSession, inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
  const feeds: Record<string, OrtTensor> = {};
  for (const [name, { data, dims }] of Object.entries(inputs)) feeds[name] = new ort.Tensor('float32', data, dims);
  const results = await session.run(feeds);
  const outputs: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(results)) {
    if (tensor.type !== 'float32') throw new StudioError('model/bad-output', `${name} is ${tensor.type}, float32 is needed`);
    // A copy: the data of a result lie in the engine's heap, which moves when it grows.
    outputs[name] = { data: Float32Array.from(tensor.data as Float32Array), dims: [...tensor.dims] };
    tensor.dispose();
  }
  return outputs;
}

function checkShapes(session: InferenceSession, inputs: Readonly<Record<string, Tensor>>): void {
  for (const name of session.inputNames) {
    if (!inputs[name]) throw new StudioError('model/shape-mismatch', `input ${name} is missing`);
  }
  for (const [name, { data, dims }] of Object.entries(inputs)) {
    if (!session.inputNames.includes(name)) throw new StudioError('model/shape-mismatch', `the model has no input ${name}`);
    if (dims.reduce((a, b) => a * b, 1) !== data.length) throw new StudioError('model/shape-mismatch', `${name}: ${data.length} values for ${dims.join(' × ')}`);
    const declared = session.inputMetadata.find((m) => m.name === name);
    const shape = declared?.isTensor ? declared.shape : undefined;
    if (shape && (shape.length !== dims.length || shape.some((s, i) => typeof s === 'number' && s > 0 && s !== dims[i]))) {
      throw new StudioError('model/shape-mismatch', `${name}: ${dims.join(' × ')} for ${shape.join(' × ')}`);
    }
  }
}

/** Throws `model/bad-output` for values that are no numbers. */
function checked(outputs: Record<string, Tensor>): Record<string, Tensor> {
  for (const [name, { data }] of Object.entries(outputs)) {
    for (const v of data) if (!Number.isFinite(v)) throw new StudioError('model/bad-output', `${name} holds ${v}`);
  }
  return outputs;
}

const allZero = (outputs: Record<string, Tensor>): boolean => Object.values(outputs).some(({ data }) => data.every((v) => v === 0));

function suspicious(outputs: Record<string, Tensor>, inputs: Readonly<Record<string, Tensor>>): boolean {
  if (Object.values(outputs).some(({ data }) => data.some((v) => !Number.isFinite(v)))) return true;
  return allZero(outputs) && Object.values(inputs).some(({ data }) => data.some((v) => v !== 0));
}

/** A fixed pattern in 0…1, other for each input. */
function trialInputs(shapes: Record<string, number[]>, trial: number): Record<string, Tensor> {
  const inputs: Record<string, Tensor> = {};
  Object.entries(shapes).forEach(([name, dims], k) => {
    const size = dims.reduce((a, b) => a * b, 1);
    inputs[name] = { dims, data: Float32Array.from({ length: size }, (_, i) => (((i + trial) * 7919 + k * 104729) % 1021) / 1021) };
  });
  return inputs;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200);
}
