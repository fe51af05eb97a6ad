import type { ErrorCode } from '../core/errors';

/** A dense float32 tensor, row-major, NCHW for images. */
export interface Tensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

export type Backend = 'webgpu' | 'wasm';

/** Which graph of which weights to run. */
export interface GraphRef {
  readonly modelId: string;
  /** `default`, `faithful` or `perceptual`. */
  readonly variant: string;
  readonly graph: 'forward' | 'gradient';
}

export interface InferResult {
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** The backend that really ran, never the one hoped for. */
  readonly backend: Backend;
  readonly milliseconds: number;
  /** Why another backend than wished for ran; absent when it was the wished one. */
  readonly reason?: string;
}

/**
 * Runs a graph once. Synthesis and saliency receive this as an argument and know nothing of workers.
 * Rejects with StudioError (`model/*`, `gpu/*`, `worker/*`) or AbortError (checked before the run starts).
 */
export type Infer = (
  graph: GraphRef,
  inputs: Readonly<Record<string, Tensor>>,
  signal?: AbortSignal,
) => Promise<InferResult>;

/** Failures that a test asks for by name. */
export type Simulation = 'no-adapter' | 'session-fails' | 'device-lost';

/** What is running, in the words the interface shows. */
export interface BackendStatus {
  readonly backend: Backend;
  readonly threads: number;
  /** Why this backend: "no WebGPU adapter", "graphics device lost"… */
  readonly reason: string;
}

export interface InitRequest {
  /** A wish; the reply says what is there and why. */
  readonly prefer: 'auto' | Backend;
  readonly threads: number;
  /** Use WebGPU even on a software adapter. */
  readonly forceSoftwareGpu?: boolean;
  readonly simulate?: Simulation;
}

export interface InitReply extends BackendStatus {
  /** Name of the worker's life lock (`lifeLock.ts`). Absent without Web Locks: the time limit of a run is what is left. */
  readonly lifeLock?: string;
}

/** Request → response, for each message kind the worker understands. */
export interface InferenceProtocol {
  /** Makes the backend ready. */
  init: { request: InitRequest; response: InitReply };
  /** Gives the worker the bytes of a graph (already checked against sha256) and makes a session. `trial`: shapes of a small input. */
  load: { request: { ref: GraphRef; bytes: Uint8Array; trial: Record<string, number[]> }; response: BackendStatus };
  run: { request: { ref: GraphRef; inputs: Record<string, Tensor> }; response: InferResult };
  unload: { request: { ref: GraphRef }; response: null };
}

export type InferenceMessage = {
  [K in keyof InferenceProtocol]: { id: number; kind: K; request: InferenceProtocol[K]['request'] };
}[keyof InferenceProtocol];

export type InferenceReply =
  | { id: number; ok: true; value: unknown }
  | { id: number; ok: false; code: ErrorCode; message: string; detail: string };
