import { StudioError } from '../core/errors';
import type { Sink } from './contracts';
import { pathParts } from './safePath';

/**
 * A folder of the browser: one that the person chose (File System Access) or one in the origin-private file system
 * (`navigator.storage.getDirectory()`). `createWritable` writes to a swap file that becomes the file on `close`, so a
 * crash leaves the old file, none, or an empty one; leftovers of some browsers end in `.crswap`.
 */
export function createDirectorySink(root: FileSystemDirectoryHandle): Sink {
  async function folder(parts: readonly string[], create: boolean): Promise<FileSystemDirectoryHandle | null> {
    let handle = root;
    for (const part of parts) {
      const next = await orNull(handle.getDirectoryHandle(part, { create }));
      if (!next) return null;
      handle = next;
    }
    return handle;
  }
  async function file(path: string): Promise<File | null> {
    const parts = pathParts(path);
    const parent = await folder(parts.slice(0, -1), false);
    const handle = parent && (await orNull(parent.getFileHandle(parts.at(-1)!)));
    return handle ? handle.getFile() : null;
  }
  return {
    write: (path, data) =>
      guarded(path, async () => {
        const parts = pathParts(path);
        const parent = (await folder(parts.slice(0, -1), true))!;
        const handle = await parent.getFileHandle(parts.at(-1)!, { create: true });
        const stream = await handle.createWritable();
        try {
          if (data instanceof Uint8Array) await stream.write(data as Uint8Array<ArrayBuffer>);
          else for await (const chunk of data) await stream.write(chunk as Uint8Array<ArrayBuffer>);
          await stream.close();
        } catch (error) {
          await stream.abort().catch(() => undefined);
          // Made by `create`, still empty: not to be taken for a whole file.
          if ((await handle.getFile()).size === 0) await parent.removeEntry(parts.at(-1)!).catch(() => undefined);
          throw error;
        }
      }),
    read: (path) => guarded(path, async () => {
      const found = await file(path);
      return found ? new Uint8Array(await found.arrayBuffer()) : null;
    }),
    size: (path) => guarded(path, async () => (await file(path))?.size ?? null),
    list: (path) => guarded(path, async () => {
      const handle = await folder(pathParts(path), false);
      const names: string[] = [];
      if (handle) for await (const [name, entry] of entriesOf(handle)) if (entry.kind === 'file' && !name.endsWith('.crswap')) names.push(name);
      return names.sort();
    }),
    remove: (path) => guarded(path, async () => {
      const parts = pathParts(path);
      const parent = await folder(parts.slice(0, -1), false);
      if (parent) await orNull(parent.removeEntry(parts.at(-1)!));
    }),
    removeLeftovers: () => guarded('', () => sweep(root)),
    room: async () => {
      const estimate = await navigator.storage?.estimate?.();
      return estimate?.quota === undefined ? null : estimate.quota - (estimate.usage ?? 0);
    },
  };
}

/** Every file below a folder, depth first, sorted, with its path. */
export async function* walkFiles(root: FileSystemDirectoryHandle, prefix = ''): AsyncIterable<{ path: string; handle: FileSystemFileHandle }> {
  const entries: [string, FileSystemHandle][] = [];
  for await (const entry of entriesOf(root)) entries.push(entry);
  for (const [name, handle] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (handle.kind === 'file') yield { path: prefix + name, handle: handle as FileSystemFileHandle };
    else yield* walkFiles(handle as FileSystemDirectoryHandle, `${prefix}${name}/`);
  }
}

function entriesOf(handle: FileSystemDirectoryHandle): AsyncIterable<[string, FileSystemHandle]> {
  return (handle as unknown as { entries(): AsyncIterable<[string, FileSystemHandle]> }).entries();
}

async function sweep(folder: FileSystemDirectoryHandle): Promise<void> {
  const names: string[] = [];
  for await (const [name, entry] of entriesOf(folder)) {
    if (entry.kind === 'directory') await sweep(entry as FileSystemDirectoryHandle);
    else if (name.endsWith('.crswap')) names.push(name);
  }
  for (const name of names) await folder.removeEntry(name).catch(() => undefined);
}

async function orNull<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if ((error as DOMException).name === 'NotFoundError') return null;
    throw error;
  }
}

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StudioError || (error as Error).name === 'AbortError') throw error;
    const { name, message } = error as DOMException;
    const kind = name === 'QuotaExceededError' ? 'storage/full' : name === 'NotAllowedError' || name === 'SecurityError' || name === 'NoModificationAllowedError' ? 'storage/denied' : 'storage/failed';
    throw new StudioError(kind, `${path}: ${message}`, { cause: error });
  }
}
