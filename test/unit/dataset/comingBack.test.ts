import dicomParser from 'dicom-parser';
import { describe, expect, it } from 'vitest';
import type { Slice } from '../../../src/core/slice';
import type { Manifest } from '../../../src/dataset/manifest';
import { parseRecipe, type RecipeInput } from '../../../src/dataset/recipe';
import { buildDataset, prepareSet, type DatasetSource, type SetInput } from '../../../src/pipeline/buildDataset';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node';
import { importFiles } from '../../../src/pipeline/importFiles';
import { createMemorySink } from '../../../src/storage/memorySink';
import { makeDatasetSource } from '../../fixtures/datasetSources';
import { asInput, imageFile } from '../../fixtures/dicom';

const key = new Uint8Array(32).fill(9);

function inputOf(sources: DatasetSource[], changes: Partial<RecipeInput> = {}): SetInput {
  const recipe = parseRecipe({
    verisim: 'recipe', version: 1, name: 'set', seed: 5, copies: 1, steps: [{ type: 'rotate', degrees: [-20, 20] }], split: { folds: 2 },
    outputs: [{ format: 'dicom' }, { format: 'nnunet' }, { format: 'png' }, { format: 'bids' }],
    ...changes,
  });
  return { recipe, sources, key, softwareVersion: '0.1.0' };
}

async function built(input: SetInput, shards = 1) {
  const sink = createMemorySink();
  for (let index = 1; index <= shards; index++) expect((await buildDataset(input, { sink, shard: { index, count: shards } })).failed).toEqual([]);
  const text = (path: string) => new TextDecoder().decode(sink.files.get(path)!);
  const dicom = [...sink.files].filter(([path]) => /\/\d+\.dcm$/.test(path)).map(([path, bytes]) => ({ path, set: dicomParser.parseDicom(bytes) }));
  return { sink, text, dicom, manifest: JSON.parse(text('manifest.json')) as Manifest };
}

const small = (patient: string): DatasetSource => makeDatasetSource(patient, 1, 'MR', 24, 16);

/** The source with other slices; `header` is added to what the library knows of them. */
function altered({ source, labels }: DatasetSource, header: { synthetic?: true }, change: (slice: Slice, index: number) => Slice): DatasetSource {
  const series = { ...source.series, slices: source.series.slices.map((s) => ({ ...s, ...header })) };
  return { labels, source: { ...source, series, loadSlice: async (index, signal) => change(await source.loadSlice(index, signal), index) } };
}

/** A source whose files say that they are synthetic, as our own exports do. */
const synthetic = (patient: string): DatasetSource =>
  altered(small(patient), { synthetic: true }, (slice) => {
    const source = slice.source as Extract<Slice['source'], { kind: 'dicom' }>;
    return { ...slice, source: { ...source, attributes: { ...source.attributes, '0008001C': { vr: 'CS', Value: ['YES'] } } } };
  });

