import type { ErrorCode } from '../../core/errors';
import type { LabelSet } from '../../core/labelSet';
import type { Series, Slice } from '../../core/slice';
import type { CardLike } from '../../dataset/cardWords';
import type { Recipe } from '../../dataset/recipe';
import type { GraphRef, InferResult, Tensor } from '../../inference/protocol';
import type { ModelEntry } from '../../models';
import type { BuildProgress, BuildResult, Example } from '../buildDataset';

/** A set's input as it crosses to the worker: what it is made from stays on the other side and is asked for. */
export interface BatchInput {
  readonly recipe: Recipe;
  /** `opened`: of the series as it was opened; files that take the place of others under one path have another. */
  readonly sources: readonly { readonly series: Series; readonly opened: number; readonly labels: readonly LabelSet[] }[];
  readonly key: Uint8Array;
  readonly softwareVersion: string;
  /** Entries of the manifest, for recipes with model steps. */
  readonly models: readonly ModelEntry[] | null;
}

export interface BuildRequest {
  readonly input: BatchInput;
  /** Where the set lies: a private folder, or one that the person chose. */
  readonly folder: FileSystemDirectoryHandle;
  readonly cards: Readonly<Record<string, CardLike | null>>;
  readonly shard?: { readonly index: number; readonly count: number };
  readonly finish: boolean;
}
export interface PreviewRequest {
  readonly input: BatchInput;
  readonly index: number;
}

interface Refusal {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly aborted: boolean;
}

/** What the page says to the worker: work, the end of it, and answers to what was asked for. */
export type BatchMessage =
  | { readonly kind: 'build'; readonly id: number; readonly request: BuildRequest }
  | { readonly kind: 'preview'; readonly id: number; readonly request: PreviewRequest }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'answer'; readonly call: number; readonly value: Slice | InferResult | null }
  | ({ readonly kind: 'refusal'; readonly call: number } & Refusal);

/** What the worker says: the name of its life lock when it has started; a slice, a model run or leave to go on is needed; progress; the end. `id` names the work. */
export type BatchReply =
  | { readonly kind: 'alive'; readonly lifeLock: string }
  | { readonly kind: 'slice'; readonly id: number; readonly call: number; readonly source: number; readonly index: number }
  | { readonly kind: 'infer'; readonly id: number; readonly call: number; readonly ref: GraphRef; readonly inputs: Readonly<Record<string, Tensor>> }
  | { readonly kind: 'gate'; readonly id: number; readonly call: number }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: BuildProgress }
  | { readonly kind: 'done'; readonly id: number; readonly value: BuildResult | Example }
  | ({ readonly kind: 'failed'; readonly id: number } & Refusal);
