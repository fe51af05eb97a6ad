import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { classPlane } from '../../../src/core/labelSet';
import { createNodeDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { importFiles } from '../../../src/pipeline/importFiles';
import { EMPTY_SHELF, shelveLabels } from '../../../src/pipeline/labelShelf';
import { openLabels } from '../../../src/pipeline/openLabels';
import { labelledChest } from '../../fixtures/labelFiles';

describe('labels from files', () => {
  it('SEG, RTSTRUCT and NIfTI attach to their DICOM image; what was written is read again bit for bit', async () => {
    const chest = labelledChest();
    const decoder = createNodeDecoder(1);
    try {
      const files = [chest.image, chest.seg, chest.rtstruct, chest.nifti('scar_label.nii.gz'), chest.nifti('moved_label.nii.gz', 0.8)];
      const found = await importFiles(files.map(({ name, bytes }) => ({ path: name, blob: new Blob([new Uint8Array(bytes)]) })), { decoder });
      const opened = await openLabels(found.others, found.outcomes.map((o) => o.path));
      expect(opened.failed).toEqual([]);
      const { shelf } = shelveLabels(EMPTY_SHELF, opened.labels, found.series.map((s) => s.series));
      const by = (kind: string) => shelf.attached.find((s) => s.kind === kind)!;
      expect(classPlane(by('seg'), 1, 0)).toEqual(chest.mask);
      expect(by('seg').classes[0]).toMatchObject({ name: 'Old scar' });
      expect(classPlane(by('nifti'), 1, 0)).toEqual(chest.mask);
      // 25 × 25 pixels of 0.8 mm with a hole of 12 or 13 squared: 20² − 10² mm².
      const gtv = classPlane(by('rtstruct'), 1, 0)!.reduce((n, v) => n + v, 0) * 0.64;
      expect(Math.abs(gtv - 300)).toBeLessThan(20);
      expect(shelf.waiting).toMatchObject([{ result: { status: 'mismatch', words: expect.stringContaining('is shifted by 0.80 mm along the left–right axis') } }]);
    } finally {
      decoder.dispose();
    }
  });

  it('of one name in several folders all attach, in the order of their paths however they were found', async () => {
    const chest = labelledChest();
    const decoder = createNodeDecoder(1);
    try {
      const label = chest.nifti('1-1_seg.nii');
      const volume = new Uint8Array(gunzipSync(label.bytes));
      const other = Uint8Array.from(volume, (v, i) => (i < 352 ? v : v * 2));
      const files = [['ct.dcm', chest.image.bytes], ['a/1-1_seg.nii', volume], ['b/1-1_seg.nii', other], ['c/1-1_seg.nii', volume]] as const;
      const found = await importFiles(files.map(([path, bytes]) => ({ path, blob: new Blob([new Uint8Array(bytes)]) })), { decoder });
      const shelved = async (others: typeof found.others) => {
        const opened = await openLabels(others, files.map(([path]) => path));
        return shelveLabels(EMPTY_SHELF, opened.labels, found.series.map((s) => s.series)).shelf.attached.map((s) => [s.source, s.classes.map((c) => c.id)]);
      };
      const wanted = [['NIfTI label, 1-1_seg.nii', [1]], ['NIfTI label, 1-1_seg.nii (2)', [2]]];
      expect(await shelved(found.others)).toEqual(wanted);
      expect(await shelved([...found.others].reverse())).toEqual(wanted);
    } finally {
      decoder.dispose();
    }
  });
});
