import type { Infer } from '../inference/protocol';
import type { ModelRegistry } from '../models';
import type { Compose } from './compose';

/** Numbers that take values to the model range and back: (v − low) / (high − low). Fixed per series. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
  /** Where they come from, for the provenance. */
  readonly source: 'percentile' | 'window' | 'identity';
}

/** What every use case of the models needs. The composition root has it. */
export interface EngineContext {
  readonly infer: Infer;
  readonly models: ModelRegistry;
  readonly softwareVersion: string;
  readonly signal?: AbortSignal;
  /** Units done of all (tiles of a slice, slices of a series). */
  readonly onProgress?: (done: number, total: number) => void;
  /** Awaited between tiles: resolves when work may go on (paused job, pointer down). */
  readonly gate?: () => Promise<void>;
  /** Where results are composed from the network's outputs; absent: here. */
  readonly compose?: Compose;
  /** Slices of a series that may be under way at once (default 1): as many as `infer` has workers. */
  readonly lanes?: number;
}
