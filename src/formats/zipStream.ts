import { joinBytes } from '../core/bytes';
import { crc32 } from './crc32';

/** One file of a ZIP, its bytes read only when their turn comes. */
export interface ZipEntry {
  readonly name: string;
  read(): Promise<Uint8Array>;
}

/** What the fields of 16 and 32 bits cannot say: from here on ZIP64 (APPNOTE 4.3.14, 4.5.3). Lower in tests. */
const ZIP64 = { count: 0xffff, bytes: 0xffffffff };
type Limits = typeof ZIP64;

/** 2 January 1980, noon, for every entry, so that the same files give the same archive. */
const DATE = 33;
const TIME = 12 << 11;
const FILE_MODE = 0o100664;
const UTF8 = 1 << 11;

/** A ZIP as a stream, entries stored in the order given; ZIP64 beyond 4 GB or 65,534 entries. Memory: one file and the directory. */
export function zipStream(entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>, limits: Limits = ZIP64): ReadableStream<Uint8Array> {
  const chunks = zipChunks(entries, limits);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await chunks.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await chunks.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

async function* zipChunks(entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>, limits: Limits): AsyncGenerator<Uint8Array, void> {
  const directory: Uint8Array[] = [];
  let offset = 0;
  for await (const entry of entries) {
    const bytes = await entry.read();
    const name = new TextEncoder().encode(entry.name);
    const crc = crc32(bytes);
    const local = localHeader(name, crc, bytes.length, limits);
    yield local;
    if (bytes.length > 0) yield bytes;
    directory.push(directoryHeader(name, crc, bytes.length, offset, limits));
    offset += local.length + bytes.length;
  }
  const size = directory.reduce((n, d) => n + d.length, 0);
  yield* directory;
  yield endOfDirectory(directory.length, size, offset, limits);
}

/** Little-endian fields one after the other: `[value, bytes]`. */
function fields(...list: readonly (readonly [value: number, bytes: 2 | 4 | 8])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(list.reduce((n, [, bytes]) => n + bytes, 0)));
  let at = 0;
  for (const [value, bytes] of list) {
    if (bytes === 2) view.setUint16(at, value, true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

/** The ZIP64 extra field of those values that do not fit; nothing where all do. */
function zip64Extra(values: readonly number[], { bytes }: Limits): Uint8Array {
  const large = values.filter((v) => v >= bytes);
  return large.length ? fields([1, 2], [8 * large.length, 2], ...large.map((v) => [v, 8] as const)) : new Uint8Array();
}

const short = (value: number, { bytes }: Limits): number => (value >= bytes ? 0xffffffff : value);
const version = (extra: Uint8Array): number => (extra.length ? 45 : 20);

function localHeader(name: Uint8Array, crc: number, size: number, limits: Limits): Uint8Array {
  const extra = zip64Extra([size, size], limits);
  const sizes = short(size, limits);
  return joinBytes([fields([0x04034b50, 4], [version(extra), 2], [UTF8, 2], [0, 2], [TIME, 2], [DATE, 2], [crc, 4], [sizes, 4], [sizes, 4], [name.length, 2], [extra.length, 2]), name, extra]);
}

function directoryHeader(name: Uint8Array, crc: number, size: number, offset: number, limits: Limits): Uint8Array {
  const extra = zip64Extra([size, size, offset], limits);
  const sizes = short(size, limits);
  const head = fields(
    [0x02014b50, 4], [(3 << 8) | 45, 2], [version(extra), 2], [UTF8, 2], [0, 2], [TIME, 2], [DATE, 2], [crc, 4], [sizes, 4], [sizes, 4],
    [name.length, 2], [extra.length, 2], [0, 2], [0, 2], [0, 2], [FILE_MODE * 65536, 4], [short(offset, limits), 4],
  );
  return joinBytes([head, name, extra]);
}

function endOfDirectory(count: number, size: number, offset: number, limits: Limits): Uint8Array {
  const large = count >= limits.count || size >= limits.bytes || offset >= limits.bytes;
  const counts = large ? 0xffff : count;
  const end = fields([0x06054b50, 4], [0, 2], [0, 2], [counts, 2], [counts, 2], [large ? 0xffffffff : size, 4], [large ? 0xffffffff : offset, 4], [0, 2]);
  if (!large) return end;
  const record = fields([0x06064b50, 4], [44, 8], [(3 << 8) | 45, 2], [45, 2], [0, 4], [0, 4], [count, 8], [count, 8], [size, 8], [offset, 8]);
  return joinBytes([record, fields([0x07064b50, 4], [0, 4], [offset + size, 8], [1, 4]), end]);
}
