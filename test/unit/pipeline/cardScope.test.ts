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
    ['my-own', 'MR', 'KNEE', 'DWI', []],
  ] as const)('%s on %s %s "%s": %j', (model, modality, part, description, expected) => {
    expect(codes(named(modality, part, description), model)).toEqual(expected);
  });

  it('gives a notice and a mark in provenance', async () => {
    const { augmentation, warnings } = await enhanceSlice(named('MR', 'KNEE', 'PD fs'), 'sr-mr-x2', DEFAULT_ENHANCE, { infer: createNodeInfer(models), models, softwareVersion: '0.1.0' });
    expect(warnings.map((w) => w.text).join(' ')).toContain('The file shows KNEE; this model was trained on the brain');
    expect(augmentation.info.parameters.outsideCard).toBe('other-body-part other-sequence');
    const fine = await enhanceSlice(named('MR', 'BRAIN', 'T2'), 'sr-mr-x2', DEFAULT_ENHANCE, { infer: createNodeInfer(models), models, softwareVersion: '0.1.0' });
    expect(fine.augmentation.info.parameters.outsideCard).toBeNull();
    expect(lesionWarnings(named('CT', 'LIVER'), models.get('lesion-insert-ct-nodule')).map((w) => w.code)).toContain('other-body-part');
  });
});
