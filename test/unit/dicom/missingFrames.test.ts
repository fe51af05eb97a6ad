import { describe, expect, it } from 'vitest';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { importFiles } from '../../../src/pipeline/importFiles';
import { asInput, concat, encapsulated, imageFile, rleFrame, wordsToBytes, type ImageOptions } from '../../fixtures/dicom';
import { encodeFrame } from '../../fixtures/encode';
import { skipWithoutShared, SHARED } from '../../fixtures/shared';
import { readFileSync } from 'node:fs';

const decoder = createInlineDecoder();
const open = (...files: Uint8Array[]) => importFiles(files.map((b, i) => asInput(`${i}.dcm`, b)), { decoder, stats: true });
/** Stored values of every slice that the studio lists. */
async function listed(bytes: Uint8Array): Promise<{ values: number[][]; warnings: string[]; outcome: { status: string; code?: string; message: string; frames?: number } }> {
  const { series, outcomes } = await open(bytes);
  const { status, code, message, info } = outcomes[0]!;
  const values = await Promise.all((series[0]?.series.slices ?? []).map(async (_, i) => [...(await series[0]!.loadSlice(i)).stored!.data]));
  return { values, warnings: (series[0]?.series.warnings ?? []).filter((w) => w.code === 'missing-frames').map((w) => w.detail), outcome: { status, code, message, frames: info?.frames } };
}

const ramp = (frames: number): number[] => Array.from({ length: frames * 6 }, (_, i) => 100 * Math.floor(i / 6) + (i % 6) + 1);
const o: ImageOptions = { rows: 2, columns: 3, frames: 4, values: ramp(4) };

describe('a multi-frame file that ends early shows the frames that are whole', () => {
  it('uncompressed: cut inside the third frame', async () => {
    const whole = imageFile(o);
    const { values, warnings, outcome } = await listed(whole.subarray(0, whole.length - 12 - 5));
    expect(values).toEqual([ramp(4).slice(0, 6), ramp(4).slice(6, 12)]);
    expect(warnings).toEqual(['the file ends early, 2 of 4 frames are there']);
    expect(outcome).toEqual({ status: 'shown', code: 'dicom/truncated', message: 'An image. Frames are missing: the file ends early, 2 of 4 frames are there.', frames: 4 });
  });

  it('an element too short for its frames takes nothing from what follows it', async () => {
    const padding = concat(Uint8Array.of(0xfc, 0xff, 0xfc, 0xff, 0x4f, 0x42, 0, 0, 100, 0, 0, 0), new Uint8Array(100).fill(7));
    const short = concat(imageFile({ ...o, pixels: wordsToBytes(ramp(4).slice(0, 15), 16) }), padding);
    const { values } = await listed(short);
    expect(values).toEqual([ramp(4).slice(0, 6), ramp(4).slice(6, 12)]);
  });

  it('cut inside the first frame, or the only one: refused', async () => {
    const whole = imageFile(o);
    expect((await listed(whole.subarray(0, whole.length - 36 - 5))).outcome).toMatchObject({ status: 'error', code: 'dicom/truncated' });
    const one = imageFile({ ...o, frames: 1, values: ramp(1) });
    expect((await listed(one.subarray(0, one.length - 1))).outcome).toMatchObject({ status: 'error', code: 'dicom/truncated' });
  });

  it.each([['with an offset table', true], ['without', false]])('RLE %s: the last fragment is cut', async (_, table) => {
    const frames = [0, 1, 2, 3].map((f) => rleFrame([8, 0].map((shift) => Uint8Array.from(ramp(4).slice(f * 6, f * 6 + 6), (v) => (v >> shift) & 255))));
    const whole = imageFile({ ...o, syntax: '1.2.840.10008.1.2.5', tail: encapsulated(frames, table ? frames.map((_f, i) => frames.slice(0, i).reduce((n, b) => n + 8 + b.length + (b.length % 2), 0)) : []) });
    const { values, warnings } = await listed(whole.subarray(0, whole.length - 8 - 10));
    expect(values).toEqual([0, 1, 2].map((f) => ramp(4).slice(f * 6, f * 6 + 6)));
    expect(warnings).toEqual(['the file ends early, 3 of 4 frames are there']);
  });

  it('JPEG-LS in several fragments a frame, without a table', async () => {
    const syntax = '1.2.840.10008.1.2.4.80';
    const parts: Uint8Array[] = [];
    for (let f = 0; f < 4; f++) {
      const frame = (await encodeFrame(syntax, ramp(4).slice(f * 6, f * 6 + 6), { rows: 2, columns: 3, bits: 16, samples: 1, signed: false }))!;
      const half = Math.floor(frame.length / 4) * 2;
      parts.push(frame.subarray(0, half), frame.subarray(half));
    }
    // The fourth frame is missing whole, the pixel data end in order: fewer fragments than frames times two, more than frames.
    const { values } = await listed(imageFile({ ...o, syntax, tail: encapsulated(parts.slice(0, 6)) }));
    expect(values).toEqual([0, 1, 2].map((f) => ramp(4).slice(f * 6, f * 6 + 6)));
    // Two frames in three fragments are fewer than the four frames of the header.
    const fewer = await listed(imageFile({ ...o, syntax, tail: encapsulated([parts[0]!, parts[1]!, concat(parts[2]!, parts[3]!)]) }));
    expect(fewer.values).toEqual([0, 1].map((f) => ramp(4).slice(f * 6, f * 6 + 6)));
  });

  it('beside a whole copy of the same instance the whole one counts', async () => {
    const whole = imageFile(o);
    const { series, outcomes } = await open(whole.subarray(0, whole.length - 5), whole);
    expect(series.map((s) => s.series.slices.length)).toEqual([4]);
    expect(outcomes.filter((x) => x.message.includes('1.dcm')).map((x) => x.path)).toEqual(['0.dcm']);
  });
});

