import type { DataSet, Element } from 'dicom-parser';
import { StudioError } from '../../core/errors';
import { LIMITS } from './limits';
import { guessEncoding, readMeta, type FileMeta } from './meta';
import { bytesSource, inflateBounded, overInflated, type ByteSource } from './source';
import { NeedMore, walk, type Walked } from './walk';

/** A data set, indexed up to its pixels; the pixels are still in `source`. */
export interface ParsedFile {
  readonly meta: FileMeta;
  readonly dataSet: DataSet;
  readonly pixels: Element | undefined;
  /** Where the offsets of `pixels` count from: the file, or the inflated data set. */
  readonly source: ByteSource;
  /** Set when the source is an inflated copy: its bytes. */
  readonly warnings: readonly string[];
  /** Those of them that say which of two statements of the file was believed. */
  readonly contradictions: readonly string[];
}

/** What was noticed on the way to the pixels. */
const noticed = (meta: FileMeta, walked: Walked): Pick<ParsedFile, 'warnings' | 'contradictions'> => ({
  warnings: [...meta.warnings, ...walked.warnings],
  contradictions: [...meta.contradictions, ...walked.contradictions],
});

/** Most headers fit; longer ones are read again with four times as much. */
const FIRST_READ = 64 * 1024;

/**
 * Reads as much of the file as its header takes, and indexes it. Throws StudioError `dicom/*`, `input/empty`,
 * `input/not-readable`. Time and memory are bounded by `LIMITS` and by the file's size.
 */
export async function parseFile(source: ByteSource): Promise<ParsedFile> {
  if (source.size === 0) throw new StudioError('input/empty', '');
  let want = FIRST_READ;
  for (;;) {
    const bytes = await source.read(0, want);
    try {
      return await parseBytes(bytes, source);
    } catch (error) {
      if (!(error instanceof NeedMore)) throw error;
      if (error.upTo > LIMITS.headerBytes) throw new StudioError('dicom/limits', `a header of more than ${LIMITS.headerBytes / 1048576} MiB`);
      want = Math.max(error.upTo + FIRST_READ, want * 4);
    }
  }
}

async function parseBytes(bytes: Uint8Array, source: ByteSource): Promise<ParsedFile> {
  const meta = readMeta(bytes, source.size);
  if (meta.syntax.deflated && guessEncoding(bytes, meta.start, source.size)?.explicit !== true) return parseDeflated(meta, source);
  const walked = walk(bytes, meta.start, source.size, meta.encoding);
  return { meta, dataSet: walked.dataSet, pixels: walked.pixels, source, ...noticed(meta, walked) };
}

/** A raw deflate stream belongs there; some writers leave the two bytes of a zlib header, which no such stream begins with. */
const withoutZlibHeader = (b: Uint8Array): Uint8Array => (b.length > 2 && (b[0]! & 0x0f) === 8 && b[0]! >> 4 <= 7 && ((b[0]! << 8) | b[1]!) % 31 === 0 ? b.subarray(2) : b);

/**
 * The whole data set is one deflate stream. Its header is inflated first; the rest only as far as the header says that
 * pixels reach, so that a bomb costs no more than an image of its stated size.
 */
async function parseDeflated(meta: FileMeta, source: ByteSource): Promise<ParsedFile> {
  if (source.size > LIMITS.inflatedBytes) throw overInflated();
  const packed = withoutZlibHeader(await source.read(meta.start, source.size));
  let want = 256 * 1024;
  for (;;) {
    const { bytes, complete } = inflateBounded(packed, LIMITS.inflatedBytes, overInflated, want);
    if (bytes.length === 0) throw new StudioError('dicom/corrupt', 'nothing comes out of the deflate stream');
    try {
      const walked = walk(bytes, 0, complete ? bytes.length : LIMITS.inflatedBytes, meta.encoding);
      if (!walked.pixels || complete) return { meta, dataSet: walked.dataSet, pixels: walked.pixels, source: bytesSource(bytes), ...noticed(meta, walked) };
      const end = walked.pixels.dataOffset + walked.pixels.length;
      if (end > LIMITS.inflatedBytes) throw overInflated();
      const whole = inflateBounded(packed, LIMITS.inflatedBytes, overInflated, end).bytes;
      return { meta, dataSet: walked.dataSet, pixels: walked.pixels, source: bytesSource(whole), ...noticed(meta, walked) };
    } catch (error) {
      if (!(error instanceof NeedMore)) throw error;
      if (error.upTo > LIMITS.headerBytes) throw overInflated();
      want = Math.max(error.upTo + FIRST_READ, want * 4);
    }
  }
}
