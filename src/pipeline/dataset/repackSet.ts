import { joinBytes } from '../../core/bytes';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { DicomAttributes } from '../../core/dicomJson';
import type { Manifest, ManifestFile, ManifestItem } from '../../dataset/manifest';
import { bidsIndex } from '../../dataset/outputs/bids';
import { dicomSegmentations } from '../../dataset/outputs/dicom';
import { nnunetFolder, nnunetIndex } from '../../dataset/outputs/nnunet';
import type { GreyScale } from '../../dataset/outputs/greyScale';
import { pngIndex } from '../../dataset/outputs/png';
import type { Entries, IndexContext, JournalEntry, OutFile } from '../../dataset/outputs/types';
import type { Decoder } from '../decode/protocol';

/** Reads a file of a set by its path within the set; null where there is none. */
export type ReadSetFile = (path: string) => Promise<Uint8Array | null>;

interface IndexFile {
  readonly record: ManifestFile;
  readonly bytes: Uint8Array;
}

/**
 * Indexes, splits, lists and segmentations of a built set with only `items` of it left, from its manifest and files
 * alone (no sources, no project key: new segmentations get UIDs made from those of their images). Files that say nothing
 * of single items are taken over; the data card says how many items were left out. Memory: the indexes.
 */
export async function indexesOf(manifest: Manifest, items: readonly ManifestItem[], read: ReadSetFile, decoder: Decoder): Promise<{ files: IndexFile[]; contentSha256: string }> {
  const set = await contextOf(manifest, read);
  const greys = await greyScales(manifest, read);
  const entries: Entries = async function* () {
    for (const item of items) yield { item, ...(greys.has(item.id) ? { png: greys.get(item.id)! } : {}) };
  };
  const changed = new Set(manifest.items.filter((i) => !items.includes(i)).flatMap((i) => dicomFolder(i) ?? []));
  const made = new Map<string, Uint8Array>();
  const take = async (from: AsyncIterable<OutFile>): Promise<void> => {
    for await (const file of from) made.set(file.path, await whole(file.bytes));
  };
  for (const output of manifest.recipe.outputs) {
    if (output.format === 'nnunet') await take(nnunetIndex(entries, set, output));
    else if (output.format === 'png') await take(pngIndex(entries, set, output));
    else if (output.format === 'bids') await take(bidsIndex(entries, set));
    else if (output.format === 'dicom' && output.segmentations) await take(dicomSegmentations(segmented(items, changed, read, decoder), set));
  }
  const content = sha256.create();
  const line = (f: ManifestFile): Uint8Array => utf8ToBytes(`${f.path} ${f.sha256}\n`);
  for (const file of items.flatMap((i) => i.files)) content.update(line(file));
  const files: IndexFile[] = [];
  // Segmentations of series that lost items are made anew, and may be others than before.
  const kept = manifest.files.filter((f) => !(f.role === 'segmentation' && changed.has(folderOf(f.path))));
  const anew = [...made.keys()].filter((path) => path.startsWith('dicom/')).map((path) => ({ path, role: 'segmentation' as const }));
  for (const old of [...anew, ...kept]) {
    const bytes = made.get(old.path) ?? (await read(old.path));
    if (!bytes) continue;
    const full = old.role === 'card' ? withNote(bytes, manifest.items.length - items.length, manifest.items.length) : bytes;
    const record = { path: old.path, role: old.role, bytes: full.length, sha256: bytesToHex(sha256(full)) };
    content.update(line(record));
    files.push({ record, bytes: full });
  }
  return { files, contentSha256: bytesToHex(content.digest()) };
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const dicomFile = (item: ManifestItem): ManifestFile | undefined => item.files.find((f) => f.role === 'image' && f.path.endsWith('.dcm'));
function dicomFolder(item: ManifestItem): string | undefined {
  const file = dicomFile(item);
  return file && folderOf(file.path);
}

/** Items of the series that lost some, with the attributes of their images, series by series. */
function segmented(items: readonly ManifestItem[], changed: ReadonlySet<string>, read: ReadSetFile, decoder: Decoder): Entries {
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  const sorted = items
    .filter((i) => changed.has(dicomFolder(i) ?? ''))
    .sort((a, b) => compare(dicomFolder(a)!, dicomFolder(b)!) || a.slice - b.slice);
  return async function* (): AsyncIterable<JournalEntry> {
    for (const item of sorted) {
      const { path, sha256: hash } = dicomFile(item)!;
      const bytes = await read(path);
      if (!bytes) continue;
      // By its content: sets of the same sources name their files alike, and what was parsed last is kept by its key.
      const blob = new Blob([new Uint8Array(bytes)]);
      const dicom: DicomAttributes = await decoder.run('attributes', { file: { key: `set/${hash}/${path}`, blob, from: 0, to: blob.size } });
      yield { item, dicom };
    }
  };
}

/** What the indexes say of the set as a whole, from the manifest and the indexes that are there. */
async function contextOf(manifest: Manifest, read: ReadSetFile): Promise<IndexContext> {
  const { recipe } = manifest;
  const nnunet = recipe.outputs.find((o) => o.format === 'nnunet');
  const folder = nnunet && nnunetFolder(nnunet, recipe.name);
  const json = async (path: string): Promise<unknown> => {
    const bytes = folder ? await read(`${folder}/${path}`) : null;
    return bytes ? JSON.parse(new TextDecoder().decode(bytes)) : null;
  };
  const named = (await json('dataset.json')) as { channel_names?: Record<string, string> } | null;
  const splits = (await json('splits_final.json')) as readonly unknown[] | null;
  return {
    recipe,
    softwareVersion: manifest.softwareVersion,
    classes: new Map(manifest.classes.filter((c) => c.id > 0).map((c) => [c.name, c.id])),
    folds: splits?.length ?? manifest.items.reduce((n, i) => Math.max(n, i.fold + 1), 1),
    channel: named?.channel_names?.['0'] ?? manifest.items[0]?.modality ?? 'image',
  };
}

/** Grey scales of the PNG pictures, by item, from `pictures.json` (older sets: from the COCO lists). */
async function greyScales(manifest: Manifest, read: ReadSetFile): Promise<Map<string, GreyScale>> {
  const out = new Map<string, GreyScale>();
  for (const { path } of manifest.files.filter((f) => /^png\/(pictures|annotations\/\w+)\.json$/.test(f.path))) {
    const bytes = await read(path);
    const { images = [] } = bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as { images?: { file_name: string; grey?: GreyScale }[] }) : {};
    for (const { file_name, grey } of images) if (grey) out.set(file_name.slice('images/'.length, -'.png'.length), grey);
  }
  return out;
}

function withNote(card: Uint8Array, left: number, of: number): Uint8Array {
  if (left === 0) return card;
  const note = `\n## Sign-off\n${left} of ${of} images were left out after review. Counts above are those of the set as it was built; manifest.json lists what is here.\n`;
  return utf8ToBytes(new TextDecoder().decode(card) + note);
}

async function whole(bytes: OutFile['bytes']): Promise<Uint8Array> {
  if (bytes instanceof Uint8Array) return bytes;
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return joinBytes(parts);
}
