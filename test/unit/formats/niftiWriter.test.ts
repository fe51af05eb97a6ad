import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cross, type Vec3 } from '../../../src/core/geometry';
import { evenRuns, sliceAffine, sliceVolume, stackVolume, writeNifti, writeNiftiGz } from '../../../src/formats/niftiWriter';
import { makeSlice } from '../../fixtures/scannerSlices';
import { runPython, skipWithoutPython } from '../../fixtures/validators';

/** Affine by the qform formula of nifti1.h, written out anew. */
function qformAffine(view: DataView): number[][] {
  const f = (at: number) => view.getFloat32(at, true);
  const [b, c, d] = [f(256), f(260), f(264)];
  const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d));
  const q = f(76);
  const s = [f(80), f(84), f(88) * q];
  const r = [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ];
  return r.map((row, i) => [...row.map((v, j) => v * s[j]!), f(268 + i * 4)]);
}

const unit = (v: Vec3): Vec3 => {
  const n = Math.hypot(...v);
  return [v[0] / n, v[1] / n, v[2] / n];
};

describe('writeNifti', () => {
  it('writes a qform that equals its sform for any orientation', () => {
    const part = fc.double({ min: -1, max: 1, noNaN: true });
    // The qform keeps b, c, d as float32; its a near 0 is then known to some 3e-4 only.
    fc.assert(fc.property(fc.tuple(part, part, part), fc.tuple(part, part, part), (p, q) => {
      fc.pre(Math.hypot(...p) > 0.1 && Math.hypot(...cross(p, q)) > 0.1);
      const row = unit(p);
      const column = unit(cross(unit(cross(row, q)), row));
      const slice = { ...makeSlice({ width: 4, height: 3 }), geometry: { positionMm: [1, 2, 3] as Vec3, rowDirection: row, columnDirection: column } };
      const bytes = writeNifti(sliceVolume(slice));
      const view = new DataView(bytes.buffer);
      const affine = sliceAffine(slice);
      qformAffine(view).forEach((r, i) => r.forEach((v, j) => expect(v).toBeCloseTo(affine[i]![j]!, 2)));
    }), { numRuns: 200, seed: 1 });
  });

  it('slices that share a place make no volume without extent', () => {
    const at = (z: number) => ({ ...makeSlice({ width: 4, height: 3 }), sliceThicknessMm: 5, geometry: { positionMm: [0, 0, z] as Vec3, rowDirection: [1, 0, 0] as Vec3, columnDirection: [0, 1, 0] as Vec3 } });
    expect(evenRuns([0, 0, 3, 6].map(at)).map((run) => run.map((s) => s.geometry!.positionMm[2]))).toEqual([[0], [0, 3, 6]]);
    expect(evenRuns([0, 3, 3, 6].map(at)).map((run) => run.length)).toEqual([2, 2]);
    const view = new DataView(writeNifti(stackVolume([at(0), at(0)])).buffer);
    expect(view.getFloat32(88, true)).toBe(5);
    expect(view.getFloat32(76 + 4 * 3, true)).toBe(5);
  });

  it('says that the qform is unknown where slices are shifted against each other (gantry tilt), and keeps a rotation in it', () => {
    const tilt = (20 * Math.PI) / 180;
    const slices = [0, 1].map((k) => ({
      ...makeSlice({ width: 4, height: 3 }),
      geometry: { positionMm: [0, 0, (k * 5) / Math.cos(tilt)] as Vec3, rowDirection: [1, 0, 0] as Vec3, columnDirection: [0, Math.cos(tilt), -Math.sin(tilt)] as Vec3 },
    }));
    const view = new DataView(writeNifti(stackVolume(slices)).buffer);
    expect([view.getInt16(252, true), view.getInt16(254, true)]).toEqual([0, 1]);
    const columns = [0, 1, 2].map((c) => qformAffine(view).map((row) => row[c]!));
    const cosine = (a: number[], b: number[]) => a.reduce((sum, v, i) => sum + v * b[i]!, 0) / Math.hypot(...a) / Math.hypot(...b);
    for (const [a, b] of [[0, 1], [0, 2], [1, 2]] as const) expect(cosine(columns[a]!, columns[b]!)).toBeCloseTo(0, 5);
    expect(cosine(columns[1]!, [0, -Math.cos(tilt), -Math.sin(tilt)])).toBeCloseTo(1, 5);
    const upright = writeNifti(stackVolume([0, 1].map((index) => makeSlice({ width: 4, height: 3, index }))));
    expect(new DataView(upright.buffer).getInt16(252, true)).toBe(1);
  });

  it('gives equal bytes for equal volumes, with no date in the gzip header', () => {
    const a = writeNiftiGz(stackVolume([makeSlice({ index: 0 }), makeSlice({ index: 1 })]));
    expect(a).toEqual(writeNiftiGz(stackVolume([makeSlice({ index: 0 }), makeSlice({ index: 1 })])));
    expect(Array.from(a.subarray(4, 8))).toEqual([0, 0, 0, 0]);
  });

  it('keeps fractions as float32 and whole numbers as 16-bit', () => {
    const slice = makeSlice();
    expect(sliceVolume(slice).data).toBeInstanceOf(Int16Array);
    expect(sliceVolume({ ...slice, raster: { ...slice.raster, data: slice.raster.data.map((v) => v + 0.5) } }).data).toBeInstanceOf(Float32Array);
  });

  describe.skipIf(skipWithoutPython('nibabel'))('nibabel', () => {
    it('reads affine and values', () => {
      const slices = [0, 1, 2].map((index) => makeSlice({ modality: 'CT', index }));
      const file = join(mkdtempSync(join(tmpdir(), 'verisim-nifti-')), 'a.nii.gz');
      writeFileSync(file, writeNiftiGz(stackVolume(slices)));
      const code = 'import sys,json,nibabel as n\ni=n.load(sys.argv[1])\nprint(json.dumps({"affine":i.affine.tolist(),"q":i.get_qform().tolist(),"values":i.get_fdata().ravel(order="F").tolist(),"shape":i.shape}))';
      const read = JSON.parse(runPython('nibabel', code, [file]));
      expect(read.shape).toEqual([64, 48, 3]);
      const expected = [[-0.8, 0, 0, 120], [0, -0.9, 0, 110], [0, 0, 5, 0], [0, 0, 0, 1]];
      for (const affine of [read.affine, read.q]) expected.forEach((row, i) => row.forEach((v, j) => expect(affine[i][j]).toBeCloseTo(v, 4)));
      expect(read.values).toEqual(slices.flatMap((s) => Array.from(s.raster.data)));
    });
  });
});
