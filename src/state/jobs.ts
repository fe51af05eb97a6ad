import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { isAbort, toStudioError, type StudioError } from '../core/errors';
import { announce, postError } from './notices';
import { say } from './strings/say';

export type JobPhase =
  | { readonly kind: 'queued' }
  | {
      readonly kind: 'running';
      readonly done: number;
      readonly total: number;
      /** Units of earlier work: done when the clock of the remaining time started; null before it did. */
      readonly from: number | null;
      /** When that clock started, later by each pause. */
      readonly startedAt: number;
      readonly paused: boolean;
    }
  | { readonly kind: 'done'; readonly seconds: number; readonly summary: string }
  | { readonly kind: 'failed'; readonly error: StudioError }
  | { readonly kind: 'cancelled' };

type Running = Extract<JobPhase, { kind: 'running' }>;

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
/** Jobs that ended and are still remembered; those that run are never dropped. */
const KEPT = 12;
function remembered(jobs: readonly Job[]): Job[] {
  const isOver = ({ phase }: Job) => phase.kind !== 'queued' && phase.kind !== 'running';
  const over = new Set(jobs.filter(isOver).slice(KEPT));
  return jobs.filter((j) => !over.has(j));
}

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
  let pausedAt: number | null = null;
  const running = (change: (phase: Running) => Partial<Running>) => {
    const job = jobsStore.getState().jobs.find((j) => j.id === id);
    if (job?.phase.kind === 'running') patch(id, { ...job.phase, ...change(job.phase) });
  };
  const progress = (done: number, total: number) => {
    const now = performance.now();
    if (pausedAt !== null) pausedAt = now; // what was under way when it was paused still ends
    running(({ from }) => ({ done, total, ...(from === null ? { from: done, startedAt: now } : {}) }));
  };
  const resume = () => {
    release?.();
    release = null;
    gate = null;
    const pause = pausedAt === null ? 0 : performance.now() - pausedAt;
    pausedAt = null;
    running((phase) => ({ paused: false, startedAt: phase.startedAt + pause }));
  };
  const job: Job = {
    id,
    name: options.name,
    kind: options.kind,
    canPause: options.canPause ?? false,
    phase: { kind: 'running', done: 0, total: options.total, from: null, startedAt, paused: false },
    cancel: () => {
      if (!controller.signal.aborted) announce(say('job.cancelled', { name: options.name }));
      controller.abort();
      resume();
    },
    pause: () => {
      gate ??= new Promise((resolve) => (release = resolve));
      pausedAt ??= performance.now();
      running(() => ({ paused: true }));
    },
    resume,
  };
  jobsStore.setState((s) => ({ jobs: remembered([job, ...s.jobs]) }));
  try {
    const result = await work({
      signal: controller.signal,
      progress,
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

/** Whole seconds left, from what was done since the clock started; null until it can be said. */
export function secondsLeft(phase: JobPhase, now = performance.now()): number | null {
  if (phase.kind !== 'running' || phase.from === null || phase.done <= phase.from || phase.total <= 0) return null;
  return Math.max(0, Math.ceil(((now - phase.startedAt) / 1000 / (phase.done - phase.from)) * (phase.total - phase.done)));
}

export function cancelAllJobs(): void {
  for (const job of jobsStore.getState().jobs) if (job.phase.kind === 'running') job.cancel();
}
