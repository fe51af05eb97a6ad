import dicomParser, { type DataSet, type Element } from 'dicom-parser';
import { StudioError } from '../../core/errors';
import { dictionaryVr } from './dictionary';
import { LIMITS } from './limits';

/**
 * Walks the structure of a data set under stated limits and builds the index that dicom-parser's `DataSet` reads values
 * from. dicom-parser's own walk has no limits: nested sequences overflow its stack, empty items and claimed lengths eat
 * its memory. Here every length is checked against the bytes that exist before it is believed.
 *
 * `bytes` may be only the beginning of a file of `total` bytes; `NeedMore` is thrown when the walk runs past it.
 */
export class NeedMore extends Error {
  constructor(readonly upTo: number) {
    super('more bytes needed');
  }
}

export interface Encoding {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

interface Walk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly total: number;
  readonly warnings: string[];
  readonly contradictions: string[];
  elements: number;
  items: number;
  /** The head last read: one object for all, taken apart before the next is read. */
  readonly head: Head;
}

/** An element of an unknown VR that is longer is not believed. */
const FOREIGN_BYTES = 64 * 1024;
const PIXELS = new Set([0x7fe00010, 0x7fe00008, 0x7fe00009]);
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const UNDEFINED = 0xffffffff;
const LONG_VR = ['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'];
const SHORT_VR = ['AE', 'AS', 'AT', 'CS', 'DA', 'DS', 'DT', 'FD', 'FL', 'IS', 'LO', 'LT', 'PN', 'SH', 'SL', 'SS', 'ST', 'TM', 'UI', 'UL', 'US'];
const codeOf = (vr: string): number => vr.charCodeAt(0) | (vr.charCodeAt(1) << 8);
const VR_NAMES = new Map([...LONG_VR, ...SHORT_VR].map((vr) => [codeOf(vr), vr]));
const LONG_CODES = new Set(LONG_VR.map(codeOf));

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
/** Names that were made before: the same few hundred tags come in every file. */
const names = new Map<number, string>();

/** `0x00280010` → `x00280010`, as dicom-parser names tags. */
export function tagName(tag: number): string {
  const known = names.get(tag);
  if (known !== undefined) return known;
  const name = `x${HEX[tag >>> 24]}${HEX[(tag >>> 16) & 255]}${HEX[(tag >>> 8) & 255]}${HEX[tag & 255]}`;
  if (names.size < 20_000) names.set(tag, name);
  return name;
}

const littleParser = dicomParser.littleEndianByteArrayParser;
const bigParser = dicomParser.bigEndianByteArrayParser;
type MakeDataSet = new (parser: typeof littleParser, bytes: Uint8Array, elements: Record<string, Element>) => DataSet;
const { DataSet: NewDataSet } = dicomParser as unknown as { DataSet: MakeDataSet };

export const vrAt = (bytes: Uint8Array, offset: number): string | undefined => VR_NAMES.get(bytes[offset]! | (bytes[offset + 1]! << 8));

/** A hostile file must not make a million warnings. */
function warn(w: Walk, text: string): void {
  if (w.warnings.length < 20) w.warnings.push(text);
}

/** What the person should know of: the file says two things, and one was believed. */
function contradict(w: Walk, tag: string, text: string): void {
  warn(w, `${tag} ${text}`);
  if (w.contradictions.length < 5) w.contradictions.push(`(${tag.slice(1, 5)},${tag.slice(5)}) ${text}`);
}

function need(w: Walk, upTo: number): void {
  if (upTo > w.total) throw new StudioError('dicom/truncated', `an element ends at byte ${upTo} of ${w.total}`);
  if (upTo > w.bytes.length) throw new NeedMore(upTo);
}

function readTag(w: Walk, at: number, little: boolean): number {
  const group = w.view.getUint16(at, little);
  return ((group << 16) | w.view.getUint16(at + 2, little)) >>> 0;
}

function enter(depth: number): void {
  if (depth > LIMITS.depth) throw new StudioError('dicom/limits', `sequences nested deeper than ${LIMITS.depth}`);
}

interface Head {
  tag: number;
  vr: string | undefined;
  length: number;
  data: number;
  explicit: boolean;
}

function headOf(w: Walk, tag: number, vr: string | undefined, length: number, data: number, explicit: boolean): Head {
  const { head } = w;
  head.tag = tag;
  head.vr = vr;
  head.length = length;
  head.data = data;
  head.explicit = explicit;
  return head;
}