describe('a source that says it is synthetic', () => {
  it('stays marked in every output, counts as such, and validates nothing', async () => {
    const { text, dicom, manifest } = await built(inputOf([synthetic('P1'), small('P2')]));
    const [own] = manifest.items.filter((i) => i.syntheticSource);
    expect(manifest.items.filter((i) => i.kind === 'original')).toHaveLength(2);
    expect(own!.kind).toBe('original');
    const list = JSON.parse(text('nnunet/Dataset001_set/datalist.json')) as { training: { image: string; synthetic: boolean }[] };
    expect(list.training.filter((t) => !t.synthetic)).toHaveLength(1);
    expect(list.training.find((t) => t.image.includes(own!.id))!.synthetic).toBe(true);
    const splits = JSON.parse(text('nnunet/Dataset001_set/splits_final.json')) as { train: string[]; val: string[] }[];
    expect(splits.flatMap((s) => s.val)).toHaveLength(1);
    expect(splits.flatMap((s) => s.val)).not.toContain(own!.id);
    expect(splits.flatMap((s) => s.train)).toContain(own!.id);
    const coco = ['train', 'val'].flatMap((part) => (JSON.parse(text(`png/annotations/${part}.json`)) as { images: { synthetic: boolean }[] }).images);
    expect(coco.filter((i) => !i.synthetic).length).toBeLessThanOrEqual(1);
    const sidecar = own!.files.find((f) => f.path.startsWith('bids/') && f.path.endsWith('.json'))!.path;
    expect(sidecar).toContain('desc-synthetic');
    expect(JSON.parse(text(sidecar))).toMatchObject({ SyntheticData: true });
    const image = dicom.find((d) => own!.files.some((f) => f.path === d.path))!.set;
    expect([image.string('x0008001c'), image.string('x0008103e')]).toEqual(['YES', 'SYNTHETIC original']);
    expect(text('README.md')).toContain('4 (2 generated, 1 real, 1 from sources that say they are synthetic)');
    expect(text('README.md')).toContain('1 source slices say that they are synthetic');
  });

  it('is marked in DICOM although its own file is none', async () => {
    const plain = (patient: string, header: { synthetic?: true }) => altered(small(patient), header, (slice) => ({ ...slice, source: { kind: 'nifti', name: 'a.nii' } }));
    const { dicom, manifest } = await built(inputOf([plain('P1', { synthetic: true }), plain('P2', {})], { outputs: [{ format: 'dicom' }] }));
    const said = (path: string) => dicom.find((d) => d.path === path)!.set.string('x0008001c');
    expect(manifest.items.map((i) => [i.kind, i.syntheticSource ?? false, said(i.files[0]!.path) ?? 'NO']).sort().map(String)).toEqual([
      'generated,false,YES', 'generated,false,YES', 'original,false,NO', 'original,true,YES',
    ]);
  });

  it('is left out where only real slices of test patients are wanted', () => {
    const sources = [synthetic('P1'), synthetic('P2'), synthetic('P3')];
    const { plan } = prepareSet(inputOf(sources, { split: { folds: 2, test: 0.34 } }));
    expect(plan.items.some((i) => i.split === 'test')).toBe(false);
    expect(plan.notes.join()).toContain('1 of them are of test patients');
  });

  it('is known again in NIfTI, NumPy and PNG files of our own sets: copies say that they are synthetic, originals do not', async () => {
    const outputs = [{ format: 'nnunet' }, { format: 'bids' }, { format: 'npz' }, { format: 'png' }] as const;
    const { sink, manifest } = await built(inputOf([small('P1')], { outputs: [...outputs] }));
    for (const kind of ['original', 'generated'] as const) {
      const images = manifest.items.filter((i) => i.kind === kind).flatMap((i) => i.files).filter((f) => f.role === 'image').map((f) => f.path);
      expect(images.map((path) => path.split('/')[0])).toEqual(['nnunet', 'bids', 'npz', 'png']);
      const { series } = await importFiles(images.map((path) => asInput(path, sink.files.get(path)!)), { decoder: createInlineDecoder() });
      expect(series.map((s) => s.series.slices[0]!.synthetic), kind).toEqual(images.map(() => (kind === 'generated' ? true : undefined)));
    }
  });

  it('is known from its header, and so are CT maps that are no HU', async () => {
    const decoder = createInlineDecoder();
    const map = { modality: 'CT', more: [[0x00281052, 'DS', '0'], [0x00281053, 'DS', '0.1'], [0x00281054, 'LO', 'MGML']] } as const;
    const { series } = await importFiles([
      asInput('a.dcm', imageFile({ seriesUid: '1.2.3.4', more: [[0x0008001c, 'CS', 'YES']] })), asInput('b.dcm', imageFile({ seriesUid: '1.2.3.5' })),
      asInput('c.dcm', imageFile({ seriesUid: '1.2.3.6', ...map })), asInput('d.dcm', imageFile({ seriesUid: '1.2.3.7', modality: 'CT' })),
    ], { decoder });
    const of = (uid: string) => series.find((s) => s.series.seriesUid === uid)!;
    expect(['1.2.3.4', '1.2.3.5'].map((uid) => of(uid).series.slices[0]!.synthetic)).toEqual([true, undefined]);
    expect(['1.2.3.6', '1.2.3.7'].map((uid) => prepareSet(inputOf([{ source: of(uid), labels: [] }])).set.channel)).toEqual(['CT map', 'CT']);
  });
});

