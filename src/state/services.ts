import { StudioError } from '../core/errors';
import type { BackendStatus, InferenceClient } from '../inference/client';
import type { Infer } from '../inference/protocol';
import type { ModelRegistry } from '../models';
import type { Compose } from '../pipeline/compose';
import type { EngineContext } from '../pipeline/enhance';
import type { Decoder } from '../pipeline/decode/protocol';
import { pointerUp } from './pointerGate';
import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';

/** What the composition root (src/main.tsx) injects; state knows no workers. Each is made on first use. */
export interface Services {
  /** The inference client and the models; made on the first call. */
  engine(): Promise<{ client: InferenceClient; models: ModelRegistry }>;
  /** Workers for a whole series; `dispose` when it is done. Asked after a first run, when the backend is known. */
  batchEngine(): Promise<{ infer: Infer; lanes: number; dispose(): void }>;
  /** The same models on one WASM thread, for recipes: their bytes are the same on every machine. */
  recipeEngine(): Promise<{ client: InferenceClient; models: ModelRegistry }>;
  /** The decode workers; made on the first call and kept. */
  decoder(): Promise<Decoder>;
  /** Composes results in a worker. */
  readonly compose?: Compose;
  readonly softwareVersion: string;
  /** Base URL of public files, ending in `/`. */
  readonly baseUrl: string;
}

let injected: Services | null = null;

export function provideServices(services: Services): void {
  injected = services;
}

/** The injected services; throws `internal` when the composition root did not run (a test that forgot to inject). */
export function services(): Services {
  if (!injected) throw new StudioError('internal', 'services are not provided');
  return injected;
}

/** The backend that is really there; null until a worker has answered. Shown, never the one hoped for. */
export const backendStore = createStore<{ status: BackendStatus | null }>(() => ({ status: null }));
export const useBackend = (): BackendStatus | null => useStore(backendStore, (s) => s.status);

let watching = false;

/** Everything a use case needs to run models, with this job's signal, progress and gate. */
export async function engineContext(options: Pick<EngineContext, 'signal' | 'onProgress' | 'gate'> = {}): Promise<EngineContext> {
  const { client, models } = await services().engine();
  if (!watching) {
    watching = true;
    client.onStatus((status) => backendStore.setState({ status }));
  }
  const { gate } = options;
  const rest = async () => {
    await gate?.();
    await pointerUp();
  };
  const { compose, softwareVersion } = services();
  return { infer: client.infer, models, compose, softwareVersion, ...options, gate: rest };
}
