import { StudioError, throwIfAborted } from '../core/errors';
import { watchLife } from './lifeLock';
import type { Backend, BackendStatus, GraphRef, Infer, InferenceMessage, InferenceProtocol, InferenceReply, InferResult, Simulation, Tensor } from './protocol';

export type { BackendStatus, Simulation } from './protocol';

export interface InferenceClientOptions {
  /** `() => new Worker(new URL('./inference/worker.ts', import.meta.url), { type: 'module' })`, in the composition root. */
  readonly createWorker: () => Worker;
  /** Verified bytes of a graph: `registry.bytes`. */
  readonly loadGraph: (ref: GraphRef) => Promise<Uint8Array>;
  /** Shapes of a small input: `trialShapes(registry.get(ref.modelId), ref.graph)`. */
  readonly trialShapes: (ref: GraphRef) => Record<string, number[]>;
  readonly prefer?: 'auto' | Backend;
  /** Default max(1, cores − 1) when isolated, else 1. */
  readonly threads?: number;
  /** Use WebGPU even on a software adapter (tests). */
  readonly forceSoftwareGpu?: boolean;
  /** A failure to be brought about on purpose (tests, teaching). Off by default. */
  readonly simulate?: Simulation;
  /** A run that takes longer is taken for hung: the worker is ended, a new one made (120 s). */
  readonly timeoutMs?: number;
}

export interface InferenceClient {
  readonly infer: Infer;
  /** Null until the worker has answered. */
  readonly status: BackendStatus | null;
  /** Called at once with what is known, then on every change. Returns the function that ends it. */
  onStatus(listener: (status: BackendStatus) => void): () => void;
  /** Loads a graph and runs it once on a tiny input, in the background: the first run costs 350–500 ms whatever the network. */
  warm(ref: GraphRef): Promise<void>;
  /** Ends the worker; the next call makes a new one. Pending calls reject with `worker/crashed`. */
  restart(): void;
  dispose(): void;
}

interface Pending {
  readonly id: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: StudioError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** max(1, cores − 1) in an isolated page; threads need SharedArrayBuffer. */
export function defaultThreads(): number {
  return globalThis.crossOriginIsolated ? Math.max(1, (navigator.hardwareConcurrency || 2) - 1) : 1;
}

/**
 * The main thread's side of the inference worker, which is made on the first call. One message is under way at a time:
 * what waits can still be cancelled, so a stale question never delays the next one by more than one run.
 */
export function createInferenceClient(options: InferenceClientOptions): InferenceClient {
  const threads = options.threads ?? defaultThreads();
  const timeoutMs = options.timeoutMs ?? 120_000;
  const listeners = new Set<(status: BackendStatus) => void>();
  const loads = new Map<string, Promise<unknown>>();
  let worker: Worker | null = null;
  let ready: Promise<unknown> | null = null;
  let status: BackendStatus | null = null;
  let pending: Pending | null = null;
  let counter = 0;
  let disposed = false;
  let last: Promise<unknown> = Promise.resolve();

  const setStatus = (next: BackendStatus): void => {
    if (status && status.backend === next.backend && status.reason === next.reason && status.threads === next.threads) return;
    status = next;
    for (const listener of listeners) listener(next);
  };

  const end = (error: StudioError): void => {
    worker?.terminate();
    worker = null;
    ready = null;
    loads.clear();
    const waiting = pending;
    pending = null;
    if (waiting) {
      clearTimeout(waiting.timer);
      waiting.reject(error);
    }
  };

  function post<K extends keyof InferenceProtocol>(kind: K, request: InferenceProtocol[K]['request'], transfer: Transferable[], signal?: AbortSignal): Promise<InferenceProtocol[K]['response']> {
    const target = worker;
    const job = async () => {
      throwIfAborted(signal);
      if (!target || target !== worker) throw new StudioError('worker/crashed', 'the worker was ended');
      return new Promise<unknown>((resolve, reject) => {
        const id = ++counter;
        const timer = setTimeout(() => end(new StudioError('worker/timeout', `${kind} took longer than ${timeoutMs / 1000} s`)), timeoutMs);
        pending = { id, resolve, reject, timer };
        target.postMessage({ id, kind, request } as InferenceMessage, transfer);
      });
    };
    const mine = last.then(job, job);
    last = mine;
    return mine as Promise<InferenceProtocol[K]['response']>;
  }

  function receive(reply: InferenceReply): void {
    if (!pending || reply.id !== pending.id) return;
    const { resolve, reject, timer } = pending;
    pending = null;
    clearTimeout(timer);
    if (reply.ok) resolve(reply.value);
    else reject(new StudioError(reply.code, reply.detail));
  }

  function start(): Promise<unknown> {
    if (disposed) return Promise.reject(new StudioError('worker/crashed', 'the client was disposed'));
    if (ready) return ready;
    worker = options.createWorker();
    const mine = worker;
    worker.onmessage = (event: MessageEvent<InferenceReply>) => receive(event.data);
    worker.onerror = (event) => {
      if (mine === worker) end(new StudioError('worker/crashed', event.message));
    };
    worker.onmessageerror = () => {
      if (mine === worker) end(new StudioError('worker/crashed', 'an answer could not be read'));
    };
    const { prefer = 'auto', forceSoftwareGpu, simulate } = options;
    ready = post('init', { prefer, threads, forceSoftwareGpu, simulate }, []).then(({ lifeLock, ...status }) => {
      setStatus(status);
      // One that was ended on purpose is no longer `worker`.
      if (lifeLock) watchLife(lifeLock, () => mine === worker && end(new StudioError('worker/crashed', 'it ended without a word')));
    });
    ready.catch((error: unknown) => {
      if (mine === worker) end(error as StudioError);
    });
    return ready;
  }

  function load(ref: GraphRef): Promise<unknown> {
    const key = `${ref.modelId}/${ref.variant}/${ref.graph}`;
    let loading = loads.get(key);
    if (!loading) {
      loading = options.loadGraph(ref).then(async (bytes) => {
        const copy = bytes.slice();
        setStatus(await post('load', { ref, bytes: copy, trial: options.trialShapes(ref) }, [copy.buffer]));
      });
      loads.set(key, loading);
      loading.catch(() => loads.delete(key));
    }
    return loading;
  }

  const infer: Infer = async (ref, inputs, signal) => {
    throwIfAborted(signal);
    await start();
    await load(ref);
    const copies: Record<string, Tensor> = {};
    const transfer: Transferable[] = [];
    for (const [name, { data, dims }] of Object.entries(inputs)) {
      const copy = Float32Array.from(data);
      copies[name] = { data: copy, dims };
      transfer.push(copy.buffer);
    }
    const result: InferResult = await post('run', { ref, inputs: copies }, transfer, signal);
    if (status) setStatus({ ...status, backend: result.backend, reason: result.reason ?? status.reason });
    return result;
  };

  return {
    infer,
    get status() {
      return status;
    },
    onStatus(listener) {
      listeners.add(listener);
      if (status) listener(status);
      return () => listeners.delete(listener);
    },
    async warm(ref) {
      const inputs: Record<string, Tensor> = {};
      for (const [name, dims] of Object.entries(options.trialShapes(ref))) {
        inputs[name] = { dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.5) };
      }
      await infer(ref, inputs);
    },
    restart: () => end(new StudioError('worker/crashed', 'restarted')),
    dispose() {
      disposed = true;
      end(new StudioError('worker/crashed', 'the client was disposed'));
    },
  };
}
