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

/** Request → response, for each message kind the worker understands. */
export interface InferenceProtocol {
  /** Make the backend ready. `prefer` is a wish; the reply says what is there and why. */
  init: { request: { prefer: 'auto' | Backend; threads: number; forceSoftwareGpu?: boolean }; response: { backend: Backend; threads: number; reason: string } };
  /** Give the worker the bytes of a graph (already checked against sha256) and make a session. */
  load: { request: { ref: GraphRef; bytes: ArrayBuffer; isolatedFromGpu?: boolean }; response: { backend: Backend; reason: string } };
  run: { request: { ref: GraphRef; inputs: Record<string, Tensor> }; response: { outputs: Record<string, Tensor>; backend: Backend; milliseconds: number; reason?: string } };
  unload: { request: { ref: GraphRef }; response: Record<string, never> };
}

export type InferenceMessage = {
  [K in keyof InferenceProtocol]: { id: number; kind: K; request: InferenceProtocol[K]['request'] };
}[keyof InferenceProtocol];

export type InferenceReply =
  | { id: number; ok: true; value: unknown }
  | { id: number; ok: false; code: ErrorCode; message: string; detail: string };
