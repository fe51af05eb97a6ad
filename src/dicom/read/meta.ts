import { StudioError } from '../../core/errors';
import { EXPLICIT_BE, EXPLICIT_LE, IMPLICIT_LE, transferSyntax, type TransferSyntax } from './syntax';
import { dictionaryVr } from './dictionary';
import { vrAt, NeedMore, type Encoding } from './walk';

/** What stands before the data set: preamble, meta header (PS3.10), or nothing at all. */
export interface FileMeta {
  readonly syntax: TransferSyntax;
  /** How the data set is really written, which is not always what the meta header says. */
  readonly encoding: Encoding;
  /** Where the data set begins. */
  readonly start: number;
  readonly mediaSopClass?: string;
  readonly warnings: readonly string[];
  /** How the data set is written, where that is not as the transfer syntax says. */
  readonly contradictions: readonly string[];
}

const ascii = (bytes: Uint8Array, at: number, length: number): string => {
  let text = '';
  for (let i = at; i < at + length; i++) {
    const c = bytes[i]!;
    if (c === 0) break;
    text += String.fromCharCode(c);
  }
  return text.trim();
};

const DICM = (b: Uint8Array, at: number): boolean => b[at] === 0x44 && b[at + 1] === 0x49 && b[at + 2] === 0x43 && b[at + 3] === 0x4d;

/** The encoding in which an element could begin at `at`, or undefined. */
export function guessEncoding(bytes: Uint8Array, at: number, total: number): Encoding | undefined {
  if (at + 8 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const littleEndian of [true, false]) {
    const group = view.getUint16(at, littleEndian);
    const tag = ((group << 16) | view.getUint16(at + 2, littleEndian)) >>> 0;
    // Data sets begin with a low group: 0004 (directory), 0008, or a private one near them.
    if (group < 0x0004 || group > 0x0020) continue;
    if (vrAt(bytes, at + 4) !== undefined) return { explicit: true, littleEndian };
    const length = view.getUint32(at + 4, littleEndian);
    if ((dictionaryVr(tag) !== undefined || group & 1) && at + 8 + length <= total) return { explicit: false, littleEndian };
  }
  return undefined;
}

/** True when the bytes begin as a DICOM file with or without preamble may begin. A cheap look, no promise. */
export function looksLikeDicom(bytes: Uint8Array, total: number): boolean {
  if (bytes.length >= 132 && DICM(bytes, 128)) return true;
  if (DICM(bytes, 0)) return true;
  if (bytes.length >= 8 && bytes[0] === 2 && bytes[1] === 0 && vrAt(bytes, 4) !== undefined) return true;
  return guessEncoding(bytes, 0, total) !== undefined;
}

/**
 * Reads the meta header, if there is one, and finds where and how the data set is written.
 * Throws `dicom/not-dicom`, `dicom/truncated`, `dicom/unsupported-syntax` (naming it), `NeedMore`.
 */
export function readMeta(bytes: Uint8Array, total: number): FileMeta {
  const warnings: string[] = [];
  const contradictions: string[] = [];
  let at = 0;
  const marked = bytes.length >= 132 && DICM(bytes, 128);
  if (marked) at = 132;
  else if (DICM(bytes, 0)) at = 4;
  if (total < 8) throw new StudioError('dicom/not-dicom', `${total} bytes`);
  let uid: string | undefined;
  let mediaSopClass: string | undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let metaElements = 0;
  while (at + 8 <= bytes.length && view.getUint16(at, true) === 2) {
    const element = view.getUint16(at + 2, true);
    const vr = vrAt(bytes, at + 4);
    const long = vr === 'OB' || vr === 'UN' || vr === 'OW';
    if (long && at + 12 > bytes.length) break;
    const length = vr === undefined || long ? view.getUint32(at + (long ? 8 : 4), true) : view.getUint16(at + 6, true);
    const data = at + (long ? 12 : 8);
    if (data + length > total) throw new StudioError('dicom/truncated', 'the file ends inside its meta header');
    if (data + length > bytes.length) throw new NeedMore(data + length);
    if (element === 0x0010) uid = ascii(bytes, data, length);
    if (element === 0x0002) mediaSopClass = ascii(bytes, data, length);
    at = data + length;
    metaElements++;
  }
  const begun = marked || metaElements > 0;
  const guess = guessEncoding(bytes, at, total);
  if (!begun) {
    if (!guess) throw new StudioError('dicom/not-dicom', '');
    warnings.push('no meta header');
  } else if (at + 8 > total) {
    throw new StudioError('dicom/truncated', 'the file ends after its meta header');
  }
  if (uid === undefined || uid === '') {
    if (begun) warnings.push('no transfer syntax in the meta header');
    if (!guess) throw new StudioError('dicom/corrupt', 'no transfer syntax, and no data set follows');
    uid = guess.explicit ? (guess.littleEndian ? EXPLICIT_LE : EXPLICIT_BE) : IMPLICIT_LE;
  }
  const syntax = transferSyntax(uid);
  if (!syntax) throw new StudioError('dicom/unsupported-syntax', uid);
  let encoding: Encoding = syntax;
  if (!syntax.deflated) {
    if (!guess && at + 8 <= bytes.length && !plausible(bytes, at, syntax)) throw new StudioError('dicom/corrupt', 'no data set after the meta header');
    if (guess && (guess.explicit !== syntax.explicit || guess.littleEndian !== syntax.littleEndian)) {
      contradictions.push(`written as ${guess.explicit ? 'explicit' : 'implicit'} ${guess.littleEndian ? 'little' : 'big'} endian, against its transfer syntax`);
      encoding = guess;
    }
  }
  return { syntax, encoding: { explicit: encoding.explicit, littleEndian: encoding.littleEndian }, start: at, mediaSopClass, warnings: [...warnings, ...contradictions], contradictions };
}

/** An element of any group may begin here: explicit needs a VR, implicit a length that fits. */
function plausible(bytes: Uint8Array, at: number, e: Encoding): boolean {
  if (e.explicit) return vrAt(bytes, at + 4) !== undefined;
  const group = new DataView(bytes.buffer, bytes.byteOffset).getUint16(at, e.littleEndian);
  return group >= 4 && group <= 0x7fe0;
}
