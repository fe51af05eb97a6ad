import { existsSync, openAsBlob, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createInlineDecoder, createNodeDecoder, fileBlob } from '../../../src/pipeline/decode/decoder.node.ts';
import { importFiles } from '../../../src/pipeline/importFiles';
import { SHARED, skipWithoutShared } from '../../fixtures/shared';
import { asInput, imageFile, seriesFiles } from '../../fixtures/dicom';
import { HOSTILE } from '../../fixtures/hostile';
import { ARCHIVES, zipOf } from '../../fixtures/hostileArchives';

const decoder = createInlineDecoder();

describe('archives that would unpack to far more than they are', () => {
  it.each(ARCHIVES)('$name', async ({ make, code }) => {
    const { outcomes, series } = await importFiles([asInput('a', make())], { decoder });
    expect(series).toHaveLength(0);
    expect(outcomes.map((o) => o.code ?? o.status).join(' ')).toMatch(code);
  });

  it('a ZIP of blank masks, each packed a thousand times, is opened', async () => {
    const blank = imageFile({ rows: 1024, columns: 1024, bitsAllocated: 8, pixels: new Uint8Array(1024 * 1024) });
    const packed = new Uint8Array(deflateRawSync(blank));
    const { series } = await importFiles([asInput('masks.zip', zipOf(Array.from({ length: 40 }, (_, i) => ({ name: `${i}.dcm`, packed, size: blank.length }))))], { decoder });
    expect(series.reduce((n, s) => n + s.series.slices.length, 0)).toBeGreaterThan(0);
  });
});

describe('hostile files end in their named code', () => {
  it.each(HOSTILE)('$name', async ({ make, code }) => {
    const { outcomes, series } = await importFiles([asInput('hostile.dcm', make())], { decoder, stats: true });
    // What is only found when the pixels are decoded rejects there, with the same kind of code.
    const found = outcomes[0]!.status === 'shown' ? await series[0]!.loadSlice(0).then(() => 'shown', (e: { code: string }) => e.code) : outcomes[0]!.code;
    expect(found).toMatch(code);
  });

  it('do not keep the good ones beside them from being shown', async () => {
    const good = seriesFiles(4);
    const { series, outcomes } = await importFiles([...HOSTILE.slice(0, 6).map((h) => asInput(h.name, h.make())), ...good], { decoder });
    expect(series).toHaveLength(1);
    expect(outcomes.filter((o) => o.status === 'error')).toHaveLength(6);
  });
});

describe('workers in Node', () => {
  it('a task that hangs is ended with its worker, the rest goes on', async () => {
    const pool = createNodeDecoder(1, 1500);
    try {
      const fine = { key: 'a', blob: seriesFiles(1)[0]!.blob, from: 0, to: seriesFiles(1)[0]!.blob.size };
      expect((await pool.run('probe', { file: fine, stats: true })).what).toBe('dicom');
      // A named pipe never gives its first byte.
      const { execFileSync } = await import('node:child_process');
      const fifo = join((await import('node:os')).tmpdir(), `verisim-hang-${process.pid}`);
      execFileSync('mkfifo', [fifo]);
      const hang = pool.run('probe', { file: { key: 'h', file: fifo, from: 0, to: 1000 }, stats: false });
      const after = pool.run('probe', { file: { ...fine, key: 'b' }, stats: false });
      await expect(hang).rejects.toMatchObject({ code: expect.stringMatching(/dicom\/decode-timeout|input\/not-readable|input\/empty/) });
      expect((await after).what).toBe('dicom');
      (await import('node:fs')).rmSync(fifo);
    } finally {
      pool.dispose();
    }
  });

  it('give the same slices as the functions without a thread', async () => {
    const pool = createNodeDecoder(2);
    try {
      const [a] = (await importFiles(seriesFiles(5, 2, { rows: 16, columns: 16 }), { decoder: pool })).series;
      const [b] = (await importFiles(seriesFiles(5, 2, { rows: 16, columns: 16 }), { decoder })).series;
      expect(await a!.loadSlice(3)).toEqual(await b!.loadSlice(3));
    } finally {
      pool.dispose();
    }
  });
});

interface Reference { file: string; reference?: { dtype: string; min: number; max: number; mean: number; sha256_le_frame0?: string } }

