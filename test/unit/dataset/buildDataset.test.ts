import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { StudioError } from '../../../src/core/errors';
import { decide, EMPTY_REVIEW } from '../../../src/dataset/review';
import type { Manifest } from '../../../src/dataset/manifest';
import { parseRecipe, type RecipeInput } from '../../../src/dataset/recipe';
import { applyReview, buildDataset, estimateDataset, previewExample, verifyDataset, type SetInput } from '../../../src/pipeline/buildDataset';
import { createMemorySink } from '../../../src/storage/memorySink';
import { makeDatasetSource } from '../../fixtures/datasetSources';

const key = new Uint8Array(32).fill(9);
const ALL: RecipeInput['outputs'] = [{ format: 'dicom' }, { format: 'nnunet' }, { format: 'png', yolo: true }, { format: 'npz' }, { format: 'bids' }];

function inputOf(changes: Partial<RecipeInput> = {}, patients = ['P1', 'P2', 'P3']): SetInput {
  const recipe = parseRecipe({
    verisim: 'recipe', version: 1, name: 'set', seed: 5, copies: 2,
    steps: [{ type: 'flip', probability: 0.5 }, { type: 'rotate', degrees: [-20, 20] }, { type: 'noise-gaussian', probability: 0.7, std: 0.03 }],
    outputs: ALL,
    ...changes,
  });
  return { recipe, sources: patients.map((p) => makeDatasetSource(p)), key, softwareVersion: '0.1.0' };
}

const text = (sink: ReturnType<typeof createMemorySink>, path: string) => new TextDecoder().decode(sink.files.get(path)!);
const json = (sink: ReturnType<typeof createMemorySink>, path: string) => JSON.parse(text(sink, path));
const visible = (sink: ReturnType<typeof createMemorySink>) =>
  new Map([...sink.files].filter(([p]) => !p.startsWith('.verisim/')).sort(([a], [b]) => (a < b ? -1 : 1)).map(([p, bytes]) => [p, createHash('sha256').update(bytes).digest('hex')]));

async function built(input: SetInput) {
  const sink = createMemorySink();
  const result = await buildDataset(input, { sink });
  return { sink, result, manifest: json(sink, 'manifest.json') as Manifest };
}

