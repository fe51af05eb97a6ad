import { describe, expect, it } from 'vitest';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { importFiles } from '../../../src/pipeline/importFiles';
import type { Slice } from '../../../src/core/slice';
import { windowValue } from '../../../src/core/window';
import { asInput, concat, dicomFile, element, encapsulated, imageFile, imageItem, rleFrame, wordsToBytes, type ImageOptions } from '../../fixtures/dicom';
import { deflateRawSync } from 'node:zlib';

const decoder = createInlineDecoder();

async function slices(bytes: Uint8Array): Promise<Slice[]> {
  const { series, outcomes } = await importFiles([asInput('x.dcm', bytes)], { decoder });
  if (!series[0]) throw new Error(JSON.stringify(outcomes));
  return Promise.all(series[0].series.slices.map((_, i) => series[0]!.loadSlice(i)));
}
const first = async (o: ImageOptions): Promise<Slice> => (await slices(imageFile(o)))[0]!;
const stored = (s: Slice): number[] => [...s.stored!.data];

describe('encodings of the data set', () => {
  const values = [0, 1, 255, 256, 1000, 65535];
  const o: ImageOptions = { rows: 2, columns: 3, values };
  it.each([
    ['implicit little endian', { explicit: false }],
    ['explicit little endian', {}],
    ['explicit big endian', { littleEndian: false }],
    ['deflated', { deflate: true, syntax: '1.2.840.10008.1.2.1.99' }],
    ['without preamble', { preamble: false }],
    ['without meta header, explicit', { meta: false }],
    ['without meta header, implicit', { meta: false, explicit: false }],
    ['without meta header, big endian', { meta: false, littleEndian: false }],
    ['explicit against a meta header that says implicit', { syntax: '1.2.840.10008.1.2' }],
    ['implicit against a meta header that says explicit', { explicit: false, syntax: '1.2.840.10008.1.2.1' }],
    ['sequences of undefined length', { undefinedLength: true, more: [[0x00081140, 'SQ', [[[0x00081155, 'UI', '1.2']], []]]] as ImageOptions['more'] }],
    ['sequences of defined length', { more: [[0x00081140, 'SQ', [[[0x00081155, 'UI', '1.2']], []]]] as ImageOptions['more'] }],
  ])('%s', async (_, more) => {
    expect(stored(await first({ ...o, ...more }))).toEqual(values);
  });
});

