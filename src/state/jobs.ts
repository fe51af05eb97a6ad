import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { isAbort, toStudioError, type StudioError } from '../core/errors';
import { announce, postError } from './notices';
import { say } from './strings/say';

export type JobPhase =
  | { readonly kind: 'queued' }
  | { readonly kind: 'running'; readonly done: number; readonly total: number; readonly startedAt: number; readonly paused: boolean }
  | { readonly kind: 'done'; readonly seconds: number; readonly summary: string }
  | { readonly kind: 'failed'; readonly error: StudioError }
  | { readonly kind: 'cancelled' };

/** One piece of long work. Exactly one phase at a time, never a set of booleans. */
export interface Job {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly phase: JobPhase;
  readonly canPause: boolean;
  readonly cancel: () => void;
  readonly pause: () => void;
  readonly resume: () => void;
}

export interface JobHandle {
  readonly signal: AbortSignal;
  /** `done` of `total` units; the first call sets the clock for the remaining time. */
  progress(done: number, total: number): void;
  /** Resolves at once, or when a paused job is resumed. Called between units by work that can pause. */
  checkpoint(): Promise<void>;
}

interface JobsState {
  readonly jobs: readonly Job[];
}

export const jobsStore = createStore<JobsState>(() => ({ jobs: [] }));
export const useJobs = <T>(select: (state: JobsState) => T): T => useStore(jobsStore, select);

let counter = 0;
const KEPT = 12;

function patch(id: string, phase: JobPhase): void {
  jobsStore.setState((s) => ({ jobs: s.jobs.map((j) => (j.id === id ? { ...j, phase } : j)) }));
}

/**
 * Runs `work` as a job that the jobs bar shows: progress, remaining time, cancel, optional pause.
 * Resolves with the result, or undefined when it was cancelled or failed (the failure is posted as a notice).
 */
export async function runJob<T>(
  options: { name: string; kind: string; total: number; canPause?: boolean; summary?: (result: T) => string; signal?: AbortSignal },
  work: (handle: JobHandle) => Promise<T>,
): Promise<T | undefined> {
  const id = `job-${++counter}`;
  const controller = new AbortController();
  options.signal?.addEventListener('abort', () => controller.abort(), { once: true });
  let release: (() => void) | null = null;
  let gate: Promise<void> | null = null;
  const startedAt = performance.now();
  const running = (changes: Partial<Extract<JobPhase, { kind: 'running' }>>) => {
    const job = jobsStore.getState().jobs.find((j) => j.id === id);
    if (job?.phase.kind === 'running') patch(id, { ...job.phase, ...changes });
  };
  const resume = () => {
    release?.();
    release = null;
    gate = null;
    running({ paused: false });
  };
  const job: Job = {
    id,
    name: options.name,
    kind: options.kind,
    canPause: options.canPause ?? false,
    phase: { kind: 'running', done: 0, total: options.total, startedAt, paused: false },
    cancel: () => {
      if (!controller.signal.aborted) announce(say('job.cancelled', { name: options.name }));
      controller.abort();
      resume();
    },
    pause: () => {
      gate ??= new Promise((resolve) => (release = resolve));
      running({ paused: true });
    },
    resume,
  };
  jobsStore.setState((s) => ({ jobs: [job, ...s.jobs].slice(0, KEPT) }));
  try {
    const result = await work({
      signal: controller.signal,
      progress: (done, total) => running({ done, total }),
      checkpoint: () => gate ?? Promise.resolve(),
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const summary = options.summary?.(result) ?? options.name;
    patch(id, { kind: 'done', seconds, summary });
    announce(summary);
    return result;
  } catch (error) {
    if (isAbort(error) || controller.signal.aborted) {
      patch(id, { kind: 'cancelled' });
      return undefined;
    }
    patch(id, { kind: 'failed', error: toStudioError(error) });
    postError(error, options.name);
    return undefined;
  }
}

/** Seconds left, from what is done so far; null until it can be said. */
export function secondsLeft(phase: JobPhase, now = performance.now()): number | null {
  if (phase.kind !== 'running' || phase.done <= 0 || phase.total <= 0) return null;
  return Math.max(0, ((now - phase.startedAt) / 1000 / phase.done) * (phase.total - phase.done));
}

export function cancelAllJobs(): void {
  for (const job of jobsStore.getState().jobs) if (job.phase.kind === 'running') job.cancel();
}