describe('buildDataset', () => {
  it('makes every format, and a manifest that lists every file with its hash', async () => {
    const { sink, result, manifest } = await built(inputOf());
    expect(result).toMatchObject({ planned: 27, made: 27, alreadyDone: 0, skipped: [], failed: [], complete: true });
    const listed = [...manifest.items.flatMap((i) => i.files), ...manifest.files].map((f) => f.path).sort();
    expect(listed).toEqual([...visible(sink).keys()].filter((p) => p !== 'manifest.json'));
    expect(manifest.items).toHaveLength(27);
    expect(manifest.contentSha256).toBe(result.contentSha256);
    expect(manifest.notice).toBe('synthetic, not for diagnosis');
    expect(text(sink, 'README.md')).toContain('Synthetic, not for diagnosis');
  });

  it('gives the same bytes again, in another order of sources, and in shards', async () => {
    const whole = visible((await built(inputOf())).sink);
    const turned = inputOf();
    expect(visible((await built({ ...turned, sources: [...turned.sources].reverse() })).sink)).toEqual(whole);
    const sink = createMemorySink();
    const parts = [];
    for (const index of [2, 1, 3]) parts.push(await buildDataset(inputOf(), { sink, shard: { index, count: 3 } }));
    expect(parts.map((p) => p.made)).toEqual([9, 9, 9]);
    expect(parts.map((p) => p.complete)).toEqual([false, false, true]);
    expect(visible(sink)).toEqual(whole);
  });

  it('is finished by a last run over shards that were made in different places and brought together', async () => {
    const whole = await built(inputOf());
    const together = createMemorySink();
    const seen = new Set<string>();
    for (const index of [1, 2]) {
      const own = createMemorySink();
      expect(await buildDataset(inputOf(), { sink: own, shard: { index, count: 2 } })).toMatchObject({ complete: false });
      for (const [path, bytes] of own.files) {
        if (!path.startsWith('.verisim/plan')) expect(seen.has(path), path).toBe(false);
        seen.add(path);
        await together.write(path, bytes);
      }
    }
    expect(await buildDataset(inputOf(), { sink: together })).toMatchObject({ made: 0, complete: true });
    expect(visible(together)).toEqual(visible(whole.sink));
  });

  it('differs with seed, key and version', async () => {
    const base = (await built(inputOf())).result.contentSha256;
    const input = inputOf();
    expect((await built(inputOf({ seed: 6 }))).result.contentSha256).not.toBe(base);
    expect((await built({ ...input, key: new Uint8Array(32).fill(1) })).result.contentSha256).not.toBe(base);
    expect((await built({ ...input, softwareVersion: '0.2.0' })).result.contentSha256).not.toBe(base);
  });

  it('goes on where it was ended, does nothing on a second run, and refuses a folder of another set', async () => {
    const whole = await built(inputOf());
    const sink = createMemorySink();
    const controller = new AbortController();
    await expect(buildDataset(inputOf(), { sink, signal: controller.signal, onProgress: ({ done }) => done === 5 && controller.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(sink.files.has('manifest.json')).toBe(false);
    const rest = await buildDataset(inputOf(), { sink });
    expect(rest).toMatchObject({ made: 22, alreadyDone: 5, complete: true });
    expect(visible(sink)).toEqual(visible(whole.sink));
    const before = new Map(sink.files);
    expect(await buildDataset(inputOf(), { sink })).toMatchObject({ made: 0, alreadyDone: 27, complete: true });
    for (const [path, bytes] of sink.files) expect(bytes).toBe(before.get(path));
    await expect(buildDataset(inputOf({ seed: 77 }), { sink })).rejects.toMatchObject({ code: 'dataset/other-set' });
  });

  it('names a full disk, and goes on when there is room again', async () => {
    const whole = await built(inputOf());
    const sink = createMemorySink(300_000);
    await expect(buildDataset(inputOf(), { sink })).rejects.toMatchObject({ code: 'storage/full' });
    const larger = createMemorySink();
    for (const [path, bytes] of sink.files) await larger.write(path, bytes);
    expect((await buildDataset(inputOf(), { sink: larger })).contentSha256).toBe(whole.result.contentSha256);
  });

  it('splits by patient: copies never stand beside their patient’s validation images', async () => {
    const { sink, manifest } = await built(inputOf({ split: { folds: 3 } }));
    const splits = json(sink, 'nnunet/Dataset001_set/splits_final.json') as { train: string[]; val: string[] }[];
    expect(splits).toHaveLength(3);
    const patient = (id: string) => id.split('_')[0];
    for (const { train, val } of splits) {
      expect(val.every((id) => id.endsWith('_real'))).toBe(true);
      expect(train.some((id) => !id.endsWith('_real'))).toBe(true);
      const held = new Set(val.map(patient));
      expect(train.some((id) => held.has(patient(id)))).toBe(false);
    }
    expect(new Set(splits.flatMap((s) => s.val)).size).toBe(manifest.items.filter((i) => i.kind === 'original').length);
  });

  it('keeps test patients unaugmented', async () => {
    const { manifest, sink } = await built(inputOf({ split: { folds: 2, test: 0.34 } }));
    const test = manifest.items.filter((i) => i.split === 'test');
    expect(test.length).toBe(3);
    expect(test.every((i) => i.kind === 'original')).toBe(true);
    // The methods text counts what something was made from.
    const from = new Set(manifest.items.filter((i) => i.kind === 'generated').map((i) => `${i.patient}/${i.slice}`)).size;
    expect(from).toBe(6);
    expect(new TextDecoder().decode(sink.files.get('README.md'))).toContain('from 6 source slices of 2 patients');
  });

  it('bears no identifier of the sources in names, manifest or files', async () => {
    const { sink } = await built(inputOf());
    for (const [path, bytes] of sink.files) {
      const content = new TextDecoder('latin1').decode(bytes);
      for (const needle of ['Doe^', '1.2.3.', 'ACC', 'Referring', '19700304', '20200102', 'dicom:P']) {
        expect(path.includes(needle), path).toBe(false);
        expect(content.includes(needle), `${needle} in ${path}`).toBe(false);
      }
    }
  });

  it('shows an example exactly as the set has it, and says what it will make', async () => {
    const input = inputOf();
    const { manifest } = await built(input);
    const example = await previewExample(input, { index: 3 });
    const same = manifest.items.find((i) => i.id === example.item.id)!;
    expect(JSON.parse(JSON.stringify(example.steps))).toEqual(same.steps);
    const estimate = estimateDataset(input, example);
    expect(estimate).toMatchObject({ items: 27, generated: 18, originals: 9, patients: 3, classes: ['lesion'], nonCommercial: false });
    expect(estimate.bytes).toBeGreaterThan(200_000);
  });

  it('verifies: finds a changed and a missing file, and nothing else', async () => {
    const { sink, manifest } = await built(inputOf());
    expect(await verifyDataset(inputOf(), { sink })).toEqual({ checked: 27, differences: [] });
    const [a, b] = [manifest.items[3]!.files[0]!.path, manifest.items[9]!.files[1]!.path];
    await sink.write(a, new Uint8Array(3));
    await sink.remove(b);
    const { differences } = await verifyDataset(inputOf(), { sink });
    expect(differences).toEqual([{ path: a, what: 'changed' }, { path: b, what: 'missing' }]);
  });

  it('verifies what belongs to the set as a whole, and makes that again when asked to look', async () => {
    const { sink, manifest, result } = await built(inputOf());
    const whole = visible(sink);
    const seg = manifest.files.find((f) => f.role === 'segmentation')!.path;
    await sink.write(seg, new Uint8Array(sink.files.get(seg)!.length));
    await sink.remove('recipe.json');
    expect((await verifyDataset(inputOf(), { sink })).differences).toEqual([{ path: seg, what: 'changed' }, { path: 'recipe.json', what: 'missing' }]);
    expect(await buildDataset(inputOf(), { sink, checkFiles: true })).toMatchObject({ made: 0, complete: true, contentSha256: result.contentSha256 });
    expect(visible(sink)).toEqual(whole);
    await sink.write('manifest.json', new Uint8Array([123]));
    expect((await verifyDataset(inputOf(), { sink })).differences).toEqual([{ path: 'manifest.json', what: 'changed' }]);
    expect(await buildDataset(inputOf(), { sink, checkFiles: true })).toMatchObject({ contentSha256: result.contentSha256 });
    expect(visible(sink)).toEqual(whole);
  });

  it('keeps a sign-off when lists are made again', async () => {
    const { sink, manifest } = await built(inputOf());
    const { id } = manifest.items.find((i) => i.kind === 'generated')!;
    await applyReview(inputOf(), sink, decide(EMPTY_REVIEW, id, { verdict: 'rejected' }, null, '2026-01-01T00:00:00Z'), 'move');
    const whole = visible(sink);
    await sink.remove('README.md');
    await buildDataset(inputOf(), { sink, checkFiles: true });
    expect(visible(sink)).toEqual(whole);
    expect((await verifyDataset(inputOf(), { sink })).differences).toEqual([]);
  });

  it('keeps a sign-off when items are made again, and moves nothing before they are', async () => {
    const { sink, manifest } = await built(inputOf());
    const [out, gone, more] = manifest.items.filter((i) => i.kind === 'generated') as [Manifest['items'][number], Manifest['items'][number], Manifest['items'][number]];
    const first = decide(EMPTY_REVIEW, out.id, { verdict: 'rejected', comment: 'seam' }, null, '2026-01-01T00:00:00Z');
    await applyReview(inputOf(), sink, first, 'move');
    await sink.remove(gone.files[0]!.path);
    const second = decide(first, more.id, { verdict: 'rejected' }, null, '2026-01-02T00:00:00Z');
    expect(await applyReview(inputOf(), sink, second, 'move')).toMatchObject({ toMakeAgain: [gone.id] });
    expect(sink.files.has(more.files[0]!.path)).toBe(true);
    expect(await buildDataset(inputOf(), { sink })).toMatchObject({ made: 1, complete: true });
    const rebuilt = json(sink, 'manifest.json') as Manifest;
    expect(rebuilt.review!.decisions.map((d) => [d.item, d.comment])).toEqual([[out.id, 'seam'], [more.id, '']]);
    expect(rebuilt.items.map((i) => i.id)).toEqual(manifest.items.map((i) => i.id).filter((id) => id !== out.id));
    expect(await applyReview(inputOf(), sink, second, 'move')).toMatchObject({ accepted: 25, rejected: 2, toMakeAgain: [] });
    const signedOff = visible(sink);
    // A file of a rejected item that is made again goes back to where it was.
    const aside = `rejected/${out.files[0]!.path}`;
    await sink.write(aside, new Uint8Array(3));
    await sink.remove(gone.files[0]!.path);
    expect(await buildDataset(inputOf(), { sink, checkFiles: true })).toMatchObject({ made: 2, complete: true });
    expect(visible(sink)).toEqual(signedOff);
  });

  it('keeps a sign-off that breaks off at any moment: the next build ends it', { timeout: 120_000 }, async () => {
    const small = () => inputOf({ outputs: [{ format: 'npz' }, { format: 'png' }], copies: 1 }, ['P1', 'P2']);
    const { sink: untouched, manifest } = await built(small());
    const [out, back] = manifest.items.filter((i) => i.kind === 'generated').map((i) => i.id) as [string, string];
    const first = decide(EMPTY_REVIEW, back, { verdict: 'rejected' }, null, '2026-01-01T00:00:00Z');
    const second = decide(decide(first, back, { verdict: 'accepted' }, null, '2026-01-02T00:00:00Z'), out, { verdict: 'rejected', comment: 'seam' }, null, '2026-01-02T00:00:00Z');
    await applyReview(small(), untouched, first, 'move');
    /** The set, as it was when its tab died after so many changes to its folder. */
    const signedOff = async (changes: number) => {
      const sink = createMemorySink();
      for (const [path, bytes] of untouched.files) await sink.write(path, bytes);
      let left = changes;
      const dying = <A extends unknown[]>(change: (...a: A) => Promise<void>) => async (...a: A): Promise<void> => {
        if (left-- <= 0) throw new Error('the tab is gone');
        await change(...a);
      };
      const ended = await applyReview(small(), { ...sink, write: dying(sink.write), remove: dying(sink.remove) }, second, 'move').then(() => true, () => false);
      return { sink, ended };
    };
    const files = (sink: ReturnType<typeof createMemorySink>) => JSON.stringify([...visible(sink)]);
    const [whole, before] = [files((await signedOff(Infinity)).sink), files(untouched)];
    for (let changes = 0; ; changes++) {
      const { sink, ended } = await signedOff(changes);
      if (ended) break;
      await buildDataset(small(), { sink });
      // The first two are the sign-off itself and the manifest that says otherwise.
      expect(files(sink) === (changes < 2 ? before : whole), `after ${changes} changes`).toBe(true);
    }
  });

  it('verifies a folder without a set, and leaves it empty', async () => {
    const sink = createMemorySink();
    expect((await verifyDataset(inputOf(), { sink })).differences).toHaveLength(27);
    expect(sink.files.size).toBe(0);
  });

  it('refuses to go on when classes, labels or images are others than when the set was begun', async () => {
    const sink = createMemorySink();
    await buildDataset(inputOf(), { sink, shard: { index: 1, count: 2 } });
    const [first, ...rest] = inputOf().sources;
    const [label] = first!.labels;
    const withFirst = (changes: Partial<typeof first>): SetInput => ({ ...inputOf(), sources: [{ ...first!, ...changes }, ...rest] });
    const more = withFirst({ labels: [{ ...label!, classes: [...label!.classes, { id: 1, name: 'core' }] }] });
    const planes = label!.layers[0]!.map((plane) => plane && plane.map((v, i) => (i === 7 ? 2 : v)));
    const corrected = withFirst({ labels: [{ ...label!, layers: [planes] }] });
    const other = withFirst({ source: { ...first!.source, series: { ...first!.source.series, bytes: 99 } } });
    for (const input of [more, corrected, other]) await expect(buildDataset(input, { sink, shard: { index: 2, count: 2 } })).rejects.toMatchObject({ code: 'dataset/other-set' });
    await expect(verifyDataset(corrected, { sink })).rejects.toMatchObject({ code: 'dataset/other-set', detail: 'images or labels were changed since it was begun' });
    await buildDataset({ ...inputOf(), sources: [...rest, first!] }, { sink });
    await expect(buildDataset(corrected, { sink })).rejects.toMatchObject({ code: 'dataset/other-set' });
    // Decisions on items that are made need no more than those.
    expect(await applyReview(corrected, sink, EMPTY_REVIEW, 'move')).toMatchObject({ accepted: 27 });
    await expect(applyReview(more, sink, EMPTY_REVIEW, 'move')).rejects.toMatchObject({ code: 'dataset/other-set' });
  });

  it('makes again what went missing or was cut short, when asked to look', async () => {
    const { sink, manifest, result } = await built(inputOf());
    await sink.write(manifest.items[3]!.files[0]!.path, new Uint8Array(3));
    await sink.remove(manifest.items[9]!.files[1]!.path);
    expect(await buildDataset(inputOf(), { sink })).toMatchObject({ made: 0 });
    expect(await buildDataset(inputOf(), { sink, checkFiles: true })).toMatchObject({ made: 2, contentSha256: result.contentSha256 });
    expect((await verifyDataset(inputOf(), { sink })).differences).toEqual([]);
  });

  it('leaves out what cannot be made, says so, and goes on', async () => {
    const input = inputOf();
    const broken = input.sources[1]!;
    const sources = [input.sources[0]!, { ...broken, source: { ...broken.source, loadSlice: (i: number) => (i === 1 ? Promise.reject(new StudioError('dicom/truncated', 'x')) : broken.source.loadSlice(i)) } }, input.sources[2]!];
    const { result, manifest, sink } = await built({ ...input, sources });
    expect(result.skipped).toHaveLength(3);
    expect(result.complete).toBe(true);
    expect(manifest.skipped).toEqual([{ code: 'dicom/truncated', count: 3 }]);
    expect(json(sink, 'nnunet/Dataset001_set/dataset.json').numTraining).toBe(24);
    expect(text(sink, 'README.md')).toContain('3 planned images were left out');
    expect(await buildDataset({ ...input, sources }, { sink })).toMatchObject({ made: 0, alreadyDone: 24, skipped: result.skipped });
  });

  it.each(['gzip/corrupt', 'zip/corrupt', 'npz/invalid', 'input/too-large'] as const)('is not held up by a file that stays %s', async (code) => {
    const input = inputOf();
    const sources = input.sources.map((s, k) => (k === 1 ? { ...s, source: { ...s.source, loadSlice: () => Promise.reject(new StudioError(code)) } } : s));
    expect((await built({ ...input, sources })).result).toMatchObject({ made: 18, failed: [], complete: true });
  });

  it('tries again what failed in passing', async () => {
    const input = inputOf();
    let down = true;
    const flaky = input.sources.map((s) => ({ ...s, source: { ...s.source, loadSlice: (i: number) => (down && i === 2 ? Promise.reject(new StudioError('worker/crashed')) : s.source.loadSlice(i)) } }));
    const sink = createMemorySink();
    const first = await buildDataset({ ...input, sources: flaky }, { sink });
    expect(first.failed).toHaveLength(9);
    expect(first.complete).toBe(false);
    down = false;
    expect((await buildDataset({ ...input, sources: flaky }, { sink })).contentSha256).toBe((await built(input)).result.contentSha256);
  });

  it('takes a review in: rejected items leave lists and folders, and come back when the verdict does', async () => {
    const { sink, manifest, result } = await built(inputOf());
    const id = manifest.items.find((i) => i.kind === 'generated')!.id;
    const rejected = decide(EMPTY_REVIEW, id, { verdict: 'rejected', comment: 'seam' }, 'A. Reader', '2026-01-01T00:00:00Z');
    expect(await applyReview(inputOf(), sink, rejected, 'move')).toMatchObject({ accepted: 26, rejected: 1, toMakeAgain: [] });
    const after = json(sink, 'manifest.json') as Manifest;
    expect(after.items.some((i) => i.id === id)).toBe(false);
    expect(after.review!.decisions[0]).toMatchObject({ item: id, verdict: 'rejected', by: 'A. Reader' });
    expect(sink.files.has(`rejected/nnunet/Dataset001_set/imagesTr/${id}_0000.nii.gz`)).toBe(true);
    expect(text(sink, 'nnunet/Dataset001_set/splits_final.json')).not.toContain(id);
    expect(after.contentSha256).not.toBe(result.contentSha256);
    await applyReview(inputOf(), sink, EMPTY_REVIEW, 'move');
    expect((json(sink, 'manifest.json') as Manifest).items).toHaveLength(27);
    await applyReview(inputOf(), sink, rejected, 'remove');
    expect((await applyReview(inputOf(), sink, EMPTY_REVIEW, 'remove')).toMakeAgain).toEqual([id]);
    await buildDataset(inputOf(), { sink });
    expect((json(sink, 'manifest.json') as Manifest).items).toHaveLength(27);
  });

  it('names each series in BIDS by its own sequence, and ignores those that have no name there', async () => {
    const [flair, t2] = [makeDatasetSource('P1', 1), makeDatasetSource('P2', 1)];
    const named = { ...t2, source: { ...t2.source, series: { ...t2.source.series, description: 'AX T2' } } };
    const { manifest, sink } = await built({ ...inputOf({ copies: 0, outputs: [{ format: 'bids' }] }), sources: [flair, named, makeDatasetSource('C1', 1, 'CT')] });
    const suffixes = manifest.items.map((i) => `${i.modality} ${i.files[0]!.path.replace(/^.*_/, '')}`);
    expect(suffixes.sort()).toEqual(['CT ct.nii.gz', 'MR FLAIR.nii.gz', 'MR T2w.nii.gz']);
    expect(text(sink, 'bids/.bidsignore')).toBe('*_ct.nii.gz\n*_ct.json\n');
  });

  it('refuses to mix MR and CT in one nnU-Net set, and model steps without a model', async () => {
    const input = inputOf();
    await expect(buildDataset({ ...input, sources: [...input.sources, makeDatasetSource('C1', 2, 'CT')] }, { sink: createMemorySink() })).rejects.toMatchObject({ code: 'recipe/invalid' });
    await expect(buildDataset(inputOf({ steps: [{ type: 'super-resolve', model: 'sr-mr-x2' }] }), { sink: createMemorySink() })).rejects.toMatchObject({ code: 'model/unknown' });
  });

  /** The sources with these classes instead of their own; the lesion drawn is of the first. */
  const withClasses = (input: SetInput, classes: readonly { id: number; name: string }[]): SetInput => ({
    ...input,
    sources: input.sources.map((s) => ({
      ...s, labels: s.labels.map((set) => ({ ...set, classes, layers: set.layers.map((layer) => layer.map((plane) => plane && plane.map((v) => (v ? classes[0]!.id : 0)))) })),
    })),
  });

  it('refuses more classes than a label map has ids, and writes them as DICOM', async () => {
    const many = (count: number) => [{ id: 1, name: 'lesion' }, ...Array.from({ length: count - 1 }, (_, i) => ({ id: 1 + (i % 200), name: `class ${i}` }))];
    for (const format of ['nnunet', 'png', 'npz', 'bids'] as const) {
      await expect(buildDataset(withClasses(inputOf({ copies: 0, outputs: [{ format }] }, ['P1']), many(256)), { sink: createMemorySink() })).rejects.toMatchObject({ code: 'recipe/invalid', detail: expect.stringContaining('255') });
    }
    await built(withClasses(inputOf({ copies: 0, outputs: [{ format: 'npz' }] }, ['P1']), many(255)));
    await built(withClasses(inputOf({ copies: 0, outputs: [{ format: 'dicom' }] }, ['P1']), many(256)));
  });

  it('keeps a class named background apart from what is none, and the one to ignore last', async () => {
    const { sink, manifest } = await built(withClasses(inputOf({ copies: 0 }), [{ id: 1, name: 'background' }, { id: 2, name: 'ignore' }, { id: 3, name: 'organ' }]));
    const table = { background: 0, 'background (class)': 1, organ: 2, ignore: 3 };
    expect((json(sink, 'nnunet/Dataset001_set/dataset.json') as { labels: object }).labels).toEqual(table);
    expect((json(sink, 'png/pictures.json') as { labels: object }).labels).toEqual(table);
    expect(Object.fromEntries(manifest.classes.map((c) => [c.name, c.id]))).toEqual(table);
    expect(manifest.items.flatMap((i) => i.labels).map((l) => [l.class, l.name])).toContainEqual([1, 'background (class)']);
  });
});
