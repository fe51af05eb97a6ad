import { describe, expect, it } from 'vitest';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { importFiles } from '../../../src/pipeline/importFiles';
import { asInput, encapsulated, imageFile } from '../../fixtures/dicom';
import { encodeFrame } from '../../fixtures/encode';

const decoder = createInlineDecoder();
const rows = 37;
const columns = 29;

/** A ramp with noise: every predictor and every Huffman table has work to do. */
const values = (top: number, low: number, n: number): number[] => Array.from({ length: n }, (_, i) => low + ((i * 7919 + ((i * i) % 613)) % (top - low + 1)));

async function open(syntax: string, frames: readonly Uint8Array[], o: object): Promise<number[][]> {
  const bytes = imageFile({ rows, columns, syntax, frames: frames.length, position: null, tail: encapsulated(frames), ...o });
  const { series, outcomes } = await importFiles([asInput('x', bytes)], { decoder });
  if (!series[0]) throw new Error(outcomes[0]!.message);
  return Promise.all(frames.map(async (_, i) => {
    const s = await series[0]!.loadSlice(i);
    return [...(s.stored ? s.stored.data : s.rgb!)];
  }));
}

const LOSSLESS = ['57', '70', '80', '90', '201', '202'].map((n) => `1.2.840.10008.1.2.4.${n}`);

describe('lossless codecs are exact', () => {
  it.each(LOSSLESS)('%s: 8, 12 and 16 bit, signed, colour', async (syntax) => {
    for (const [bits, signed] of [[8, false], [12, false], [16, false], [16, true]] as const) {
      const low = signed ? -32768 : 0;
      const a = values(signed ? 32767 : (1 << bits) - 1, low, rows * columns);
      const b = [...a].reverse();
      const shape = { rows, columns, bits, samples: 1, signed };
      const frames = await Promise.all([a, b].map((v) => encodeFrame(syntax, v, shape)));
      expect(await open(syntax, frames as Uint8Array[], { bitsAllocated: bits <= 8 ? 8 : 16, bitsStored: bits, signed })).toEqual([a, b]);
    }
    const rgb = values(255, 0, rows * columns * 3);
    const frame = await encodeFrame(syntax, rgb, { rows, columns, bits: 8, samples: 3, signed: false });
    expect((await open(syntax, [frame!], { bitsAllocated: 8, samples: 3 }))[0]).toEqual(rgb);
  });

  it('near-lossless JPEG-LS stays within its stated error', async () => {
    const a = values(4095, 0, rows * columns);
    const frame = await encodeFrame('1.2.840.10008.1.2.4.81', a, { rows, columns, bits: 12, samples: 1, signed: false });
    const [got] = await open('1.2.840.10008.1.2.4.81', [frame!], { bitsStored: 12 });
    expect(Math.max(...got!.map((v, i) => Math.abs(v - a[i]!)))).toBeLessThanOrEqual(2);
  });

  it('frames split over fragments without a table are found by their start markers', async () => {
    const a = values(255, 0, rows * columns);
    const b = [...a].reverse();
    const shape = { rows, columns, bits: 8, samples: 1, signed: false };
    for (const syntax of ['1.2.840.10008.1.2.4.80', '1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2.4.70']) {
      const [p, q] = (await Promise.all([a, b].map((v) => encodeFrame(syntax, v, shape)))) as [Uint8Array, Uint8Array];
      const half = 2 * Math.floor(p.length / 4);
      const bytes = imageFile({ rows, columns, bitsAllocated: 8, syntax, frames: 2, position: null, tail: encapsulated([p.subarray(0, half), p.subarray(half), q]) });
      const { series } = await importFiles([asInput('x', bytes)], { decoder });
      expect([...(await series[0]!.loadSlice(0)).stored!.data]).toEqual(a);
      expect([...(await series[0]!.loadSlice(1)).stored!.data]).toEqual(b);
    }
  });

  it('a compressed frame that is cut, or of another size than the header says, is refused', async () => {
    const shape = { rows, columns, bits: 8, samples: 1, signed: false };
    for (const syntax of LOSSLESS) {
      const frame = (await encodeFrame(syntax, values(255, 0, rows * columns), shape))!;
      await expect(open(syntax, [frame.subarray(0, frame.length * 0.6)], { bitsAllocated: 8 })).rejects.toMatchObject({ code: expect.stringMatching(/dicom\/(truncated|decode-failed)/) });
      await expect(open(syntax, [frame], { bitsAllocated: 8, rows: rows + 1 })).rejects.toMatchObject({ code: 'dicom/bad-dimensions' });
    }
  });
});
