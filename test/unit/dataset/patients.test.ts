import { describe, expect, it } from 'vitest';
import type { Series } from '../../../src/core/slice';
import { patientNotes, patientsOf } from '../../../src/dataset/patients';
import { planItems } from '../../../src/dataset/plan';
import { parseRecipe, type RecipeInput } from '../../../src/dataset/recipe';
import { makeDatasetSource } from '../../fixtures/datasetSources';
import { makeSlice, makeSource } from '../../fixtures/memorySeries';

/** A file of a data set as the importer shows it. */
function plain(path: string, changes: Partial<Series> = {}): Series {
  const { series } = makeSource([makeSlice(new Array(16).fill(1), 4, 4)]);
  const at = path.lastIndexOf('/');
  const id = `${path.endsWith('.png') ? 'image' : 'nifti'}:${path}`;
  return { ...series, id, seriesUid: id, studyUid: `folder:${path.slice(0, Math.max(0, at))}`, description: path.slice(at + 1), ...changes };
}
const other = (rows: number): Partial<Series> => ({ rows });
const keys = (paths: readonly string[], pattern?: string): string[] => patientsOf(paths.map((p) => plain(p)), pattern).map((p) => p.key);
const many = (n: number, name: (i: number) => string): string[] => Array.from({ length: n }, (_, i) => name(i));

describe('patients of files that do not name them', () => {
  it.each<[string, string[], string[]]>([
    ['channels', ['a/case_0003_0000.nii.gz', 'a/case_0003_0001.nii.gz', 'a/case_0004_0000.nii.gz'], ['case_0003', 'case_0003', 'case_0004']],
    ['volumes of one file', ['BRATS_001.nii.gz (volume 1)', 'BRATS_001.nii.gz (volume 2)'], ['BRATS_001', 'BRATS_001']],
    ['sequences', ['BraTS_00000_flair.nii.gz', 'BraTS_00000_t1ce.nii.gz'], ['BraTS_00000', 'BraTS_00000']],
    ['sequences of archives', ['npz/case1_t1.npz', 'npz/case1_flair.npz'], ['case1', 'case1']],
    ['sequences in folders', ['set/T1/case01.nii.gz', 'set/FLAIR/case01.nii.gz', 'IXI-T1/IXI002.nii.gz', 'IXI-T2/IXI002.nii.gz'], ['case01', 'case01', 'IXI002', 'IXI002']],
    ['names that are a sequence alone', ['set/P01/flair.nii.gz', 'set/P02/flair.nii.gz', 'flair.nii.gz'], ['P01', 'P02', 'flair']],
    ['subjects of BIDS', ['sub-07_T1w.nii.gz', 'sub-07/ses-2/anat/sub-07_ses-2_FLAIR.nii.gz'], ['sub-07', 'sub-07']],
    ['frames of ACDC', ['acdc/patient001/patient001_frame01.nii.gz', 'acdc/patient001/patient001_frame12.nii.gz', 'acdc/patient001/patient001_4d.nii.gz'], ['patient001', 'patient001', 'patient001']],
    ['visits of BraTS-GLI', ['BraTS-GLI-00006-000-t1n.nii.gz', 'BraTS-GLI-00006-001-t1n.nii.gz', 'BraTS-GLI-00007-000/BraTS-GLI-00007-000-t2f.nii.gz'], ['BraTS-GLI-00006', 'BraTS-GLI-00006', 'BraTS-GLI-00007']],
    ['timepoints', ['m/PatientID_0003/Timepoint_1/PatientID_0003_Timepoint_1_brain_t1c.nii.gz', 'm/PatientID_0003/Timepoint_2/PatientID_0003_Timepoint_2_brain_t2f.nii.gz'], ['PatientID_0003', 'PatientID_0003']],
    ['folders of visits', ['l/Patient-001/week-000-1/T1.nii.gz', 'l/Patient-001/week-044/FLAIR.nii.gz', 'l/Patient-002/week-000/T1.nii.gz'], ['Patient-001', 'Patient-001', 'Patient-002']],
    ['folders of slices', ['x/P001/slice_001.png', 'x/P001/slice_002.png', 'x/P002/slice_001.png'], ['P001', 'P001', 'P002']],
    ['folders of numbers, of which one has more', ['x/P001/CT/001.png', 'x/P001/CT/002.png', 'x/P002/CT/001.png'], ['P001', 'P001', 'P002']],
    ['TotalSegmentator', ['ts/s0001/ct.nii.gz', 'ts/s0002/ct.nii.gz'], ['s0001', 's0002']],
    ['KiTS', ['kits/case_00000/imaging.nii.gz', 'kits/case_00001/imaging.nii.gz'], ['case_00000', 'case_00001']],
    ['scans in folders of patients', ['P001/scan1.nii.gz', 'P001/scan2.nii.gz', 'P002/scan1.nii.gz'], ['P001', 'P001', 'P002']],
    ['one case in folders of two treatments', ['raw/P1_a.nii.gz', 'corrected/P1_a.nii.gz'], ['P1_a', 'P1_a']],
    ['AMOS', ['amos/imagesTr/amos_0001.nii.gz', 'amos/imagesTr/amos_0507.nii.gz', 'amos/imagesTs/amos_0600.nii.gz'], ['amos_0001', 'amos_0507', 'amos_0600']],
  ])('are told apart by %s', (_, paths, expected) => expect(keys(paths)).toEqual(expected.map((e) => `case:${e}`)));

  it('numbers at the end are cases where they are many, or on other grids', () => {
    const cases = patientsOf([plain('a/img_0000.nii.gz'), plain('a/img_0001.nii.gz', other(5))]);
    expect(cases.map((c) => c.key)).toEqual(['case:img_0000', 'case:img_0001']);
    expect(new Set(keys(many(12, (i) => `a/img_${String(i).padStart(4, '0')}.png`))).size).toBe(12);
  });

  it('are those of our own sets, in all formats, copies and all', () => {
    const ours = ['nnunet/Dataset001_set/imagesTr/PABCDEFGH23_SAAAAAAA_0001_real_0000.nii.gz', 'png/images/PABCDEFGH23_SAAAAAAA_0002_c001.png', 'npz/PABCDEFGH23_SBBBBBBB_0012_c012.npz', 'bids/sub-PABCDEFGH23/anat/sub-PABCDEFGH23_acq-SAAAAAAA_rec-c001_chunk-1_desc-synthetic_T1w.nii.gz'];
    expect(patientsOf(ours.map((p) => plain(p)))).toEqual(ours.map(() => ({ key: 'id:PABCDEFGH23', guessed: false })));
    const { series } = makeDatasetSource('PABCDEFGH23').source;
    expect(patientsOf([series])[0]!.key).toBe('id:PABCDEFGH23');
  });

  it('are named by a pattern of the recipe where one is given', () => {
    expect(keys(['hospital/anna-1.png', 'hospital/anna-2.png', 'x/y.png'], '/([a-z]+)-\\d')).toEqual(['case:anna', 'case:anna', 'case:y']);
    const recipe = { verisim: 'recipe', version: 1, name: 'r', seed: 1, outputs: [{ format: 'npz' }] };
    expect(parseRecipe({ ...recipe, sources: { patient: '(P\\d+)/' } }).sources.patient).toBe('(P\\d+)/');
    for (const patient of ['P\\d+', '(P)(\\d)', '(P']) expect(() => parseRecipe({ ...recipe, sources: { patient } })).toThrow(/sources\.patient: a regular expression with one group/);
  });

  it('are told where they are guessed, and where many files count as one', () => {
    const notes = (paths: string[]): string[] => patientNotes(paths.map((p) => plain(p)), patientsOf(paths.map((p) => plain(p))));
    expect(notes(['a/sub-1_T1w.nii.gz', 'a/sub-2_T1w.nii.gz'])).toEqual([]);
    expect(notes(['a/one.nii.gz', 'a/two.nii.gz'])).toEqual(['2 files do not say whose they are; 2 patients were guessed from the names of files and folders. Look whether that is so before you rely on the split.']);
    expect(notes(many(9, (i) => `P1/slice_${i}.png`))[1]).toMatch(/^9 of 9 files count as one patient/);
  });
});

