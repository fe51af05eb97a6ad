import dicomParser from 'dicom-parser';
import { decode } from 'fast-png';
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { itemsOf, stringOf } from '../../../src/core/dicomJson';
import type { LabelMap, Slice } from '../../../src/core/slice';
import { evenRuns } from '../../../src/formats/niftiWriter';
import { parseEntry } from '../../../src/models';
import { exportLabels } from '../../../src/pipeline/exportLabels';
import { writeLesionFiles } from '../../../src/pipeline/exportLesion';
import { exportDicom, exportPng, exportVolumes, sharedGrid } from '../../../src/pipeline/exportSlice';
import { underId } from '../../../src/pipeline/seriesSource';
import { makeSource, makeSlice as sliceOf } from '../../fixtures/memorySeries';
import { LESION_INFO, makeSlice, sourceAttributes } from '../../fixtures/scannerSlices';

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

describe('a picture', () => {
  /** Greys and the sentence on them, of stored integers on a grid. */
  const written = (values: number[], slope: number, intercept: number) => {
    const stored = { data: Int32Array.from(values) as never, bitsStored: 16, slope, intercept, padding: null };
    const { bytes } = exportPng(sliceOf(values.map((v) => v * slope + intercept), 2, 2, { stored }), 'p');
    const { data, text } = decode(bytes);
    return [[...data], /value = (.*)$/.exec(text!.Comment!)![1]];
  };

  it('keeps the stored integers, whatever its own lowest is', () => {
    expect(written([10, 20, 200, 255], 1, 0)).toEqual([[10, 20, 200, 255], 'grey * 1 + 0']);
    expect(written([24, 1024, 2000, 3000], 1, -1024)).toEqual([[24, 1024, 2000, 3000], 'grey * 1 + -1024']);
    expect(written([0, 7, 8, 9], 0.5, 3)).toEqual([[0, 7, 8, 9], 'grey * 0.5 + 3']);
  });

  it('is offset only where they are negative or too high', () => {
    expect(written([-1000, 0, 50, 3000], 1, 0)).toEqual([[0, 1000, 1050, 4000], 'grey * 1 + -1000']);
    expect(written([70000, 70001, 70002, 100000], 1, 0)).toEqual([[0, 1, 2, 30000], 'grey * 1 + 70000']);
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

describe('DICOM of one slice', () => {
  const key = new Uint8Array(32).fill(3);
  const more = { '00081010': 'SH', '00181000': 'LO', '00101010': 'AS', '00101030': 'DS', '00081030': 'LO' };
  const values: Record<string, string> = { '00081010': 'STATION7', '00181000': 'SN123', '00101010': '044Y', '00101030': '70', '00081030': 'BRAIN' };
  const attributes = Object.fromEntries(Object.entries(more).map(([tag, vr]) => [tag, { vr, Value: [values[tag]!] }]));
  const made = (slice: Slice): Slice => ({ ...slice, source: { kind: 'generated', from: slice.source, augmentation: LESION_INFO } });

  it('is de-identified by the Basic Profile alone, and says so', () => {
    const slice = made(makeSlice({ attributes }));
    const mask = slice.labels![0]!;
    const image = exportDicom(slice, { softwareVersion: '0', key }).attributes;
    const lesion = writeLesionFiles({ id: 'a', sourceId: 'b', slice, info: LESION_INFO, mask }, { softwareVersion: '0', key, number: 1, name: 's1', dicom: true })[0];
    const set = dicomParser.parseDicom(lesion.bytes);
    for (const tag of Object.keys(more)) {
      expect(image[tag]?.Value ?? [], tag).toEqual([]);
      expect(set.string(`x${tag.toLowerCase()}`), tag).toBeUndefined();
    }
    expect([image['00080020']?.Value, image['00100040']?.Value]).toEqual([undefined, undefined]);
    expect(itemsOf(image, '00120064').map((item) => stringOf(item, '00080100'))).toEqual(['113100']);
    expect(image['00120063']!.Value).toHaveLength(1);
  });

  it('has one grey grid for the slices of a series that has none', () => {
    const float = (index: number): Slice => {
      const slice = makeSlice({ index });
      return made({ ...slice, stored: null, source: { kind: 'nifti', name: 'a.nii' }, raster: { ...slice.raster, data: slice.raster.data.map((v) => v * 0.3 * (index + 1)) } });
    };
    const rescale = sharedGrid([float(0), float(1)])!;
    const grids = [0, 1].map((index) => exportDicom(float(index), { softwareVersion: '0', key, rescale }).attributes).map((a) => JSON.stringify([a['00281052'], a['00281053'], a['00280103']]));
    expect(grids[0]).toBe(grids[1]);
    expect(sharedGrid([makeSlice()])).toBeUndefined();
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