function readHead(w: Walk, at: number, e: Encoding): Head {
  need(w, at + 8);
  const tag = readTag(w, at, e.littleEndian);
  if (++w.elements > LIMITS.elements) throw new StudioError('dicom/limits', `more than ${LIMITS.elements} elements`);
  if (tag >>> 16 === 0xfffe || !e.explicit) {
    const vr = e.explicit ? undefined : dictionaryVr(tag);
    return headOf(w, tag, vr, w.view.getUint32(at + 4, e.littleEndian), at + 8, false);
  }
  const vr = vrAt(w.bytes, at + 4);
  if (vr === undefined) {
    const code = w.bytes[at + 4]! | (w.bytes[at + 5]! << 8);
    const known = dictionaryVr(tag);
    const length = w.view.getUint32(at + 4, e.littleEndian);
    // An implicit element inside an explicit data set, as some writers leave behind: believed only if it can be one.
    if ((known !== undefined || tag >>> 16 & 1) && (length === UNDEFINED || at + 8 + length <= w.total)) {
      warn(w, `${tagName(tag)} has no VR`);
      return headOf(w, tag, known, length, at + 8, false);
    }
    const foreign = foreignHead(w, at, tag, e.littleEndian);
    if (foreign) return foreign;
    throw new StudioError('dicom/corrupt', `no value representation at byte ${at} (${code.toString(16)})`);
  }
  if (!LONG_CODES.has(w.bytes[at + 4]! | (w.bytes[at + 5]! << 8))) return headOf(w, tag, vr, w.view.getUint16(at + 6, e.littleEndian), at + 8, true);
  need(w, at + 12);
  return headOf(w, tag, vr, w.view.getUint32(at + 8, e.littleEndian), at + 12, true);
}

/** An element whose VR nobody knows (`??`, small letters, blanks): with a length of 16 or of 32 bits, whichever leads to another element. */
function foreignHead(w: Walk, at: number, tag: number, little: boolean): Head | undefined {
  need(w, at + 12);
  const candidates = [[at + 8, w.view.getUint16(at + 6, little)], [at + 12, w.view.getUint32(at + 8, little)]] as const;
  for (const [data, length] of candidates) {
    const after = data + length;
    if (length > FOREIGN_BYTES || after + 8 > w.total) continue;
    need(w, after + 8);
    if (readTag(w, after, little) <= tag || vrAt(w.bytes, after + 4) === undefined) continue;
    warn(w, `${tagName(tag)} has an unknown VR`);
    return headOf(w, tag, 'UN', length, data, true);
  }
  return undefined;
}

/** Looks whether an item or the end of a sequence stands at `at`. */
function startsItem(w: Walk, at: number, end: number, little: boolean): boolean {
  if (at + 8 > end) return false;
  need(w, at + 8);
  const tag = readTag(w, at, little);
  return tag === ITEM || tag === SEQUENCE_END;
}

/** Skips items that hold bytes, not elements (an icon's pixels, a private undefined-length OB). Returns the end. */
function skipFragments(w: Walk, at: number, little: boolean): number {
  for (;;) {
    need(w, at + 8);
    const tag = readTag(w, at, little);
    const length = w.view.getUint32(at + 4, little);
    at += 8;
    if (tag === SEQUENCE_END) return at;
    if (tag !== ITEM || length === UNDEFINED) throw new StudioError('dicom/corrupt', `no fragment at byte ${at - 8}`);
    if (++w.items > LIMITS.items) throw new StudioError('dicom/limits', `more than ${LIMITS.items} items`);
    at += length;
  }
}

function walkItems(w: Walk, into: Element, at: number, end: number, undefinedLength: boolean, e: Encoding, depth: number): number {
  enter(depth);
  const items: Element[] = (into.items = []);
  while (undefinedLength || at + 8 <= end) {
    need(w, at + 8);
    const tag = readTag(w, at, e.littleEndian);
    const length = w.view.getUint32(at + 4, e.littleEndian);
    const start = at + 8;
    if (tag === SEQUENCE_END) {
      if (undefinedLength) return start;
      at = start;
      continue;
    }
    if (tag !== ITEM) {
      // A defined-length sequence padded with what is no item: told, and left at its stated end.
      if (!undefinedLength) {
        contradict(w, into.tag, 'holds something that is no item');
        return end;
      }
      throw new StudioError('dicom/corrupt', `no item at byte ${at}`);
    }
    if (++w.items > LIMITS.items) throw new StudioError('dicom/limits', `more than ${LIMITS.items} items`);
    const open = length === UNDEFINED;
    let itemEnd = open ? end : start + length;
    if (itemEnd > end) {
      if (undefinedLength) throw new StudioError('dicom/truncated', `an item ends at byte ${itemEnd} of ${end}`);
      contradict(w, into.tag, 'has an item that is longer than itself');
      itemEnd = end;
    }
    const elements: Record<string, Element> = {};
    at = walkElements(w, elements, start, itemEnd, open, e, depth).end;
    items.push({ tag: 'xfffee000', length: at - start, dataOffset: start, dataSet: makeDataSet(w, elements, e) });
  }
  return undefinedLength ? at : end;
}

