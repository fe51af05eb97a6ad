import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LabelMap } from '../../../../src/core/slice';
import { derivedDicom, writeSegmentation, type SegmentedImage } from '../../../../src/dicom/write';
import { packedFrames } from '../../../../src/dicom/write/packFrames';
import { LESION_INFO, makeSlice } from '../../../fixtures/scannerSlices';
import { dciodvfyErrors, runPython, skipWithout, skipWithoutPython } from '../../../fixtures/validators';

const folder = mkdtempSync(join(tmpdir(), 'verisim-seg-'));
const options = { softwareVersion: '0.1.0', algorithm: 'lesion-insert-mr-glioma', algorithmType: 'AUTOMATIC', synthetic: true } as const;
const classes = [{ id: 2, name: 'lesion' }, { id: 5, name: 'Liver' }] as const;

/** Odd size (63 × 47), so that frames are not byte-aligned; the second class on one slice only, overlapping the first. */
function images(): SegmentedImage[] {
  return [0, 1, 2].map((index) => {
    const slice = makeSlice({ width: 63, height: 47, index });
    const other = new Uint8Array(63 * 47);
    for (let i = 1000; i < 1500; i++) other[i] = 5;
    const extra: LabelMap = { ...slice.labels![0]!, data: other };
    const labels = index === 1 ? [...slice.labels!, extra] : index === 2 ? [] : slice.labels!;
    return { attributes: derivedDicom(slice, { softwareVersion: '0.1.0', info: LESION_INFO }).attributes, labels };
  });
}

describe('writeSegmentation', () => {
  it('packs bits without alignment between frames, to an even length', () => {
    const packed = packedFrames(2, 3);
    packed.put(1, Uint8Array.of(0, 1, 1));
    packed.put(0, Uint8Array.of(1, 0, 1));
    expect(Array.from(packed.bytes)).toEqual([0b110101, 0]);
  });

  it('gives the same bytes for classes that are drawn one by one, each no more than once', () => {
    let drawn = 0;
    const apart = images().map(({ attributes, labels }): SegmentedImage => ({
      attributes, labels: [],
      drawn: classes.flatMap(({ id }) => labels.flatMap(({ data, width, height }) => (data.includes(id) ? [{ classId: id, width, height, mask: () => (drawn++, data.map((v) => (v === id ? 1 : 0))) }] : []))),
    }));
    const seg = writeSegmentation(apart, classes, options)!;
    expect(Buffer.from(seg.bytes).equals(Buffer.from(writeSegmentation(images(), classes, options)!.bytes))).toBe(true);
    expect(drawn).toBe(3);
  });

  it('keeps class ids above 255 apart', () => {
    const at = (i: number) => () => Uint8Array.from({ length: 63 * 47 }, (_, p) => (p === i ? 1 : 0));
    const [image] = images();
    const wide = { attributes: image!.attributes, labels: [], drawn: [{ classId: 1, width: 63, height: 47, mask: at(3) }, { classId: 257, width: 63, height: 47, mask: at(5) }] };
    expect(writeSegmentation([wide], [{ id: 1, name: 'a' }, { id: 257, name: 'b' }], options)!.frames).toBe(2);
  });

  it('leaves empty frames out, and returns null where there is nothing', () => {
    expect(writeSegmentation(images(), classes, options)!.frames).toBe(3);
    expect(writeSegmentation(images().map((i) => ({ ...i, labels: [] })), classes, options)).toBeNull();
  });

  it('gives the same bytes again', () => {
    expect(writeSegmentation(images(), classes, options)!.bytes).toEqual(writeSegmentation(images(), classes, options)!.bytes);
  });

  it('is another instance for other masks, names or versions on the same images', () => {
    const moved = images().map((image) => ({ ...image, labels: image.labels.map((map) => ({ ...map, data: map.data.map((_, i) => map.data[(i + 1) % map.data.length]!) })) }));
    const made = [
      writeSegmentation(images(), classes, options)!, writeSegmentation(moved, classes, options)!, writeSegmentation(images(), [classes[0], { id: 5, name: 'Spleen' }], options)!,
      writeSegmentation(images(), classes, { ...options, softwareVersion: '0.2.0' })!,
    ];
    expect(new Set(made.map((seg) => seg.sopInstanceUid)).size).toBe(4);
  });

  it('takes directions and spacings that scanners round as one, and refuses what makes no volume', () => {
    const turned = (...direction: number[]) => images().map((image, i) => ({ ...image, attributes: { ...image.attributes, ...(i === 1 ? { '00200037': { vr: 'DS', Value: direction.map(String) } } : {}) } }));
    const seg = writeSegmentation(turned(0.9999998, 0.0005, 0, 0, 1, 0), classes, options)!;
    expect(seg.frames).toBe(3);
    expect(() => writeSegmentation(turned(0.9998, 0.02, 0, 0, 1, 0), classes, options)).toThrow(/label\/mismatch|orientation/);
  });

  it.skipIf(skipWithout('dciodvfy'))('passes dciodvfy', () => {
    const file = join(folder, 'seg.dcm');
    writeFileSync(file, writeSegmentation(images(), classes, options)!.bytes);
    expect(dciodvfyErrors(file)).toEqual([]);
  });

  it.skipIf(skipWithoutPython('highdicom'))('highdicom reads the same masks, bit for bit, at the same images', () => {
    const list = images();
    const file = join(folder, 'seg-h.dcm');
    writeFileSync(file, writeSegmentation(list, classes, options)!.bytes);
    const code = `
import sys, json, highdicom as hd
seg = hd.seg.segread(sys.argv[1])
uids = json.loads(sys.argv[2])
out = {}
for n in seg.segment_numbers:
    d = seg.get_segment_description(n)
    px = seg.get_pixels_by_source_instance(uids, segment_numbers=[n], ignore_spatial_locations=True, assert_missing_frames_are_empty=True)[..., 0]
    out[d.segment_label] = px.reshape(len(uids), -1).tolist()
print(json.dumps(out))`;
    const uids = list.map((i) => String(i.attributes['00080018']!.Value![0]));
    const read = JSON.parse(runPython('highdicom', code, [file, JSON.stringify(uids)])) as Record<string, number[][]>;
    for (const { id, name } of classes) {
      list.forEach((image, s) => {
        const expected = new Array<number>(63 * 47).fill(0);
        for (const map of image.labels) map.data.forEach((v, i) => v === id && (expected[i] = 1));
        expect(read[name]![s]).toEqual(expected);
      });
    }
  });
});
