import { createPool, type WorkerLike } from './pool';
import type { Decoder, DecodeReply } from './protocol';

/** Decode workers of the browser; `size` defaults to the cores less one, at most four. */
export function createBrowserDecoder(size = Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1)), timeoutMs?: number): Decoder {
  return createPool({ size, timeoutMs, spawn, background: true });
}

function spawn(): WorkerLike {
  const worker = new Worker(new URL('./decode.worker.ts', import.meta.url), { type: 'module', name: 'decode' });
  return {
    post: (message) => worker.postMessage(message),
    listen(reply, ready, failed) {
      worker.onmessage = ({ data }: MessageEvent<DecodeReply | 'ready'>) => (data === 'ready' ? ready() : reply(data));
      worker.onerror = (event) => failed(new Error(event.message || 'the worker could not be loaded'));
      worker.onmessageerror = () => failed(new Error('a message could not be read'));
    },
    end: () => worker.terminate(),
  };
}
