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

/** The small record, with the list of opened files, which sessions that were kept before have in it; undefined without that list. */
export async function readMeta(): Promise<unknown> {
  const database = await db();
  const [last, opens] = (await Promise.all([database.get('meta', 'last'), database.get('meta', 'opens')])) as [object | undefined, readonly unknown[] | undefined];
  const whole = last && { opens, ...last };
  return whole?.opens ? whole : undefined;
}
/**
 * Writes the record, and `opens` only where `mark` says that others lie there (another tab may have written its own, or
 * forgotten all): files of hundreds of megabytes are written once.
 */
export async function writeMeta(meta: object, mark: string, opens: readonly unknown[]): Promise<void> {
  const { store, done } = (await db()).transaction('meta', 'readwrite');
  const there = (await store.get('mark')) === mark;
  await Promise.all([store.put(meta, 'last'), ...(there ? [] : [store.put(opens, 'opens'), store.put(mark, 'mark')]), done]);
}
export const readResult = async (key: string): Promise<unknown> => (await db()).get('results', key);
export const writeResult = async (key: string, value: unknown): Promise<void> => void (await (await db()).put('results', value, key));
export const resultKeys = async (): Promise<string[]> => (await (await db()).getAllKeys('results')).map(String);
export const deleteResult = async (key: string): Promise<void> => (await db()).delete('results', key);
export async function clearSession(): Promise<void> {
  const database = await db();
  await Promise.all([database.clear('meta'), database.clear('results')]);
}
