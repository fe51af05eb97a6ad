import type { DataSet } from 'dicom-parser';
import type { Lut, VoiWindow } from '../../core/slice';
import { itemsOfElement, numbersOfElement, numberOfElement, textOf, textsOf } from './values';
import type { FrameLookup } from './functionalGroups';

/** Windows of a frame (PS3.3 C.11.2), in the file's order; none when it offers none that can be used. */
export function readWindows(lookup: FrameLookup, frame: number): VoiWindow[] {
  const ds = lookup.holder(frame, 'x00281050');
  if (!ds) return [];
  const centers = numbersOfElement(ds, 'x00281050');
  const widths = numbersOfElement(ds, 'x00281051');
  const explanations = textsOf(ds, 'x00281055');
  const named = textOf(ds, 'x00281056')?.toUpperCase();
  const fn: VoiWindow['function'] = named === 'SIGMOID' || named === 'LINEAR_EXACT' ? named : 'LINEAR';
  const windows: VoiWindow[] = [];
  for (let i = 0; i < Math.min(centers.length, widths.length); i++) {
    const center = centers[i]!;
    const width = widths[i]!;
    // LINEAR needs a width of at least 1, the others one above 0.
    if (!Number.isFinite(center) || !Number.isFinite(width) || width <= 0 || (fn === 'LINEAR' && width < 1)) continue;
    windows.push({ center, width, function: fn, ...(explanations[i] ? { explanation: explanations[i] } : {}) });
  }
  return windows;
}

/** One item of a Modality or VOI LUT Sequence, or undefined when it makes no sense. */
export function readLut(item: DataSet, signed: boolean): Lut | undefined {
  const descriptor = numbersOfElement(item, 'x00283002', signed);
  const e = item.elements.x00283006;
  if (descriptor.length < 3 || !e) return undefined;
  const stated = descriptor[0]! & 0xffff;
  const count = stated === 0 ? 65536 : stated;
  let first = descriptor[1]!;
  if (signed && first > 32767) first -= 65536;
  const bytes = (item.byteArray as Uint8Array).subarray(e.dataOffset, e.dataOffset + e.length);
  const values = new Uint16Array(count);
  const little = item.byteArrayParser.readUint16(Uint8Array.of(1, 0), 0) === 1;
  if (bytes.length >= count * 2) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < count; i++) values[i] = view.getUint16(i * 2, little);
  } else if (bytes.length >= count) {
    for (let i = 0; i < count; i++) values[i] = bytes[i]!;
  } else {
    return undefined;
  }
  return { first, values, bits: entryBits(descriptor[2]! & 0xffff, values), explanation: textOf(item, 'x00283003') };
}

/** Bits of an entry: as stated, unless that is impossible (outside 1…16, or an entry needs more). */
function entryBits(stated: number, values: Uint16Array): number {
  let top = 1;
  for (const v of values) if (v > top) top = v;
  const needed = 32 - Math.clz32(top);
  return stated >= needed && stated <= 16 ? stated : needed;
}

/** A VOI LUT as one of the windows offered, with centre and width of the range in which it rises. */
export function windowOfLut(lut: Lut): VoiWindow {
  const top = lut.values.reduce((a, b) => (b > a ? b : a), 0);
  let low = 0;
  while (low < lut.values.length - 1 && lut.values[low + 1]! * 50 <= top) low++;
  let high = lut.values.length - 1;
  while (high > low + 1 && lut.values[high - 1]! * 50 >= top * 49) high--;
  return { center: lut.first + (low + high) / 2, width: Math.max(1, high - low), function: 'LINEAR', explanation: lut.explanation || 'VOI LUT', lut };
}

/** VOI LUTs of a frame, read with the sign of the values they are applied to. */
export function readVoiLuts(lookup: FrameLookup, frame: number, signed: boolean): Lut[] {
  const ds = lookup.holder(frame, 'x00283010');
  return ds ? itemsOfElement(ds, 'x00283010').flatMap((item) => readLut(item, signed) ?? []) : [];
}

/** Modality LUT or rescale of a frame (PS3.3 C.11.1). */
export interface ModalityTransform {
  readonly slope: number;
  readonly intercept: number;
  readonly lut?: Lut;
  /** Rescale Type: HU and the like. */
  readonly type?: string;
}

/** HU where the file says so, or where it is CT and does not say otherwise. */
export const isHounsfield = (modality: string, { type }: ModalityTransform): boolean => modality === 'CT' && (!type || type.toUpperCase() === 'HU');

export function readModality(lookup: FrameLookup, frame: number, signed: boolean): ModalityTransform {
  const withLut = lookup.holder(frame, 'x00283000');
  const item = withLut && itemsOfElement(withLut, 'x00283000')[0];
  const lut = item && readLut(item, signed);
  if (item && lut) return { slope: 1, intercept: 0, lut, type: textOf(item, 'x00283004') };
  const ds = lookup.holder(frame, 'x00281053') ?? lookup.holder(frame, 'x00281052');
  const slope = ds ? numberOfElement(ds, 'x00281053') : undefined;
  const intercept = ds ? numberOfElement(ds, 'x00281052') : undefined;
  return { slope: slope === undefined || slope === 0 ? 1 : slope, intercept: intercept ?? 0, type: ds ? textOf(ds, 'x00281054') : undefined };
}
