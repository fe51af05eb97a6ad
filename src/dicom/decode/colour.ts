import type { DataSet } from 'dicom-parser';
import { StudioError } from '../../core/errors';
import { numbersOfElement } from '../read/values';
import type { PixelModule } from '../read/pixelModule';
import type { Words } from './stored';

const byte = (v: number): number => (v <= 0 ? 0 : v >= 255 ? 255 : Math.round(v));

/** Luminance as models see it: ITU-R BT.601 weights, 0…255. */
export function luminance(rgb: Uint8Array): Float32Array {
  const out = new Float32Array(rgb.length / 3);
  for (let i = 0, at = 0; i < out.length; i++, at += 3) out[i] = Math.fround(0.299 * rgb[at]! + 0.587 * rgb[at + 1]! + 0.114 * rgb[at + 2]!);
  return out;
}

/** RGB bytes of a colour frame (RGB and the YBR family). Deeper samples are scaled to 8 bits: this is for showing. */
export function toRgb(words: Words, pixel: PixelModule, photometric: string): Uint8Array {
  const { samples } = pixel;
  const pixels = pixel.rows * pixel.columns;
  const out = new Uint8Array(pixels * 3);
  // Bits Stored 8 needs no scale; more are divided down.
  let scale = 1;
  for (let bits = pixel.bitsStored; bits > 8; bits--) scale /= 2;
  const ycc = /^YBR_(FULL|FULL_422)$/.test(photometric);
  const partial = /^YBR_PARTIAL/.test(photometric);
  if (!ycc && !partial && photometric !== 'RGB' && !/^YBR_(RCT|ICT)$/.test(photometric) && photometric !== 'ARGB') {
    throw new StudioError('dicom/unsupported-pixels', `photometric interpretation ${photometric}`);
  }
  const skip = photometric === 'ARGB' ? 1 : 0;
  for (let i = 0, from = 0, at = 0; i < pixels; i++, from += samples, at += 3) {
    const a = words[from + skip]! * scale;
    const b = words[from + skip + 1]! * scale;
    const c = words[from + skip + 2]! * scale;
    if (ycc) {
      out[at] = byte(a + 1.402 * (c - 128));
      out[at + 1] = byte(a - 0.344136 * (b - 128) - 0.714136 * (c - 128));
      out[at + 2] = byte(a + 1.772 * (b - 128));
    } else if (partial) {
      const y = 1.164384 * (a - 16);
      out[at] = byte(y + 1.596027 * (c - 128));
      out[at + 1] = byte(y - 0.391762 * (b - 128) - 0.812968 * (c - 128));
      out[at + 2] = byte(y + 2.017232 * (b - 128));
    } else {
      out[at] = Math.min(255, Math.floor(a));
      out[at + 1] = Math.min(255, Math.floor(b));
      out[at + 2] = Math.min(255, Math.floor(c));
    }
  }
  return out;
}

interface PaletteTable {
  readonly first: number;
  readonly values: Uint8Array;
}

/** RGB bytes of a PALETTE COLOR frame (PS3.3 C.7.6.3.1.5, C.7.9). Throws `dicom/corrupt` without usable tables. */
export function paletteToRgb(words: Words, ds: DataSet, signed: boolean): Uint8Array {
  const tables = [1, 2, 3].map((n) => readTable(ds, `x0028110${n}`, `x0028120${n}`, `x0028122${n}`, signed));
  const out = new Uint8Array(words.length * 3);
  for (let i = 0; i < words.length; i++) {
    for (let c = 0; c < 3; c++) {
      const table = tables[c]!;
      const index = Math.min(table.values.length - 1, Math.max(0, words[i]! - table.first));
      out[i * 3 + c] = table.values[index]!;
    }
  }
  return out;
}

function readTable(ds: DataSet, descriptorTag: string, dataTag: string, segmentedTag: string, signed: boolean): PaletteTable {
  const descriptor = numbersOfElement(ds, descriptorTag, signed);
  const e = ds.elements[dataTag] ?? ds.elements[segmentedTag];
  if (descriptor.length < 3 || !e || e.length === 0) throw new StudioError('dicom/corrupt', 'PALETTE COLOR without its tables');
  const count = (descriptor[0]! & 0xffff) || 65536;
  const first = descriptor[1]!;
  const bits = descriptor[2]! & 0xffff;
  const bytes = (ds.byteArray as Uint8Array).subarray(e.dataOffset, e.dataOffset + e.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = ds.byteArrayParser.readUint16(Uint8Array.of(1, 0), 0) === 1;
  let entries: number[] | Uint8Array;
  if (!ds.elements[dataTag]) entries = expandSegments(view, count, bits, little);
  else if (bits > 8 || bytes.length >= count * 2) entries = Array.from({ length: Math.min(count, Math.floor(bytes.length / 2)) }, (_, i) => view.getUint16(i * 2, little));
  else entries = bytes.subarray(0, count);
  if (entries.length === 0) throw new StudioError('dicom/corrupt', 'an empty palette');
  // 16-bit entries are brought to 8 bits by their high byte; some writers put 8-bit values into 16-bit words.
  let top = 0;
  for (const v of entries) if (v > top) top = v;
  const values = Uint8Array.from(entries, (v) => (bits > 8 && top > 255 ? v >> 8 : v & 255));
  return { first, values };
}

/** Segmented Palette Color LUT (PS3.3 C.7.9.2): discrete (0) and linear (1) segments; indirect ones (2) repeat earlier bytes. */
function expandSegments(view: DataView, count: number, bits: number, little: boolean): number[] {
  const size = bits > 8 ? 2 : 1;
  const words: number[] = [];
  for (let at = 0; at + size <= view.byteLength; at += size) words.push(size === 2 ? view.getUint16(at, little) : view.getUint8(at));
  const out: number[] = [];
  const run = (from: number, segments: number, depth: number): void => {
    let at = from;
    for (let s = 0; s < segments && at + 1 < words.length && out.length < count; s++) {
      const kind = words[at]!;
      const length = words[at + 1]!;
      at += 2;
      if (kind === 0) {
        for (let i = 0; i < length && at + i < words.length && out.length < count; i++) out.push(words[at + i]!);
        at += length;
      } else if (kind === 1) {
        const start = out[out.length - 1] ?? 0;
        const end = words[at++] ?? start;
        for (let i = 1; i <= length && out.length < count; i++) out.push(Math.round(start + ((end - start) * i) / length));
      } else if (kind === 2 && depth === 0) {
        const offset = size === 2 ? (words[at]! | (words[at + 1]! << 16)) / 2 : words[at]! | (words[at + 1]! << 8) | (words[at + 2]! << 16) | (words[at + 3]! << 24);
        at += size === 2 ? 2 : 4;
        run(offset, length, 1);
      } else return;
    }
  };
  run(0, Infinity, 0);
  return out;
}
