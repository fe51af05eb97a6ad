import { describe, expect, it } from 'vitest';
import { addToLabels, removeFromLabels, uniteMaps } from '../../../src/core/labelOps';
import type { LabelMap } from '../../../src/core/slice';

const map = (data: number[], classes: Record<number, string>, source = 'a'): LabelMap => ({
  data: Uint8Array.from(data), width: data.length, height: 1, source, classes: Object.entries(classes).map(([id, name]) => ({ id: Number(id), name })),
});

describe('a lesion among the labels of several files', () => {
  it('is painted into the map that has its class, though another counts from 1 too', () => {
    const lung = map([1, 1, 0, 0], { 1: 'Lung' }), nodule = map([0, 1, 0, 0], { 1: 'Nodule' }, 'b');
    const { maps, classId } = addToLabels([lung, nodule], Uint8Array.of(0, 0, 1, 0), 4, 1, { name: 'Nodule' });
    expect(classId).toBe(1);
    expect(maps[0]).toBe(lung);
    expect([...maps[1]!.data]).toEqual([0, 1, 1, 0]);
  });

  it('merges by id into the map that has it, and is refused where none has', () => {
    const [a, b] = [map([1, 0], { 1: 'Lung' }), map([0, 0], { 7: 'Cyst' }, 'b')];
    expect([...addToLabels([a, b], Uint8Array.of(0, 1), 2, 1, { into: { id: 7 } }).maps[1]!.data]).toEqual([0, 7]);
    expect(() => addToLabels([a], Uint8Array.of(0, 1), 2, 1, { into: { id: 7 } })).toThrow('label/invalid');
  });

  it('merges into the file that was chosen, though another has a class of that id; what is removed is counted for each', () => {
    const [liver, tumour] = [map([1, 1, 0, 0], { 1: 'Liver' }, 'Liver.nii'), map([0, 1, 0, 0], { 1: 'Tumour' }, 'Tumour.nii')];
    const { maps, classId } = addToLabels([liver, tumour], Uint8Array.of(0, 0, 1, 0), 4, 1, { into: { id: 1, source: 'Tumour.nii' } });
    expect([classId, [...maps[0]!.data], [...maps[1]!.data]]).toEqual([1, [1, 1, 0, 0], [0, 1, 1, 0]]);
    expect(() => addToLabels([liver], Uint8Array.of(0, 0, 1, 0), 4, 1, { into: { id: 1, source: 'Tumour.nii' } })).toThrow('label/invalid');
    expect(removeFromLabels(maps, Uint8Array.of(1, 1, 1, 0)).removed).toEqual([{ id: 1, name: 'Liver', pixels: 2 }, { id: 1, name: 'Tumour', pixels: 2 }]);
  });
});

describe('maps united', () => {
  it('hold a class for each name; where they meet the later wins', () => {
    const united = uniteMaps([map([1, 1, 0, 0], { 1: 'nodule' }), map([0, 1, 1, 0], { 1: 'glioma' }), map([0, 0, 0, 1], { 1: 'nodule' })]);
    expect(united.classes).toEqual([{ id: 1, name: 'nodule' }, { id: 2, name: 'glioma' }]);
    expect([...united.data]).toEqual([1, 2, 2, 1]);
  });
});
