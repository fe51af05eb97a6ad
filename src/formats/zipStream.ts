import { makeZip } from 'client-zip';

/** One file of a ZIP, its bytes read only when their turn comes. */
export interface ZipEntry {
  readonly name: string;
  read(): Promise<Uint8Array>;
}

/** The local date every entry bears (ZIP has no time zones), so that the same files give the same archive. */
const FIXED_DATE = new Date(1980, 0, 2, 12);

/** A ZIP as a stream, entries stored in the order given, ZIP64 where it must be: beyond 4 GB, memory of one file. */
export function zipStream(entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>): ReadableStream<Uint8Array> {
  async function* files() {
    for await (const entry of entries) yield { name: entry.name, lastModified: FIXED_DATE, input: (await entry.read()) as Uint8Array<ArrayBuffer> };
  }
  return makeZip(files()) as ReadableStream<Uint8Array>;
}
