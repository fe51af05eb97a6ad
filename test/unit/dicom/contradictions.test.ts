import { gzipSync, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { importFiles, type FileOutcome } from '../../../src/pipeline/importFiles';
import { writeNifti } from '../../../src/formats/niftiWriter';
import { asInput, concat, dataSet, dicomFile, encapsulated, imageFile, imageItem, rleFrame, type DicomItem, type ImageOptions } from '../../fixtures/dicom';

/** Files that say one thing and do another: read right, or refused with the reason; never shown wrong in silence. */
const decoder = createInlineDecoder();

async function opened(bytes: Uint8Array, name = 'x.dcm'): Promise<{ outcome: FileOutcome; frames: number[][] }> {
  const { outcomes, series } = await importFiles([asInput(name, bytes)], { decoder, stats: true });
  const slices = await Promise.all(series.flatMap((s) => s.series.slices.map((_, i) => s.loadSlice(i))));
  return { outcome: outcomes[0]!, frames: slices.map((s) => [...(s.stored?.data ?? s.rgb!)]) };
}
const told = ({ status, code }: FileOutcome): string => (code ? `${status} ${code}` : status);
const RLE = '1.2.840.10008.1.2.5';
const o: ImageOptions = { rows: 2, columns: 3, values: [0, 1, 2, 3, 4, 500] };
const words = (v: readonly number[]): Uint8Array => new Uint8Array(Uint16Array.from(v).buffer);
const rle = (v: readonly number[]): Uint8Array => rleFrame([Uint8Array.from(v, (n) => n >> 8), Uint8Array.from(v, (n) => n & 255)]);

describe('pixel data that are not what the header says', () => {
  const two = [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]];
  it('uncompressed by its syntax, RLE by its bytes', async () => {
    const { frames } = await opened(imageFile({ ...o, frames: 2, pixels: null, tail: encapsulated(two.map(rle)) }));
    expect(frames).toEqual(two);
  });
  it('JPEG by its syntax, RLE by its bytes', async () => {
    const { frames } = await opened(imageFile({ ...o, pixels: null, syntax: '1.2.840.10008.1.2.4.70', tail: encapsulated([rle(two[0]!)]) }));
    expect(frames).toEqual([two[0]]);
  });
  it('a fragment that is no uncompressed frame is refused', async () => {
    const { outcome } = await opened(imageFile({ ...o, pixels: null, tail: encapsulated([new Uint8Array(40)]) }));
    expect(told(outcome)).toBe('error dicom/corrupt');
  });
  it('RLE frames of two fragments each, without a table', async () => {
    const halves = two.flatMap((v) => [rle(v).subarray(0, 66), rle(v).subarray(66)]);
    const { frames } = await opened(imageFile({ ...o, frames: 2, syntax: RLE, pixels: null, tail: encapsulated(halves) }));
    expect(frames).toEqual(two);
  });
  it('a frame where the offset table belongs', async () => {
    const fragments = encapsulated([rle(two[0]!)]);
    const tail = concat(fragments.subarray(0, 12), fragments.subarray(20));
    expect((await opened(imageFile({ ...o, syntax: RLE, pixels: null, tail }))).frames).toEqual([two[0]]);
  });
  it('more frames than are stated: the stated ones are shown, and it is told', async () => {
    const plain = await opened(imageFile({ ...o, pixels: words([...two[0]!, ...two[1]!]) }));
    expect(plain.frames).toEqual([two[0]]);
    expect(told(plain.outcome)).toBe('shown dicom/corrupt');
    expect(plain.outcome.message).toContain('24 bytes of pixels where 12 belong');
    const packed = await opened(imageFile({ ...o, frames: 2, syntax: RLE, pixels: null, tail: encapsulated([...two, ...two].map(rle)) }));
    expect(packed.frames).toEqual(two);
    expect(packed.outcome.message).toContain('4 compressed frames where 2 belong');
  });
  it('an image without its pixels is broken, a report without them is not', async () => {
    expect(told((await opened(dicomFile(imageItem({ ...o, pixels: null })))).outcome)).toBe('error dicom/truncated');
    expect(told((await opened(dicomFile([[0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.4'], [0x00080060, 'CS', 'MR']]))).outcome)).toBe('error dicom/truncated');
    expect(told((await opened(dicomFile([[0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.11.1'], [0x00080060, 'CS', 'PR']]))).outcome)).toBe('skipped dicom/no-pixel-data');
  });
  it.each([
    ['HSV', { samples: 3, photometric: 'HSV' }, 'error dicom/unsupported-pixels'],
    ['a palette that is not there', { photometric: 'PALETTE COLOR' }, 'error dicom/corrupt'],
    ['grey of three samples', { samples: 3, photometric: 'MONOCHROME2' }, 'shown dicom/corrupt'],
    ['a slope of 0', { more: [[0x00281053, 'DS', '0']] as DicomItem }, 'shown dicom/corrupt'],
  ])('%s', async (_, more, expected) => {
    expect(told((await opened(imageFile({ rows: 2, columns: 2, bitsAllocated: 8, ...more }))).outcome)).toBe(expected);
  });
});

describe('data sets that are written oddly', () => {
  it.each(['??', 'lo', '  ', 'XX'])('an element of VR "%s" is passed over, with a short length and a long one', async (vr) => {
    const code = [vr.charCodeAt(0), vr.charCodeAt(1)];
    const short = Uint8Array.of(0x09, 0, 0x10, 0, ...code, 4, 0, 1, 2, 3, 4);
    const long = Uint8Array.of(0x09, 0, 0x10, 0, ...code, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4);
    const file = dicomFile(imageItem(o));
    const at = file.length - dataSet(imageItem(o)).length;
    // Behind the three elements of group 0008.
    const until = at + dataSet(imageItem(o).slice(0, 3)).length;
    for (const odd of [short, long]) expect((await opened(concat(file.subarray(0, until), odd, file.subarray(until)))).frames).toEqual([o.values]);
  });
  it('sixty sequences inside each other are read, seventy are not', async () => {
    const nest = (depth: number): DicomItem => [[0x00081140, 'SQ', depth === 1 ? [] : [nest(depth - 1)]]];
    expect((await opened(imageFile({ ...o, more: nest(60) }))).frames).toEqual([o.values]);
    expect(told((await opened(imageFile({ ...o, more: nest(70) }))).outcome)).toBe('error dicom/limits');
  });
  it('deflated with the header of zlib, not deflated at all, cut', async () => {
    const syntax = '1.2.840.10008.1.2.1.99';
    const head = dicomFile([], { syntax });
    const body = dataSet(imageItem(o));
    expect((await opened(concat(head, new Uint8Array(deflateSync(body))))).frames).toEqual([o.values]);
    expect((await opened(concat(head, body))).frames).toEqual([o.values]);
    const whole = imageFile({ ...o, syntax, deflate: true });
    expect((await opened(whole)).frames).toEqual([o.values]);
    expect(told((await opened(whole.subarray(0, whole.length - 8))).outcome)).toBe('error dicom/truncated');
  });
  it('a mosaic that does not say how many images it holds is taken apart by its Acquisition Matrix, and says so', async () => {
    const mosaic: ImageOptions = { rows: 4, columns: 4, values: Array.from({ length: 16 }, (_, i) => i), more: [[0x00080008, 'CS', ['ORIGINAL', 'PRIMARY', 'M', 'MOSAIC']], [0x00181310, 'US', [2, 0, 0, 2]]] };
    const { frames, outcome } = await opened(imageFile(mosaic));
    expect(frames).toHaveLength(4);
    expect(frames[1]).toEqual([2, 3, 6, 7]);
    expect(outcome.message).toContain('4 follow from Acquisition Matrix');
  });
});

describe('packed files that are damaged', () => {
  const packed = new Uint8Array(gzipSync(imageFile(o)));
  const changed = (at: number): Uint8Array => packed.map((b, i) => (i === packed.length + at ? b ^ 1 : b));
  it.each([
    ['another checksum', changed(-8)], ['another length', changed(-4)], ['no trailer', packed.subarray(0, -8)], ['cut', packed.subarray(0, -20)], ['three bytes', packed.subarray(0, 3)],
  ])('gzip: %s', async (_, bytes) => {
    expect(told((await opened(bytes, 'x.dcm.gz')).outcome)).toBe('error gzip/corrupt');
  });
  it('gzip with zeros behind it is read', async () => {
    expect((await opened(concat(packed, new Uint8Array(9)), 'x.dcm.gz')).frames).toEqual([o.values]);
  });
});

describe('NIfTI', () => {
  const volume = writeNifti({ data: Int16Array.from({ length: 8 }, (_, i) => i), size: [2, 2, 2], affine: [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]] });
  const patched = (change: (v: DataView) => void): Uint8Array => {
    const out = volume.slice();
    change(new DataView(out.buffer));
    return out;
  };
  it.each([
    ['a header that is cut', volume.subarray(0, 200), 'error nifti/invalid'],
    ['data inside the header', patched((v) => v.setFloat32(108, 348, true)), 'error nifti/invalid'],
    ['colour', patched((v) => v.setInt16(70, 128, true)), 'error nifti/unsupported'],
    ['a time axis of 0', patched((v) => { v.setInt16(40, 4, true); v.setInt16(48, 0, true); }), 'shown'],
    ['a matrix of zeros', patched((v) => { for (let i = 0; i < 12; i++) v.setFloat32(280 + i * 4, 0, true); v.setInt16(252, 0, true); }), 'shown'],
  ])('%s', async (_, bytes, expected) => {
    expect(told((await opened(bytes, 'x.nii')).outcome)).toBe(expected);
  });
});

describe('files that are something else', () => {
  const latin = (s: string): Uint8Array => Uint8Array.from(s.padEnd(400, '\0'), (c) => c.charCodeAt(0));
  it.each([['II*\0', 'a TIFF picture'], ['\x89HDF', 'an HDF5 file'], ['NRRD0004', 'an NRRD file'], ['\0\x05\x16\x07', 'a resource file of macOS'], ['MZ', 'a program'], ['\xff\xff', 'no known signature'], ['caf\xc3\xa9'.repeat(100), 'a text file']])('%j is named', async (begins, what) => {
    const { outcome } = await opened(latin(begins), 'x');
    expect(outcome.status).toBe('skipped');
    expect(outcome.message).toContain(`(${what})`);
  });
});

describe('headers that say a thing twice', () => {
  const shown = async (bytes: Uint8Array): Promise<string> => {
    const { outcome, frames } = await opened(bytes);
    expect(frames).toEqual([o.values]);
    return `${told(outcome)}: ${outcome.message}`;
  };
  it('an element that comes twice is told, and the first one counts', async () => {
    const items = imageItem(o);
    const at = items.findIndex(([tag]) => tag === 0x00280011);
    expect(await shown(dicomFile([...items.slice(0, at + 1), [0x00280011, 'US', 7], ...items.slice(at + 1)]))).toBe('shown dicom/corrupt: An image. Its header contradicts itself: (0028,0011) comes twice.');
  });
  it('a data set that is not written as its transfer syntax says is read as it is written, and told', async () => {
    const bytes = imageFile(o).slice();
    const text = String.fromCharCode(...bytes.subarray(0, 400));
    const uid = text.indexOf('1.2.840.10008.1.2.1\0');
    bytes.set([0, 0], uid + 17); // implicit by its name, explicit as before
    expect(await shown(bytes)).toMatch(/^shown dicom\/corrupt: .*written as explicit little endian, against its transfer syntax/);
  });
  it('a file that says everything once is told nothing', async () => {
    expect(await shown(imageFile(o))).toBe('shown: An image.');
  });
  it('the series says so too, once for all its files', async () => {
    const file = (n: number): Uint8Array => imageFile({ ...o, pixels: words([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), seriesUid: '1.2.3', sopUid: `1.2.3.${n}`, instance: n, position: [0, 0, n] });
    const { series } = await importFiles([asInput('a', file(1)), asInput('b', file(2))], { decoder });
    const warnings = series.flatMap((s) => s.series.warnings).filter((w) => w.code === 'contradictory-header');
    expect(warnings.map((w) => w.detail)).toEqual(['24 bytes of pixels where 12 belong; 2 files in all']);
  });
});
