/**
 * `npm run conformance`: writes docs/dicom-conformance.md. Each cell is tried: a file of that transfer syntax,
 * photometric interpretation and number of frames is built, opened through the whole reading floor, and its last frame
 * compared with what was written. `--check` only compares and exits 1 when the page is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_TEXT } from '../src/core/errorText';
import { createInlineDecoder } from '../src/pipeline/decode/decoder.node.ts';
import { importFiles } from '../src/pipeline/importFiles';
import { isEncapsulated, TRANSFER_SYNTAXES, type TransferSyntax } from '../src/dicom/read/syntax';
import { LIMITS } from '../src/dicom/read/limits';
import { encapsulated, imageFile, wordsToBytes, type ImageOptions } from '../test/fixtures/dicom';
import { encodeFrame } from '../test/fixtures/encode';
import { HOSTILE } from '../test/fixtures/hostile';

interface Kind {
  readonly title: string;
  readonly photometric: string;
  readonly bits: number;
  readonly samples: number;
  readonly signed: boolean;
}

const KINDS: readonly Kind[] = [
  { title: 'MONOCHROME2 8', photometric: 'MONOCHROME2', bits: 8, samples: 1, signed: false },
  { title: 'MONOCHROME1 12', photometric: 'MONOCHROME1', bits: 12, samples: 1, signed: false },
  { title: 'MONOCHROME2 16 signed', photometric: 'MONOCHROME2', bits: 16, samples: 1, signed: true },
  { title: 'PALETTE 8', photometric: 'PALETTE COLOR', bits: 8, samples: 1, signed: false },
  { title: 'RGB 8', photometric: 'RGB', bits: 8, samples: 3, signed: false },
  { title: 'YBR_FULL 8', photometric: 'YBR_FULL', bits: 8, samples: 3, signed: false },
];

/** Where a syntax cannot carry a kind at all (PS3.5 8.2). */
function impossible(s: TransferSyntax, k: Kind): boolean {
  if (s.uid === '1.2.840.10008.1.2.4.50') return k.bits > 8;
  if (s.uid === '1.2.840.10008.1.2.4.51' || s.packing === 'jpeg') return k.bits > 12;
  return false;
}

const decoder = createInlineDecoder();
const rows = 24;
const columns = 20;

function valuesOf(k: Kind, frame: number): number[] {
  const top = k.signed ? 20_000 : (1 << Math.min(k.bits, 12)) - 1;
  return Array.from({ length: rows * columns * k.samples }, (_, i) => Math.floor(top * (0.5 + 0.45 * Math.sin(i / 40 / k.samples + frame))) - (k.signed ? 8000 : 0));
}