describe('stored values', () => {
  it('sign follows High Bit, bits outside it are dropped', async () => {
    // 12 bits at High Bit 11, an overlay in the bits above.
    const s = await first({ rows: 1, columns: 4, bitsStored: 12, signed: true, values: [0x07ff, 0xf800, 0x0fff, 0x5001] });
    expect(stored(s)).toEqual([2047, -2048, -1, 1]);
  });
  it('a High Bit above Bits Stored − 1 is shifted down', async () => {
    const s = await first({ rows: 1, columns: 3, bitsStored: 12, highBit: 15, signed: false, values: [0x1230, 0xfff0, 0x0010] });
    expect(stored(s)).toEqual([0x123, 0xfff, 1]);
  });
  it('32 bit, signed and not', async () => {
    expect(stored(await first({ rows: 1, columns: 3, bitsAllocated: 32, values: [0, 4294967295, 65536] }))).toEqual([0, 4294967295, 65536]);
    expect(stored(await first({ rows: 1, columns: 2, bitsAllocated: 32, signed: true, values: [-5, 7] }))).toEqual([-5, 7]);
  });
  it.each([
    ['OW', [10, 20, 30, 40, 50, 60], [20, 10, 40, 30, 60, 50]],
    ['OB', [10, 20, 30, 40, 50, 60], [10, 20, 30, 40, 50, 60]],
  ])('8 bits big endian as %s, frames of odd length', async (vr, want, written) => {
    const tail = element(0x7fe00010, vr, Uint8Array.from(written), { littleEndian: false });
    const both = await slices(imageFile({ littleEndian: false, syntax: '1.2.840.10008.1.2.2', rows: 1, columns: 3, bitsAllocated: 8, frames: 2, position: null, tail }));
    expect(both.map(stored)).toEqual([want.slice(0, 3), want.slice(3)]);
  });
  it('single bits big endian as OW', async () => {
    const tail = element(0x7fe00010, 'OW', Uint8Array.of(0b10, 0b01), { littleEndian: false });
    const s = await first({ littleEndian: false, syntax: '1.2.840.10008.1.2.2', rows: 1, columns: 9, bitsAllocated: 1, bitsStored: 1, position: null, tail });
    expect(stored(s)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
  it('single bits, frames not aligned to bytes', async () => {
    // Two frames of 3 × 3: 18 bits. Frame 1 starts at bit 9.
    const bits = [1, 0, 0, 1, 1, 1, 0, 0, 1, /* frame 2 */ 0, 1, 1, 0, 0, 0, 1, 0, 1];
    const bytes = new Uint8Array(4);
    bits.forEach((b, i) => (bytes[i >> 3]! |= b << (i & 7)));
    const both = await slices(imageFile({ rows: 3, columns: 3, bitsAllocated: 1, bitsStored: 1, frames: 2, position: null, pixels: bytes }));
    expect(both.map(stored)).toEqual([bits.slice(0, 9), bits.slice(9)]);
  });
  it('float and double float pixel data', async () => {
    const f = Float32Array.of(-1.5, 0.25, 3e5, 0);
    const item = imageItem({ rows: 2, columns: 2, bitsAllocated: 32, pixels: null });
    const float = (await slices(dicomFile([...item, [0x7fe00008, 'OF', new Uint8Array(f.buffer)]])))[0]!;
    expect(stored(float)).toEqual([...f]);
    const d = Float64Array.of(0.1, -2, 1e300, 4);
    const double = (await slices(dicomFile([...item, [0x7fe00009, 'OD', new Uint8Array(d.buffer)]])))[0]!;
    expect(stored(double)).toEqual([...d]);
  });
  it('odd sizes with a padding byte', async () => {
    expect(stored(await first({ rows: 3, columns: 3, bitsAllocated: 8, values: [1, 2, 3, 4, 5, 6, 7, 8, 9] }))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('packed frames', () => {
  const values = [0, 513, 65535, 1, 2, 40000];
  const halves = [Uint8Array.from(values, (v) => v >> 8), Uint8Array.from(values, (v) => v & 255)];
  const o: ImageOptions = { rows: 2, columns: 3 };
  it('RLE, 16 bit, most significant segment first', async () => {
    expect(stored(await first({ ...o, syntax: '1.2.840.10008.1.2.5', tail: encapsulated([rleFrame(halves)]) }))).toEqual(values);
  });
  it('RLE colour', async () => {
    const planes = [[9, 8], [7, 6], [5, 4]].map((p) => Uint8Array.from(p));
    const s = await first({ rows: 1, columns: 2, samples: 3, bitsAllocated: 8, syntax: '1.2.840.10008.1.2.5', tail: encapsulated([rleFrame(planes)]) });
    expect([...s.rgb!]).toEqual([9, 7, 5, 8, 6, 4]);
  });
  it('two frames: with a table, without one, and in several fragments', async () => {
    const frame = (v: number): Uint8Array => rleFrame([Uint8Array.of(0, 0, 0, 0, 0, 0), Uint8Array.from({ length: 6 }, (_, i) => v + i)]);
    const [a, b] = [frame(10), frame(20)];
    const second = a.length + 8;
    const two: ImageOptions = { ...o, frames: 2, position: null, syntax: '1.2.840.10008.1.2.5' };
    for (const tail of [encapsulated([a, b], [0, second]), encapsulated([a, b]), encapsulated([a, b.subarray(0, 66), b.subarray(66)], [0, second])]) {
      expect((await slices(imageFile({ ...two, tail }))).map((s) => stored(s)[0])).toEqual([10, 20]);
    }
  });
  it('encapsulated uncompressed and deflated frames', async () => {
    const raw = wordsToBytes(values, 16);
    expect(stored(await first({ ...o, syntax: '1.2.840.10008.1.2.1.98', tail: encapsulated([raw]) }))).toEqual(values);
    expect(stored(await first({ ...o, syntax: '1.2.840.10008.1.2.8.1', tail: encapsulated([new Uint8Array(deflateRawSync(raw))]) }))).toEqual(values);
  });
});

describe('colour', () => {
  const rgb = [10, 20, 30, 200, 100, 50];
  it('RGB by pixel and by plane are the same, the raster is its luminance', async () => {
    const pixel = await first({ rows: 1, columns: 2, samples: 3, bitsAllocated: 8, values: rgb });
    const plane = await first({ rows: 1, columns: 2, samples: 3, bitsAllocated: 8, planar: true, values: [10, 200, 20, 100, 30, 50] });
    expect([...pixel.rgb!]).toEqual(rgb);
    expect([...plane.rgb!]).toEqual(rgb);
    expect(pixel.raster.data[1]).toBeCloseTo(0.299 * 200 + 0.587 * 100 + 0.114 * 50, 4);
    expect(pixel.stored).toBeNull();
  });
  it('YBR_FULL, and YBR_FULL_422 with shared chroma', async () => {
    const ybr = await first({ rows: 1, columns: 2, samples: 3, bitsAllocated: 8, photometric: 'YBR_FULL', values: [100, 128, 128, 76, 85, 255] });
    expect([...ybr.rgb!]).toEqual([100, 100, 100, 254, 0, 0]);
    const half = await first({ rows: 1, columns: 2, samples: 3, bitsAllocated: 8, photometric: 'YBR_FULL_422', pixels: Uint8Array.of(50, 60, 128, 128) });
    expect([...half.rgb!]).toEqual([50, 50, 50, 60, 60, 60]);
    const partial = await first({ rows: 1, columns: 2, samples: 3, bitsAllocated: 8, photometric: 'YBR_PARTIAL_422', pixels: Uint8Array.of(16, 235, 128, 128) });
    expect([...partial.rgb!]).toEqual([0, 0, 0, 255, 255, 255]);
  });
  it('PALETTE COLOR, 16-bit and segmented tables', async () => {
    const table = (v: readonly number[]): Uint8Array => wordsToBytes(v, 16);
    const plain: ImageOptions['more'] = [1, 2, 3].flatMap((c) => [[0x00281100 + c, 'US', [4, 0, 16]], [0x00281200 + c, 'OW', table([0, 0x4000 * c, 0x1100, 0xff00])]] as const);
    const s = await first({ rows: 1, columns: 4, bitsAllocated: 8, photometric: 'PALETTE COLOR', values: [0, 1, 2, 3], more: plain });
    expect([...s.rgb!].slice(3, 6)).toEqual([0x40, 0x80, 0xc0]);
    expect([...s.rgb!].slice(9)).toEqual([255, 255, 255]);
    const segmented: ImageOptions['more'] = [1, 2, 3].flatMap((c) => [[0x00281100 + c, 'US', [4, 0, 16]], [0x00281220 + c, 'OW', table([0, 1, 0x0100, 1, 3, 0x3100])]] as const);
    const t = await first({ rows: 1, columns: 4, bitsAllocated: 8, photometric: 'PALETTE COLOR', values: [0, 1, 2, 3], more: segmented });
    expect([0, 3, 6, 9].map((i) => t.rgb![i])).toEqual([1, 17, 33, 49]);
  });
});

describe('tables and windows', () => {
  it('rescale gives HU for CT, and nothing is lost of the stored values', async () => {
    const s = await first({ modality: 'CT', rows: 1, columns: 3, values: [0, 1024, 2048], more: [[0x00281052, 'DS', '-1024'], [0x00281053, 'DS', '2']] });
    expect([...s.raster.data]).toEqual([-1024, 1024, 3072]);
    expect(s.raster.unit).toBe('HU');
    expect(s.stored).toMatchObject({ slope: 2, intercept: -1024 });
  });
  it('Modality LUT', async () => {
    const lut: ImageOptions['more'] = [[0x00283000, 'SQ', [[[0x00283002, 'US', [3, 10, 16]], [0x00283006, 'US', [500, 600, 700]]]]]];
    expect([...(await first({ rows: 1, columns: 4, values: [0, 10, 11, 99], more: lut })).raster.data]).toEqual([500, 500, 600, 700]);
  });
  it('several windows with their function, MONOCHROME1, padding', async () => {
    const s = await first({
      photometric: 'MONOCHROME1',
      more: [[0x00281050, 'DS', ['40', '300']], [0x00281051, 'DS', ['400', '1500']], [0x00281055, 'LO', ['SOFT', 'BONE']], [0x00281056, 'CS', 'SIGMOID'], [0x00280120, 'US', 5], [0x00280121, 'US', 7]],
    });
    expect(s.windows).toEqual([{ center: 40, width: 400, function: 'SIGMOID', explanation: 'SOFT' }, { center: 300, width: 1500, function: 'SIGMOID', explanation: 'BONE' }]);
    expect(s.inverted).toBe(true);
    expect(s.stored!.padding).toEqual({ low: 5, high: 7 });
  });
  it('VOI LUT Sequence is offered as a window, with centre and width of its range', async () => {
    const s = await first({ more: [[0x00283010, 'SQ', [[[0x00283002, 'US', [4, 100, 8]], [0x00283003, 'LO', 'NORMAL'], [0x00283006, 'US', [0, 100, 200, 255]]]]]] });
    expect([...s.window.lut!.values]).toEqual([0, 100, 200, 255]);
    expect(s.window.lut).toMatchObject({ first: 100, bits: 8 });
    expect(s.window.explanation).toBe('NORMAL');
    expect([99, 101, 102, 500].map((v) => Math.round(255 * windowValue(v, s.window)))).toEqual([0, 100, 200, 255]);
    expect(s.window.center).toBeGreaterThanOrEqual(100);
    expect(s.window.center).toBeLessThanOrEqual(104);
  });
  it('windows come before tables; a table whose entries need more bits than stated is read by what it holds', async () => {
    const s = await first({
      more: [
        [0x00281050, 'DS', '40'], [0x00281051, 'DS', '400'],
        [0x00283010, 'SQ', [[[0x00283002, 'US', [2, 0, 8]], [0x00283006, 'US', [0, 4095]]], [[0x00283002, 'US', [2, 0, 16]], [0x00283003, 'LO', 'HARD'], [0x00283006, 'US', [0, 65535]]]]],
      ],
    });
    expect(s.windows!.map((w) => [w.explanation, w.lut?.bits])).toEqual([[undefined, undefined], ['VOI LUT', 12], ['HARD', 16]]);
  });
});

describe('attributes', () => {
  it('come as the DICOM JSON model, with sequences, without pixels', async () => {
    const s = await first({ more: [[0x00081140, 'SQ', [[[0x00081155, 'UI', '1.2.3.9']]]], [0x00180087, 'DS', '1.5'], [0x00091001, 'UN', Uint8Array.of(1, 2, 3, 4)]] });
    if (s.source.kind !== 'dicom') throw new Error('not DICOM');
    const a = s.source.attributes;
    expect(a['00180087']).toEqual({ vr: 'DS', Value: [1.5] });
    expect(a['00081140']).toEqual({ vr: 'SQ', Value: [{ '00081155': { vr: 'UI', Value: ['1.2.3.9'] } }] });
    expect(a['00091001']!.bytes).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(a['7FE00010']).toBeUndefined();
  });
  it('an implicit file gives the same attributes as an explicit one', async () => {
    const more: ImageOptions['more'] = [[0x00180087, 'DS', '3'], [0x00081140, 'SQ', [[[0x00081155, 'UI', '1.2.3.9']]]]];
    const [a, b] = await Promise.all([first({ more }), first({ more, explicit: false })]);
    if (a.source.kind !== 'dicom' || b.source.kind !== 'dicom') throw new Error('not DICOM');
    expect(b.source.attributes).toEqual(a.source.attributes);
  });
  it('functional groups of a frame are lifted to the top', async () => {
    const plane = (z: number): ImageOptions['more'] => [[0x00209113, 'SQ', [[[0x00200032, 'DS', ['0', '0', String(z)]]]]], [0x00289145, 'SQ', [[[0x00281052, 'DS', String(z)], [0x00281053, 'DS', '2']]]]];
    const shared: ImageOptions['more'] = [[0x00289110, 'SQ', [[[0x00280030, 'DS', ['0.5', '0.5']]]]], [0x00209116, 'SQ', [[[0x00200037, 'DS', ['1', '0', '0', '0', '1', '0']]]]], [0x00189114, 'SQ', [[[0x00189082, 'FD', 90.5]]]], [0x00189115, 'SQ', [[[0x00189079, 'FD', 900]]]]];
    const bytes = imageFile({ rows: 1, columns: 2, frames: 3, position: null, spacing: null, values: [1, 2, 3, 4, 5, 6], more: [[0x00189008, 'CS', 'SPIN'], [0x52009229, 'SQ', [shared!]], [0x52009230, 'SQ', [plane(8)!, plane(0)!, plane(4)!]]] });
    const { series } = await importFiles([asInput('mf.dcm', bytes)], { decoder });
    const { series: s } = series[0]!;
    expect(s.sliceSpacingMm).toBe(4);
    expect(s.pixelSpacingMm).toEqual([0.5, 0.5]);
    expect(s.slices.map((h) => h.frame)).toEqual([1, 2, 0]);
    const top = await series[0]!.loadSlice(2);
    expect([...top.raster.data]).toEqual([10, 12]);
    if (top.source.kind !== 'dicom') throw new Error('not DICOM');
    expect(top.source.attributes['00200032']!.Value).toEqual([0, 0, 8]);
    expect(top.source.attributes['52009230']).toBeUndefined();
    // Effective Echo Time, Inversion Times and the pulse sequence under the names that classic images have for them.
    expect(top.source.attributes['00180081']).toEqual({ vr: 'DS', Value: [90.5] });
    expect(top.source.attributes['00180082']).toEqual({ vr: 'DS', Value: [900] });
    expect(top.source.attributes['00180020']).toEqual({ vr: 'CS', Value: ['SE', 'IR'] });
  });
});

describe('Siemens mosaic', () => {
  it('is unpacked into slices with their own positions', async () => {
    const values = Array.from({ length: 16 }, (_, i) => i);
    const bytes = imageFile({
      rows: 4, columns: 4, values, position: [-2, -2, 0], thickness: 5,
      more: [[0x00080008, 'CS', ['ORIGINAL', 'PRIMARY', 'M', 'MOSAIC']], [0x00190010, 'LO', 'SIEMENS MR HEADER'], [0x0019100a, 'US', 3]],
    });
    const { series } = await importFiles([asInput('m.dcm', bytes)], { decoder });
    const tiles = await Promise.all([0, 1, 2].map((i) => series[0]!.loadSlice(i)));
    expect(series[0]!.series.slices).toHaveLength(3);
    expect(tiles.map(stored)).toEqual([[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13]]);
    expect(tiles.map((t) => t.geometry!.positionMm)).toEqual([[-1, -1, 0], [-1, -1, 5], [-1, -1, 10]]);
  });
});

describe('text', () => {
  const name = async (charset: string, bytes: readonly number[]): Promise<string> => {
    const s = await first({ more: [[0x00080005, 'CS', charset], [0x00100010, 'PN', Uint8Array.from(bytes)]] });
    if (s.source.kind !== 'dicom') throw new Error('not DICOM');
    return String(s.source.attributes['00100010']!.Value![0]);
  };
  const hex = (h: string): number[] => h.split(' ').map((b) => parseInt(b, 16));
  // Examples of PS3.5 Annexes H, I, J, K and PS3.3 C.12.
  it.each([
    ['ISO_IR 100', hex('42 75 63 5e 4a e9 72 f4 6d 65'), 'Buc^Jérôme'],
    ['ISO_IR 144', hex('bb ee da 63 65 dc d1 79 70 d3'), 'Люкceмбypг'],
    ['ISO_IR 192', hex('57 61 6e 67 5e 58 69 61 6f 44 6f 6e 67 3d e7 8e 8b 5e e5 b0 8f e6 9d b1'), 'Wang^XiaoDong=王^小東'],
    ['GB18030', hex('57 61 6e 67 5e 58 69 61 6f 44 6f 6e 67 3d cd f5 5e d0 a1 b6 ab'), 'Wang^XiaoDong=王^小东'],
    ['\\ISO 2022 IR 87', hex('59 61 6d 61 64 61 5e 54 61 72 6f 75 3d 1b 24 42 3b 33 45 44 1b 28 42 5e 1b 24 42 42 40 4f 3a 1b 28 42'), 'Yamada^Tarou=山田^太郎'],
    ['ISO 2022 IR 13\\ISO 2022 IR 87', hex('d4 cf c0 de 5e c0 db b3 3d 1b 24 42 3b 33 45 44 1b 28 4a 5e 1b 24 42 42 40 4f 3a 1b 28 4a'), 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎'],
    ['\\ISO 2022 IR 149', hex('48 6f 6e 67 5e 47 69 6c 64 6f 6e 67 3d 1b 24 29 43 fb f3 5e 1b 24 29 43 d1 ce d4 d7'), 'Hong^Gildong=洪^吉洞'],
    ['\\ISO 2022 IR 58', hex('5a 68 61 6e 67 5e 58 69 61 6f 44 6f 6e 67 3d 1b 24 29 41 d5 c5 5e 1b 24 29 41 d0 a1 b6 ab'), 'Zhang^XiaoDong=张^小东'],
  ])('%s', async (charset, bytes, expected) => {
    expect(await name(charset, bytes)).toBe(expected);
  });
  // As some writers have it, against the standard.
  it.each([
    ['\\ISO 2022 IR 149', 'without its escape', hex('48 6f 6e 67 3d fb f3 5e d1 ce d4 d7'), 'Hong=洪^吉洞'],
    ['ISO 2022 IR 149', 'without its escape', hex('fb f3'), '洪'],
    ['ISO 2022 IR 58', 'without its escape', hex('d5 c5 5e d0 a1 b6 ab'), '张^小东'],
    ['\\ISO 2022 IR 87', 'by the escape of its first edition', hex('1b 24 40 3b 33 45 44 1b 28 42'), '山田'],
    ['ISO 2022 GBK', 'as a set of ISO 2022', hex('d0 a1 b6 ab'), '小东'],
    ['UTF8', 'by its common name', hex('e5 b0 8f'), '小'],
    ['\\ISO_IR 192', 'behind an empty first set', hex('57 5e e5 b0 8f'), 'W^小'],
    ['iso_ir_100', 'in small letters', hex('d6'), 'Ö'],
  ])('%s %s', async (charset, _, bytes, expected) => {
    expect(await name(charset, bytes)).toBe(expected);
  });
  it('backslashes inside two-byte characters split nothing', async () => {
    // Shift JIS 表 is 95 5C.
    expect(await name('ISO_IR 13', hex('95 5c'))).toBe('表');
  });
});

it('the fixture writer is what the tests take it for', () => {
  expect([...concat(Uint8Array.of(1), Uint8Array.of(2, 3))]).toEqual([1, 2, 3]);
});
