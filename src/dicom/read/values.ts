import type { DataSet, Element } from 'dicom-parser';
import type { DicomAttributes, DicomElement } from '../../core/dicomJson';
import { decodeText } from './characterSet';
import { dictionaryVr } from './dictionary';

/** VRs whose text is in the Specific Character Set; the others are ASCII. */
const CODED = new Set(['SH', 'LO', 'ST', 'LT', 'UC', 'UT', 'PN']);
/** VRs that hold one text whatever backslashes it has. */
const SINGLE = new Set(['ST', 'LT', 'UT', 'UR']);
const TEXT = new Set(['AE', 'AS', 'CS', 'DA', 'DS', 'DT', 'IS', 'TM', 'UI', ...CODED, 'UR']);
/** Raw bytes longer than this stay in the file. */
const KEPT_BYTES = 512 * 1024;

const slice = (ds: DataSet, e: Element): Uint8Array => (ds.byteArray as Uint8Array).subarray(e.dataOffset, e.dataOffset + e.length);

/** `x00280010` → 0x00280010. */
export const tagNumber = (name: string): number => parseInt(name.slice(1), 16);

/** The VR an element is read by: its own, else the dictionary's, with US/SS decided by Pixel Representation. */
export function effectiveVr(e: Element, signed: boolean): string {
  let vr = e.vr;
  if (vr !== undefined && vr !== 'UN' && vr.charCodeAt(0) < 97) return vr;
  if (vr === undefined || vr === 'UN') vr = dictionaryVr(tagNumber(e.tag)) ?? 'UN';
  if (vr === 'xs') return signed ? 'SS' : 'US';
  if (vr === 'ox') return 'OW';
  if (vr === 'lt') return e.length === 6 ? 'US' : 'OW';
  return vr;
}

/** Specific Character Set of a data set, or that of the one around it. */
export function characterSet(ds: DataSet, inherited: readonly string[] = []): readonly string[] {
  const e = ds.elements.x00080005;
  return e && e.length > 0 ? asciiOf(slice(ds, e)).split('\\') : inherited;
}

function asciiOf(bytes: Uint8Array): string {
  const n = bytes.length;
  if (n <= 64) {
    let text = '';
    for (let i = 0; i < n; i++) text += String.fromCharCode(bytes[i]!);
    return text;
  }
  let text = '';
  for (let at = 0; at < n; at += 8192) text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192) as unknown as number[]);
  return text;
}

/** Without trailing spaces and NULs, and without leading spaces where `lead` is false. */
function trimmed(text: string, lead = false): string {
  let to = text.length;
  while (to > 0 && (text.charCodeAt(to - 1) === 32 || text.charCodeAt(to - 1) === 0)) to--;
  let from = 0;
  if (!lead) while (from < to && text.charCodeAt(from) === 32) from++;
  return from === 0 && to === text.length ? text : text.slice(from, to);
}

/** Texts of an element, decoded and trimmed as its VR has it. */
export function textsOf(ds: DataSet, name: string, charset: readonly string[] = [], vr = ds.elements[name]?.vr): string[] {
  const e = ds.elements[name];
  if (!e || e.length === 0 || e.items) return [];
  const used = vr === undefined || vr === 'UN' ? dictionaryVr(tagNumber(name)) : vr;
  const bytes = slice(ds, e);
  const text = used !== undefined && CODED.has(used) && !plainAscii(bytes) ? decodeText(bytes, charset, used === 'PN') : asciiOf(bytes);
  if (used !== undefined && SINGLE.has(used)) return [trimmed(text, true)];
  if (!text.includes('\\')) return [trimmed(text)];
  return text.split('\\').map((t) => trimmed(t));
}

/** Bytes that read the same in every character set but for ISO_IR 13's two. */
function plainAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i]!;
    if (b >= 0x7e || b === 0x1b || b === 0x5c) return false;
  }
  return true;
}

export const textOf = (ds: DataSet, name: string, charset: readonly string[] = []): string | undefined => textsOf(ds, name, charset)[0] || undefined;

/** Numbers of a DS, IS or binary element; whatever is no number is NaN. */
export function numbersOfElement(ds: DataSet, name: string, signed = false): number[] {
  const e = ds.elements[name];
  if (!e || e.length === 0 || e.items) return [];
  return numbersOf(ds, e, effectiveVr(e, signed));
}

/** First value as a finite number, else undefined. */
export function numberOfElement(ds: DataSet, name: string, signed = false): number | undefined {
  const e = ds.elements[name];
  if (!e || e.length === 0 || e.items) return undefined;
  const reader = READ[effectiveVr(e, signed)];
  const v = reader ? (e.length >= reader[0] ? reader[1](ds, name, 0) : undefined) : numbersOfElement(ds, name, signed)[0];
  return v !== undefined && Number.isFinite(v) ? v : undefined;
}

