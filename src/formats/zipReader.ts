import { BlobReader, configure, ERR_ENCRYPTED, ZipReader, type Entry } from '@zip.js/zip.js';
import { StudioError } from '../core/errors';

/** What an archive may claim. Checked on its directory, before anything is unpacked. */
export const ZIP_LIMITS = {
  entries: 100_000,
  /** Bytes of one entry. */
  entryBytes: 2 * 1024 * 1024 * 1024,
  /** Bytes of all entries together, those of archives inside included, unless the packed bytes are in proportion (`totalRatio`). */
  totalBytes: 4 * 1024 * 1024 * 1024,
  totalRatio: 20,
  /** An entry beyond `freeBytes` may not be packed more tightly than this (blank masks reach 1,000, the format's most). */
  ratio: 300,
  freeBytes: 192 * 1024 * 1024,
  /** Archives inside archives. */
  depth: 4,
} as const;

/** One file in an archive: its packed bytes as a part of the archive. */
export interface ZipEntry {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly size: number;
  readonly packed: boolean;
  /** CRC-32 of its bytes, unpacked; null where the archive states none (0, as some writers leave it). */
  readonly crc: number | null;
}

/**
 * Directory of a ZIP archive; nothing is unpacked. Throws `zip/corrupt`, `zip/encrypted`, `zip/bomb` (too many entries,
 * overlapping entries, absurd ratio or total).
 */
export async function readZip(blob: Blob): Promise<ZipEntry[]> {
  configure({ useWebWorkers: false });
  let listed: Entry[];
  try {
    // Names are shown, never written to: any is taken.
    const reader = new ZipReader(new BlobReader(blob), { filenameValidation: 'tolerant' });
    listed = [];
    for await (const entry of reader.getEntriesGenerator()) {
      listed.push(entry);
      if (listed.length > ZIP_LIMITS.entries) throw new StudioError('zip/bomb', `more than ${ZIP_LIMITS.entries} entries`);
    }
  } catch (error) {
    if (error instanceof StudioError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new StudioError(message === ERR_ENCRYPTED ? 'zip/encrypted' : 'zip/corrupt', message, { cause: error });
  }
  const files = listed.filter((e) => !e.directory);
  if (files.some((e) => e.encrypted)) throw new StudioError('zip/encrypted', files.find((e) => e.encrypted)!.filename);
  checkSizes(files, blob.size);
  const entries: ZipEntry[] = [];
  for (const e of files) entries.push(await locate(blob, e));
  return entries;
}

/**
 * Bytes that may come out of one archive and of all archives inside it. Archives of archives multiply: each takes what
 * its entries state from the same allowance.
 */
export class UnpackAllowance {
  private left: number;

  constructor(archive: number) {
    this.left = Math.max(ZIP_LIMITS.totalBytes, ZIP_LIMITS.totalRatio * archive);
  }

  /** Throws `zip/bomb` when the entries state more than is left. */
  take(entries: readonly ZipEntry[]): void {
    const total = entries.reduce((sum, e) => sum + e.size, 0);
    if (total > this.left) throw new StudioError('zip/bomb', `${Math.round(total / 1048576)} MiB in all`);
    this.left -= total;
  }
}

function checkSizes(files: readonly Entry[], archive: number): void {
  const ranges = files.map((e) => ({ from: e.offset, to: e.offset + e.compressedSize, name: e.filename })).sort((a, b) => a.from - b.from);
  for (const e of files) {
    if (e.uncompressedSize > ZIP_LIMITS.entryBytes) throw new StudioError('zip/bomb', `${e.filename}: ${e.uncompressedSize} bytes`);
    if (e.uncompressedSize > ZIP_LIMITS.freeBytes && e.uncompressedSize > ZIP_LIMITS.ratio * Math.max(1, e.compressedSize)) {
      throw new StudioError('zip/bomb', `${e.filename}: ${e.compressedSize} bytes would become ${e.uncompressedSize}`);
    }
    if (e.offset + e.compressedSize > archive) throw new StudioError('zip/corrupt', `${e.filename} reaches beyond the archive`);
  }
  // Entries that share packed bytes: how small archives claim petabytes.
  for (let i = 1; i < ranges.length; i++) {
    if (ranges[i]!.from < ranges[i - 1]!.to) throw new StudioError('zip/bomb', `${ranges[i - 1]!.name} and ${ranges[i]!.name} overlap`);
  }
}

async function locate(blob: Blob, e: Entry): Promise<ZipEntry> {
  const head = new DataView(await blob.slice(e.offset, e.offset + 30).arrayBuffer());
  if (head.byteLength < 30 || head.getUint32(0, true) !== 0x04034b50) throw new StudioError('zip/corrupt', `${e.filename} has no local header`);
  const from = e.offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const method = e.compressionMethod;
  if (method !== 0 && method !== 8) throw new StudioError('zip/corrupt', `${e.filename} is packed by method ${method}, which is not supported`);
  return { name: e.filename.replaceAll('\\', '/'), from, to: from + e.compressedSize, size: e.uncompressedSize, packed: method === 8, crc: e.signature ? e.signature >>> 0 : null };
}
