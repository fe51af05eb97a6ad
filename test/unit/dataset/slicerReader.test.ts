import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DicomAttributes, DicomElement } from '../../../src/core/dicomJson';
import type { Manifest } from '../../../src/dataset/manifest';
import { parseRecipe } from '../../../src/dataset/recipe';
import { derivedDicom, writeSegmentation } from '../../../src/dicom/write';
import { decodeRle } from '../../../src/formats/cocoRle';
import { buildDataset } from '../../../src/pipeline/buildDataset';
import { createNodeDecoder } from '../../../src/pipeline/decode/decoder.node';
import { importFiles } from '../../../src/pipeline/importFiles';
import { readInputs } from '../../../src/pipeline/import/readInputs.node';
import { createNodeSink } from '../../../src/storage/nodeSink.node';
import { makeDatasetSource } from '../../fixtures/datasetSources';
import { makeSlice } from '../../fixtures/scannerSlices';
import { pythonWith, skipWithoutPython } from '../../fixtures/validators';

interface Expected {
  readonly seg: string;
  readonly images: readonly { position: readonly number[]; direction: readonly number[]; spacing: readonly number[]; size: readonly number[]; masks: Record<string, string> }[];
}
const base64 = (mask: Uint8Array): string => Buffer.from(mask).toString('base64');

function checked(folder: string, cases: readonly Expected[]): { status: number | null; text: string } {
  const file = join(folder, 'expected.json');
  writeFileSync(file, JSON.stringify(cases));
  const { status, stdout, stderr } = spawnSync(pythonWith('dcmqi, nibabel')!, ['test/independent/check_dcmqi.py', file], { encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

/** What a set's segmentations must hold, by the images beside each and the masks of the manifest. */
async function expectedOf(path: string): Promise<Expected[]> {
  const decoder = createNodeDecoder(1);
  try {
    const manifest = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as Manifest;
    const cases: Expected[] = [];
    for (const seg of manifest.files.filter((f) => f.role === 'segmentation')) {
      const folder = seg.path.slice(0, seg.path.lastIndexOf('/') + 1);
      const bytes = readFileSync(join(path, seg.path)).toString('latin1');
      const images: Expected['images'][number][] = [];
      for (const item of manifest.items) {
        const file = item.files.find((f) => f.path.startsWith(folder) && f.role === 'image');
        if (!file) continue;
        const { series } = await importFiles(readInputs([join(path, file.path)], (p, e) => { throw new Error(`${p}: ${String(e)}`); }), { decoder });
        const slice = await series[0]!.loadSlice(0);
        const uid = series[0]!.series.slices[0]!.sopInstanceUid!;
        // A SEG names its images: those of other grids have their own.
        if (!bytes.includes(uid)) continue;
        const masks: Record<string, Uint8Array> = {};
        for (const l of item.labels) decodeRle(l.rle).forEach((v, i) => v && ((masks[l.name] ??= new Uint8Array(item.size[0] * item.size[1]))[i] = 1));
        images.push({
          position: slice.geometry!.positionMm, direction: [...slice.geometry!.rowDirection, ...slice.geometry!.columnDirection],
          spacing: slice.pixelSpacingMm!, size: item.size, masks: Object.fromEntries(Object.entries(masks).map(([name, mask]) => [name, base64(mask)])),
        });
      }
      cases.push({ seg: join(path, seg.path), images });
    }
    return cases;
  } finally {
    decoder.dispose();
  }
}

describe.skipIf(skipWithoutPython('dcmqi, nibabel'))('DICOM SEG in dcmqi, which 3D Slicer reads them with', () => {
  it.each(['MR', 'CT'] as const)('a built %s set: the same masks at the same place, also where crops put slices on grids of their own', async (modality) => {
    const path = mkdtempSync(join(tmpdir(), 'verisim-slicer-'));
    const recipe = parseRecipe({
      verisim: 'recipe', version: 1, name: 'slicer', seed: 5, copies: 2,
      steps: [{ type: 'flip' }, { type: 'rotate' }, { type: 'crop', rows: 41, columns: 53, centre: 'label', probability: 0.5 }],
      outputs: [{ format: 'dicom' }],
    });
    const sources = ['A', 'B'].map((p) => makeDatasetSource(`${modality}${p}`, 4, modality, 63, 47));
    await buildDataset({ recipe, sources, key: new Uint8Array(32).fill(3), softwareVersion: '0.1.0' }, { sink: createNodeSink(path) });
    const cases = await expectedOf(path);
    const written = readdirSync(path, { recursive: true }).map(String).filter((f) => /seg\.dcm$/.test(f));
    expect(written).toHaveLength(cases.length);
    expect(written.some((f) => /\d_seg\.dcm$/.test(f))).toBe(true);
    expect(checked(path, cases)).toEqual({ status: 0, text: expect.stringContaining('dcmqi reads the same') });
  });

  it('an oblique series with gaps between slices, several overlapping classes, and slices without a mask', () => {
    const path = mkdtempSync(join(tmpdir(), 'verisim-slicer-'));
    const e = (...Value: number[]): DicomElement => ({ vr: 'DS', Value });
    const direction = [0.8, 0.6, 0, 0, 0, -1];
    const normal = [-0.6, 0.8, 0];
    const classes = [{ id: 2, name: 'lesion' }, { id: 5, name: 'Liver' }, { id: 9, name: 'nodule' }];
    // Slices of 5 mm every 6.5 mm; class 5 overlaps class 2, class 9 is on two slices far apart.
    const images = [0, 1, 2, 3, 4, 5].map((index) => {
      const position = [-60, 20, 40].map((v, i) => v + normal[i]! * 6.5 * index);
      const attributes = { '00200032': e(...position), '00200037': e(...direction) };
      const slice = makeSlice({ width: 63, height: 47, index, attributes });
      const geometry = { ...slice.geometry!, positionMm: position as never, rowDirection: direction.slice(0, 3) as never, columnDirection: direction.slice(3) as never };
      const plane = (id: number, from: number) => Uint8Array.from({ length: 63 * 47 }, (_, i) => (i >= from && i < from + 400 ? id : 0));
      const on = { 2: index === 1 || index === 2, 5: index === 2, 9: index === 0 || index === 4 };
      const labels = classes.filter((c) => on[c.id as 2]).map((c) => ({ ...slice.labels![0]!, data: plane(c.id, 700 + 97 * c.id), classes: [c] }));
      const written: DicomAttributes = derivedDicom({ ...slice, geometry }, { softwareVersion: '0.1.0' }).attributes;
      return { attributes: written, labels, position };
    });
    const seg = join(path, 'seg.dcm');
    writeFileSync(seg, writeSegmentation(images, classes, { softwareVersion: '0.1.0', algorithm: 'x', algorithmType: 'AUTOMATIC', synthetic: true })!.bytes);
    const expected = images.map(({ labels, position }) => ({
      position, direction, spacing: [0.9, 0.8], size: [63, 47],
      masks: Object.fromEntries(labels.map((l) => [l.classes[0]!.name, base64(Uint8Array.from(l.data, (v) => (v ? 1 : 0)))])),
    }));
    expect(checked(path, [{ seg, images: expected }])).toEqual({ status: 0, text: expect.stringContaining('1 files, 5 frames, 2000 voxels') });
  });
});