describe('a split', () => {
  const plan = (paths: string[], labelled: readonly string[], changes: Partial<RecipeInput>) =>
    planItems(parseRecipe({ verisim: 'recipe', version: 1, name: 'r', seed: 1, copies: 0, outputs: [{ format: 'npz' }], ...changes }), paths.map((p) => ({ series: plain(p), classes: [], labelled: [labelled.includes(p)] })), (_, key) => key, () => 'lesion');
  const files = many(5, (i) => `a${i + 1}.nii.gz`);

  it('has no fold without items where only some patients have labels', () => {
    const made = plan(files, ['a1.nii.gz', 'a2.nii.gz'], { sources: { slices: 'labelled' } });
    expect([made.folds, made.items.map((i) => i.fold), made.patients, made.sourcesUsed]).toEqual([2, [0, 1], ['case:a1', 'case:a2'], 2]);
    expect(made.notes).toContain('3 series give no labelled slice and are left out.');
  });

  it('takes the share of the test from those as well', () => {
    const made = plan(files, ['a3.nii.gz', 'a4.nii.gz', 'a5.nii.gz'], { sources: { slices: 'labelled' }, split: { test: 0.4, folds: 2 } });
    expect(made.items.map((i) => `${i.patient} ${i.split} ${i.fold}`)).toEqual(['case:a3 test 0', 'case:a4 train 0', 'case:a5 train 1']);
  });
});
