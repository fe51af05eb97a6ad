import { joinBytes } from '../../core/bytes';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { ERROR_TEXT } from '../../core/errorText';
import type { ErrorCode } from '../../core/errors';
import type { AugmentationInfo } from '../../core/slice';
import type { CardLike } from '../../dataset/cardWords';
import { dataCard, gatherStatistics, type SetStatistics } from '../../dataset/dataCard';
import type { ManifestFile } from '../../dataset/manifest';
import { methodsText } from '../../dataset/methodsText';
import { bidsIndex } from '../../dataset/outputs/bids';
import { dicomSegmentations } from '../../dataset/outputs/dicom';
import { jsonArray } from '../../dataset/outputs/jsonStream';
import { nnunetIndex } from '../../dataset/outputs/nnunet';
import { pngIndex } from '../../dataset/outputs/png';
import type { Entries, OutFile } from '../../dataset/outputs/types';
import { recipeText } from '../../dataset/recipe';
import { reviewBlock, reviewCounts } from '../../dataset/review';
import type { Sink } from '../../storage/contracts';
import type { Journal } from './journal';
import type { PreparedSet } from './prepare';
import { sealSet, unsealSet, type ReviewInSet } from './setFiles';

export interface FinishOptions extends ReviewInSet {
  /** Cards of the models, for methods text and limits. */
  readonly cards?: Readonly<Record<string, CardLike | null>>;
}

/**
 * Writes what belongs to the set as a whole, once all items are there: indexes, splits, segmentations, recipe, data
 * card, and `manifest.json` last, so that a folder with a manifest is a whole set. Memory: one item, one series' masks.
 */
export async function finishSet(prepared: PreparedSet, journal: Journal, sink: Sink, options: FinishOptions = {}): Promise<{ contentSha256: string; statistics: SetStatistics }> {
  const { plan, set } = prepared;
  const wanted = (id: string): boolean => !options.leftOut?.has(id);
  const entries = journal.entries(plan.items, wanted);
  const bySeries = [...plan.items].sort((a, b) => compare(`${a.patient}/${a.series}`, `${b.patient}/${b.series}`) || a.copy - b.copy || a.sliceIndex - b.sliceIndex);
  await unsealSet(sink, options);
  const content = sha256.create();
  for await (const { item } of entries()) for (const file of item.files) content.update(line(file));
  const files: ManifestFile[] = [];
  const put = async (file: OutFile): Promise<void> => {
    const record = await writeHashed(sink, file);
    files.push(record);
    content.update(line(record));
  };
  for (const output of set.recipe.outputs) {
    const made: AsyncIterable<OutFile> =
      output.format === 'dicom' ? (output.segmentations ? dicomSegmentations(journal.entries(bySeries, wanted), set) : none())
      : output.format === 'nnunet' ? nnunetIndex(entries, set, output)
      : output.format === 'png' ? pngIndex(entries, set, output)
      : output.format === 'bids' ? bidsIndex(entries, set) : none();
    for await (const file of made) await put(file);
  }
  await put({ path: 'recipe.json', role: 'index', bytes: utf8ToBytes(recipeText(set.recipe)) });
  const statistics = await gatherStatistics(entries);
  const head = {
    verisim: 'dataset',
    version: 1,
    notice: 'synthetic, not for diagnosis',
    softwareVersion: set.softwareVersion,
    recipe: set.recipe,
    recipeSha256: set.recipeSha256,
    classes: [{ id: 0, name: 'background' }, ...[...set.classes].map(([name, id]) => ({ id, name }))],
    models: [...statistics.models.values()],
    licenses: prepared.licenses,
    nonCommercial: set.nonCommercial,
    deidentified: set.recipe.deidentify.enabled,
  } as const;
  const reasons = new Map<ErrorCode, number>();
  for (const { code } of await journal.skipped(plan.items)) reasons.set(code, (reasons.get(code) ?? 0) + 1);
  // Test patients give real slices only: nothing was made from theirs.
  const copies = plan.items.filter((i) => i.copy > 0);
  const methods = methodsText({
    softwareVersion: set.softwareVersion,
    items: await provenance(entries, set.recipe.seed),
    cards: options.cards ?? {},
    sources: { slices: new Set(copies.map((i) => `${i.source}/${i.sliceIndex}`)).size, patients: new Set(copies.map((i) => i.patient)).size },
    recipe: { name: set.recipe.name, seed: set.recipe.seed, sha256: set.recipeSha256, copies: set.recipe.copies, steps: set.recipe.steps.map(stepWords) },
    ...(options.review ? { review: reviewCounts(plan.items.map((i) => i.id), options.review) } : {}),
  });
  const limits = Object.values(options.cards ?? {}).flatMap((card) => [...(card?.limits ?? [])]);
  const card = dataCard({ statistics, set, manifest: head, skipped: new Map([...reasons].map(([code, n]) => [ERROR_TEXT[code].happened.replace(/\.$/, ''), n])), notes: plan.notes, methods, modelLimits: [...new Set(limits)] });
  await put({ path: 'README.md', role: 'card', bytes: utf8ToBytes(card) });
  const contentSha256 = bytesToHex(content.digest());
  const skipped = [...reasons].map(([code, count]) => ({ code, count }));
  const tail = {
    contentSha256,
    ...(options.review ? { review: { ...reviewBlock(options.review), rejected: options.rejected ?? 'moved' } } : {}),
  };
  await sealSet(sink, jsonArray({ ...head, skipped, files }, [['items', entries, ({ item }) => item]], tail));
  return { contentSha256, statistics };
}