describe.skipIf(skipWithoutShared('the DICOM corpus'))('the corpus', () => {
  const valid = `${SHARED}/data/dicom/valid`;
  const manifest = existsSync(valid) ? (JSON.parse(readFileSync(`${valid}/manifest.json`, 'utf8')) as { files: Reference[]; series: { dir: string; nifti: { shape: number[]; affine: number[][] }[]; files: { file: string; sha256_le?: string }[] }[] }) : { files: [], series: [] };

  it('every valid file decodes: lossless ones to the manifest\'s hash, lossy ones within a percent of the range', async () => {
    const { outcomes } = await importFiles(await Promise.all(manifest.files.map(async (f) => ({ path: f.file, blob: await openAsBlob(join(valid, f.file)) }))), { decoder, stats: true });
    const wrong: string[] = [];
    let exact = 0;
    let near = 0;
    manifest.files.forEach((f, i) => {
      const s = outcomes[i]!.info?.stats;
      const r = f.reference;
      if (!r || r.min === undefined) return;
      if (!s) return void wrong.push(`${f.file}: ${outcomes[i]!.code}`);
      if (r.sha256_le_frame0) {
        if (s.sha256 === r.sha256_le_frame0 && s.dtype === r.dtype) exact++;
        else wrong.push(`${f.file}: other values`);
      } else {
        const range = r.max - r.min;
        if (Math.abs(s.min - r.min) <= range / 100 && Math.abs(s.max - r.max) <= range / 100 && Math.abs(s.mean - r.mean) <= range / 1000) near++;
        else wrong.push(`${f.file}: ${s.min} ${s.max} ${s.mean}`);
      }
    });
    expect(wrong).toEqual([]);
    expect([exact, near]).toEqual([67, 14]);
  });

  it('the three series: every slice exact, the affine that of the NIfTI reference but for its flipped rows', async () => {
    for (const s of manifest.series) {
      const inputs = await Promise.all(s.files.map(async (f) => ({ path: f.file, blob: await openAsBlob(join(valid, s.dir, f.file)) })));
      const { series } = await importFiles(inputs, { decoder });
      const hashes = new Map(s.files.map((f) => [f.sha256_le, f.file]));
      for (let i = 0; i < series[0]!.series.slices.length; i++) {
        const { stored } = await series[0]!.loadSlice(i);
        expect(hashes.has(createHash('sha256').update(new Uint8Array(stored!.data.buffer)).digest('hex'))).toBe(true);
      }
      const a = series[0]!.series.affine!;
      const [columns, rows] = s.nifti[0]!.shape as [number, number];
      expect([series[0]!.series.columns, series[0]!.series.rows]).toEqual([columns, rows]);
      // dcm2niix stores the rows from below: row r of ours is row (rows − 1 − r) of its.
      for (let r = 0; r < 3; r++) {
        const flipped = [a[r]![0], -a[r]![1], a[r]![2], a[r]![3] + (rows - 1) * a[r]![1]];
        flipped.forEach((v, c) => expect(Math.abs(v - s.nifti[0]!.affine[r]![c]!)).toBeLessThan(1e-3));
      }
    }
  });

  it('every invalid file ends in a named code, or warns', async () => {
    const dir = `${SHARED}/data/dicom/invalid`;
    const names = readdirSync(dir).filter((n) => n !== 'manifest.json');
    const { outcomes } = await importFiles(await Promise.all(names.map(async (n) => ({ path: n, blob: await fileBlob(join(dir, n)) }))), { decoder, stats: true });
    expect(outcomes).toHaveLength(46);
    const shown = outcomes.filter((o) => o.status === 'shown');
    expect(shown.map((o) => o.path).sort()).toEqual(['bad_number_of_frames.dcm', 'j2k_multiframe_too_short.dcm', 'rtstruct_no_meta.dcm']);
    expect(shown.find((o) => o.path.startsWith('bad_number'))!.code).toBe('dicom/corrupt');
    expect(shown.find((o) => o.path.startsWith('j2k'))!.code).toBe('dicom/truncated');
    expect(outcomes.filter((o) => o.code === 'internal' || o.code === 'worker/crashed')).toEqual([]);
    expect(outcomes.find((o) => o.path === 'jpegxl_unsupported.dcm')!.message).toContain('1.2.840.10008.1.2.4.111');
  });
});