describe('frames without a description of their own', () => {
  it('are shown apart, without a place, with a warning', async () => {
    const plane = (z: number): ImageOptions['more'] => [[0x00209113, 'SQ', [[[0x00200032, 'DS', ['0', '0', String(z)]]]]]];
    const shared: ImageOptions['more'] = [
      [0x00209116, 'SQ', [[[0x00200037, 'DS', ['1', '0', '0', '0', '1', '0']]]]], [0x00289110, 'SQ', [[[0x00280030, 'DS', ['1', '1']]]]],
    ];
    const { series, outcomes } = await open(imageFile({ ...o, position: null, spacing: null, more: [[0x52009229, 'SQ', [shared!]], [0x52009230, 'SQ', [plane(0)!, plane(5)!, plane(10)!]]] }));
    expect(series.map((s) => [s.series.slices.length, s.series.affine !== null])).toEqual([[3, true], [1, false]]);
    expect([...(await series[1]!.loadSlice(0)).stored!.data]).toEqual(ramp(4).slice(18));
    expect(series[0]!.series.warnings.find((w) => w.code === 'missing-frames')!.detail).toMatch(/^1 of 4 frames have no description/);
    expect(outcomes[0]!.code).toBe('dicom/truncated');
  });
});

describe.skipIf(skipWithoutShared('the invalid DICOM files'))('the cut JPEG 2000 file of the corpus', () => {
  it('shows nine frames of ten, none of them empty', async () => {
    const { values, warnings } = await listed(new Uint8Array(readFileSync(`${SHARED}/data/dicom/invalid/j2k_multiframe_too_short.dcm`)));
    expect(values).toHaveLength(9);
    for (const frame of values) expect(new Set(frame).size).toBeGreaterThan(50);
    expect(warnings).toEqual(['the file ends early, 9 of 10 frames are there']);
  });
});
