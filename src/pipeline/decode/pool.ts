import { StudioError, toStudioError } from '../../core/errors';
import type { Slice } from '../../core/slice';
import type { DecodeKind, DecodeMessage, DecodeProtocol, Decoder, DecodeReply, RunOptions, WireFile } from './protocol';

/** A worker, in a browser or in Node. */
export interface WorkerLike {
  post(message: DecodeMessage): void;
  /** `reply`: an answer. `ready`: the worker has loaded. `failed`: it broke. */
  listen(reply: (r: DecodeReply) => void, ready: () => void, failed: (error: unknown) => void): void;
  end(): void;
}

export interface PoolOptions {
  readonly size: number;
  spawn(): WorkerLike;
  /** Makes a file fit for sending: Node puts a path in place of a blob on disk. */
  pack?(file: WireFile): WireFile;
  /** A task that takes longer is ended with its worker. */
  readonly timeoutMs?: number;
  readonly background?: boolean;
}

interface Task {
  readonly message: DecodeMessage;
  readonly priority: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly signal?: AbortSignal;
}

interface Seat {
  readonly worker: WorkerLike;
  ready: boolean;
  task: Task | null;
  timer: ReturnType<typeof setTimeout> | null;
}

/** Long enough for the largest frame on a busy machine, short enough for a person who waits. */
const TIMEOUT_MS = 20_000;

/**
 * Decodes in workers that can be ended: one task a worker at a time; a task that hangs is ended with its worker and
 * rejected with `dicom/decode-timeout`, and a fresh worker goes on with the rest. A worker that breaks gives
 * `worker/crashed`. Tasks whose signal is raised before they start are dropped.
 */
export function createPool(options: PoolOptions): Decoder {
  const seats: Seat[] = [];
  let queue: Task[] = [];
  let nextId = 1;
  let disposed = false;
  /** Workers that broke before they were ready, one after the other: the cause is not in the files. */
  let stillborn = 0;

  const leave = (seat: Seat): void => {
    if (seat.timer) clearTimeout(seat.timer);
    seat.worker.end();
    const at = seats.indexOf(seat);
    if (at >= 0) seats.splice(at, 1);
  };

  const settle = (seat: Seat): Task | null => {
    const { task } = seat;
    seat.task = null;
    if (seat.timer) clearTimeout(seat.timer);
    seat.timer = null;
    return task;
  };

  const watch = (seat: Seat): void => {
    const limit = options.timeoutMs ?? TIMEOUT_MS;
    seat.timer = setTimeout(() => {
      const task = settle(seat);
      leave(seat);
      task?.reject(new StudioError('dicom/decode-timeout', `more than ${Math.round(limit / 1000)} s`));
      advance();
    }, limit);
  };

  const seatFor = (): Seat => {
    const worker = options.spawn();
    const seat: Seat = { worker, ready: false, task: null, timer: null };
    worker.listen(
      (reply) => {
        if (seat.task?.message.id !== reply.id) return;
        const task = settle(seat)!;
        if (reply.ok) task.resolve(reply.value);
        else task.reject(new StudioError(reply.code, reply.detail));
        advance();
      },
      () => {
        seat.ready = true;
        stillborn = 0;
        if (seat.task && !seat.timer) watch(seat);
      },
      (error) => {
        const task = settle(seat);
        leave(seat);
        const out = /memory/i.test(String(error));
        const failure = out ? new StudioError('dicom/limits', 'decoding ran out of memory') : new StudioError('worker/crashed', toStudioError(error).detail, { cause: error });
        task?.reject(failure);
        if (!seat.ready && ++stillborn >= 3) for (const t of queue.splice(0)) t.reject(failure);
        advance();
      },
    );
    seats.push(seat);
    return seat;
  };

  const advance = (): void => {
    queue = queue.filter((t) => {
      if (!t.signal?.aborted) return true;
      t.reject(abortError());
      return false;
    });
    while (queue.length > 0 && !disposed) {
      const seat = seats.find((s) => !s.task) ?? (seats.length < options.size ? seatFor() : null);
      if (!seat) return;
      let best = 0;
      for (let i = 1; i < queue.length; i++) if (queue[i]!.priority < queue[best]!.priority) best = i;
      const task = queue.splice(best, 1)[0]!;
      seat.task = task;
      try {
        seat.worker.post(task.message);
        if (seat.ready) watch(seat);
      } catch (error) {
        settle(seat);
        task.reject(new StudioError('input/not-readable', error instanceof Error ? error.message : String(error), { cause: error }));
      }
    }
  };

  return {
    width: options.size,
    background: options.background,
    run<K extends DecodeKind>(kind: K, request: DecodeProtocol[K]['request'], { signal, priority = 1 }: RunOptions = {}) {
      return new Promise<DecodeProtocol[K]['response']>((resolve, reject) => {
        if (disposed) return reject(new StudioError('worker/crashed', 'the pool is closed'));
        const packed = options.pack ? { ...request, file: options.pack(request.file) } : request;
        queue.push({ message: { id: nextId++, kind, request: packed } as DecodeMessage, priority, resolve: resolve as (v: unknown) => void, reject, signal });
        signal?.addEventListener('abort', advance, { once: true });
        advance();
      });
    },
    dispose() {
      disposed = true;
      for (const t of queue.splice(0)) t.reject(abortError());
      for (const s of [...seats]) {
        settle(s)?.reject(abortError());
        leave(s);
      }
    },
  };
}

export function abortError(): Error {
  const error = new Error('Cancelled.');
  error.name = 'AbortError';
  return error;
}

/** Buffers of a reply that go over without a copy. */
export function transferables(value: unknown): ArrayBuffer[] {
  const slice = value as Partial<Slice> | null;
  const out = new Set<ArrayBuffer>();
  const add = (a: ArrayBufferView | undefined): void => {
    if (a && a.buffer instanceof ArrayBuffer && a.byteLength === a.buffer.byteLength) out.add(a.buffer);
  };
  if (slice && typeof slice === 'object') {
    add(slice.raster?.data);
    add(slice.stored?.data);
    add(slice.rgb);
    add((value as { pixels?: Uint8Array }).pixels);
  }
  return [...out];
}
