import { joinBytes } from '../core/bytes';
import { StudioError } from '../core/errors';
import type { Sink } from './contracts';
import { pathParts } from './safePath';

/** A sink in memory: for previews, `--verify` and tests. `capacity` in bytes, beyond which it is full. */
export function createMemorySink(capacity = Infinity): Sink & { readonly files: ReadonlyMap<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  const used = (): number => [...files.values()].reduce((n, f) => n + f.length, 0);
  return {
    files,
    async write(path, data) {
      pathParts(path);
      const chunks: Uint8Array[] = [];
      if (data instanceof Uint8Array) chunks.push(data);
      else for await (const chunk of data) chunks.push(chunk);
      const length = chunks.reduce((n, c) => n + c.length, 0);
      if (used() - (files.get(path)?.length ?? 0) + length > capacity) throw new StudioError('storage/full', path);
      files.set(path, joinBytes(chunks));
    },
    read: async (path) => files.get(path) ?? null,
    size: async (path) => files.get(path)?.length ?? null,
    list: async (folder) => [...files.keys()].filter((p) => p.startsWith(`${folder}/`) && !p.slice(folder.length + 1).includes('/')).map((p) => p.slice(folder.length + 1)).sort(),
    remove: async (path) => void files.delete(path),
    removeLeftovers: async () => undefined,
    room: async () => (capacity === Infinity ? null : capacity - used()),
  };
}
