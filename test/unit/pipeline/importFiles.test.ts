import { gzipSync } from 'node:zlib';
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { SliceStore } from '../../../src/pipeline/import/sliceStore';
import { importFiles, summarise, type ImportOptions, type ImportResult, type InputFile } from '../../../src/pipeline/importFiles';
import { asInput, dicomFile, imageFile, seriesFiles } from '../../fixtures/dicom';
import { writeNifti } from '../../../src/formats/niftiWriter';
import { writeNpz } from '../../../src/formats/npz';

const decoder = createInlineDecoder();
const run = (inputs: InputFile[], o: Partial<ImportOptions> = {}): Promise<ImportResult> => importFiles(inputs, { decoder, ...o });
const statuses = (r: ImportResult): Record<string, string> => Object.fromEntries(r.outcomes.map((o) => [o.path, o.code ? `${o.status} ${o.code}` : o.status]));
const utf8 = (s: string): Uint8Array => new TextEncoder().encode(s);

async function zip(files: Record<string, Uint8Array>, level = 6): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter());
  for (const [name, bytes] of Object.entries(files)) await writer.add(name, new Uint8ArrayReader(bytes), { level, useWebWorkers: false });
  return writer.close();
}
/** Writes another uncompressed size into the central directory. */
function patchSizes(archive: Uint8Array, size: number): void {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  for (let i = 0; i + 28 < archive.length; i++) if (view.getUint32(i, true) === 0x02014b50) view.setUint32(i + 24, size, true);
}
const bytesOf = async (f: InputFile): Promise<Uint8Array> => new Uint8Array(await f.blob.arrayBuffer());

