import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Recipe } from '../pipeline/recipes';

/** A set that is being built, as it is found again after a reload or a crash. It never leaves this machine. */
export interface SetJob {
  readonly id: string;
  readonly recipe: Recipe;
  /** Project key: the same key gives the same names and bytes. */
  readonly key: Uint8Array;
  /** Library ids of the sources, and what they are called. */
  readonly sourceIds: readonly string[];
  readonly sourceNames: readonly string[];
  /** A folder that the person chose, or none: the private file system, and a ZIP at the end. */
  readonly folder: FileSystemDirectoryHandle | null;
  readonly total: number;
  readonly done: number;
  /** Generated items: those a person signs off. */
  readonly generated: number;
  readonly complete: boolean;
}

interface Schema extends DBSchema {
  jobs: { key: string; value: SetJob };
}

let db: Promise<IDBPDatabase<Schema>> | null = null;
const open = () => (db ??= openDB<Schema>('verisim-sets', 1, { upgrade: (d) => void d.createObjectStore('jobs', { keyPath: 'id' }) }));

export async function writeSetJob(job: SetJob): Promise<void> {
  await (await open()).put('jobs', job);
}

/** The last one written; undefined where there is none. */
export async function readSetJob(): Promise<SetJob | undefined> {
  return (await (await open()).getAll('jobs')).at(-1);
}

export async function deleteSetJob(id: string): Promise<void> {
  await (await open()).delete('jobs', id);
}
