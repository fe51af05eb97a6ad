import { StudioError } from '../../core/errors';
import type { DicomElement } from '../../core/dicomJson';

/** Value representations whose length field has 32 bits in explicit VR (PS3.5 table 7.1-1). */
export const LONG_VRS = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
/** Strings in which a backslash is a letter, not a separator. */
const ONE_VALUE = new Set(['ST', 'LT', 'UT', 'UR']);
/** Strings in the character set of the data set; the others are ASCII. */
const CHARSET_VRS = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
const TEXT_VRS = new Set(['AE', 'AS', 'CS', 'DA', 'DS', 'DT', 'IS', 'TM', 'UI', 'UR', ...CHARSET_VRS]);
const BINARY: Record<string, { size: number; put: (v: DataView, at: number, n: number) => void }> = {
  US: { size: 2, put: (v, at, n) => v.setUint16(at, n, true) },
  SS: { size: 2, put: (v, at, n) => v.setInt16(at, n, true) },
  UL: { size: 4, put: (v, at, n) => v.setUint32(at, n, true) },
  SL: { size: 4, put: (v, at, n) => v.setInt32(at, n, true) },
  FL: { size: 4, put: (v, at, n) => v.setFloat32(at, n, true) },
  FD: { size: 8, put: (v, at, n) => v.setFloat64(at, n, true) },
  UV: { size: 8, put: (v, at, n) => v.setBigUint64(at, BigInt(n), true) },
  SV: { size: 8, put: (v, at, n) => v.setBigInt64(at, BigInt(n), true) },
  OW: { size: 2, put: (v, at, n) => v.setUint16(at, n & 0xffff, true) },
};

/**
 * A number as a Decimal String of at most 16 characters (PS3.5 6.2), as exact as that allows.
 * Throws `internal` for NaN and infinities, which DS cannot hold.
 */
export function decimalString(value: number): string {
  if (!Number.isFinite(value)) throw new StudioError('internal', `${value} is no decimal string`);
  let text = String(value);
  for (let digits = 16; text.length > 16 && digits > 0; digits--) {
    text = String(Number(value.toPrecision(digits)));
  }
  return text;
}

/** True when the element's text needs more than ASCII. */
export function needsUnicode(element: DicomElement): boolean {
   
  return CHARSET_VRS.has(element.vr) && (element.Value ?? []).some((v) => typeof v === 'string' && /[^\x00-\x7f]/.test(v));
}

/** The value field of an element that is not a sequence, padded to even length. */
export function encodeValue(tag: string, element: DicomElement): Uint8Array {
  const { vr, bytes } = element;
  const values = element.Value ?? [];
  if (bytes) return padded(bytes, vr === 'UI' || !TEXT_VRS.has(vr) ? 0 : 0x20);
  if (values.length === 0) return new Uint8Array(0);
  if (TEXT_VRS.has(vr)) {
    const parts = values.map((v) => (v == null ? '' : typeof v === 'number' ? numberText(vr, v) : String(v)));
    const text = ONE_VALUE.has(vr) ? parts[0]! : parts.join('\\');
    return padded(new TextEncoder().encode(text), vr === 'UI' ? 0 : 0x20);
  }
  if (vr === 'AT') {
    const out = new DataView(new ArrayBuffer(values.length * 4));
    values.forEach((v, i) => {
      out.setUint16(i * 4, parseInt(String(v).slice(0, 4), 16), true);
      out.setUint16(i * 4 + 2, parseInt(String(v).slice(4), 16), true);
    });
    return new Uint8Array(out.buffer);
  }
  const binary = BINARY[vr];
  if (!binary) throw new StudioError('internal', `no value of VR ${vr} can be written (${tag})`);
  const out = new DataView(new ArrayBuffer(values.length * binary.size));
  values.forEach((v, i) => binary.put(out, i * binary.size, Number(v)));
  return padded(new Uint8Array(out.buffer), 0);
}

function numberText(vr: string, value: number): string {
  return vr === 'IS' ? String(Math.trunc(value)) : vr === 'DS' ? decimalString(value) : String(value);
}

function padded(data: Uint8Array, pad: number): Uint8Array {
  if (data.length % 2 === 0) return data;
  const out = new Uint8Array(data.length + 1);
  out.set(data);
  out[data.length] = pad;
  return out;
}