describe('every file is accounted for', () => {
  it('a mixed bag with junk', async () => {
    const r = await run([
      ...seriesFiles(2), asInput('notes.txt', utf8('hello, this is a text')), asInput('report.pdf', utf8(`%PDF-1.7 ${'x'.repeat(200)}`)), asInput('empty', new Uint8Array(0)),
      asInput('.DS_Store', Uint8Array.from({ length: 300 }, (_, i) => i % 251)), asInput('cut.dcm', imageFile().subarray(0, 400)), asInput('sr.dcm', dicomFile([[0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.88.11'], [0x00080060, 'CS', 'SR']])),
      asInput('picture.png', encode({ width: 3, height: 2, data: Uint8Array.of(1, 2, 3, 4, 5, 6), channels: 1, depth: 8 })),
    ]);
    expect(statuses(r)).toEqual({
      'series/IM0001': 'shown', 'series/IM0002': 'shown', 'notes.txt': 'skipped dicom/not-dicom', 'report.pdf': 'skipped input/not-an-image', empty: 'skipped input/empty',
      '.DS_Store': 'skipped input/not-an-image', 'cut.dcm': expect.stringMatching(/^error dicom\/(truncated|no-pixel-data)/), 'sr.dcm': 'skipped dicom/no-pixel-data', 'picture.png': 'shown',
    });
    expect(summarise(r.outcomes)).toBe('3 shown, 5 skipped, 1 could not be read');
    expect(r.outcomes.every((o) => o.message.length > 0)).toBe(true);
    expect(r.outcomes[0]!.seriesIds).toEqual([r.series[0]!.series.id]);
  });

  it('ZIP: stored and packed entries, nested archives, junk inside', async () => {
    const [a, b, c] = await Promise.all(seriesFiles(3).map(bytesOf));
    const inner = await zip({ 'deep/c.dcm': c! });
    for (const level of [0, 6]) {
      const r = await run([asInput('study.zip', await zip({ 'a.dcm': a!, 'sub/b.dcm': b!, 'readme.txt': utf8('read me'), 'inner.zip': inner }, level))]);
      expect(statuses(r)).toEqual({
        'study.zip': 'shown', 'study.zip/a.dcm': 'shown', 'study.zip/sub/b.dcm': 'shown', 'study.zip/readme.txt': 'skipped dicom/not-dicom', 'study.zip/inner.zip': 'shown', 'study.zip/inner.zip/deep/c.dcm': 'shown',
      });
      expect(r.series[0]!.series.slices).toHaveLength(3);
      expect((await r.series[0]!.loadSlice(2)).stored!.data[7]).toBe(7);
    }
  });

  it('ZIP: an entry whose checksum does not fit is damaged, packed or stored; names of any kind are read; none is empty', async () => {
    const [a, b] = await Promise.all(seriesFiles(2).map(bytesOf));
    for (const level of [0, 6]) {
      const archive = await zip({ 'a.dcm': a!, 'b.dcm': b! }, level);
      const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
      const at = archive.findIndex((_, i) => i + 4 <= archive.length && view.getUint32(i, true) === 0x02014b50);
      view.setUint32(at + 16, view.getUint32(at + 16, true) ^ 1, true);
      expect(statuses(await run([asInput('s.zip', archive)]))).toEqual({ 's.zip': 'shown', 's.zip/a.dcm': 'error zip/corrupt', 's.zip/b.dcm': 'shown' });
    }
    const named = await run([asInput('s.zip', await zip({ '../b.dcm': b!, '/a.dcm': a! }))]);
    expect(Object.entries(statuses(named))).toEqual([['s.zip', 'shown'], ['s.zip/../b.dcm', 'shown'], ['s.zip//a.dcm', 'shown']]);
    expect(statuses(await run([asInput('s.zip', await zip({}))]))).toEqual({ 's.zip': 'skipped input/empty' });
  });

  it('a packed NIfTI that is cut far behind its first slice is damaged', async () => {
    const data = Int16Array.from({ length: 64 * 64 * 64 }, (_, i) => (i * 7919) % 30011);
    const whole = gzipSync(writeNifti({ data, size: [64, 64, 64], affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] }));
    for (const stats of [true, false]) {
      const r = await run([asInput('whole.nii.gz', whole), asInput('cut.nii.gz', whole.subarray(0, Math.floor(whole.length * 0.8)))], { stats });
      expect(statuses(r)).toEqual({ 'whole.nii.gz': 'shown', 'cut.nii.gz': 'error gzip/corrupt' });
    }
  });

  it('gzip around DICOM and NIfTI; several members in a row', async () => {
    const nifti = writeNifti({ data: Int16Array.from({ length: 24 }, (_, i) => i * 10), size: [4, 3, 2], affine: [[2, 0, 0, -5], [0, 3, 0, 6], [0, 0, 4, 7], [0, 0, 0, 1]] });
    const half = Math.floor(nifti.length / 2);
    const members = Buffer.concat([gzipSync(nifti.subarray(0, half)), gzipSync(nifti.subarray(half))]);
    const r = await run([asInput('x.dcm.gz', gzipSync(imageFile())), asInput('v.nii.gz', gzipSync(nifti)), asInput('v.nii', nifti), asInput('m.nii.gz', members)]);
    expect(Object.values(statuses(r))).toEqual(['shown', 'shown', 'shown', 'shown']);
    for (const s of r.series.slice(1)) {
      expect(s.series).toMatchObject({ rows: 3, columns: 4, pixelSpacingMm: [3, 2], sliceSpacingMm: 4 });
      expect(s.series.affine!.map((row) => row.map((v) => v + 0))).toEqual([[2, 0, 0, -5], [0, 3, 0, 6], [0, 0, 4, 7], [0, 0, 0, 1]]);
      const slice = await s.loadSlice(1);
      expect([...slice.stored!.data]).toEqual(Array.from({ length: 12 }, (_, i) => (12 + i) * 10));
      expect(slice.geometry!.positionMm).toEqual([5, -6, 11]);
    }
  });

  it('DICOMDIR: what it names is read, what is missing is told, and nothing outside is touched', async () => {
    const record = (...names: string[]): [number, string, string | string[]][] => [[0x00041430, 'CS', 'IMAGE'], [0x00041500, 'CS', names]];
    const dir = dicomFile([[0x00041130, 'CS', 'SET'], [0x00041220, 'SQ', [record('IMG', 'A'), record('IMG', 'GONE'), record('..', '..', 'etc', 'passwd')]]]);
    const asked: string[] = [];
    const r = await run([asInput('disc/DICOMDIR', dir)], {
      resolve: async (path) => {
        asked.push(path);
        return path === 'disc/IMG/A' ? asInput(path, imageFile()) : null;
      },
    });
    expect(statuses(r)).toEqual({ 'disc/DICOMDIR': 'skipped dicom/no-pixel-data', 'disc/IMG/A': 'shown' });
    expect(asked).toEqual(['disc/IMG/A', 'disc/IMG/GONE']);
    expect(r.outcomes[0]!.message).toContain('Not there: 2.');
  });

  it('labels and lists are handed out for whoever attaches them', async () => {
    const seg = imageFile({ rows: 2, columns: 4, bitsAllocated: 1, bitsStored: 1, modality: 'SEG', pixels: Uint8Array.of(0b10100101), more: [[0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.66.4']] });
    const struct = dicomFile([[0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.481.3'], [0x00080060, 'CS', 'RTSTRUCT'], [0x30060020, 'SQ', [[[0x30060022, 'IS', '1'], [0x30060026, 'LO', 'GTV']]]]]);
    const nifti = writeNifti({ data: Uint8Array.of(0, 1, 2, 0), size: [2, 2, 1], affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] });
    const r = await run([asInput('seg.dcm', seg), asInput('rs.dcm', struct), asInput('labelsTr/case1.nii', nifti), asInput('dataset.json', utf8('{"channel_names":{"0":"T1"},"numTraining":1}')), asInput('package.json', utf8('{"name":"x"}'))]);
    expect(r.others.map((o) => o.kind).sort()).toEqual(['list', 'nifti', 'rtstruct', 'seg']);
    expect(r.series).toHaveLength(0);
    const load = r.others.find((o) => o.kind === 'seg')!;
    expect([...(await (load as { load: () => Promise<{ pixels: Uint8Array }> }).load()).pixels]).toEqual([1, 0, 1, 0, 0, 1, 0, 1]);
    const labels = r.others.find((o) => o.kind === 'nifti')!;
    expect([...(await (labels as { load: () => Promise<Uint8Array> }).load())]).toEqual([0, 1, 2, 0]);
    expect(statuses(r)['package.json']).toBe('skipped input/not-an-image');
  });

  it('16-bit PNG keeps its bits, and says that it has no geometry', async () => {
    const png = encode({ width: 2, height: 2, data: Uint16Array.of(0, 1000, 40000, 65535), channels: 1, depth: 16 });
    const r = await run([asInput('p.png', png)]);
    const slice = await r.series[0]!.loadSlice(0);
    expect([...slice.stored!.data]).toEqual([0, 1000, 40000, 65535]);
    expect(r.series[0]!.series.warnings.map((w) => w.code)).toEqual(['no-geometry']);
  });
});

describe('archives that lie', () => {
  it('an encrypted one, a cut one, one packed beyond reason, nesting without end', async () => {
    const whole = await zip({ 'a.dcm': imageFile() });
    const writer = new ZipWriter(new Uint8ArrayWriter(), { password: 'x', zipCrypto: true });
    await writer.add('a.dcm', new Uint8ArrayReader(imageFile()), { useWebWorkers: false });
    let nested = whole;
    for (let i = 0; i < 6; i++) nested = await zip({ 'n.zip': nested }, 0);
    const bomb = (await zip({ 'zeros.dcm': new Uint8Array(4096) })).slice();
    patchSizes(bomb, 1_500_000_000);
    const r = await run([asInput('secret.zip', await writer.close()), asInput('cut.zip', whole.subarray(0, whole.length - 30)), asInput('bomb.zip', bomb), asInput('nested.zip', nested)]);
    expect(r.outcomes.filter((o) => o.status === 'error').map((o) => [o.path.split('/')[0], o.code])).toEqual([
      ['secret.zip', 'zip/encrypted'], ['cut.zip', 'zip/corrupt'], ['bomb.zip', 'zip/bomb'], ['nested.zip', 'zip/bomb'],
    ]);
    expect(r.series).toHaveLength(0);
  });

  it('an entry that gives more than its directory states', async () => {
    const archive = (await zip({ 'a.dcm': imageFile({ rows: 50, columns: 50 }) })).slice();
    patchSizes(archive, 100);
    const r = await run([asInput('liar.zip', archive)]);
    expect(r.outcomes.at(-1)).toMatchObject({ status: 'error', code: 'zip/bomb' });
  });

  it('a gzip bomb and damaged gzip', async () => {
    const broken = gzipSync(imageFile()).subarray(0, 60);
    // 300 MB of zeros behind a header that promises a DICOM file, and behind nothing.
    const zeros = new Uint8Array(300_000_000);
    const marked = zeros.slice(0, 210_000_000);
    marked.set(imageFile().subarray(0, 300));
    // A volume that says it is 1.8 GB.
    const volume = writeNifti({ data: new Uint8Array(8), size: [2, 2, 2], affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] });
    const view = new DataView(volume.buffer);
    [1200, 1200, 1250].forEach((n, i) => view.setInt16(42 + i * 2, n, true));
    const r = await run([
      asInput('b.gz', broken), asInput('text.gz', gzipSync(Buffer.from('only a text, nothing else'))), asInput('zeros.gz', gzipSync(zeros, { level: 1 })), asInput('marked.gz', gzipSync(marked, { level: 1 })),
      asInput('volume.nii.gz', gzipSync(volume)),
    ]);
    expect(statuses(r)).toEqual({
      'b.gz': expect.stringMatching(/^error (gzip\/corrupt|dicom\/truncated)/), 'text.gz': 'skipped dicom/not-dicom', 'zeros.gz': 'skipped input/not-an-image', 'marked.gz': 'error gzip/bomb', 'volume.nii.gz': 'error gzip/bomb',
    });
  });
});

describe('slices on demand', () => {
  it('stay within the budget of the store, and come back when asked again', async () => {
    const store = new SliceStore(200_000);
    const r = await run(seriesFiles(60, 1, { rows: 32, columns: 32 }), { store });
    const s = r.series[0]!;
    for (let i = 0; i < 60; i++) expect((await s.loadSlice(i)).geometry!.positionMm[2]).toBe(i);
    expect(store.bytes).toBeLessThanOrEqual(200_000 + 30_000);
    expect((await s.loadSlice(0)).stored!.data[5]).toBe(5);
    s.dispose();
    await expect(s.loadSlice(0)).rejects.toMatchObject({ code: 'input/not-readable' });
  });

  it('in a session the rest follows in the background, as far as the store has room', async () => {
    for (const [budget, most, least] of [[10_000_000, 30, 30], [200_000, 9, 4]] as const) {
      const store = new SliceStore(budget);
      const r = await run(seriesFiles(30, 1, { rows: 32, columns: 32 }), { store, decoder: { ...decoder, background: true } });
      await r.series[0]!.loadSlice(15);
      await expect.poll(() => store.count, { timeout: 5000 }).toBeGreaterThanOrEqual(least);
      await new Promise((r) => setTimeout(r, 30));
      expect(store.count).toBeLessThanOrEqual(most);
    }
  });

  it('the first image comes before the batch has ended; cancelling rejects with AbortError', async () => {
    let seen = 0;
    const abort = new AbortController();
    await run(seriesFiles(20), { onFirstSlice: () => seen++ });
    await new Promise((r) => setTimeout(r, 20));
    expect(seen).toBe(1);
    const pending = run(seriesFiles(50), { signal: abort.signal, onProgress: (done) => done === 5 && abort.abort() });
    await expect(pending).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('a slice whose pixels are damaged rejects by itself; the others are shown', async () => {
    const files = seriesFiles(3);
    const bad = imageFile({ instance: 4, position: [0, 0, 9], syntax: '1.2.840.10008.1.2.5', tail: undefined, pixels: null });
    const r = await run([...files, asInput('bad', bad)]);
    expect(r.series[0]!.series.slices).toHaveLength(3);
    expect(statuses(r).bad).toBe('error dicom/truncated');
  });
});

describe('values that are no numbers', () => {
  const [columns, rows] = [12, 10];
  /** NaN around a disc of 300…, one infinity in it. */
  const disc = Float32Array.from({ length: columns * rows * 2 }, (_, i) => (Math.hypot((i % columns) - 6, (Math.floor(i / columns) % rows) - 5) > 4 ? NaN : i % 120 === 66 ? Infinity : 300 + (i % 7)));
  const affine = [[-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] as const;
  const nifti = (data: Float32Array) => writeNifti({ data, size: [columns, rows, 2], affine });
  it('read as the smallest value of their slice, stored values too, and the series says so', async () => {
    const whole = disc.map((v) => (Number.isFinite(v) ? v : 1));
    const r = await run([
      asInput('mr_T1.nii', nifti(disc)), asInput('packed_T1.nii.gz', gzipSync(nifti(disc))), asInput('fine_T1.nii', nifti(whole)),
      asInput('a.npz', writeNpz({ image: { data: disc, shape: [2, rows, columns] } })), asInput('b.npz', writeNpz({ image: { data: Float64Array.from(disc), shape: [2, rows, columns] } })),
    ]);
    expect(r.series).toHaveLength(5);
    for (const { series, loadSlice } of r.series) {
      const said = series.warnings.some((w) => w.code === 'not-numbers');
      expect(said, series.description).toBe(series.description !== 'fine_T1.nii');
      if (!said) continue;
      const { raster, stored } = await loadSlice(1);
      const kept = disc.slice(120);
      const least = Math.min(...kept.filter(Number.isFinite));
      const want = kept.map((v) => (Number.isFinite(v) ? v : least));
      expect(raster.data).toEqual(want);
      expect(Float32Array.from(stored!.data)).toEqual(want);
    }
  });

  it('a slice of nothing else reads as 0', async () => {
    const r = await run([asInput('empty_T1.nii', nifti(new Float32Array(disc.length).fill(NaN)))]);
    expect((await r.series[0]!.loadSlice(0)).raster.data.every((v) => v === 0)).toBe(true);
  });
});
