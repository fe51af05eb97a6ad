import { itemsOf, stringOf, type DicomAttributes, type DicomElement } from '../../core/dicomJson';
import { StudioError } from '../../core/errors';
import { ByteWriter } from './byteWriter';
import { encodeValue, LONG_VRS, needsUnicode } from './elementValue';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION } from './uid';

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

/**
 * A DICOM file (PS3.10): zeroed preamble, file meta information, the data set in Explicit VR Little Endian with
 * explicit lengths. Groups 0000 and 0002, group lengths and trailing padding of `dataset` are left out. Text is
 * written as UTF-8 (ISO_IR 192) where it needs more than ASCII.
 * Throws `internal` when SOP Class or SOP Instance UID is missing, or a value does not fit its VR.
 */
export function writePart10(dataset: DicomAttributes): Uint8Array<ArrayBuffer> {
  const sopClass = stringOf(dataset, '00080016');
  const sopInstance = stringOf(dataset, '00080018');
  if (!sopClass || !sopInstance) throw new StudioError('internal', 'a DICOM file needs SOP Class and SOP Instance UID');
  const meta = new ByteWriter(256);
  writeElement(meta, '00020001', { vr: 'OB', bytes: Uint8Array.of(0, 1) });
  writeElement(meta, '00020002', { vr: 'UI', Value: [sopClass] });
  writeElement(meta, '00020003', { vr: 'UI', Value: [sopInstance] });
  writeElement(meta, '00020010', { vr: 'UI', Value: [EXPLICIT_LITTLE_ENDIAN] });
  writeElement(meta, '00020012', { vr: 'UI', Value: [IMPLEMENTATION_CLASS_UID] });
  writeElement(meta, '00020013', { vr: 'SH', Value: [IMPLEMENTATION_VERSION] });
  const out = new ByteWriter(4096);
  out.bytes(new Uint8Array(128));
  out.ascii('DICM');
  writeElement(out, '00020000', { vr: 'UL', Value: [meta.length] });
  out.bytes(meta.finish());
  const body: Record<string, DicomElement> = { ...dataset };
  if (anyUnicode(dataset)) body['00080005'] = { vr: 'CS', Value: ['ISO_IR 192'] };
  else delete body['00080005'];
  writeDataset(out, body);
  return out.finish();
}

function anyUnicode(dataset: DicomAttributes): boolean {
  return Object.entries(dataset).some(([tag, e]) => needsUnicode(e) || (e.vr === 'SQ' && itemsOf(dataset, tag).some(anyUnicode)));
}

function writeDataset(out: ByteWriter, dataset: DicomAttributes, nested = false): void {
  for (const tag of Object.keys(dataset).map((t) => t.toUpperCase()).sort()) {
    if (!/^[0-9A-F]{8}$/.test(tag)) throw new StudioError('internal', `${tag} is no DICOM tag`);
    const group = tag.slice(0, 4);
    if (group === '0000' || group === '0002' || group === 'FFFE' || tag.endsWith('0000') || tag === 'FFFCFFFC') continue;
    // The one character set of the file holds for its items too.
    if (nested && tag === '00080005') continue;
    writeElement(out, tag, dataset[tag] ?? dataset[tag.toLowerCase()]!);
  }
}

function writeElement(out: ByteWriter, tag: string, element: DicomElement): void {
  const value = element.vr === 'SQ' ? sequenceBytes(element) : encodeValue(tag, element);
  // A value longer than a 16-bit length can say goes out as UN (PS3.5 6.2.2).
  const vr = !LONG_VRS.has(element.vr) && value.length > 0xfffe ? 'UN' : element.vr;
  out.u16(parseInt(tag.slice(0, 4), 16));
  out.u16(parseInt(tag.slice(4), 16));
  out.ascii(vr);
  if (LONG_VRS.has(vr)) {
    out.u16(0);
    out.u32(value.length);
  } else {
    out.u16(value.length);
  }
  out.bytes(value);
}

function sequenceBytes(element: DicomElement): Uint8Array {
  const out = new ByteWriter();
  for (const item of element.Value ?? []) {
    if (typeof item !== 'object' || item === null) continue;
    const body = new ByteWriter();
    writeDataset(body, item, true);
    out.u16(0xfffe);
    out.u16(0xe000);
    out.u32(body.length);
    out.bytes(body.finish());
  }
  return out.finish();
}
