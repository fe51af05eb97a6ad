import { StudioError } from '../core/errors';
import type { Slice, WindowSetting } from '../core/slice';
import type { Manifest, ManifestItem } from '../dataset/manifest';
import { exportable, reviewBlock, type Review, type Sortable } from '../dataset/review';
import { decodeRle } from '../formats/cocoRle';
import { zipStream } from '../formats/zipStream';
import type { Decoder } from './decode/protocol';
import { indexesOf, type ReadSetFile } from './dataset/repackSet';
import { importFiles } from './importFiles';

export { decide, EMPTY_REVIEW, exportable, reviewBlock, reviewCounts, reviewFromBlock, sortForReview, undoDecision, type Review, type ReviewOrder, type Verdict } from '../dataset/review';
export { keptReview, resumeReview } from '../dataset/keptReview';
export type { Manifest, ManifestItem } from '../dataset/manifest';

export type { ReadSetFile } from './dataset/repackSet';

/** A generated item of a set, as the contact sheet sorts and shows it. */
export interface ReviewItem extends Sortable {
  readonly number: string;
  readonly item: ManifestItem;
  /** The real slice it was made from, where the set holds it. */
  readonly source: ManifestItem | null;
  /** Seed of the last lesion or of the recipe, short. */
  readonly seed: string;
}

/** Checks that this is a manifest of ours. Throws `session/invalid` with what is wrong. */
export function parseManifest(json: unknown): Manifest {
  const m = json as Partial<Manifest> | null;
  if (!m || m.verisim !== 'dataset' || m.version !== 1 || !Array.isArray(m.items)) throw new StudioError('session/invalid', 'manifest.json is not one of a built set');
  return m as Manifest;
}

/** The generated items of a set with their sources. Real ones need no sign-off. */
export function reviewItems(manifest: Manifest): ReviewItem[] {
  const key = (i: ManifestItem): string => `${i.patient}/${i.series}/${i.slice}`;
  const originals = new Map(manifest.items.filter((i) => i.kind === 'original').map((i) => [key(i), i]));
  const generated = manifest.items.filter((i) => i.kind === 'generated');
  const digits = String(generated.length).length;
  return generated.map((item, n) => ({
    id: item.id,
    number: String(n + 1).padStart(Math.max(3, digits), '0'),
    meter: item.meter,
    agreement: item.agreement,
    item,
    source: originals.get(key(item)) ?? null,
    seed: seedOf(item, manifest.recipe.seed),
  }));
}

function seedOf(item: ManifestItem, recipeSeed: number): string {
  for (const step of [...item.steps].reverse()) {
    const { seeds, seed } = step.applied ? step.values : {};
    const first = Array.isArray(seeds) ? (seeds as number[])[0] : seed;
    if (typeof first === 'number') return first.toString(16);
  }
  return `${recipeSeed}/${item.copy}`;
}

/** The image of an item, decoded from whichever of its files can be shown. Throws `input/not-readable`, `dicom/*`… */
export async function loadItemSlice(item: ManifestItem, read: ReadSetFile, decoder: Decoder, signal?: AbortSignal): Promise<Slice> {
  const images = item.files.filter((f) => f.role === 'image' && /\.(nii\.gz|nii|png|dcm)$/.test(f.path));
  const file = images.find((f) => f.path.endsWith('.nii.gz')) ?? images.find((f) => f.path.endsWith('.dcm')) ?? images[0];
  if (!file) throw new StudioError('input/not-readable', `${item.id} has no file that can be shown`);
  const bytes = (await read(file.path)) ?? (await read(`rejected/${file.path}`));
  if (!bytes) throw new StudioError('input/not-readable', file.path);
  // A name without folders, so that no part of it reads as a label's place.
  const ending = file.path.endsWith('.nii.gz') ? '.nii.gz' : file.path.slice(file.path.lastIndexOf('.'));
  const { series, outcomes } = await importFiles([{ path: `item-${item.modality}${ending}`, blob: new Blob([new Uint8Array(bytes)]) }], { decoder, signal });
  if (!series[0]) throw new StudioError(outcomes[0]?.code ?? 'input/not-readable', file.path);
  return series[0].loadSlice(0, signal);
}

const LUNG = { center: -600, width: 1500 };

/**
 * The window in which items are looked at: that of the source, so that what a lesion adds does not change it; the lung
 * window for nodules, whatever the file says.
 */
export function itemWindow(item: ManifestItem, source: Slice): WindowSetting {
  const nodule = item.models.some((m) => m.id.includes('nodule'));
  return source.raster.unit === 'HU' && nodule ? LUNG : source.window;
}

/** All labels of an item as one mask, with its box; null where it bears none. */
export function itemMask(item: ManifestItem): Uint8Array | null {
  const [width, height] = item.size;
  if (item.labels.length === 0) return null;
  const mask = new Uint8Array(width * height);
  for (const label of item.labels) decodeRle(label.rle).forEach((v, i) => v && (mask[i] = 1));
  return mask;
}

/**
 * The set without the generated items that were not accepted, as one streamed ZIP: its indexes, splits and segmentations
 * are written anew, `manifest.json` holds what is left, with the decisions.
 */
export function reviewedZip(manifest: Manifest, review: Review, read: ReadSetFile, decoder: Decoder): ReadableStream<Uint8Array> {
  const accepted = new Set(exportable(reviewItems(manifest).map((i) => i.id), review, 'accepted'));
  const items = manifest.items.filter((i) => i.kind !== 'generated' || accepted.has(i.id));
  return zipStream(entries());
  async function* entries() {
    for (const { path } of items.flatMap((i) => i.files)) yield { name: path, read: async () => (await read(path)) ?? missing(path) };
    const { files, contentSha256 } = await indexesOf(manifest, items, read, decoder);
    for (const { record, bytes } of files) yield { name: record.path, read: () => Promise.resolve(bytes) };
    const left = manifestWithReview({ ...manifest, items, files: files.map((f) => f.record), contentSha256 }, review, 'removed');
    yield { name: 'manifest.json', read: () => Promise.resolve(new TextEncoder().encode(`${JSON.stringify(left, null, 1)}\n`)) };
  }
}

function missing(path: string): never {
  throw new StudioError('input/not-readable', path);
}

/** The manifest with the decisions beside its hashed part, which stays as it is. */
export function manifestWithReview(manifest: Manifest, review: Review, rejected?: 'moved' | 'removed'): Manifest {
  return { ...manifest, review: { ...reviewBlock(review), ...(rejected ? { rejected } : {}) } };
}
