import { StudioError } from '../core/errors';
import type { Backend, GraphRef, Infer } from './protocol';

/** What is running, in the words the interface shows. */
export interface BackendStatus {
  readonly backend: Backend;
  readonly threads: number;
  /** Why this backend: "no WebGPU adapter", "graphics device lost"… */
  readonly reason: string;
}

/** Failures that a test asks for by name. Off unless the composition root passes one on. */
export type Simulation = 'no-adapter' | 'session-fails' | 'device-lost';

export interface InferenceClientOptions {
  /** `() => new Worker(new URL('./inference/worker.ts', import.meta.url), { type: 'module' })`, in the composition root. */
  readonly createWorker: () => Worker;
  /** Verified bytes of a graph: `registry.bytes`. */
  readonly loadGraph: (ref: GraphRef) => Promise<Uint8Array>;
  readonly prefer?: 'auto' | Backend;
  /** Default max(1, cores − 1) when isolated, else 1. */
  readonly threads?: number;
  /** Use WebGPU even on a software adapter (tests). */
  readonly forceSoftwareGpu?: boolean;
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

/** The main thread's side of the inference worker, which is made on the first call. */
export function createInferenceClient(_options: InferenceClientOptions): InferenceClient {
  throw new StudioError('internal', 'not built');
}
