import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Manifest, ManifestFile } from '../../dataset/manifest';
import { reviewBlock, reviewFromBlock, type Review } from '../../dataset/review';
import type { Sink } from '../../storage/contracts';
import type { Journal } from './journal';

/** A file that is not as the set's lists say. */
export interface FileDifference {
  readonly path: string;
  readonly what: 'missing' | 'changed';
}

/** A sign-off as a set's manifest bears it. */
export interface ReviewInSet {
  readonly review?: Review;
  readonly rejected?: 'moved' | 'removed';
  /** Items that it took out of the set. */
  readonly leftOut?: ReadonlySet<string>;
}

const MANIFEST = 'manifest.json';
/** The sign-off, as long as no manifest bears it. */
const SIGN_OFF = '.verisim/sign-off.json';

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

/**
 * Decisions that a set's manifest bears, or that stood in one that is being written anew, and what they took out of the
 * set: its lists are made again with them. What was left out stays so unless the decision was taken back and the files were
 * made again.
 */
export async function reviewInSet(sink: Sink, journal: Journal, ids: readonly string[]): Promise<ReviewInSet> {
  const found = await signOffIn(sink);
  if (!found) return {};
  const review = reviewFromBlock(found.review);
  const leftOut = new Set<string>();
  for (const id of ids) if (!found.lists(id) && (review.entries[id]?.verdict === 'rejected' || !(await isMade(sink, journal, id)))) leftOut.add(id);
  return { review, rejected: found.review.rejected, leftOut };
}

async function signOffIn(sink: Sink): Promise<{ readonly review: NonNullable<Manifest['review']>; readonly lists: (id: string) => boolean } | null> {
  const manifest = await readManifest(sink);
  if (manifest) {
    const listed = new Set(manifest.items.map((i) => i.id));
    return manifest.review ? { review: manifest.review, lists: (id) => listed.has(id) } : null;
  }
  const bytes = await sink.read(SIGN_OFF);
  const kept = bytes && parsed<{ review: NonNullable<Manifest['review']>; leftOut: readonly string[] }>(bytes);
  const leftOut = new Set(kept?.leftOut);
  return kept && { review: kept.review, lists: (id) => !leftOut.has(id) };
}

/**
 * Takes the lists away before files move or lists are written anew: first what a sign-off says is kept beside the journal,
 * then the manifest goes, since the set is not whole now, then the files that it names. {@link sealSet} ends it.
 */
export async function unsealSet(sink: Sink, { review, rejected, leftOut }: ReviewInSet): Promise<void> {
  if (review) await sink.write(SIGN_OFF, utf8ToBytes(JSON.stringify({ review: { ...reviewBlock(review), rejected }, leftOut: [...(leftOut ?? [])] })));
  else await sink.remove(SIGN_OFF);
  const old = await sink.read(MANIFEST);
  if (!old) return;
  await sink.remove(MANIFEST);
  for (const { path } of filesOfSet(old) ?? []) await sink.remove(path);
}

/** Writes the manifest, which makes the set whole. */
export async function sealSet(sink: Sink, manifest: AsyncIterable<Uint8Array>): Promise<void> {
  await sink.write(MANIFEST, manifest);
  await sink.remove(SIGN_OFF);
}

async function isMade(sink: Sink, journal: Journal, id: string): Promise<boolean> {
  const entry = await journal.get(id);
  if (!entry || 'skipped' in entry) return false;
  for (const { path } of entry.item.files) if ((await sink.size(path)) === null) return false;
  return true;
}

/** Writes decisions into the manifest of a set that cannot be finished with them yet. */
export async function recordReview(sink: Sink, review: Review): Promise<void> {
  const manifest = await readManifest(sink);
  if (!manifest) return;
  const block = { ...reviewBlock(review), ...(manifest.review?.rejected ? { rejected: manifest.review.rejected } : {}) };
  await sink.write(MANIFEST, utf8ToBytes(`${JSON.stringify({ ...manifest, review: block }, null, 1)}\n`));
}

/** Puts a file of an item where it belongs: in the set, in `rejected/`, or away. False where it is nowhere. */
export async function placeFile(sink: Sink, path: string, where: 'set' | 'moved' | 'removed'): Promise<boolean> {
  const place = await placeOf(sink, path);
  if (!place) return false;
  const target = where === 'moved' ? aside(path) : path;
  if (where !== 'removed' && place !== target) await sink.write(target, (await sink.read(place))!);
  if (where === 'removed' || place !== target) await sink.remove(place);
  return true;
}

/** As `placeFile`, where a move may have broken off between writing and removing: the file lies in one place alone after it. */
export async function placeOnce(sink: Sink, path: string, where: 'set' | 'moved' | 'removed'): Promise<void> {
  await placeFile(sink, path, where);
  if (where !== 'moved') await sink.remove(aside(path));
}

/** Where a file of an item lies; null where it is nowhere. */
export async function placeOf(sink: Sink, path: string): Promise<string | null> {
  for (const place of [path, aside(path)]) if ((await sink.size(place)) !== null) return place;
  return null;
}

const aside = (path: string): string => `rejected/${path}`;

async function readManifest(sink: Sink): Promise<Manifest | null> {
  const bytes = await sink.read(MANIFEST);
  return bytes && filesOfSet(bytes) ? parsed<Manifest>(bytes) : null;
}

function parsed<T>(bytes: Uint8Array): T | null {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch {
    return null;
  }
}
