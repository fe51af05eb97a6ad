import { realpathSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileBlob } from '../decode/decoder.node.ts';
import type { InputFile } from './fileRef';

/** What could not even be opened. */
export type Unreadable = (path: string, error: unknown) => void;

/**
 * Files and folders of the disk as inputs, one by one, folders in the order of their names. Paths are as they were
 * given, with what lies below. Bytes stay on the disk. Links to folders are not followed, and `leftOut` is passed over
 * where it lies in one of the folders.
 */
export async function* readInputs(paths: readonly string[], unreadable: Unreadable, leftOut?: string): AsyncGenerator<InputFile> {
  const closed = leftOut === undefined ? null : truePath(leftOut);
  for (const path of paths) yield* below(path, path, unreadable, closed);
}

/** A path without links where it exists, else the absolute path. */
export function truePath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

async function* below(path: string, shown: string, unreadable: Unreadable, closed: string | null): AsyncGenerator<InputFile> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) {
      const entries = (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const e of entries) {
        if (closed !== null && e.isDirectory() && truePath(join(path, e.name)) === closed) continue;
        if (e.isDirectory() || e.isFile()) yield* below(join(path, e.name), `${shown.replace(/\/$/, '')}/${e.name}`, unreadable, closed);
        else if (e.isSymbolicLink() && (await stat(join(path, e.name)).then((s) => s.isFile(), () => false))) yield* below(join(path, e.name), `${shown}/${e.name}`, unreadable, closed);
      }
      return;
    }
    yield { path: shown, blob: await fileBlob(path) };
  } catch (error) {
    unreadable(shown, error);
  }
}

/** A path with the letters of each part as the disk has them, where only their case differs. */
async function asOnDisk(path: string): Promise<string> {
  if (await stat(path).then(() => true, () => false)) return path;
  const folder = dirname(path);
  if (folder === path) return path;
  const above = await asOnDisk(folder);
  const name = basename(path).toLowerCase();
  const found = await readdir(above).then((names) => names.find((n) => n.toLowerCase() === name), () => undefined);
  return join(above, found ?? basename(path));
}

/** Opens what a DICOMDIR names, beside it; null when it is not there or lies outside `roots`. */
export function resolveBeside(roots: readonly string[]): (path: string) => Promise<InputFile | null> {
  const allowed = roots.map((r) => resolve(r, '..'));
  return async (path) => {
    const full = await asOnDisk(resolve(path));
    if (!allowed.some((root) => !relative(root, full).startsWith(`..${sep}`) && relative(root, full) !== '..')) return null;
    return stat(full).then(async (s) => (s.isFile() ? { path, blob: await fileBlob(full) } : null), () => null);
  };
}