const READ: Readonly<Record<string, readonly [number, (ds: DataSet, tag: string, i: number) => number | undefined]>> = {
  US: [2, (ds, t, i) => ds.uint16(t, i)],
  SS: [2, (ds, t, i) => ds.int16(t, i)],
  UL: [4, (ds, t, i) => ds.uint32(t, i)],
  SL: [4, (ds, t, i) => ds.int32(t, i)],
  FL: [4, (ds, t, i) => ds.float(t, i)],
  FD: [8, (ds, t, i) => ds.double(t, i)],
};

function numbersOf(ds: DataSet, e: Element, vr: string): number[] {
  const reader = READ[vr];
  if (reader) {
    const count = Math.min(Math.floor(e.length / reader[0]), 65536);
    return Array.from({ length: count }, (_, i) => reader[1](ds, e.tag, i) ?? NaN);
  }
  if (vr === 'UV' || vr === 'SV') {
    const view = new DataView(ds.byteArray.buffer, ds.byteArray.byteOffset + e.dataOffset, e.length);
    const little = ds.byteArrayParser.readUint16(Uint8Array.of(1, 0), 0) === 1;
    return Array.from({ length: Math.floor(e.length / 8) }, (_, i) => Number(vr === 'UV' ? view.getBigUint64(i * 8, little) : view.getBigInt64(i * 8, little)));
  }
  if (!TEXT.has(vr)) return [];
  const text = asciiOf(slice(ds, e));
  return text.includes('\\') ? text.split('\\').map(numberIn) : [numberIn(text)];
}

/** A DS or IS as a number; a comma where a point belongs is forgiven. */
function numberIn(text: string): number {
  const t = trimmed(text);
  if (t === '') return NaN;
  const n = Number(t);
  return Number.isNaN(n) ? Number(t.replace(/\0/g, '').replace(',', '.').trim() || NaN) : n;
}

/** The data sets of a sequence, or none. */
export const itemsOfElement = (ds: DataSet, name: string): DataSet[] => (ds.elements[name]?.items ?? []).flatMap((i) => (i.dataSet ? [i.dataSet] : []));

/** True where the two bytes of a US stand in little-endian order. */
const swaps = (ds: DataSet): boolean => ds.byteArrayParser.readUint16(Uint8Array.of(1, 0), 0) !== 1;

/** Raw words in little-endian order whatever the file's order. */
function littleBytes(ds: DataSet, e: Element, vr: string): Uint8Array {
  const bytes = slice(ds, e).slice();
  const size = vr === 'OW' ? 2 : vr === 'OL' || vr === 'OF' ? 4 : vr === 'OD' || vr === 'OV' ? 8 : 1;
  if (size > 1 && swaps(ds)) {
    for (let i = 0; i + size <= bytes.length; i += size) bytes.subarray(i, i + size).reverse();
  }
  return bytes;
}

function elementToJson(ds: DataSet, e: Element, charset: readonly string[], signed: boolean): DicomElement {
  const vr = effectiveVr(e, signed);
  if (e.items) return { vr: 'SQ', Value: itemsOfElement(ds, e.tag).map((item) => toAttributes(item, charset, signed)) };
  if (vr === 'SQ') return { vr, Value: [] };
  if (e.length === 0) return { vr };
  if (vr === 'DS' || vr === 'IS') {
    return { vr, Value: textsOf(ds, e.tag, charset, vr).map((t) => (t === '' ? null : Number.isFinite(Number(t)) ? Number(t) : t)) };
  }
  if (vr === 'AT') {
    const count = Math.min(Math.floor(e.length / 4), 65536);
    const hex = (n: number | undefined): string => (n ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return { vr, Value: Array.from({ length: count }, (_, i) => hex(ds.uint16(e.tag, 2 * i)) + hex(ds.uint16(e.tag, 2 * i + 1))) };
  }
  if (READ[vr] || vr === 'UV' || vr === 'SV') return { vr, Value: numbersOf(ds, e, vr) };
  if (TEXT.has(vr)) return { vr, Value: textsOf(ds, e.tag, charset, vr) };
  return e.length <= KEPT_BYTES ? { vr, bytes: littleBytes(ds, e, vr) } : { vr };
}

/** A data set as plain attributes (DICOM JSON model): keys of 8 upper-case hex digits, pixel data left out. */
export function toAttributes(ds: DataSet, inherited: readonly string[] = [], signed = false, skip: ReadonlySet<string> = new Set()): DicomAttributes {
  const charset = characterSet(ds, inherited);
  const out: Record<string, DicomElement> = {};
  for (const [name, e] of Object.entries(ds.elements)) {
    if (name.startsWith('x7fe0') || name.endsWith('0000') || skip.has(name)) continue;
    out[name.slice(1).toUpperCase()] = elementToJson(ds, e, charset, signed);
  }
  return out;
}
