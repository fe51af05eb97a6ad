import { describe, expect, it } from 'vitest';
import { itemsOf, type DicomAttributes, type DicomElement } from '../../../../src/core/dicomJson';
import { patientsOf } from '../../../../src/dataset/patients';
import { BASIC_PROFILE, deidentify, makePseudonyms, type DeidentifyOptions } from '../../../../src/dicom/deidentify';
import { dictionaryVr } from '../../../../src/dicom/read/dictionary';
import { writePart10 } from '../../../../src/dicom/write';
import { derivedDicom } from '../../../../src/dicom/write';
import { makeDatasetSource } from '../../../fixtures/datasetSources';
import { LESION_INFO, makeSlice, sourceAttributes } from '../../../fixtures/scannerSlices';

const key = new Uint8Array(32).fill(7);
const PLANTED = 'Zwiebelfisch';

/** VR by the attribute's name: enough to plant something that the VR allows. */
function plantedElement(tag: string, name: string, action: string): DicomElement {
  if (action === 'U' || /UID/.test(name)) return { vr: 'UI', Value: ['1.2.999.12345678'] };
  if (/Sequence/.test(name)) return { vr: 'SQ', Value: [{ '00081111': { vr: 'LO', Value: [PLANTED] }, '00100010': { vr: 'PN', Value: [PLANTED] } }] };
  if (/DateTime/.test(name)) return { vr: 'DT', Value: ['19991231101112'] };
  if (/Date/.test(name)) return { vr: 'DA', Value: ['19991231'] };
  if (/Time/.test(name)) return { vr: 'TM', Value: ['235757'] };
  return { vr: 'LO', Value: [`${PLANTED} ${tag}`] };
}

function everything(): DicomAttributes {
  const all: Record<string, DicomElement> = {};
  for (const [tag, row] of BASIC_PROFILE) all[tag] = plantedElement(tag, row.name, row.action);
  all['00091001'] = { vr: 'LO', Value: [PLANTED] };
  all['00090010'] = { vr: 'LO', Value: [PLANTED] };
  all['60003000'] = { vr: 'OW', bytes: new TextEncoder().encode(PLANTED) };
  all['50003000'] = { vr: 'OW', bytes: new TextEncoder().encode(PLANTED) };
  all['00080016'] = { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.4'] };
  return all;
}

function nested(depth: number): DicomAttributes {
  return depth === 0 ? everything() : { ...sourceAttributes(), '00081032': { vr: 'SQ', Value: [nested(depth - 1)] } };
}

const survives = (attributes: DicomAttributes): string[] => {
  const text = new TextDecoder('latin1').decode(writePart10({ ...attributes, '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.4'] }, '00080018': attributes['00080018'] ?? { vr: 'UI', Value: ['2.25.1'] } }));
  return [PLANTED, '1.2.999.12345678', '19991231', '235757'].filter((needle) => text.includes(needle));
};

/** Something planted in each attribute of the table in the VR that the data dictionary gives it. */
function inOwnVr(): Record<string, DicomElement> {
  const all: Record<string, DicomElement> = {};
  for (const [tag, row] of BASIC_PROFILE) {
    const vr = dictionaryVr(parseInt(tag, 16));
    const text = vr && ['AE', 'AS', 'CS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT'].includes(vr);
    all[tag] = text ? { vr, Value: [PLANTED] } : vr && /^(OB|OW|ox|UN)$/.test(vr) ? { vr: vr === 'ox' ? 'OB' : vr, bytes: new TextEncoder().encode(PLANTED) } : plantedElement(tag, row.name, row.action);
  }
  return all;
}

