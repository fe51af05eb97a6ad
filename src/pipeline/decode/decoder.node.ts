import { openAsBlob } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { blobSource } from '../../dicom/read/source';
import { useNodeCodecs } from './codecs.node.ts';
import { handleDecode } from './handle';
import { createPool, type WorkerLike } from './pool';
import type { Decoder, DecodeReply, WireFile } from './protocol';

/** Blobs that lie on disk → their path. Node cannot send such a blob to a thread. */
const paths = new WeakMap<Blob, string>();

/** The file at `path` as a Blob whose bytes stay on disk. */
export async function fileBlob(path: string): Promise<Blob> {
  const blob = await openAsBlob(path);
  paths.set(blob, path);
  return blob;
}

/** Decode workers as Node threads; `size` defaults to the cores, at most four. */
export function createNodeDecoder(size = Math.max(1, Math.min(4, availableParallelism())), timeoutMs?: number): Decoder {
  return createPool({ size, timeoutMs, spawn, pack });
}

const pack = (file: WireFile): WireFile => {
  const path = file.blob && paths.get(file.blob);
  return path ? { ...file, blob: undefined, file: path } : file;
};

function spawn(): WorkerLike {
  // A thread does not inherit the loader for TypeScript: it registers it before its entry is imported.
  const entry = new URL('./decodeThread.node.ts', import.meta.url).href;
  const tsx = new URL('dist/esm/api/index.mjs', pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'))).href;
  const boot = `import(${JSON.stringify(tsx)}).then(({ register }) => (register(), import(${JSON.stringify(entry)})))`;
  const worker = new Worker(boot, { eval: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 1024 } });
  worker.unref();
  let busy = 0;
  return {
    post(message) {
      worker.postMessage(message);
      if (busy++ === 0) worker.ref();
    },
    listen(reply, ready, failed) {
      worker.on('message', (data: DecodeReply | 'ready') => {
        if (data === 'ready') return ready();
        if (--busy === 0) worker.unref();
        reply(data);
      });
      worker.on('error', failed);
      worker.on('messageerror', failed);
    },
    end: () => void worker.terminate(),
  };
}

/** The same functions without a thread, for tests and for programs that have their own. */
export function createInlineDecoder(): Decoder {
  useNodeCodecs();
  return {
    width: 1,
    run: (kind, request) => handleDecode(kind, request, async (f) => blobSource(f.blob!.slice(f.from, f.to))),
    dispose: () => undefined,
  };
}
