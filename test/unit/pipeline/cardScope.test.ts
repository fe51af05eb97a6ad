import { describe, expect, it } from 'vitest';
import type { DicomAttributes } from '../../../src/core/dicomJson';
import type { Slice } from '../../../src/core/slice';
import { scopeWarnings } from '../../../src/pipeline/cardScope';
import { DEFAULT_ENHANCE, enhanceSlice } from '../../../src/pipeline/enhance';
import { lesionWarnings } from '../../../src/pipeline/lesionWarnings';
import { createNodeInfer } from '../../../src/inference/node';
import { goldenImage } from '../../fixtures/golden';
import { sliceOf } from '../../fixtures/memorySeries';
import { registryOf } from '../../fixtures/models';
import { doublingModel } from '../../fixtures/onnx';

const models = registryOf([
  { entry: { id: 'sr-mr-x2', scale: 2, halo: 1 }, variants: { faithful: doublingModel() } },
  { entry: { id: 'sr-ct-x2', scale: 2, halo: 1, modality: ['CT'] }, variants: { faithful: doublingModel() } },
  { entry: { id: 'lesion-insert-ct-nodule', task: 'segmentation', modality: ['CT'] }, variants: { default: doublingModel() } },
  { entry: { id: 'my-own', scale: 2, halo: 1 }, variants: { faithful: doublingModel() } },
]);

function named(modality: string, part: string | null, description = ''): Slice {
  const attributes: DicomAttributes = {
    ...(part === null ? {} : { '00180015': { vr: 'CS', Value: [part] } }),
    '0008103E': { vr: 'LO', Value: [description] },
  };
  return { ...sliceOf(goldenImage(12, 12, 1), 1000), modality, source: { kind: 'dicom', attributes, frame: 0, transferSyntax: '1.2.840.10008.1.2.1', lossy: false } };
}
const codes = (slice: Slice, model: string) => scopeWarnings(slice, models.get(model)).map((w) => w.code);

describe('what a card knows', () => {
  it.each([
    ['sr-mr-x2', 'MR', 'BRAIN', 'T1 MPRAGE', []],
    ['sr-mr-x2', 'MR', 'HEAD', 'ax FLAIR fs', []],
    ['sr-mr-x2', 'MR', 'KNEE', 'sag T2', ['other-body-part']],
    ['sr-mr-x2', 'MR', 'BRAIN', 'DWI b1000', ['other-sequence']],
    ['sr-mr-x2', 'MR', 'PROSTATE', 'ADC', ['other-body-part', 'other-sequence']],
    ['sr-mr-x2', 'MR', null, 'localizer of some kind', []],
    ['sr-mr-x2', 'MR', 'UNKNOWN', '', []],
    ['sr-ct-x2', 'CT', 'CHEST', '', []],
    ['sr-ct-x2', 'CT', 'ABDOMEN', '', ['other-body-part']],
    ['lesion-insert-ct-nodule', 'CT', 'LIVER', '', ['other-body-part']],
    ['my-own', 'MR', 'KNEE', 'DWI', ['unknown-scope']],
  ] as const)('%s on %s %s "%s": %j', (model, modality, part, description, expected) => {
    expect(codes(named(modality, part, description), model)).toEqual(expected);
  });

  it.each([
    ['sr-mr-x2', 'MR', 'brain.nii.gz', ['unknown-body-part', 'unknown-sequence']],
    ['sr-mr-x2', 'MR', 'sub-01_T1w.nii.gz', ['unknown-body-part']],
    ['sr-mr-x2', 'MR', 'sub-01_pdw.nii.gz', ['unknown-body-part', 'other-sequence']],
    ['sr-ct-x2', 'CT', 'case_0000.nii.gz', ['unknown-body-part']],
    ['my-own', 'MR', 'sub-01_T1w.nii.gz', ['unknown-scope']],
  ] as const)('%s on a file without attributes, %s %s: %j', (model, modality, name, expected) => {
    const slice = { ...named(modality, null), source: { kind: 'nifti', name } as const };
    expect(codes(slice, model)).toEqual(expected);
    expect(codes({ ...slice, source: { kind: 'image', name, bits: 16 } }, model)).toEqual(expected);
  });

  it('what the file does not tell is said, and marked in provenance apart from what lies outside', async () => {
    const context = { infer: createNodeInfer(models), models, softwareVersion: '0.1.0' };
    const nifti: Slice = { ...named('MR', null), source: { kind: 'nifti', name: 'a.nii' } };
    const { augmentation, warnings } = await enhanceSlice(nifti, 'sr-mr-x2', DEFAULT_ENHANCE, context);
    expect(warnings.map((w) => w.text).join(' ')).toContain('The file does not say which part of the body it shows; this model was trained on the brain.');
    expect(augmentation.info.parameters).toMatchObject({ outsideCard: null, unknownToCard: 'unknown-body-part unknown-sequence' });
    const own = await enhanceSlice(named('MR', 'BRAIN', 'T2'), 'my-own', DEFAULT_ENHANCE, context);
    expect(own.augmentation.info.parameters.unknownToCard).toBe('unknown-scope');
  });

  it('gives a notice and a mark in provenance', async () => {
    const { augmentation, warnings } = await enhanceSlice(named('MR', 'KNEE', 'PD fs'), 'sr-mr-x2', DEFAULT_ENHANCE, { infer: createNodeInfer(models), models, softwareVersion: '0.1.0' });
    expect(warnings.map((w) => w.text).join(' ')).toContain('The file shows KNEE; this model was trained on the brain');
    expect(augmentation.info.parameters.outsideCard).toBe('other-body-part other-sequence');
    const fine = await enhanceSlice(named('MR', 'BRAIN', 'T2'), 'sr-mr-x2', DEFAULT_ENHANCE, { infer: createNodeInfer(models), models, softwareVersion: '0.1.0' });
    expect(fine.augmentation.info.parameters.outsideCard).toBeNull();
    expect(fine.augmentation.info.parameters).not.toHaveProperty('unknownToCard');
    expect(lesionWarnings(named('CT', 'LIVER'), models.get('lesion-insert-ct-nodule')).map((w) => w.code)).toContain('other-body-part');
  });
});
