import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { importFiles } from '../../../src/pipeline/importFiles';
import { HTJ2K_12, J2K_12, J2K_16, J2K_420 } from '../../fixtures/deepColour';
import { asInput, encapsulated, imageFile, rleFrame, wordsToBytes } from '../../fixtures/dicom';
import { encodeFrame } from '../../fixtures/encode';

const decoder = createInlineDecoder();
const sha = (words: ArrayBufferView): string => createHash('sha256').update(new Uint8Array(words.buffer, words.byteOffset, words.byteLength)).digest('hex');

const ramp = (bits: number, step: number): Uint16Array => Uint16Array.from({ length: 9 * 7 * 3 }, (_, i) => ((Math.floor(i / 3) % 9) * 37 + Math.floor(i / 27) * 91 + (i % 3) * step) % (1 << bits));

async function open(bytes: Uint8Array) {
  const { outcomes, series } = await importFiles([asInput('x', bytes)], { decoder, stats: true });
  return { outcome: outcomes[0]!, slice: series[0] && (await series[0].loadSlice(0)) };
}

describe('colour deeper than 8 bits', () => {
  it.each([['1.2.840.10008.1.2.4.90', 'YBR_RCT', J2K_12, 12, 1000], ['1.2.840.10008.1.2.4.90', 'YBR_RCT', J2K_16, 16, 20011], ['1.2.840.10008.1.2.4.201', 'RGB', HTJ2K_12, 12, 1000]] as const)('%s %s is exact', async (syntax, photometric, frame, bits, step) => {
    const want = ramp(bits, step);
    const { outcome, slice } = await open(imageFile({ rows: 7, columns: 9, samples: 3, photometric, bitsStored: bits, syntax, position: null, tail: encapsulated([frame]) }));
    expect(outcome.info?.stats).toMatchObject({ dtype: 'uint16', sha256: sha(want) });
    expect([...slice!.rgb!]).toEqual([...want].map((v) => v >> (bits - 8)));
  });

  it.each(['57', '70', '80'])('1.2.840.10008.1.2.4.%s: 12 and 16 bit are exact', async (n) => {
    for (const bits of [12, 16]) {
      const want = ramp(bits, 1000);
      const frame = await encodeFrame(`1.2.840.10008.1.2.4.${n}`, want, { rows: 7, columns: 9, bits, samples: 3, signed: false });
      const { outcome } = await open(imageFile({ rows: 7, columns: 9, samples: 3, photometric: 'RGB', bitsStored: bits, syntax: `1.2.840.10008.1.2.4.${n}`, position: null, tail: encapsulated([frame!]) }));
      expect(outcome.info?.stats?.sha256).toBe(sha(want));
    }
  });

  it('RLE and uncompressed, by pixel and by plane, give the same values', async () => {
    const want = ramp(16, 20011);
    const planes = Uint16Array.from({ length: want.length }, (_, i) => want[(i % 63) * 3 + Math.floor(i / 63)]!);
    const segments = [0, 1, 2].flatMap((c) => [8, 0].map((shift) => Uint8Array.from({ length: 63 }, (_, i) => (want[i * 3 + c]! >> shift) & 255)));
    const o = { rows: 7, columns: 9, samples: 3, photometric: 'RGB', bitsStored: 16, position: null };
    const files = [
      imageFile({ ...o, pixels: wordsToBytes(want, 16) }),
      imageFile({ ...o, pixels: wordsToBytes(planes, 16), more: [[0x00280006, 'US', 1]] }),
      imageFile({ ...o, syntax: '1.2.840.10008.1.2.5', tail: encapsulated([rleFrame(segments)]) }),
      imageFile({ ...o, syntax: '1.2.840.10008.1.2.5', more: [[0x00280006, 'US', 1]], tail: encapsulated([rleFrame(segments)]) }),
    ];
    for (const f of files) expect((await open(f)).outcome.info?.stats?.sha256).toBe(sha(want));
  });
});

describe('JPEG 2000 that the codecs cannot give right', () => {
  it('subsampled chroma is repeated', async () => {
    const { slice } = await open(imageFile({ rows: 6, columns: 8, samples: 3, photometric: 'YBR_FULL', bitsAllocated: 8, syntax: '1.2.840.10008.1.2.4.90', position: null, tail: encapsulated([J2K_420]) }));
    const want = Array.from({ length: 48 * 3 }, (_, i) => 100 + (Math.floor(i / 3) % 8) * 3 + Math.floor(i / 24) * 5);
    expect([...slice!.rgb!]).toEqual(want);
  });

  it('four components are refused by name, never shown black', async () => {
    const four = J2K_420.slice();
    four[41] = 4;
    const { outcome } = await open(imageFile({ rows: 6, columns: 8, samples: 4, photometric: 'ARGB', bitsAllocated: 8, syntax: '1.2.840.10008.1.2.4.90', position: null, tail: encapsulated([four]) }));
    expect(outcome.code).toBe('dicom/unsupported-pixels');
  });

  it('a damaged deep frame ends in its name', async () => {
    const broken = J2K_12.slice();
    broken.set([9, 9, 9, 9], 60);
    const { outcome } = await open(imageFile({ rows: 7, columns: 9, samples: 3, photometric: 'RGB', bitsStored: 12, syntax: '1.2.840.10008.1.2.4.90', position: null, tail: encapsulated([broken]) }));
    expect(outcome.code).toMatch(/dicom\/(decode-failed|truncated)/);
  });
});
