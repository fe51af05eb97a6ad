import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { affineRas, type Vec3 } from '../../../src/core/geometry';
import { dice } from '../../../src/core/labelOps';
import { classPlane } from '../../../src/core/labelSet';
import type { Series, SliceHeader } from '../../../src/core/slice';
import { readImageHeader } from '../../../src/dicom/read/header';
import { parseFile } from '../../../src/dicom/read/parse';
import { bytesSource } from '../../../src/dicom/read/source';
import { attachLabel } from '../../../src/pipeline/attachLabels';
import { handleDecode } from '../../../src/pipeline/decode/handle';
import { segmentationOf, structureSetOf } from '../../../src/pipeline/openLabels';
import { SHARED, skipWithoutShared } from '../../fixtures/shared';

// test/oracles/labels.py wrote these: highdicom and pydicom for SEG, matplotlib (and scikit-image beside it) for RTSTRUCT.
const golden = JSON.parse(readFileSync(new URL('../../golden/labels.json', import.meta.url), 'utf8')) as {
  seg: Record<string, { frames: number; voxels: number[]; sha256: string[] }>;
  rtstruct: Record<string, { rows: number; columns: number; slices: Record<string, number[]> }>;
};
const valid = `${SHARED}/data/dicom/valid`;
const read = (file: string) => new Uint8Array(readFileSync(`${valid}/${file}`));
const open = (file: string) => ({ key: file, from: 0, to: read(file).length });
const fromDisk = async ({ key }: { key: string }) => bytesSource(read(key));
const readSeg = async (file: string) => segmentationOf(await handleDecode('segmentation', { file: open(file) }, fromDisk), file);
const parse = (file: string) => parseFile(bytesSource(read(file)));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function loadSeries(dir: string): Promise<Series> {
  const files = readdirSync(`${valid}/${dir}`).filter((f) => f.startsWith('0'));
  const headers = await Promise.all(files.map(async (f) => readImageHeader(await parse(`${dir}/${f}`))));
  const slices = headers
    .map((h): SliceHeader => ({ id: h.sopInstanceUid, rows: h.rows, columns: h.columns, pixelSpacingMm: h.frames[0]!.pixelSpacingMm, geometry: h.frames[0]!.geometry, sopInstanceUid: h.sopInstanceUid }))
    .sort((a, b) => a.geometry!.positionMm[2] - b.geometry!.positionMm[2]);
  const h = headers[0]!;
  const [a, b] = [slices[0]!.geometry!.positionMm, slices[1]!.geometry!.positionMm];
  const step: Vec3 = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
  return {
    id: dir, seriesUid: h.seriesUid, studyUid: h.studyUid, modality: h.modality, description: dir, slices, rows: h.rows, columns: h.columns,
    pixelSpacingMm: slices[0]!.pixelSpacingMm, sliceSpacingMm: Math.abs(step[2]), affine: affineRas(slices[0]!.geometry!, slices[0]!.pixelSpacingMm!, step), warnings: [],
  };
}

describe.skipIf(skipWithoutShared('label corpus'))('labels of the corpus against independent readers', () => {
  it.each(Object.keys(golden.seg))('SEG %s equals highdicom and pydicom, bit for bit', async (file) => {
    const seg = await readSeg(`files/${file}`);
    expect(seg.classes).toMatchObject([{ id: 1, name: 'Liver' }]);
    expect(seg.frames).toHaveLength(golden.seg[file]!.frames);
    expect(seg.frames.map((f) => sha256(seg.plane(f.index)))).toEqual(golden.seg[file]!.sha256);
  });

  it('SEG with deflated frames holds the same pixels as its uncompressed twin', async () => {
    const seg = await readSeg('files/pydicom-data__liver_deflate.dcm');
    expect(seg.frames.map((f) => sha256(seg.plane(f.index)))).toEqual(golden.seg['pydicom-data__liver.dcm']!.sha256);
  });

  it('a SEG whose images are not loaded waits', async () => {
    const seg = await readSeg('files/pydicom-data__liver.dcm');
    const ct = await loadSeries('series/ct_ge_sts002');
    expect(attachLabel(seg, [ct])).toMatchObject({ status: 'waiting' });
  });

  it.each(Object.keys(golden.rtstruct))('RTSTRUCT of %s: Dice ≥ 0.99 against matplotlib on every slice', async (name) => {
    const series = await loadSeries(`series/${name}`);
    const structures = structureSetOf(await handleDecode('attributes', { file: open(`series/${name}/RTSTRUCT_RS.dcm`) }, fromDisk), name);
    const result = attachLabel(structures, [series]);
    if (result.status !== 'attached') throw new Error(result.words);
    const { rows, columns, slices } = golden.rtstruct[name]!;
    expect([series.rows, series.columns]).toEqual([rows, columns]);
    const drawn = series.slices.flatMap((h, i) => (result.set.layers[0]![i] ? [h.sopInstanceUid!] : []));
    expect(new Set(drawn)).toEqual(new Set(Object.keys(slices)));
    for (const [i, header] of series.slices.entries()) {
      const runs = slices[header.sopInstanceUid!];
      if (!runs) continue;
      const mask = new Uint8Array(rows * columns);
      let at = 0;
      runs.forEach((length, k) => {
        if (k % 2) mask.fill(1, at, at + length);
        at += length;
      });
      expect(dice(classPlane(result.set, 1, i)!, mask), `slice ${i}`).toBeGreaterThanOrEqual(0.99);
    }
  });
});
