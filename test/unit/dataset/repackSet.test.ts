import { createHash } from 'node:crypto';
import dicomParser from 'dicom-parser';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../src/dataset/manifest';
import { parseRecipe, type RecipeInput } from '../../../src/dataset/recipe';
import { decide, EMPTY_REVIEW } from '../../../src/dataset/review';
import { applyReview, buildDataset, type SetInput } from '../../../src/pipeline/buildDataset';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { reviewedZip, reviewItems } from '../../../src/pipeline/review';
import { createMemorySink } from '../../../src/storage/memorySink';
import { makeDatasetSource } from '../../fixtures/datasetSources';

const decoder = createInlineDecoder();
const sha = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
/** Frames and segments of a SEG, and the hash of its bits. */
function framesOf(bytes: Uint8Array): unknown[] {
  const set = dicomParser.parseDicom(bytes);
  const { dataOffset, length } = set.elements.x7fe00010!;
  return [set.string('x00280008'), set.string('x00700081'), set.elements.x00620002!.items!.length, set.elements.x52009230!.items!.length, sha(bytes.subarray(dataOffset, dataOffset + length))];
}
const AT = '2026-11-24T09:00:00.000Z';

function inputOf(more: NonNullable<RecipeInput['steps']>): SetInput {
  const recipe = parseRecipe({
    verisim: 'recipe', version: 1, name: 'set', seed: 5, copies: 2, split: { folds: 3 },
    steps: [{ type: 'flip', probability: 0.5 }, { type: 'rotate', degrees: [-20, 20] }, ...more],
    outputs: [{ format: 'dicom' }, { format: 'nnunet' }, { format: 'png', yolo: true }, { format: 'npz' }, { format: 'bids' }],
  });
  return { recipe, sources: ['P1', 'P2', 'P3', 'P4'].map((p) => makeDatasetSource(p)), key: new Uint8Array(32).fill(9), softwareVersion: '0.1.0' };
}

describe('a set that is opened without its sources', () => {
  it.each<[string, NonNullable<RecipeInput['steps']>]>([
    ['slices on one grid', []],
    ['crops on grids of their own', [{ type: 'crop', rows: 36, columns: 44, centre: 'label', probability: 0.6 }]],
  ])('leaves without its rejected items as the set itself would: indexes, splits, lists, segmentations, hashes; %s', async (_, more) => {
    const sink = createMemorySink();
    await buildDataset(inputOf(more), { sink });
    const decode = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as never;
    const manifest: Manifest = decode(sink.files.get('manifest.json')!);
    const files = new Map(sink.files);
    const made = reviewItems(manifest);
    const rejected = made.filter((i) => i.item.labels.length > 0).filter((_, n) => n % 3 === 0).map((i) => i.id);
    expect(rejected.length).toBeGreaterThan(3);
    const review = made.reduce((r, { id }) => decide(r, id, { verdict: rejected.includes(id) ? 'rejected' : 'accepted' }, 'N', AT), EMPTY_REVIEW);

    const zip = reviewedZip(manifest, review, async (path) => files.get(path) ?? null, decoder);
    const out = unzipSync(new Uint8Array(await new Response(zip as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()));
    await applyReview(inputOf(more), sink, review, 'remove');
    const wanted = new Map([...sink.files].filter(([p]) => !p.startsWith('.verisim/')));

    expect(Object.keys(out).sort()).toEqual([...wanted.keys()].sort());
    const folders = made.filter((i) => rejected.includes(i.id)).flatMap((i) => i.item.files.filter((f) => f.path.endsWith('.dcm')).map((f) => f.path.replace(/[^/]+$/, '')));
    const touched = new Set([...wanted.keys()].filter((p) => p.endsWith('seg.dcm') && folders.some((f) => p.startsWith(f))));
    expect(touched.size).toBeGreaterThan(0);
    for (const [path, bytes] of wanted) {
      if (path === 'manifest.json' || path === 'README.md' || touched.has(path)) continue;
      expect(Buffer.compare(Buffer.from(out[path]!), Buffer.from(bytes)), path).toBe(0);
    }
    const folder = 'nnunet/Dataset001_set';
    const named: { numTraining: number } = decode(out[`${folder}/dataset.json`]!);
    const before: { numTraining: number } = decode(files.get(`${folder}/dataset.json`)!);
    expect(named.numTraining).toBe(before.numTraining - made.filter((i) => rejected.includes(i.id) && i.item.split === 'train').length);
    const splits = new TextDecoder().decode(out[`${folder}/splits_final.json`]!);
    for (const id of rejected) expect(splits).not.toContain(JSON.stringify(id));
    expect(new TextDecoder().decode(out['README.md']!)).toContain(`${rejected.length} of ${manifest.items.length} images were left out after review`);

    // Segmentations made anew hold the frames that the set's own would, under other UIDs, which differ in length.
    for (const path of touched) expect(framesOf(out[path]!), path).toEqual(framesOf(wanted.get(path)!));

    const left: Manifest = decode(out['manifest.json']!);
    expect(left.items.map((i) => i.id)).toEqual(manifest.items.map((i) => i.id).filter((id) => !rejected.includes(id)));
    expect(left.review!.decisions).toHaveLength(made.length);
    const listed = [...left.items.flatMap((i) => i.files), ...left.files];
    expect([...listed.map((f) => f.path), 'manifest.json'].sort()).toEqual(Object.keys(out).sort());
    for (const f of listed) expect([f.bytes, sha(out[f.path]!)], f.path).toEqual([out[f.path]!.length, f.sha256]);
    expect(left.contentSha256).toBe(sha(listed.map((f) => `${f.path} ${f.sha256}\n`).join('')));
  });

  it('makes segmentations on its own images, though another set of the same sources was opened before', async () => {
    const referenced: string[][] = [];
    for (const softwareVersion of ['0.1.0', '0.2.0']) {
      const sink = createMemorySink();
      const { recipe, sources, key } = inputOf([]);
      await buildDataset({ recipe: parseRecipe({ ...recipe, copies: 1, outputs: [{ format: 'dicom' }] }), sources: sources.slice(0, 1), key, softwareVersion }, { sink });
      const manifest = JSON.parse(new TextDecoder().decode(sink.files.get('manifest.json')!)) as Manifest;
      const made = reviewItems(manifest);
      const review = made.reduce((r, { id }, i) => decide(r, id, { verdict: i === made.length - 1 ? 'rejected' : 'accepted' }, null, AT), EMPTY_REVIEW);
      const zip = reviewedZip(manifest, review, async (path) => sink.files.get(path) ?? null, decoder);
      const out = unzipSync(new Uint8Array(await new Response(zip as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()));
      const folder = made[0]!.item.files.find((f) => f.path.endsWith('.dcm'))!.path.replace(/[^/]+$/, '');
      const uids = Object.keys(out).filter((p) => p.startsWith(folder) && !p.endsWith('seg.dcm')).map((p) => dicomParser.parseDicom(out[p]!).string('x00080018')!);
      const seg = dicomParser.parseDicom(out[`${folder}seg.dcm`]!);
      const named = seg.elements.x00081115!.items![0]!.dataSet!.elements.x0008114a!.items!.map((i) => i.dataSet!.string('x00081155')!);
      expect([...named].sort()).toEqual([...uids].sort());
      referenced.push(named);
    }
    expect(referenced[0]!.some((uid) => referenced[1]!.includes(uid))).toBe(false);
  });
});
