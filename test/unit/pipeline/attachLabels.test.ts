import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Affine } from '../../../src/core/geometry';
import { gridDifference, type VoxelGrid } from '../../../src/core/gridDifference';
import { makeLabelVolume } from '../../../src/formats/labelVolume';
import { attachLabel, gridOf } from '../../../src/pipeline/attachLabels';
import { EMPTY_SHELF, shelveLabels } from '../../../src/pipeline/labelShelf';
import { makeSeries } from '../../fixtures/series';

const nifti = makeSeries({ id: 'n1', dicom: false, description: 'case_001_0000.nii.gz' });
const grid = gridOf(nifti)!;
const count = grid.dims[0] * grid.dims[1] * grid.dims[2];
const values = Uint8Array.from({ length: count }, (_, i) => (i % 7 === 0 ? 1 : i % 11 === 0 ? 3 : 0));
const withAffine = (change: (m: number[][]) => void): VoxelGrid => {
  const m = grid.affine.map((r) => [...r]);
  change(m);
  return { dims: grid.dims, affine: m as unknown as Affine };
};
const label = (g: VoxelGrid, name = 'case_001.nii.gz') => makeLabelVolume(name, g, new Uint8Array(g.dims[0] * g.dims[1] * g.dims[2]).fill(1));

describe('NIfTI labels', () => {
  it('attach on the same grid, class ids as they are', () => {
    const result = attachLabel(makeLabelVolume('tumour.nii.gz', grid, values, new Map([[1, 'oedema'], [3, 'core']])), [nifti]);
    if (result.status !== 'attached') throw new Error(result.words);
    expect(result.set.classes).toEqual([{ id: 1, name: 'oedema' }, { id: 3, name: 'core' }]);
    const slice = grid.dims[0] * grid.dims[1];
    for (let s = 0; s < grid.dims[2]; s++) expect(result.set.layers[0]![s]).toEqual(values.slice(s * slice, (s + 1) * slice));
  });

  it.each([
    ['one voxel to the left', withAffine((m) => (m[0]![3]! += 0.8)), 'is shifted by 0.80 mm along the left–right axis'],
    ['one slice up', withAffine((m) => (m[2]![3]! += 5)), 'is shifted by 5.00 mm along the head–foot axis'],
    ['0.002 mm', withAffine((m) => (m[1]![3]! += 0.002)), 'is shifted by 0.0020 mm along the front–back axis'],
    ['another spacing', withAffine((m) => (m[2]![2]! = 4)), 'has another spacing'],
    ['flipped, and elsewhere', withAffine((m) => (m[0]![0]! *= -1)), 'is flipped along the left–right axis, and lies elsewhere'],
    ['flipped in storage', withAffine((m) => { m[0]![3]! += m[0]![0]! * (grid.dims[0] - 1); m[0]![0]! *= -1; }), 'is flipped along the left–right axis'],
    ['another size', { ...grid, dims: [grid.dims[0], grid.dims[1], grid.dims[2] + 1] } as VoxelGrid, 'has another size'],
  ])('%s: refused with the right words', (_, g, words) => {
    const result = attachLabel(label(g), [nifti]);
    expect(result.status).toBe('mismatch');
    expect(result.status === 'mismatch' && result.words).toContain(words);
  });

  it('within 1e-3 mm it fits', () => {
    expect(attachLabel(label(withAffine((m) => (m[0]![3]! += 0.0009))), [nifti]).status).toBe('attached');
  });

  it('another storage order is put right by the affine on a DICOM series or when a person agrees, never else', () => {
    const dicom = makeSeries({ id: 'd1' });
    const flipped = withAffine((m) => { m[1]![3]! += m[1]![1]! * (grid.dims[1] - 1); m[1]![1]! *= -1; });
    const volume = makeLabelVolume('mask.nii.gz', flipped, values);
    const back = (s: number, x: number, y: number) => values[x + grid.dims[0] * (grid.dims[1] - 1 - y + grid.dims[1] * s)];
    for (const result of [attachLabel(volume, [dicom]), attachLabel(volume, [nifti], { reorder: true })]) {
      if (result.status !== 'attached') throw new Error(result.words);
      expect(result.set.notes).toHaveLength(1);
      for (let s = 0; s < 4; s++) for (let y = 0; y < 6; y++) for (let x = 0; x < 8; x++) expect(result.set.layers[0]![s]?.[y * 8 + x] ?? 0).toBe(back(s, x, y));
    }
    expect(attachLabel(volume, [nifti]).status).toBe('mismatch');
  });

  it('waits without images; of several fitting series only the one of the same case; else a person chooses', () => {
    expect(attachLabel(label(grid), []).status).toBe('waiting');
    expect(attachLabel(label(grid), [makeSeries({ id: 'far', dicom: false, origin: [900, 900, 900], rows: 12 })]).status).toBe('waiting');
    const other = makeSeries({ id: 'n2', dicom: false, description: 'case_002_0000.nii.gz' });
    expect(attachLabel(label(grid), [other, nifti])).toMatchObject({ status: 'attached', set: { seriesId: 'n1' } });
    const unclear = attachLabel(label(grid, 'mask.nii.gz'), [other, nifti]);
    expect(unclear).toMatchObject({ status: 'ambiguous', seriesIds: ['n2', 'n1'] });
    expect(attachLabel(label(grid, 'mask.nii.gz'), [other, nifti], { seriesId: 'n2' })).toMatchObject({ status: 'attached', set: { seriesId: 'n2' } });
  });

  it.each([
    ['case_002.nii.gz', 'case_001_0000.nii.gz'],
    ['segmentation-1.nii', 'volume-10.nii'],
    ['BraTS20_Training_002_seg.nii.gz', 'BraTS20_Training_001_t1ce.nii.gz'],
  ])('%s is not laid on %s, though it is the one image of its grid, unless a person says so', (name, description) => {
    const image = makeSeries({ id: 'alone', dicom: false, description });
    expect(attachLabel(label(grid, name), [image])).toMatchObject({ status: 'ambiguous', seriesIds: ['alone'], words: expect.stringContaining('another case') });
    expect(attachLabel(label(grid, name), [image], { seriesId: 'alone' }).status).toBe('attached');
    expect(attachLabel(label(grid, name), [makeSeries({ id: 'dicom', description })]).status).toBe('attached');
  });

  it.each([
    ['case_001.nii.gz', 'case_001_0000.nii.gz'],
    ['label0001.nii.gz', 'img0001.nii.gz'],
    ['segmentation-10.nii', 'volume-10.nii'],
    ['sub-01_dseg.nii.gz', 'sub-01_ses-02_T1w.nii.gz'],
    ['sub-01_ses-02_label-3_dseg.nii.gz', 'sub-01_ses-02_T2w.nii.gz'],
    ['patient12_gt.nii.gz', 'patient12_t2.nii.gz'],
    ['mask_v2.nii.gz', 'brain.nii.gz'],
  ])('%s is laid on %s', (name, description) => {
    expect(attachLabel(label(grid, name), [makeSeries({ id: 'alone', dicom: false, description })]).status).toBe('attached');
  });

  it('a label goes to all channels of its nnU-Net case, and to no other case', () => {
    const channel = (id: string) => makeSeries({ id: `nifti:set/imagesTr/${id}.nii.gz`, dicom: false, description: `${id}.nii.gz` });
    const result = attachLabel(label(grid), ['case_001_0000', 'case_001_0001', 'case_002_0000', 'case_002_0001'].map(channel));
    if (result.status !== 'attached') throw new Error(result.words);
    expect([result.set, ...result.channels!].map((s) => s.seriesId)).toEqual(['nifti:set/imagesTr/case_001_0000.nii.gz', 'nifti:set/imagesTr/case_001_0001.nii.gz']);
  });

  it('a number at the end of a name is that of a case where it is no channel', () => {
    const image = (id: string) => makeSeries({ id: `nifti:set/imagesTr/${id}.nii.gz`, dicom: false, description: `${id}.nii.gz` });
    const idOf = (id: string) => `nifti:set/imagesTr/${id}.nii.gz`;
    const amos = ['amos_0001', 'amos_0002', 'amos_0004'].map(image);
    const own = attachLabel(label(grid, 'amos_0002.nii.gz'), amos);
    expect(own).toMatchObject({ status: 'attached', set: { seriesId: idOf('amos_0002') } });
    expect(own).not.toHaveProperty('channels');
    expect(attachLabel(label(grid, 'amos_0009.nii.gz'), amos).status).toBe('ambiguous');
    expect(attachLabel(label(grid, 'amos.nii.gz'), amos).status).toBe('ambiguous');
    expect(attachLabel(label(grid, 'amos_0001.nii.gz'), ['amos_0001_0000', 'amos_0002_0000'].map(image))).toMatchObject({ status: 'attached', set: { seriesId: idOf('amos_0001_0000') } });
  });

  it('files of one name on one series all attach, each under a name of its own; the same content only once', () => {
    const named = (value: number) => makeLabelVolume('1-1.nii.gz', grid, new Uint8Array(count).fill(value), new Map([[value, `class ${value}`]]));
    const { shelf, news } = shelveLabels(EMPTY_SHELF, [named(1), named(2), named(1), named(3)], [nifti]);
    expect(shelf.attached.map((s) => s.source)).toEqual(['NIfTI label, 1-1.nii.gz', 'NIfTI label, 1-1.nii.gz (2)', 'NIfTI label, 1-1.nii.gz (3)']);
    expect(new Set(shelf.attached.map((s) => s.id)).size).toBe(3);
    expect(shelf.attached.flatMap((s) => s.classes.map((c) => c.name))).toEqual(['class 1', 'class 2', 'class 3']);
    expect(news).toMatchObject([shelf.attached[0], shelf.attached[1], shelf.attached[0], shelf.attached[2]].map((s) => ({ source: s!.source })));
    expect(shelveLabels(shelf, [named(2)], [nifti]).shelf.attached).toHaveLength(3);
  });

  it('waiting labels attach when their images come, and tell once why they wait', () => {
    const volume = label(grid);
    const first = shelveLabels(EMPTY_SHELF, [volume], []);
    expect(first.news).toMatchObject([{ result: { status: 'waiting' } }]);
    const still = shelveLabels(first.shelf, [], []);
    expect(still.news).toEqual([]);
    const then = shelveLabels(still.shelf, [], [nifti]);
    expect(then.shelf.waiting).toEqual([]);
    expect(then.shelf.attached.map((s) => s.seriesId)).toEqual(['n1']);
    expect(shelveLabels(then.shelf, [volume], [nifti]).shelf.attached).toHaveLength(1);
  });

  it('fractions, negative and large values are no classes', () => {
    for (const bad of [0.5, -1, 256, NaN]) expect(() => makeLabelVolume('x.nii', grid, new Float32Array(count).fill(bad))).toThrow(/no class id/);
  });

  it('a difference is never silent: any affine change above the tolerance is found, and none below', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 }), fc.double({ min: -3, max: 3, noNaN: true }), (r, c, d) => {
        const changed = withAffine((m) => (m[r]![c]! += d));
        const difference = gridDifference(changed, grid);
        if (Math.abs(d) > 1.1e-3) expect(difference).not.toBeNull();
        if (Math.abs(d) < 0.9e-3) expect(difference).toBeNull();
      }),
    );
  });
});
