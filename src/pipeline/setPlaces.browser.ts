/** Where the browser keeps sets: a folder that the person chose, or one of the origin's private file system, from which a ZIP is made. */
import { StudioError, throwIfAborted } from '../core/errors';
import { zipStream } from '../formats/zipStream';
import type { Sink } from '../storage/contracts';
import { createDirectorySink, walkFiles } from '../storage/directorySink.browser';

const PRIVATE = 'verisim-sets';

/** The private folder of set `id`, made where there is none. Throws `storage/denied` where the browser has none (private mode). */
export async function privateSet(id: string): Promise<FileSystemDirectoryHandle> {
  try {
    const root = await navigator.storage.getDirectory();
    const sets = await root.getDirectoryHandle(PRIVATE, { create: true });
    return await sets.getDirectoryHandle(id, { create: true });
  } catch (error) {
    throw refusal(error);
  }
}

/** Why a folder could not be made or chosen: no room, or no permission. */
function refusal(error: unknown): StudioError {
  const { name, message } = error as DOMException;
  return new StudioError(/Quota/.test(name) || /quota/.test(message) ? 'storage/full' : 'storage/denied', message, { cause: error });
}

export async function removePrivateSet(id: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const sets = await root.getDirectoryHandle(PRIVATE, { create: true });
  await sets.removeEntry(id, { recursive: true }).catch((error: unknown) => {
    if ((error as DOMException).name !== 'NotFoundError') throw error;
  });
}

export const sinkOf = (folder: FileSystemDirectoryHandle): Sink => createDirectorySink(folder);

/** A folder of this name under a folder that the person chose. Throws `storage/denied` or `storage/full`. */
export async function folderSet(parent: FileSystemDirectoryHandle, name: string): Promise<FileSystemDirectoryHandle> {
  try {
    return await parent.getDirectoryHandle(name, { create: true });
  } catch (error) {
    throw refusal(error);
  }
}

/**
 * The set as a ZIP, written beside it in the private file system and given as a file to download: nothing but one
 * file is in memory at a time, and beyond 4 GB it is ZIP64. The journal (`.verisim`) stays out.
 */
export async function zipPrivateSet(folder: FileSystemDirectoryHandle, id: string, name: string, signal?: AbortSignal): Promise<File> {
  const root = await navigator.storage.getDirectory();
  const sets = await root.getDirectoryHandle(PRIVATE, { create: true });
  const target = await sets.getFileHandle(`${id}.zip`, { create: true });
  async function* entries() {
    for await (const { path, handle } of walkFiles(folder)) {
      throwIfAborted(signal);
      if (path.startsWith('.verisim/')) continue;
      yield { name: `${name}/${path}`, read: async () => new Uint8Array(await (await handle.getFile()).arrayBuffer()) };
    }
  }
  try {
    await zipStream(entries()).pipeTo(await target.createWritable(), { signal });
  } catch (error) {
    await sets.removeEntry(`${id}.zip`).catch(() => undefined); // The error below is the one that counts.
    if ((error as Error).name === 'QuotaExceededError') throw new StudioError('storage/full', `${name}.zip`, { cause: error });
    throw error;
  }
  return target.getFile();
}
