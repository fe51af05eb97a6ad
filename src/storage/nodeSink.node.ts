import { mkdir, open, readFile, readdir, rename, rm, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StudioError } from '../core/errors';
import type { Sink } from './contracts';
import { pathParts } from './safePath';

/** Folder of half-written files, inside the set's own, so that a rename never crosses file systems. */
const PARTIAL = '.verisim/partial';

/**
 * A folder of the file system. `writer` tells concurrent writers of one folder apart: each removes only its own
 * leftovers; the writer without a name is alone and removes all.
 */
export function createNodeSink(root: string, writer = ''): Sink {
  const at = (path: string): string => join(root, ...pathParts(path));
  const partial = join(root, PARTIAL, writer);
  let counter = 0;
  return {
    async write(path, data) {
      const target = at(path);
      const temporary = join(partial, `${process.pid}-${counter++}.partial`);
      await guarded(path, async () => {
        await mkdir(partial, { recursive: true });
        await mkdir(dirname(target), { recursive: true });
        const file = await open(temporary, 'w');
        try {
          // `write` may put down a part and say so; `writeFile` goes on to the end, from where the file stands.
          if (data instanceof Uint8Array) await file.writeFile(data);
          else for await (const chunk of data) await file.writeFile(chunk);
        } finally {
          await file.close();
        }
        await rename(temporary, target);
      }, async () => void (await rm(temporary, { force: true })));
    },
    read: (path) => guarded(path, () => orNull(readFile(at(path)))),
    size: (path) => guarded(path, async () => (await orNull(stat(at(path))))?.size ?? null),
    async list(folder) {
      const entries = await guarded(folder, () => orNull(readdir(at(folder), { withFileTypes: true })));
      return (entries ?? []).filter((e) => e.isFile()).map((e) => e.name).sort();
    },
    remove: (path) => guarded(path, async () => void (await orNull(unlink(at(path))))),
    removeLeftovers: () => guarded(PARTIAL, () => rm(partial, { recursive: true, force: true })),
    room: () => guarded('', async () => {
      const fs = await orNull(statfs(root));
      return fs ? fs.bavail * fs.bsize : null;
    }),
  };
}

async function orNull<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const DENIED = new Set(['EACCES', 'EPERM', 'EROFS']);

async function guarded<T>(path: string, work: () => Promise<T>, cleanUp?: () => Promise<void>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await cleanUp?.();
    if (error instanceof StudioError || (error as Error).name === 'AbortError') throw error;
    throw storageError(path, error);
  }
}

/** What the file system refused, by code. */
export function storageError(path: string, error: unknown): StudioError {
  const { code, message } = error as NodeJS.ErrnoException;
  const kind = FULL.has(code ?? '') ? 'storage/full' : DENIED.has(code ?? '') ? 'storage/denied' : 'storage/failed';
  return new StudioError(kind, `${path}: ${message}`, { cause: error });
}