async function tryCell(s: TransferSyntax, k: Kind, frames: number): Promise<string> {
  if (impossible(s, k)) return '–';
  const all = Array.from({ length: frames }, (_, f) => valuesOf(k, f));
  const shape = { rows, columns, bits: k.bits, samples: k.samples, signed: k.signed };
  let tail: Uint8Array | undefined;
  let pixels: Uint8Array | undefined;
  if (isEncapsulated(s)) {
    const packed: Uint8Array[] = [];
    for (const v of all) {
      const frame = await encodeFrame(s.uid, v, shape).catch(() => null);
      if (!frame) return 'corpus';
      packed.push(frame);
    }
    tail = encapsulated(packed);
  } else pixels = wordsToBytes(all.flat(), k.bits <= 8 ? 8 : 16, s.littleEndian);
  const more: ImageOptions['more'] = k.photometric === 'PALETTE COLOR' ? [1, 2, 3].flatMap((c) => [[0x00281100 + c, 'US', [256, 0, 8]], [0x00281200 + c, 'OW', Uint8Array.from({ length: 256 }, (_, i) => i)]] as const) : [];
  const file = imageFile({
    syntax: s.uid, explicit: s.explicit, littleEndian: s.littleEndian, deflate: s.deflated, rows, columns, frames, samples: k.samples, photometric: k.photometric,
    bitsAllocated: k.bits <= 8 ? 8 : 16, bitsStored: k.bits, signed: k.signed, position: null, tail, pixels, more,
  });
  const { outcomes, series } = await importFiles([{ path: 'x', blob: new Blob([file]) }], { decoder });
  if (!series[0]) return outcomes[0]!.code ?? 'refused';
  try {
    const slice = await series[0].loadSlice(frames - 1);
    const want = all[frames - 1]!;
    const got = slice.stored ? slice.stored.data : slice.rgb!;
    if (slice.stored === null && (k.photometric === 'YBR_FULL' || k.photometric === 'PALETTE COLOR')) return got.length === rows * columns * 3 ? 'shown' : 'wrong';
    let worst = 0;
    for (let i = 0; i < want.length; i++) worst = Math.max(worst, Math.abs(got[i]! - want[i]!));
    return worst === 0 ? 'exact' : s.lossy ? `± ${worst}` : `WRONG ${worst}`;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

async function table(frames: number): Promise<string[]> {
  const out = [`| Transfer syntax | UID | ${KINDS.map((k) => k.title).join(' | ')} |`, `|---|---|${KINDS.map(() => '---').join('|')}|`];
  for (const s of TRANSFER_SYNTAXES) {
    const cells: string[] = [];
    for (const k of KINDS) cells.push(await tryCell(s, k, frames));
    out.push(`| ${s.name} | ${s.uid} | ${cells.join(' | ')} |`);
  }
  return out;
}

async function refusals(): Promise<string[]> {
  const out = ['| What the file does | Ends in |', '|---|---|'];
  for (const h of HOSTILE.filter((f) => !f.code.test('shown'))) {
    const { outcomes, series } = await importFiles([{ path: 'x', blob: new Blob([h.make() as Uint8Array<ArrayBuffer>]) }], { decoder, stats: true });
    const code = outcomes[0]!.code ?? (await series[0]!.loadSlice(0).then(() => 'shown', (e: { code: string }) => e.code));
    out.push(`| ${h.name} | \`${code}\` |`);
  }
  return out;
}

const page = [
  '# What the studio reads of DICOM', '',
  'Written by `npm run conformance`, which builds a file for each cell, opens it and compares its last frame with what was written. *exact*: bit for bit; *± n*: lossy, largest difference in stored values; *shown*: colour that is shown by way of a table or a conversion; *–*: the syntax cannot carry it; *corpus*: no encoder here writes it; the decoder is the same for the whole row and is tested on real files of the syntax, not of every kind.', '',
  '## Single frame', '', ...(await table(1)), '', '## Three frames', '', ...(await table(3)), '',
  'Besides: 1-bit pixels (segmentations), 32-bit integers, float and double float pixel data, colour of 16 bits (uncompressed, RLE, JPEG lossless, JPEG-LS, JPEG 2000, HTJ2K; shown in 8) and subsampled JPEG 2000, planar colour, YBR_FULL_422 and YBR_PARTIAL uncompressed, odd sizes, High Bit anywhere, enhanced multi-frame with functional groups, Siemens mosaics; fragments with and without offset tables (Basic, Extended); files without preamble or meta header; data sets written against their transfer syntax. A multi-frame file that ends early shows the frames that are whole and warns (`dicom/truncated`); a segmentation that does is refused.', '',
  'Grey: Modality LUT or rescale per frame, then the window (LINEAR, LINEAR_EXACT, SIGMOID) or VOI LUT of the file, all of them offered in the menu; MONOCHROME1 and INVERSE are inverted after it. Presentation states are not read.', '',
  '## Character sets', '', 'ISO_IR 6, 13, 100, 101, 109, 110, 126, 127, 138, 144, 148, 166, 192, 203, GB18030, GBK, and by escapes ISO 2022 IR 87, 159, 149, 58.', '',
  '## Refused', '', 'Every other transfer syntax ends in `dicom/unsupported-syntax`, which names it (MPEG, HEVC, JPEG XL, JPIP, JPEG 2000 Part 2). JPEG 2000 of four components or of one component with less resolution than its grid, Bits Allocated other than 1, 8, 16, 32 (64 for double float), and 2 or more than 4 samples a pixel end in `dicom/unsupported-pixels`.', '',
  ...(await refusals()), '',
  '## Limits', '', 'Checked while the bytes are walked, before a value is read or a codec is called.', '',
  '| Limit | Value |', '|---|---|', ...Object.entries(LIMITS).map(([k, v]) => `| ${k} | ${v.toLocaleString('en')} |`), '',
  '## Codes', '', '| Code | What it means |', '|---|---|', ...Object.entries(ERROR_TEXT).filter(([c]) => /^(dicom|input|zip|gzip|nifti|png)\//.test(c)).map(([c, t]) => `| \`${c}\` | ${t.happened} ${t.todo} |`), '',
].join('\n');

const path = join(import.meta.dirname, '../docs/dicom-conformance.md');
if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') === page) console.log('docs/dicom-conformance.md is up to date');
  else {
    console.error('docs/dicom-conformance.md is out of date: npm run conformance');
    process.exitCode = 1;
  }
} else {
  writeFileSync(path, page);
  console.log(`docs/dicom-conformance.md written; ${page.split('WRONG').length - 1} wrong cells`);
}