/** Provenance for the methods text: one record for each model run, or for the item where no model ran. */
async function provenance(entries: Entries, seed: number): Promise<AugmentationInfo[]> {
  const infos: AugmentationInfo[] = [];
  for await (const { item } of entries()) {
    if (item.kind === 'original') continue;
    const base = { seed, parameters: {}, softwareVersion: '' };
    if (item.models.length === 0) infos.push({ ...base, kind: 'recipe', model: null, backend: 'none' });
    for (const m of item.models) {
      const used = item.steps.find((s) => s.applied && s.values.model === m.id)?.type;
      const kind = used === 'super-resolve' ? 'super-resolution' : used === 'remove-lesion' ? 'lesion-remove' : 'lesion-insert';
      infos.push({ ...base, kind, model: { id: m.id, variant: m.variant, sha256: m.sha256, license: m.license }, backend: m.backend });
    }
  }
  return infos;
}

function stepWords(step: { readonly type: string; readonly probability: number }): string {
  const { type, probability, ...settings } = step;
  const words = Object.entries(settings).map(([k, v]) => `${k} ${Array.isArray(v) ? v.join('…') : String(v)}`).join(', ');
  return `${type}${probability < 1 ? ` with probability ${probability}` : ''}${words ? ` (${words})` : ''}`;
}

const line = (file: ManifestFile): Uint8Array => utf8ToBytes(`${file.path} ${file.sha256}\n`);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
async function* none(): AsyncIterable<OutFile> {}

async function writeHashed(sink: Sink, file: OutFile): Promise<ManifestFile> {
  const hash = sha256.create();
  let bytes = 0;
  async function* hashed(): AsyncIterable<Uint8Array> {
    const chunks = file.bytes instanceof Uint8Array ? [file.bytes] : file.bytes;
    let open: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      open.push(chunk);
      size += chunk.length;
      // A write for each line of a long JSON would be slow.
      if (size >= 1 << 18) {
        yield joinBytes(open);
        [open, size] = [[], 0];
      }
    }
    if (size > 0 || bytes === 0) yield joinBytes(open);
  }
  await sink.write(file.path, hashed());
  return { path: file.path, role: file.role, bytes, sha256: bytesToHex(hash.digest()) };
}
