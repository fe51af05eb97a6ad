import { describe, expect, it } from 'vitest';
import type { Series } from '../../../src/core/slice';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { importFiles } from '../../../src/pipeline/importFiles';
import { asInput, imageFile, seriesFiles, type ImageOptions } from '../../fixtures/dicom';

const decoder = createInlineDecoder();
const load = async (files: { path: string; blob: Blob }[]): Promise<Series[]> => (await importFiles(files, { decoder })).series.map((s) => s.series);
const slice = (o: ImageOptions) => asInput(`f${Math.abs(hash(JSON.stringify(o)))}`, imageFile(o));
const hash = (s: string): number => [...s].reduce((h, c) => (Math.imul(h, 31) + c.charCodeAt(0)) | 0, 7);
const codes = (s: Series): string[] => s.warnings.map((w) => w.code);

describe('geometry of a series', () => {
  it('is sorted along the normal, whatever order and numbers the files have', async () => {
    const files = seriesFiles(6, 2.5).map((f, i) => ({ ...f, path: `x/${(i * 5) % 6}` }));
    const [s] = await load([files[3]!, files[0]!, files[5]!, files[1]!, files[4]!, files[2]!]);
    expect(s!.slices.map((h) => h.geometry!.positionMm[2])).toEqual([0, 2.5, 5, 7.5, 10, 12.5]);
    expect(s!.sliceSpacingMm).toBe(2.5);
    expect(s!.warnings).toEqual([]);
    expect(s!.affine).toEqual([[-1, 0, 0, 0].map((v) => v + 0), [0, -1, 0, 0], [0, 0, 2.5, 0], [0, 0, 0, 1]].map((r) => r.map((v) => (v === 0 ? expect.closeTo(0) : v))));
  });

  it('follows the positions in RAS for an oblique stack', async () => {
    const c = 0.8;
    const d = 0.6;
    const files = [0, 1, 2].map((i) => slice({ instance: i + 1, orientation: [1, 0, 0, 0, c, d], position: [10, 20 - i * d * 4, 30 + i * c * 4], spacing: [0.7, 0.5] }));
    const [s] = await load(files);
    const at = (col: number, row: number, k: number): number[] => s!.affine!.slice(0, 3).map((r) => r[0]! * col + r[1]! * row + r[2]! * k + r[3]!);
    expect(at(0, 0, 2)).toEqual([-10, -(20 - 2 * d * 4), 30 + 2 * c * 4].map((v) => expect.closeTo(v, 9)));
    expect(at(2, 3, 0)).toEqual([-(10 + 2 * 0.5), -(20 + 3 * 0.7 * c), 30 + 3 * 0.7 * d].map((v) => expect.closeTo(v, 9)));
    expect(codes(s!)).toEqual([]);
  });

  it('tells missing slices, uneven spacing and a tilted gantry', async () => {
    const at = (zs: number[]): Promise<Series[]> => load(zs.map((z, i) => slice({ instance: i + 1, position: [0, 0, z] })));
    const [missing] = await at([0, 2, 4, 8, 10, 12]);
    expect(missing!.warnings).toEqual([{ code: 'missing-slices', detail: '1 missing' }]);
    expect(missing!.sliceSpacingMm).toBe(2);
    expect(codes((await at([0, 2, 4.3, 6.1, 8]))[0]!)).toEqual(['uneven-spacing']);
    const [tilted] = await load([0, 1, 2, 3].map((i) => slice({ instance: i + 1, position: [0, i * 0.8, i * 3] })));
    expect(codes(tilted!)).toEqual(['gantry-tilt']);
    expect(tilted!.affine![1]![2]).toBeCloseTo(-0.8, 9);
  });

  it('splits echoes, time points and b-values that lie at the same positions', async () => {
    const build = (tag: number, vr: string, values: string[]): Promise<Series[]> =>
      load(values.flatMap((v, k) => [0, 1, 2].map((i) => slice({ instance: k * 3 + i + 1, sopUid: `1.9.${k}.${i}`, position: [0, 0, i * 3], more: [[tag, vr, v]] }))));
    const echoes = await build(0x00180086, 'IS', ['1', '2']);
    expect(echoes.map((s) => s.slices.length)).toEqual([3, 3]);
    expect(echoes.map((s) => s.description)).toEqual(['echo 1', 'echo 2']);
    expect(echoes.every((s) => codes(s).includes('several-volumes'))).toBe(true);
    expect((await build(0x00200100, 'IS', ['1', '2', '10'])).map((s) => s.description)).toEqual(['temporal position 1', 'temporal position 2', 'temporal position 10']);
    expect(await build(0x00189087, 'FD', [])).toEqual([]);
    // Nothing tells them apart: in the order of their numbers.
    const plain = await build(0x00181250, 'SH', ['A', 'A']);
    expect(plain.map((s) => s.slices.map((h) => h.instanceNumber))).toEqual([[1, 2, 3], [4, 5, 6]]);
  });

  it('separates acquisitions that interleave, and leaves one that only goes on', async () => {
    const build = (zs: [number, string][]): Promise<Series[]> => load(zs.map(([z, a], i) => slice({ instance: i + 1, position: [0, 0, z], more: [[0x00200012, 'IS', a]] })));
    const two = await build([[0, '1'], [3, '1'], [6, '1'], [1, '2'], [4, '2'], [7, '2']]);
    expect(two.map((s) => [s.description, s.sliceSpacingMm])).toEqual([['acquisition 1', 3], ['acquisition 2', 3]]);
    expect(await build([[0, '1'], [3, '1'], [6, '1'], [9, '2'], [12, '2'], [15, '2']])).toHaveLength(1);
  });

  it('keeps a slice that lies where another does, and says so; the same file twice counts once', async () => {
    const twice = await load([...seriesFiles(3), asInput('again', imageFile({ instance: 9, sopUid: '1.7.7', position: [0, 0, 3] }))]);
    expect(twice).toHaveLength(1);
    expect(codes(twice[0]!)).toEqual(['duplicate-slices']);
    const { series, outcomes } = await importFiles([...seriesFiles(3), { ...seriesFiles(3)[1]!, path: 'copy' }], { decoder });
    expect(series[0]!.series.slices).toHaveLength(3);
    expect(outcomes[3]!.message).toContain('The same image as series/IM0002');
  });

  it('separates orientations, sizes and series', async () => {
    const mixed = await load([slice({ instance: 1 }), slice({ instance: 2, position: [0, 0, 2] }), slice({ instance: 3, orientation: [0, 1, 0, 0, 0, -1] })]);
    expect(mixed.map((s) => s.slices.length)).toEqual([2, 1]);
    expect(mixed.every((s) => codes(s).includes('mixed-orientations'))).toBe(true);
    expect(await load([slice({ seriesUid: '1.5' }), slice({ seriesUid: '1.6' })])).toHaveLength(2);
    expect(await load([slice({}), slice({ instance: 2, rows: 5, position: [0, 0, 1] })])).toHaveLength(2);
  });

  it('flags localizers, interpolated matrices, colour and images without a place', async () => {
    const [loc] = await load([slice({ more: [[0x00080008, 'CS', ['ORIGINAL', 'PRIMARY', 'LOCALIZER']]] })]);
    expect(codes(loc!)).toEqual(['localizer']);
    const [zip] = await load([slice({ rows: 8, columns: 8, more: [[0x00181310, 'US', [4, 0, 0, 4]]] })]);
    expect(codes(zip!)).toEqual(['interpolated-matrix']);
    const [rgb] = await load([slice({ samples: 3, bitsAllocated: 8 })]);
    expect(codes(rgb!)).toEqual(['colour']);
    const [nowhere] = await load([slice({ position: null, spacing: null })]);
    expect(codes(nowhere!)).toEqual(['no-geometry']);
    expect(nowhere!.affine).toBeNull();
    // Its lengths are in mm all the same.
    const [flat] = await load([slice({ position: null })]);
    expect(codes(flat!)).toEqual(['no-position']);
  });
});
