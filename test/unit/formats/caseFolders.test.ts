import { describe, expect, it } from 'vitest';
import { caseName, readLabelledFolder } from '../../../src/formats/caseFolders';

describe('labelled folders', () => {
  it('nnU-Net v2: channels, labels, regions, what is missing', () => {
    const folder = readLabelledFolder(
      { channel_names: { 0: 'FLAIR', 1: 'T1' }, labels: { background: 0, whole: [1, 2], core: 2 }, numTraining: 3, file_ending: '.nii.gz' },
      ['imagesTr/a_0000.nii.gz', 'imagesTr/a_0001.nii.gz', 'imagesTr/b_0000.nii.gz', 'labelsTr/a.nii.gz', 'labelsTr/c.nii.gz', 'imagesTs/t_0000.nii.gz', 'imagesTs/t_0001.nii.gz', 'dataset.json'],
    );
    expect(folder.layout).toBe('nnU-Net v2');
    expect(folder.cases.map((c) => [c.name, c.images.map((i) => i.channel), c.label])).toEqual([
      ['a', ['FLAIR', 'T1'], 'labelsTr/a.nii.gz'], ['b', ['FLAIR'], null], ['t', ['FLAIR', 'T1'], null],
    ]);
    expect([...folder.classNames]).toEqual([[2, 'core'], [1, 'whole']]);
    expect(folder.problems).toEqual(['b lacks channel 1 (T1).', 'c has a label but no images.', 'dataset.json promises 3 training cases, 2 are here.']);
  });

  it('MONAI/decathlon data list', () => {
    const folder = readLabelledFolder(
      { modality: { 0: 'CT' }, labels: { 0: 'background', 1: 'cancer' }, training: [{ image: './imagesTr/lung_001.nii.gz', label: './labelsTr/lung_001.nii.gz' }, { image: 'imagesTr/lung_002.nii.gz', label: 'labelsTr/lung_002.nii.gz' }] },
      ['imagesTr/lung_001.nii.gz', 'labelsTr/lung_001.nii.gz'],
    );
    expect(folder).toMatchObject({ layout: 'decathlon', cases: [{ name: 'lung_001', images: [{ path: 'imagesTr/lung_001.nii.gz', channel: 'CT' }], label: 'labelsTr/lung_001.nii.gz' }] });
    expect([...folder.classNames]).toEqual([[1, 'cancer']]);
    expect(folder.problems[0]).toContain('lung_002');
  });

  it('neither is named', () => {
    expect(() => readLabelledFolder({ hello: 1 }, [])).toThrow(/neither/);
    expect(() => readLabelledFolder(null, [])).toThrow(/no object/);
  });

  it('names lose endings and label suffixes, never digits', () => {
    expect(['x/a_0001.nii.gz', 'a.nii.gz', 'a_seg.nii', 'a-label.nii.gz'].map(caseName)).toEqual(['a_0001', 'a', 'a', 'a']);
  });

  it('in a data list, channel numbers are left out of the name of a case of several images only', () => {
    const paths = ['imagesTr/amos_0001.nii.gz', 'imagesTr/b_0000.nii.gz', 'imagesTr/b_0001.nii.gz'];
    const folder = readLabelledFolder({ labels: {}, training: [{ image: paths[0] }, { image: paths.slice(1) }] }, paths);
    expect(folder.cases.map((c) => c.name)).toEqual(['amos_0001', 'b']);
  });
});
