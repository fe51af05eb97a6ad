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

/** The small record, with the list of opened files, which sessions that were kept before have in it. */
export async function readMeta(): Promise<unknown> {
  const database = await db();
  const last = (await database.get('meta', 'last')) as object | undefined;
  return last && { opens: await database.get('meta', 'opens'), ...last };
}
/** `opens` stays as it was where it is not given: files of hundreds of megabytes are written once. */
export async function writeMeta(meta: object, opens?: readonly unknown[]): Promise<void> {
  const { store, done } = (await db()).transaction('meta', 'readwrite');
  await Promise.all([store.put(meta, 'last'), opens && store.put(opens, 'opens'), done]);
}
export const readResult = async (key: string): Promise<unknown> => (await db()).get('results', key);
export const writeResult = async (key: string, value: unknown): Promise<void> => void (await (await db()).put('results', value, key));
export const resultKeys = async (): Promise<string[]> => (await (await db()).getAllKeys('results')).map(String);
export const deleteResult = async (key: string): Promise<void> => (await db()).delete('results', key);
export async function clearSession(): Promise<void> {
  const database = await db();
  await Promise.all([database.clear('meta'), database.clear('results')]);
}
