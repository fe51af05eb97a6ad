import { StudioError } from '../core/errors';
import type { Backend, Infer } from '../inference/protocol';

/** What the composition root (src/main.tsx) injects; state knows no workers. Each is made on first use. */
export interface Services {
  /** Runs graphs in the inference worker; made on the first call. */
  infer(): Promise<Infer>;
  /** The backend that is there, in words, once known. */
  onBackend(listener: (backend: { backend: Backend; threads: number; reason: string }) => void): () => void;
  /** Ends the inference worker; the next call makes a new one. */
  restart(): Promise<void>;
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
