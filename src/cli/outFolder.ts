import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { storageError } from '../storage/nodeSink.node.ts';

/** Makes a folder for output, with those above it. Throws `storage/*`. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw storageError(path, error);
  }
}

/** Writes a file of the output folder. Throws `storage/*`. */
export function saveFile(folder: string, name: string, data: Uint8Array | string): void {
  try {
    writeFileSync(join(folder, name), data);
  } catch (error) {
    throw storageError(name, error);
  }
}