it.each(['HU', 'modality'] as const)('CT as PNG comes back in the unit that it had: %s', async (unit) => {
  const source = altered(makeDatasetSource('P1', 1, 'CT', 24, 16), {}, (slice) => ({ ...slice, raster: { ...slice.raster, unit } }));
  const { sink } = await built(inputOf([source], { copies: 0, outputs: [{ format: 'png' }] }));
  const decoder = createInlineDecoder();
  const { series } = await importFiles([...sink.files].filter(([path]) => path.startsWith('png/')).map(([path, bytes]) => asInput(path, bytes)), { decoder });
  expect(series.map((s) => [s.series.modality, s.series.notHounsfield ?? false])).toEqual([['CT', unit !== 'HU']]);
  const [back, before] = [await series[0]!.loadSlice(0), await source.source.loadSlice(0)];
  expect(back.raster.unit).toBe(unit);
  expect(back.raster.data).toEqual(before.raster.data);
});

describe('a series of fractions (float NIfTI) as DICOM', () => {
  const floats = (patient: string): DatasetSource =>
    altered(makeDatasetSource(patient, 3, 'MR', 24, 16), {}, (slice, index) => ({
      ...slice, stored: null, source: { kind: 'nifti', name: 'a.nii' }, raster: { ...slice.raster, data: slice.raster.data.map((v) => v * 0.37 * (index + 1) - (index === 2 ? 50.5 : 0)) },
    }));

  it('is on one grey grid, originals and copies alike, with the same bytes in shards', async () => {
    const input = () => inputOf([floats('P1')], { outputs: [{ format: 'dicom' }] });
    const whole = await built(input());
    expect(whole.dicom).toHaveLength(6);
    expect(new Set(whole.dicom.map(({ set }) => [set.string('x00281052'), set.string('x00281053'), set.uint16('x00280103')].join())).size).toBe(1);
    const sharded = await built(input(), 3);
    for (const [path, bytes] of whole.sink.files) if (!path.startsWith('.verisim/')) expect(sharded.sink.files.get(path), path).toEqual(bytes);
    expect(whole.manifest.items.reduce((n, i) => n + i.clamped, 0)).toBe(0);
    const { set } = whole.dicom.find((d) => d.path.endsWith('_real/0001.dcm'))!;
    const [slope, intercept] = [Number(set.string('x00281053')), Number(set.string('x00281052'))];
    const { dataOffset } = set.elements.x7fe00010!;
    const slice = await floats('P1').source.loadSlice(0);
    const view = new DataView(set.byteArray.buffer, set.byteArray.byteOffset + dataOffset);
    slice.raster.data.forEach((v, i) => expect(Math.abs(view.getUint16(2 * i, true) * slope + intercept - v)).toBeLessThan(slope));
  });
});

it('originals keep the number that their source has in its series', async () => {
  const numbered = altered(small('P1'), {}, (slice) => {
    const source = slice.source as Extract<Slice['source'], { kind: 'dicom' }>;
    return { ...slice, source: { ...source, attributes: { ...source.attributes, '00200013': { vr: 'IS', Value: [10] } } } };
  });
  const { dicom } = await built(inputOf([numbered], { outputs: [{ format: 'dicom' }], copies: 0 }));
  expect(dicom.map(({ set }) => set.string('x00200013'))).toEqual(['10']);
});