const makeDataSet = (w: Walk, elements: Record<string, Element>, e: Encoding): DataSet =>
  new NewDataSet(e.littleEndian ? littleParser : bigParser, w.bytes, elements);

interface Ended {
  end: number;
  pixels?: Element;
}

function walkElements(w: Walk, into: Record<string, Element>, at: number, end: number, open: boolean, e: Encoding, depth: number): Ended {
  const top = depth === 0;
  while (open || at < end) {
    if (!open && end - at < 8) {
      if (!top) return { end };
      if (w.bytes.subarray(at, Math.min(end, w.bytes.length)).some((b) => b !== 0)) warn(w, 'bytes after the last element');
      return { end };
    }
    const head = readHead(w, at, e);
    const { tag, length, data } = head;
    if (tag === ITEM_END || tag === SEQUENCE_END || tag === ITEM) {
      if (tag === ITEM_END && open) return { end: data };
      warn(w, `${tagName(tag)} where no sequence is open`);
      at = data;
      continue;
    }
    const name = tagName(tag);
    const element: Element = { tag: name, vr: head.vr, length, dataOffset: data };
    if (length === UNDEFINED) element.hadUndefinedLength = true;
    if (top && tag >>> 16 === 0x7fe0 && PIXELS.has(tag)) {
      into[name] = element;
      return { end: data, pixels: element };
    }
    at = walkValue(w, element, head, end, open, e, depth);
    // The first of two equal tags counts; a later one is told.
    if (into[name] === undefined) into[name] = element;
    else contradict(w, name, 'comes twice');
  }
  return { end: at };
}

/** Walks what the element holds. Returns where the next element begins. */
function walkValue(w: Walk, element: Element, head: Head, end: number, open: boolean, e: Encoding, depth: number): number {
  const { vr, length, data, tag } = head;
  if (length === UNDEFINED) {
    // UN of undefined length holds implicit little-endian items (PS3.5, 6.2.2 note 2).
    const inner = !head.explicit || vr === 'UN' ? { explicit: false, littleEndian: e.littleEndian } : e;
    if (vr === 'SQ' || vr === 'UN' || vr === undefined) {
      const after = walkItems(w, element, data, open ? w.total : end, true, head.explicit || !e.explicit ? inner : e, depth + 1);
      element.vr = 'SQ';
      element.length = after - data;
      return after;
    }
    const after = skipFragments(w, data, e.littleEndian);
    element.length = after - data;
    return after;
  }
  const after = data + length;
  if (after > end) throw new StudioError('dicom/truncated', `${element.tag} ends at byte ${after} of ${end}`);
  const sequence = vr === 'SQ' || ((vr === 'UN' || vr === undefined) && dictionaryVr(tag) === 'SQ');
  if (sequence || (vr === undefined && length >= 8 && depth < LIMITS.depth && (tag >>> 16) & 1 && startsItem(w, data, after, e.littleEndian))) {
    need(w, after);
    const inner = vr === 'SQ' && head.explicit ? e : { explicit: false, littleEndian: vr === 'UN' ? true : e.littleEndian };
    if (length > 0 && !startsItem(w, data, after, inner.littleEndian)) {
      warn(w, `${element.tag} is no sequence`);
      return after;
    }
    walkItems(w, element, data, after, false, inner, depth + 1);
    element.vr = 'SQ';
  }
  return after;
}

export interface Walked {
  readonly dataSet: DataSet;
  /** The element with the pixels, where the walk stopped; undefined when there is none. */
  readonly pixels: Element | undefined;
  readonly end: number;
  readonly warnings: readonly string[];
  /** Those of them that say which of two statements was believed. */
  readonly contradictions: readonly string[];
}

/**
 * Index of the data set in `bytes[start, total)`, up to the pixel data. Throws StudioError `dicom/truncated`, `dicom/corrupt` or `dicom/limits`, and `NeedMore`.
 */
export function walk(bytes: Uint8Array, start: number, total: number, encoding: Encoding): Walked {
  const w: Walk = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), total, warnings: [], contradictions: [], elements: 0, items: 0, head: { tag: 0, vr: undefined, length: 0, data: 0, explicit: false } };
  const elements: Record<string, Element> = {};
  const { end, pixels } = walkElements(w, elements, start, total, false, encoding, 0);
  return { dataSet: makeDataSet(w, elements, encoding), pixels, end, warnings: w.warnings, contradictions: w.contradictions };
}
