import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTJ2K_12, J2K_12 } from '../fixtures/deepColour';
import { asInput, dicomFile, encapsulated, imageFile, seriesFiles, type ImageOptions } from '../fixtures/dicom';
import { encodeFrame } from '../fixtures/encode';
import { openStudio, type Studio } from './app';

/** Files of real kinds, built in code, opened in the built studio: by folder, by picker, in archives. */
describe('opening files in the built studio', () => {
  const root = mkdtempSync(join(tmpdir(), 'verisim-import-'));
  let studio: Studio;
  beforeAll(async () => {
    studio = await openStudio();
  });
  afterAll(async () => {
    await studio?.close();
    rmSync(root, { recursive: true, force: true });
  });

  async function put(folder: string, files: readonly { path: string; blob: Blob }[]): Promise<string> {
    for (const f of files) {
      const path = join(root, folder, f.path);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, new Uint8Array(await f.blob.arrayBuffer()));
    }
    return join(root, folder);
  }

  /** A fresh page, then the picker. */
  async function open(button: 'Choose files' | 'Open folder', paths: string | string[]): Promise<void> {
    const { page } = studio;
    await page.goto(page.url().split('#')[0]!);
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: button, exact: true }).first().click()]);
    await chooser.setFiles(paths);
  }

  const slice = (n: number, of: number) => studio.page.getByRole('img', { name: `Original, slice ${n} of ${of}` }).waitFor();
  const bytes = async (f: { blob: Blob }): Promise<Uint8Array> => new Uint8Array(await f.blob.arrayBuffer());

  it('a folder of 500 slices', async () => {
    const folder = await put('many', seriesFiles(500, 1, { rows: 64, columns: 64, modality: 'MR', values: Array.from({ length: 4096 }, (_, i) => (i * 37) % 1000) }));
    await open('Open folder', folder);
    await slice(250, 500);
    await studio.page.keyboard.press('End');
    await slice(500, 500);
  });

  it('is drawn through the function and the table that the file names, MONOCHROME1 inverted after it', async () => {
    const ramp = Array.from({ length: 601 }, (_, i) => (i < 400 ? 77 : 130));
    const voi: ImageOptions['more'] = [
      [0x00281050, 'DS', '400'], [0x00281051, 'DS', '400'], [0x00281056, 'CS', 'SIGMOID'],
      [0x00283010, 'SQ', [[[0x00283002, 'US', [601, 0, 8]], [0x00283003, 'LO', 'HARD'], [0x00283006, 'US', ramp]]]],
    ];
    const values = Array.from({ length: 4096 }, (_, i) => (i % 64 < 32 ? 200 : 600));
    const file = imageFile({ rows: 64, columns: 64, modality: 'MR', photometric: 'MONOCHROME1', values, more: voi });
    const folder = await put('voi', [asInput('voi.dcm', file)]);
    await open('Choose files', join(folder, 'voi.dcm'));
    await slice(1, 1);
    /** The two greys that most of the canvas has beside the black around the image. */
    const greys = () =>
      studio.page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('.slice-canvas canvas')!;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        const counts = new Map<number, number>();
        for (let i = 0; i < data.length; i += 4) if (data[i]) counts.set(data[i]!, (counts.get(data[i]!) ?? 0) + 1);
        return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 2).map(([grey]) => grey).sort((a, b) => a - b);
      });
    // 255 / (1 + e^±2) is 224.6 and 30.4; inverted 30.4 and 224.6.
    await expect.poll(greys).toEqual([30, 225]);
    await studio.page.getByRole('button', { name: 'More', exact: true }).click();
    await studio.page.getByRole('menuitemradio', { name: 'HARD' }).click();
    await expect.poll(greys).toEqual([125, 178]);
    await studio.page.getByText('HARD', { exact: true }).waitFor();
  });

  it('JPEG 2000 and HTJ2K colour deeper than 8 bits, by the codec that is fetched for it', async () => {
    const o = { rows: 7, columns: 9, samples: 3, photometric: 'RGB', bitsStored: 12, position: null };
    for (const [name, syntax, frame] of [['j2k', '1.2.840.10008.1.2.4.90', J2K_12], ['htj2k', '1.2.840.10008.1.2.4.201', HTJ2K_12]] as const) {
      const folder = await put('deep', [asInput(`${name}.dcm`, imageFile({ ...o, syntax, tail: encapsulated([frame]) }))]);
      await open('Choose files', join(folder, `${name}.dcm`));
      await slice(1, 1);
    }
  });

  it('a ZIP with a series, a nested ZIP and junk', async () => {
    const files = await Promise.all(seriesFiles(4, 2, { rows: 32, columns: 32 }).map(bytes));
    const pack = async (entries: Record<string, Uint8Array>): Promise<Uint8Array> => {
      const writer = new ZipWriter(new Uint8ArrayWriter());
      for (const [name, b] of Object.entries(entries)) await writer.add(name, new Uint8ArrayReader(b), { useWebWorkers: false });
      return writer.close();
    };
    const inner = await pack({ 'c.dcm': files[2]!, 'd.dcm': files[3]! });
    await put('zip', [asInput('study.zip', await pack({ 'a.dcm': files[0]!, 'b.dcm': files[1]!, 'more.zip': inner, 'readme.txt': new TextEncoder().encode('read me') }))]);
    await open('Choose files', join(root, 'zip/study.zip'));
    await slice(2, 4);
  });

  it('a disc: DICOMDIR, files without extension, and what it names shown', async () => {
    const record = (name: string): [number, string, string | string[]][] => [[0x00041430, 'CS', 'IMAGE'], [0x00041500, 'CS', ['series', name]]];
    const disc = dicomFile([[0x00041130, 'CS', 'SET'], [0x00041220, 'SQ', ['IM0001', 'IM0002', 'IM0003'].map(record)]]);
    await open('Open folder', await put('disc', [asInput('DICOMDIR', disc), ...seriesFiles(3, 2, { rows: 32, columns: 32 })]));
    await slice(2, 3);
  });

  it('a mixed bag with junk: every file is accounted for', async () => {
    const compressed = async (n: number): Promise<Uint8Array> => {
      const values = Array.from({ length: 32 * 32 }, (_, i) => (i * 91 + n) % 4096);
      const frame = await encodeFrame('1.2.840.10008.1.2.4.90', values, { rows: 32, columns: 32, bits: 12, samples: 1, signed: false });
      const o: ImageOptions = { rows: 32, columns: 32, bitsStored: 12, seriesUid: '1.7', syntax: '1.2.840.10008.1.2.4.90', instance: n, position: [0, 0, n], tail: encapsulated([frame!]) };
      return imageFile(o);
    };
    const whole = imageFile({ rows: 32, columns: 32, seriesUid: '1.8' });
    const folder = await put('mixed', [
      ...seriesFiles(3, 2, { rows: 32, columns: 32 }), asInput('j2k/1', await compressed(1)), asInput('j2k/2', await compressed(2)),
      asInput('truncated.dcm', whole.subarray(0, whole.length - 500)), asInput('notes.txt', new TextEncoder().encode('some notes, nothing else here')), asInput('empty', new Uint8Array(0)),
    ]);
    await open('Open folder', folder);
    const { page } = studio;
    await page.getByRole('heading', { name: /^2 series/ }).waitFor();
    const main = await page.getByRole('main').innerText();
    expect(main).toContain('8 files');
    expect(main).toContain('1 file could not be read');
    expect(main).toMatch(/2 files/);
    expect(main).toContain('ends in the middle of its data');
    // A pressed one is called "Hide list": the first that is left is the next.
    for (let k = 0; k < 2; k++) await page.getByRole('button', { name: 'List', exact: true }).first().click();
    const listed = await page.getByRole('main').innerText();
    for (const name of ['mixed/truncated.dcm', 'mixed/notes.txt', 'mixed/empty']) expect(listed).toContain(name);
  });

  it('did all of it without an error, a violation or a foreign request', () => {
    expect(studio.errors).toEqual([]);
    expect(studio.foreign).toEqual([]);
  });
});
