import dicomParser from 'dicom-parser';
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { LabelMap, Slice } from '../../../src/core/slice';
import { evenRuns } from '../../../src/formats/niftiWriter';
import { parseEntry } from '../../../src/models';
import { exportLabels } from '../../../src/pipeline/exportLabels';
import { exportVolumes } from '../../../src/pipeline/exportSlice';
import { underId } from '../../../src/pipeline/seriesSource';
import { makeSource } from '../../fixtures/memorySeries';
import { makeSlice, sourceAttributes } from '../../fixtures/scannerSlices';

const at = (...indices: number[]): Slice[] => indices.map((index) => makeSlice({ index }));

describe('a volume of slices with gaps', () => {
  it('is cut where the step changes; even slices, single ones and those without a position stay together', () => {
    const lengths = (slices: Slice[]) => evenRuns(slices).map((run) => run.length);
    expect(lengths(at(3, 4, 5))).toEqual([3]);
    expect(lengths(at(0, 2, 4))).toEqual([3]);
    expect(lengths(at(3, 4, 17, 18, 19))).toEqual([2, 3]);
    expect(lengths(at(3))).toEqual([1]);
    expect(lengths(at(3, 9, 1).map((slice) => ({ ...slice, geometry: null })))).toEqual([3]);
  });

  it('is exported as several files in a ZIP', () => {
    expect(exportVolumes(at(0, 1, 2), 'even').name).toBe('synthetic-even.nii.gz');
    const cut = exportVolumes(at(0, 1, 7, 8), 'cut');
    expect(Object.keys(unzipSync(cut.bytes)).filter((name) => name.endsWith('.nii.gz'))).toEqual(['synthetic-cut-part-1.nii.gz', 'synthetic-cut-part-2.nii.gz']);
  });
});

describe('classes of two label files that both count from 1', () => {
  it('are two segments of one SEG, each with its own pixels', () => {
    const label = (name: string, pixels: number[], source: string): LabelMap => {
      const data = new Uint8Array(64 * 48);
      for (const i of pixels) data[i] = 1;
      return { data, width: 64, height: 48, classes: [{ id: 1, name }], source };
    };
    const labels = [label('liver', [10, 11, 12], 'a.dcm'), label('tumour', [500, 501, 502, 503, 504], 'b.dcm')];
    const [seg] = exportLabels([{ attributes: sourceAttributes(), labels }], [], 'ct', { softwareVersion: '0', key: null, algorithm: 'test' });
    const set = dicomParser.parseDicom(seg!.bytes);
    expect(set.elements.x00620002!.items!.map((item) => item.dataSet!.string('x00620005'))).toEqual(['liver', 'tumour']);
    const frames = set.elements.x52009230!.items!.map((item) => item.dataSet!.elements.x0062000a!.items![0]!.dataSet!.uint16('x0062000b'));
    expect(frames).toEqual([1, 2]);
    const { dataOffset, length } = set.elements.x7fe00010!;
    expect(seg!.bytes.subarray(dataOffset, dataOffset + length).reduce((n, byte) => n + byte.toString(2).replaceAll('0', '').length, 0)).toBe(8);
  });
});

it('a series under another id bears it in its UID and its slices, decoded ones too', async () => {
  const source = makeSource([makeSlice()]);
  const renamed = underId({ ...source, series: { ...source.series, id: 'slice', seriesUid: 'slice' } }, 'slice (2)');
  expect(renamed.series).toMatchObject({ id: 'slice (2)', seriesUid: 'slice (2)', slices: [{ id: 'slice (2)-0' }] });
  expect((await renamed.loadSlice(0)).id).toBe('slice (2)-0');
});

it('the contract in docs/own-model.md is one that is accepted', () => {
  const text = /```json\n([\s\S]*?)```/.exec(readFileSync(new URL('../../../docs/own-model.md', import.meta.url), 'utf8'))![1]!;
  const entry = parseEntry({ ...(JSON.parse(text) as object), license: 'unknown', card: null, variants: {} });
  expect(entry).toMatchObject({ task: 'super-resolution', scale: 2, halo: 14 });
});
