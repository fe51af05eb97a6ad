import { StudioError } from '../../core/errors';
import { crc32 } from '../../formats/crc32';
import { inflateBlob, type InflateLimit } from '../../formats/inflateBlob';
import type { WireFile } from '../decode/protocol';

/** A file as it was dropped: its path (folders kept) and its bytes, which stay in the Blob. */
export interface InputFile {
  readonly path: string;
  readonly blob: Blob;
}

/** How a file's bytes are packed inside its blob. */
export type Packed = 'none' | 'deflate-raw' | 'gzip';

/**
 * A file, or a file in an archive: a part of a blob, unpacked when it is wanted. What was unpacked is kept in a small
 * common store and forgotten when others need the room, so that an archive of thousands costs no more than itself.
 */
export class FileRef {
  private static count = 0;
  readonly key = `f${++FileRef.count}`;

  constructor(
    readonly path: string,
    private readonly blob: Blob,
    private readonly from = 0,
    private readonly to = blob.size,
    readonly packed: Packed = 'none',
    private limit: InflateLimit = gzipLimit(to - from),
    private readonly store: InflatedStore = inflated,
  ) {}

  /** Bytes it takes where it lies. */
  get packedSize(): number {
    return this.to - this.from;
  }

  /** A part of this file as a file of its own (an entry of an archive). Only for files that are not packed. */
  part(path: string, from: number, to: number, packed: Packed, limit: InflateLimit): FileRef {
    return new FileRef(path, this.blob, this.from + from, this.from + to, packed, limit, this.store);
  }

  /** The same bytes, read as gzip. */
  asGzip(): FileRef {
    return new FileRef(this.path, this.blob, this.from, this.to, 'gzip', undefined, this.store);
  }

  /** Raises the limit to what its header states, within reason. Throws `gzip/bomb` beyond that. */
  expect(bytes: number): void {
    if (bytes > FREE_BYTES && bytes > RATIO * this.packedSize) throw new StudioError('gzip/bomb', `${this.packedSize} bytes would become ${bytes}`);
    // A few bytes may follow the data.
    this.limit = { ...this.limit, bytes: bytes + 1024 * 1024 };
  }

  /** True where the last four bytes of a gzip file state a length that goes with `bytes`: it is whole, as far as a glance tells. */
  async endsAfter(bytes: number): Promise<boolean> {
    const tail = new DataView(await this.blob.slice(this.to - 4, this.to).arrayBuffer());
    const over = tail.byteLength === 4 ? (tail.getUint32(0, true) - (bytes % 2 ** 32) + 2 ** 32) % 2 ** 32 : Infinity;
    return over <= 1024 * 1024;
  }

  /** The whole file, unpacked, ready to be sent to a worker. */
  async open(): Promise<WireFile> {
    if (this.packed === 'none') return { key: this.key, blob: this.blob, from: this.from, to: this.to };
    const blob = await this.store.get(this.key, () => inflateBlob(this.blob.slice(this.from, this.to), this.packed as 'gzip', this.limit));
    return { key: this.key, blob, from: 0, to: blob.size };
  }

  /** The first `bytes` of it, not kept. */
  async head(bytes: number): Promise<WireFile> {
    if (this.packed === 'none') return { key: `${this.key}/head`, blob: this.blob, from: this.from, to: Math.min(this.to, this.from + bytes) };
    const blob = await inflateBlob(this.blob.slice(this.from, this.to), this.packed, { ...this.limit, upTo: bytes });
    return { key: `${this.key}/head`, blob, from: 0, to: blob.size };
  }

  /** The unpacked bytes as a Blob. */
  async toBlob(): Promise<Blob> {
    const { blob, from, to } = await this.open();
    return from === 0 && to === blob!.size ? blob! : blob!.slice(from, to);
  }
}

/** A volume whose header states its size: so much may come out, more only where the packed bytes are in proportion. */
const FREE_BYTES = 192 * 1024 * 1024;
const RATIO = 300;
/** A gzip file that does not state its size. Images seldom shrink below a twentieth; blank ones may, as long as they are small. */
const gzipLimit = (packed: number): InflateLimit => ({ bytes: Math.max(64 * 1024 * 1024, Math.min(FREE_BYTES, 60 * packed), 20 * packed), over: 'gzip/bomb', corrupt: 'gzip/corrupt' });

/** Unpacked blobs, the least recently used forgotten first. */
export class InflatedStore {
  private readonly blobs = new Map<string, Promise<Blob>>();
  private readonly sizes = new Map<string, number>();

  constructor(private readonly budget = 256 * 1024 * 1024) {}

  async get(key: string, make: () => Promise<Blob>): Promise<Blob> {
    const found = this.blobs.get(key);
    if (found) {
      this.blobs.delete(key);
      this.blobs.set(key, found);
      return found;
    }
    const made = make();
    this.blobs.set(key, made);
    try {
      this.sizes.set(key, (await made).size);
    } catch (error) {
      this.blobs.delete(key);
      throw error;
    }
    this.trim(key);
    return made;
  }

  private trim(keep: string): void {
    let total = [...this.sizes.values()].reduce((a, b) => a + b, 0);
    for (const key of this.blobs.keys()) {
      if (total <= this.budget) return;
      if (key === keep || !this.sizes.has(key)) continue;
      total -= this.sizes.get(key)!;
      this.sizes.delete(key);
      this.blobs.delete(key);
    }
  }
}

const inflated = new InflatedStore();

/** A limit for one archive entry: it may not give more than it states. */
export const entryLimit = (size: number): InflateLimit => ({ bytes: size, over: 'zip/bomb', corrupt: 'zip/corrupt' });

const STEP = 1024 * 1024;

/** Throws `zip/corrupt` when an entry, unpacked, is not what its archive states. */
export async function checkEntry(blob: Blob, { size, crc }: { readonly size: number; readonly crc: number | null }): Promise<void> {
  if (blob.size !== size) throw new StudioError('zip/corrupt', `${blob.size} of ${size} bytes`);
  if (crc === null) return;
  let sum = 0;
  for (let at = 0; at < size; at += STEP) sum = crc32(new Uint8Array(await blob.slice(at, at + STEP).arrayBuffer()), sum);
  if (sum !== crc) throw new StudioError('zip/corrupt', 'its checksum does not fit');
}
