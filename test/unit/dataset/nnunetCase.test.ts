import { gunzipSync } from 'fflate';
import { expect, it } from 'vitest';
import { nnunetItem } from '../../../src/dataset/outputs/nnunet';
import type { BuiltItem, SetContext } from '../../../src/dataset/outputs/types';
import { makeSlice } from '../../fixtures/scannerSlices';

const set = { recipe: { name: 'set' } } as SetContext;
const output = { format: 'nnunet', datasetId: 1 } as Parameters<typeof nnunetItem>[2];

/** pixdim[1..3] and the voxel (0,0,0) of the sform. */
function gridOf(bytes: Uint8Array): { spacing: number[]; origin: number[] } {
  const view = new DataView(gunzipSync(bytes).slice().buffer);
  const floats = (at: number, step: number): number[] => [0, 1, 2].map((i) => view.getFloat32(at + i * step, true));
  return { spacing: floats(80, 4), origin: floats(280 + 12, 16) };
}

it.each([0.5, 5])('a case of pixels of 0.9 mm and %s mm thickness has its longest step across the slice, and lies where it lay', async (sliceThicknessMm) => {
  const slice = { ...makeSlice(), sliceThicknessMm };
  const item = { slice, planned: { id: 'p1', split: 'train' }, masks: new Map() } as unknown as BuiltItem;
  for (const file of nnunetItem(item, set, output)) {
    const { spacing, origin } = gridOf(file.bytes as Uint8Array);
    expect(spacing[2]).toBeGreaterThan(Math.max(spacing[0]!, spacing[1]!));
    if (sliceThicknessMm === 5) expect(spacing[2]).toBeCloseTo(5, 5);
    const [x, y, z] = slice.geometry!.positionMm;
    [-x!, -y!, z!].forEach((v, i) => expect(origin[i]).toBeCloseTo(v, 3));
  }
});