describe('deidentify', () => {
  it('knows the whole table of the standard', () => {
    expect(BASIC_PROFILE.size).toBe(652);
    for (const tag of ['00100010', '00100020', '00080050', '00081048', '00321032', '0020000D', '00081155']) expect(BASIC_PROFILE.has(tag), tag).toBe(true);
  });

  it.each([0, 1, 4])('leaves none of the planted identifiers %i sequences deep', (depth) => {
    const { attributes } = deidentify(nested(depth), { key });
    expect(survives(attributes)).toEqual([]);
  });

  it('leaves none even with every option on, but for times and what the options keep', () => {
    const options: DeidentifyOptions = { key, retainDates: true, cleanDescriptors: true, retainSafePrivate: true };
    const { attributes } = deidentify(nested(1), options);
    expect(survives(attributes).filter((needle) => needle !== '235757')).toEqual([]);
  });

  it('leaves none whatever the VR: person names, long text, addresses and bytes, at the top and in sequences that the table does not name', () => {
    const vrs = new Set(Object.values(inOwnVr()).map((e) => e.vr));
    for (const vr of ['AE', 'AS', 'CS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT', 'OB', 'UI', 'SQ']) expect(vrs.has(vr), vr).toBe(true);
    for (const depth of [0, 2]) {
      let source: DicomAttributes = { ...sourceAttributes(), ...inOwnVr() };
      for (let i = 0; i < depth; i++) source = { ...sourceAttributes(), '52009229': { vr: 'SQ', Value: [source] } };
      expect(survives(deidentify(source, { key }).attributes)).toEqual([]);
      const moved = deidentify(source, { key, retainDates: true, cleanDescriptors: true, retainSafePrivate: true }).attributes;
      expect(survives(moved).filter((needle) => needle !== '235757')).toEqual([]);
    }
  });

  it('keeps of the patient’s characteristics what is a value; what is said in free words is cleaned', () => {
    const { attributes } = deidentify({ ...sourceAttributes(), ...inOwnVr(), '00102110': { vr: 'LO', Value: [`contrast ${PLANTED}`] } }, { key, retainCharacteristics: true });
    const holding = Object.keys(attributes).filter((tag) => JSON.stringify(attributes[tag]).includes(PLANTED));
    expect(holding.sort()).toEqual(['00100040', '00101010', '00102160', '001021A0', '00102203', '0072005F']);
    expect(attributes['00102110']!.Value).toEqual(['contrast']);
  });

  it('records what was done', () => {
    const { attributes } = deidentify(sourceAttributes(), { key, retainDates: true, retainDevice: true, cleanDescriptors: true });
    expect(attributes['00120062']!.Value).toEqual(['YES']);
    expect(attributes['00120063']!.Value).toHaveLength(4);
    expect(attributes['00120064']!.Value!.map((item) => (item as DicomAttributes)['00080100']!.Value![0])).toEqual(['113100', '113105', '113107', '113109']);
    expect(attributes['00280303']!.Value).toEqual(['MODIFIED']);
    expect(deidentify(sourceAttributes(), { key }).attributes['00280303']!.Value).toEqual(['REMOVED']);
  });

  it('maps UIDs consistently by key, and keeps those of the standard', () => {
    const reference = { '00081140': { vr: 'SQ', Value: [{ '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.4'] }, '00081155': { vr: 'UI', Value: ['1.2.3.9256.1.1'] } }] } };
    const { attributes } = deidentify(sourceAttributes({ attributes: reference }), { key });
    const item = attributes['00081140']!.Value![0] as DicomAttributes;
    expect(item['00081155']!.Value).toEqual(attributes['00080018']!.Value);
    expect(item['00081150']!.Value).toEqual(['1.2.840.10008.5.1.4.1.1.4']);
    expect(deidentify(sourceAttributes(), { key: new Uint8Array(32).fill(8) }).attributes['00080018']).not.toEqual(attributes['00080018']);
  });

  it('gives a patient the pseudonym that a set has for the series, with or without an issuer of the ID', () => {
    const source = sourceAttributes({ attributes: { '00100021': { vr: 'LO', Value: ['Hospital A'] } } });
    const series = makeDatasetSource('P1').source.series;
    for (const attributes of [source, sourceAttributes()]) expect(deidentify(attributes, { key }).patient).toBe(makePseudonyms(key).patient(patientsOf([series])[0]!.key));
  });

  it('keeps what this program wrote of model and seed, and of equipment of that name nothing else', () => {
    const written = derivedDicom({ ...makeSlice(), source: { kind: 'generated', from: makeSlice().source, augmentation: LESION_INFO } }, { softwareVersion: '0.1.0', recipe: 'ab'.repeat(32) }).attributes;
    const { attributes } = deidentify(written, { key });
    expect(attributes['0018A001']).toEqual(written['0018A001']);
    const planted = { ...itemsOf(written, '0018A001')[0], '0018A003': { vr: 'ST', Value: [`seed=7; ${PLANTED}`] }, '00081070': { vr: 'PN', Value: [PLANTED] }, '00080080': { vr: 'LO', Value: [PLANTED] } };
    const cleaned = deidentify({ ...written, '0018A001': { vr: 'SQ', Value: [planted, { ...planted, '00080070': { vr: 'LO', Value: ['Other'] } }] } }, { key }).attributes;
    expect(JSON.stringify(cleaned['0018A001'])).not.toContain(PLANTED);
  });

  it('moves all dates of a patient by the same days, over leap years too', () => {
    const days = makePseudonyms(key).dateShiftDays('id:P1');
    const { attributes } = deidentify({ ...sourceAttributes(), '00080021': { vr: 'DA', Value: ['20200301'] } }, { key, retainDates: true });
    const at = (tag: string) => Date.parse(String(attributes[tag]!.Value![0]).replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3'));
    expect(at('00080020')).toBe(Date.UTC(2020, 0, 2) - days * 86400000);
    expect(at('00080021')).toBe(Date.UTC(2020, 2, 1) - days * 86400000);
  });

  it('cleans descriptions down to words that are known to be safe', () => {
    const { attributes } = deidentify({ ...sourceAttributes(), '0008103E': { vr: 'LO', Value: ['AX T2 FLAIR for Mrs Miller 555-1234'] } }, { key, cleanDescriptors: true });
    expect(attributes['0008103E']!.Value).toEqual(['AX T2 FLAIR']);
  });

  it('previews each change with name, before and after', () => {
    const { changes } = deidentify(sourceAttributes(), { key });
    expect(changes.find((c) => c.path[0] === '00100010')).toMatchObject({ name: "Patient's Name", action: 'emptied', before: 'Doe^P1' });
    expect(changes.find((c) => c.path[0] === '00080018')!.action).toBe('new UID');
  });

  it('carries through to the written file: derived image of a de-identified source', () => {
    const source = { ...everything(), ...sourceAttributes(), '00100010': { vr: 'PN', Value: [PLANTED] }, '00080090': { vr: 'PN', Value: [PLANTED] } };
    const { attributes, patient } = deidentify(source, { key });
    const slice = { ...makeSlice(), source: { kind: 'dicom', attributes: source, frame: 0, transferSyntax: '', lossy: false } as const };
    const image = derivedDicom(slice, { softwareVersion: '0.1.0', info: LESION_INFO, sourceAttributes: attributes, uidKey: key });
    const text = new TextDecoder('latin1').decode(image.bytes);
    for (const needle of [PLANTED, '1.2.3.9256', '20200102', '19991231', '1.2.999.12345678']) expect(text).not.toContain(needle);
    expect(image.attributes['00100020']!.Value).toEqual([patient]);
  });
});
