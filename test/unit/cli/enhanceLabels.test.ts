import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dicomParser from 'dicom-parser';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { run as enhance } from '../../../src/cli/enhance';
import { run as inspect } from '../../../src/cli/inspect';
import { derivedDicom, writeSegmentation } from '../../../src/dicom/write';
import { sliceVolume, writeNiftiGz } from '../../../src/formats/niftiWriter';
import { imageFile } from '../../fixtures/dicom';
import { hasShipped } from '../../fixtures/models';
import { makeSlice } from '../../fixtures/scannerSlices';

const dir = mkdtempSync(join(tmpdir(), 'verisim-enhance-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe.skipIf(!hasShipped('sr-mr-x2.onnx'))('verisim enhance with labels', () => {
  it('takes a label, enlarges it nearest, writes it beside the image; both fit when opened again', async () => {
    const slice = makeSlice({ modality: 'MR' });
    const label = slice.labels![0]!;
    writeFileSync(join(dir, 'head_T1.nii.gz'), writeNiftiGz(sliceVolume(slice)));
    writeFileSync(join(dir, 'head_T1_label.nii.gz'), writeNiftiGz(sliceVolume(slice, label.data)));
    const out = join(dir, 'out');
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await enhance([join(dir, 'head_T1.nii.gz'), join(dir, 'head_T1_label.nii.gz'), '--model', 'sr-mr-x2', '--out', out])).toBe(0);
    const files = readdirSync(out).map((f) => join(out, f));
    expect(files).toHaveLength(2);
    let text = '';
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => ((text += String(chunk)), true));
    await inspect([...files, '--json']);
    write.mockRestore();
    vi.restoreAllMocks();
    const { series } = JSON.parse(text) as { series: { rows: number; columns: number; labels: { classes: { id: number; voxels: number }[] }[] }[] };
    expect(series[0]).toMatchObject({ columns: 128, rows: 96 });
    expect(series[0]!.labels[0]!.classes).toMatchObject([{ id: 2, voxels: 4 * label.data.filter((v) => v === 2).length }]);
  });

  it('names no file after a description that may name the patient, when it de-identifies', async () => {
    const folder = join(dir, 'dicom');
    mkdirSync(folder);
    const slice = makeSlice();
    const image = derivedDicom(slice, { softwareVersion: '0', info: null, unchanged: true, seriesDescription: 'AX T1 DOE JANE' });
    const seg = writeSegmentation([{ attributes: image.attributes, labels: slice.labels! }], [{ id: 2, name: 'lesion' }], { softwareVersion: '0', algorithm: 'hand', algorithmType: 'MANUAL', synthetic: false })!;
    writeFileSync(join(folder, 'a.dcm'), image.bytes);
    writeFileSync(join(folder, 'seg.dcm'), seg.bytes);
    writeFileSync(join(dir, 'key'), 'ab'.repeat(32));
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const out = join(dir, 'clean');
    expect(await enhance([folder, '--model', 'sr-mr-x2', '--deidentify', '--key-file', join(dir, 'key'), '--out', out])).toBe(0);
    vi.restoreAllMocks();
    expect(readdirSync(out).sort()).toEqual(['synthetic-sr-sr-mr-x2-0001.dcm', 'synthetic-sr-sr-mr-x2-seg.dcm']);
    for (const file of readdirSync(out)) expect(readFileSync(join(out, file)).toString('latin1')).not.toContain('JANE');
  });

  it('gives the slices of a DICOM series without a 16-bit grid one grey grid in common', async () => {
    const folder = join(dir, 'wide');
    mkdirSync(folder);
    for (const k of [0, 1]) {
      const values = Int32Array.from({ length: 32 * 32 }, (_, i) => 100_000 * (k + 1) * (2 + Math.sin(i / 40)));
      writeFileSync(join(folder, `${k}.dcm`), imageFile({ rows: 32, columns: 32, bitsAllocated: 32, signed: true, pixels: new Uint8Array(values.buffer), instance: k + 1, position: [0, 0, 5 * k], thickness: 5 }));
    }
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const out = join(dir, 'wide-out');
    expect(await enhance([folder, '--model', 'sr-mr-x2', '--out', out])).toBe(0);
    vi.restoreAllMocks();
    const sets = readdirSync(out).sort().map((file) => dicomParser.parseDicom(readFileSync(join(out, file))));
    expect(sets.map((set) => set.string('x00200013'))).toEqual(['1', '2']);
    expect(new Set(sets.map((set) => [set.string('x00281052'), set.string('x00281053'), set.uint16('x00280103')].join())).size).toBe(1);
  });
});
