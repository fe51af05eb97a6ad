import { describe, expect, it } from 'vitest';
import { niftiValues, readNiftiHeader } from '../../../src/formats/niftiReader';
import { writeNifti } from '../../../src/formats/niftiWriter';

/** A NIfTI-1 file of 64-bit integers: the header of a small one with another type, then the values. */
function wide(code: 1024 | 1280, values: readonly bigint[]): Uint8Array {
  const base = writeNifti({ data: Int16Array.from(values, () => 0), size: [values.length, 1, 1], affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] });
  const header = readNiftiHeader(base);
  const out = new Uint8Array(header.dataOffset + values.length * 8);
  out.set(base.subarray(0, header.dataOffset));
  const view = new DataView(out.buffer);
  view.setInt16(70, code, true);
  view.setInt16(72, 64, true);
  values.forEach((v, i) => (code === 1024 ? view.setBigInt64(header.dataOffset + i * 8, v, true) : view.setBigUint64(header.dataOffset + i * 8, v, true)));
  return out;
}
const read = (bytes: Uint8Array, count: number) => {
  const header = readNiftiHeader(bytes);
  return niftiValues(header, bytes.subarray(header.dataOffset), count);
};

describe('64-bit integers of NIfTI', () => {
  it('are read as 32-bit ones, value for value', () => {
    expect(read(wide(1024, [0n, -7n, 2_000_000_000n, 3n]), 4)).toEqual(Int32Array.of(0, -7, 2_000_000_000, 3));
    expect(read(wide(1280, [0n, 4_000_000_000n]), 2)).toEqual(Uint32Array.of(0, 4_000_000_000));
    expect(readNiftiHeader(wide(1024, [1n, 2n])).totalBytes).toBe(352 + 16);
  });
  it('are refused when they do not fit', () => {
    expect(() => read(wide(1024, [1n, 5_000_000_000n]), 2)).toThrow(expect.objectContaining({ code: 'nifti/unsupported' }));
  });
});
