import { isAbort, StudioError, throwIfAborted, toStudioError } from '../../core/errors';
import type { Series } from '../../core/slice';
import { watchLife } from '../../inference/lifeLock';
import type { Infer } from '../../inference/protocol';
import type { BuildProgress, BuildResult, Example, SetInput } from '../buildDataset';
import type { BatchInput, BatchMessage, BatchReply, BuildRequest } from './protocol';

/** What the page gives to the work in the worker while it runs. */
interface Host {
  readonly input: SetInput;
  readonly infer: Infer | null;
  readonly signal?: AbortSignal;
  readonly gate?: () => Promise<void>;
  readonly onProgress?: (progress: BuildProgress) => void;
}
type BuildOptions = Omit<Host, 'input'> & Omit<BuildRequest, 'input'>;

/** A worker that makes items of sets, so that the page never waits for them. */
export interface BatchWorker {
  /** As `buildDataset`, into a folder. */
  build(input: SetInput, options: BuildOptions): Promise<BuildResult>;
  /** As `previewExample`. */
  preview(input: SetInput, options: Pick<Host, 'infer' | 'signal'> & { readonly index: number }): Promise<Example>;
  end(): void;
}

const numbers = new WeakMap<Series, number>();
let opened = 0;
/** A series that crosses over is a copy, and its id a path: the number says whether it is the one of before. */
function numberOf(series: Series): number {
  const number = numbers.get(series) ?? ++opened;
  numbers.set(series, number);
  return number;
}

const crossing = ({ recipe, sources, key, softwareVersion, models }: SetInput): BatchInput => ({
  recipe, key, softwareVersion, models: models?.list() ?? null, sources: sources.map(({ source, labels }) => ({ series: source.series, opened: numberOf(source.series), labels })),
});

/** The worker starts with the first call; one that died, with an error or without a word, is replaced by the next call. */
export function createBatchWorker(): BatchWorker {
  const hosts = new Map<number, Host & { resolve: (value: never) => void; reject: (error: unknown) => void }>();
  let worker: Worker | null = null;
  let counter = 0;

  const die = (message: string): void => {
    worker?.terminate();
    worker = null;
    const waiting = [...hosts.values()];
    hosts.clear();
    for (const host of waiting) host.reject(new StudioError('worker/crashed', message));
  };

  const post = (message: BatchMessage): void => worker?.postMessage(message);

  async function answer(reply: Extract<BatchReply, { call: number }>): Promise<void> {
    const host = hosts.get(reply.id);
    try {
      if (!host) throw new DOMException('Cancelled.', 'AbortError');
      throwIfAborted(host.signal);
      if (reply.kind === 'gate') {
        await host.gate?.();
        throwIfAborted(host.signal);
        post({ kind: 'answer', call: reply.call, value: null });
      } else if (reply.kind === 'slice') {
        post({ kind: 'answer', call: reply.call, value: await host.input.sources[reply.source]!.source.loadSlice(reply.index, host.signal) });
      } else {
        if (!host.infer) throw new StudioError('internal', 'no models were given');
        post({ kind: 'answer', call: reply.call, value: await host.infer(reply.ref, reply.inputs, host.signal) });
      }
    } catch (error) {
      const { code, detail } = toStudioError(error);
      post({ kind: 'refusal', call: reply.call, code, detail, aborted: isAbort(error) });
    }
  }

  function receive({ data }: MessageEvent<BatchReply>): void {
    if (data.kind === 'alive') {
      const mine = worker;
      watchLife(data.lifeLock, () => mine === worker && die('it ended without a word'));
      return;
    }
    if ('call' in data) {
      void answer(data);
      return;
    }
    const host = hosts.get(data.id);
    if (!host) return;
    if (data.kind === 'progress') {
      host.onProgress?.(data.progress);
      return;
    }
    hosts.delete(data.id);
    if (data.kind === 'done') host.resolve(data.value as never);
    else host.reject(data.aborted ? new DOMException('Cancelled.', 'AbortError') : new StudioError(data.code, data.detail));
  }

  function start<T>(host: Host, message: (id: number) => BatchMessage): Promise<T> {
    if (!worker) {
      worker = new Worker(new URL('./batch.worker.ts', import.meta.url), { type: 'module', name: 'batch' });
      worker.onmessage = receive;
      worker.onmessageerror = () => die('an answer could not be read');
      worker.onerror = (event) => die(event.message || 'the worker could not be loaded');
    }
    const id = ++counter;
    return new Promise<T>((resolve, reject) => {
      if (host.signal?.aborted) {
        reject(new DOMException('Cancelled.', 'AbortError'));
        return;
      }
      hosts.set(id, { ...host, resolve: resolve as (value: never) => void, reject });
      host.signal?.addEventListener('abort', () => post({ kind: 'abort', id }), { once: true });
      post(message(id));
    });
  }

  return {
    build: (input, { infer, signal, gate, onProgress, ...request }) => start({ input, infer, signal, gate, onProgress }, (id) => ({ kind: 'build', id, request: { ...request, input: crossing(input) } })),
    preview: (input, { infer, signal, index }) => start({ input, infer, signal }, (id) => ({ kind: 'preview', id, request: { input: crossing(input), index } })),
    end: () => die('ended'),
  };
}
