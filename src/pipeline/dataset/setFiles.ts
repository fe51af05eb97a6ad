import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Manifest, ManifestFile } from '../../dataset/manifest';
import { reviewFromBlock, type Review } from '../../dataset/review';
import type { Sink } from '../../storage/contracts';

/** A file that is not as the set's lists say. */
export interface FileDifference {
  readonly path: string;
  readonly what: 'missing' | 'changed';
}

/** A sign-off as a set's manifest bears it. */
interface ReviewInSet {
  readonly review?: Review;
  readonly rejected?: 'moved' | 'removed';
  /** Items that it took out of the set. */
  readonly leftOut?: ReadonlySet<string>;
}

const MANIFEST = 'manifest.json';

/** Files that belong to a set as a whole (lists, segmentations, card), by its manifest; null where that cannot be read. */
export function filesOfSet(manifest: Uint8Array): readonly ManifestFile[] | null {
  const text = new TextDecoder().decode(manifest);
  const inOneLine = /^ "files": (\[.*\]),?$/m.exec(text)?.[1]; // as it is written here; sign-off writes it otherwise
  try {
    return inOneLine ? (JSON.parse(inOneLine) as ManifestFile[]) : ((JSON.parse(text) as { files?: ManifestFile[] }).files ?? []);
  } catch {
    return null;
  }
}

/** What of the files of a whole set, and of its manifest, is gone or has other bytes. Memory: one file. */
export async function damagedFiles(sink: Sink): Promise<FileDifference[]> {
  const manifest = await sink.read(MANIFEST);
  if (!manifest) return [{ path: MANIFEST, what: 'missing' }];
  const files = filesOfSet(manifest);
  if (!files) return [{ path: MANIFEST, what: 'changed' }];
  const found: FileDifference[] = [];
  for (const { path, bytes, sha256: hash } of files) {
    const size = await sink.size(path);
    if (size === null) found.push({ path, what: 'missing' });
    else if (size !== bytes || bytesToHex(sha256((await sink.read(path))!)) !== hash) found.push({ path, what: 'changed' });
  }
  return found;
}

/** Decisions that a set's manifest bears, and what they took out of the set: its lists are made again with them. */
export async function reviewInSet(sink: Sink, ids: readonly string[]): Promise<ReviewInSet> {
  const bytes = await sink.read(MANIFEST);
  const manifest = bytes && filesOfSet(bytes) ? parsed(bytes) : null;
  if (!manifest?.review) return {};
  const listed = new Set(manifest.items.map((i) => i.id));
  return { review: reviewFromBlock(manifest.review), rejected: manifest.review.rejected, leftOut: new Set(ids.filter((id) => !listed.has(id))) };
}

function parsed(bytes: Uint8Array): Manifest | null {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
  } catch {
    return null;
  }
}
