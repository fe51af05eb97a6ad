import { openDB, type IDBPDatabase } from 'idb';

/** What is kept of the work on this machine: one session, and its results one by one. */
let opened: Promise<IDBPDatabase> | null = null;
function db(): Promise<IDBPDatabase> {
  opened ??= openDB('verisim-session', 1, {
    upgrade(database) {
      database.createObjectStore('meta');
      database.createObjectStore('results');
    },
  });
  return opened;
}

export const readMeta = async (): Promise<unknown> => (await db()).get('meta', 'last');
export const writeMeta = async (meta: unknown): Promise<void> => void (await (await db()).put('meta', meta, 'last'));
export const readResult = async (key: string): Promise<unknown> => (await db()).get('results', key);
export const writeResult = async (key: string, value: unknown): Promise<void> => void (await (await db()).put('results', value, key));
export const resultKeys = async (): Promise<string[]> => (await (await db()).getAllKeys('results')).map(String);
export const deleteResult = async (key: string): Promise<void> => (await db()).delete('results', key);
export async function clearSession(): Promise<void> {
  const database = await db();
  await Promise.all([database.clear('meta'), database.clear('results')]);
}
