import { itemsOf, stringOf, type DicomAttributes, type DicomElement } from '../../core/dicomJson';
import { codeItem, ownEquipment } from '../write/derivation';
import { cleanDescriptor } from './descriptors';
import { BASIC_PROFILE, isPrivate, isRepeatingGroup, isSafePrivate, type ProfileRow } from './profile';
import { makePseudonyms, shiftDate, type Pseudonyms } from './pseudonyms';

/** What is kept beyond the Basic Profile (PS3.15 E.3). */
export interface DeidentifyOptions {
  /** Project key of the HMAC, at least 16 random bytes. */
  readonly key: Uint8Array;
  /** What tells patients apart, instead of {@link patientIdentity} of the data set; pseudonym and date shift follow it. */
  readonly identity?: string;
  /** E.3.6: dates stay, moved back by a number of days that is the same for all of a patient. */
  readonly retainDates?: boolean;
  /** E.3.8: scanner, station and serial numbers stay. */
  readonly retainDevice?: boolean;
  /** E.3.4: descriptions stay as far as their words are on a list of safe ones. */
  readonly cleanDescriptors?: boolean;
  /** E.3.5: sex, age, size and weight stay. */
  readonly retainCharacteristics?: boolean;
  /** E.3.10: the private attributes that the standard lists as safe stay. */
  readonly retainSafePrivate?: boolean;
}

/** One thing that goes or changes, for the preview. */
export interface DeidentifyChange {
  /** Tags from the outermost sequence inwards. */
  readonly path: readonly string[];
  readonly name: string;
  readonly action: 'removed' | 'emptied' | 'replaced' | 'new UID' | 'date moved' | 'cleaned';
  readonly before: string;
  readonly after: string;
}

export interface Deidentified {
  readonly attributes: DicomAttributes;
  readonly changes: readonly DeidentifyChange[];
  /** The pseudonym in Patient's Name and Patient ID. */
  readonly patient: string;
}

/** UIDs of the standard itself (classes, syntaxes, well-known frames) say nothing about anybody. */
const STANDARD_UID = /^1\.2\.840\.10008\./;
/** Standard attributes that name software classes, not instances. */
const CLASS_UIDS = new Set(['00080016', '00081150', '00020002', '00020010', '00020012', '0008010C']);
/** Items of this program in it say with what model and seed an image was made, and stay. */
const CONTRIBUTING_EQUIPMENT = '0018A001';
const DUMMY: Record<string, string | number> = {
  AE: 'REMOVED', AS: '000D', CS: 'REMOVED', DA: '19000101', DS: 0, DT: '19000101', IS: 0, LO: 'REMOVED', LT: 'REMOVED',
  PN: 'REMOVED', SH: 'REMOVED', ST: 'REMOVED', TM: '000000', UC: 'REMOVED', UR: 'REMOVED', UT: 'REMOVED',
  FD: 0, FL: 0, SL: 0, SS: 0, UL: 0, US: 0, SV: 0, UV: 0,
};
/** Values that cannot hold a name. */
const STRUCTURED = new Set(['AS', 'CS', 'DS', 'US', 'IS']);
/** Type 1 and 2 in the image IODs written here: emptied or given a dummy rather than taken out. */
const NEEDED = new Set(['00080020', '00080030', '00080050', '00080090', '00100010', '00100020', '00100030', '00100040', '00200010', '00185100']);

/**
 * De-identifies a data set by the Basic Application Level Confidentiality Profile with the options given, nested
 * sequences included, and records it in (0012,0062–0064) and (0028,0303). What the table does not name stays, but
 * private attributes (unless safe), overlays, curves, person names, UIDs of instances and unknown binary do not.
 * Pixels are not looked at: burned-in text and faces are the caller's warning to give.
 */
export function deidentify(source: DicomAttributes, options: DeidentifyOptions): Deidentified {
  const pseudonyms = makePseudonyms(options.key);
  const identity = options.identity ?? patientIdentity(source);
  const work: Work = { options, pseudonyms, patient: pseudonyms.patient(identity), days: pseudonyms.dateShiftDays(identity), changes: [] };
  const attributes = cleanItem(source, work, []);
  attributes['00100010'] = { vr: 'PN', Value: [work.patient] };
  attributes['00100020'] = { vr: 'LO', Value: [work.patient] };
  attributes['00120062'] = { vr: 'CS', Value: ['YES'] };
  const methods = methodCodes(options);
  attributes['00120063'] = { vr: 'LO', Value: methods.map(([, meaning]) => meaning.slice(0, 64)) };
  attributes['00120064'] = { vr: 'SQ', Value: methods.map(([code, meaning]) => codeItem(code, 'DCM', meaning.slice(0, 64))) };
  attributes['00280303'] = { vr: 'CS', Value: [options.retainDates ? 'MODIFIED' : 'REMOVED'] };
  return { attributes, changes: work.changes, patient: work.patient };
}

/** What a person would be told by: Patient ID, or the name, or the study; as in the plan of a set (`patientsOf`). */
function patientIdentity(attributes: DicomAttributes): string {
  const id = stringOf(attributes, '00100020')?.trim();
  if (id) return `id:${id}`;
  const name = stringOf(attributes, '00100010')?.trim();
  return name ? `name:${name}` : `study:${stringOf(attributes, '0020000D')?.trim() ?? ''}`;
}

interface Work {
  readonly options: DeidentifyOptions;
  readonly pseudonyms: Pseudonyms;
  readonly patient: string;
  readonly days: number;
  readonly changes: DeidentifyChange[];
}

function methodCodes(o: DeidentifyOptions): [code: string, meaning: string][] {
  const list: [string, string][] = [['113100', 'Basic Application Confidentiality Profile']];
  if (o.cleanDescriptors) list.push(['113105', 'Clean Descriptors Option']);
  if (o.retainDates) list.push(['113107', 'Retain Longitudinal Temporal Information Modified Dates Option']);
  if (o.retainCharacteristics) list.push(['113108', 'Retain Patient Characteristics Option']);
  if (o.retainDevice) list.push(['113109', 'Retain Device Identity Option']);
  if (o.retainSafePrivate) list.push(['113111', 'Retain Safe Private Option']);
  return list;
}

function cleanItem(source: DicomAttributes, work: Work, path: readonly string[]): Record<string, DicomElement> {
  const out: Record<string, DicomElement> = {};
  for (const [key, element] of Object.entries(source)) {
    const tag = key.toUpperCase();
    const kept = cleanElement(tag, element, source, work, [...path, tag]);
    if (kept) out[tag] = kept;
  }
  return out;
}

function cleanElement(tag: string, element: DicomElement, item: DicomAttributes, work: Work, path: readonly string[]): DicomElement | null {
  const row = BASIC_PROFILE.get(tag);
  const note = (action: DeidentifyChange['action'], after = ''): void => {
    work.changes.push({ path, name: row?.name ?? (isPrivate(tag) ? 'Private attribute' : tag), action, before: shown(element), after });
  };
  const remove = (): null => (note('removed'), null);
  if (isPrivate(tag)) return keepsPrivate(tag, item, work.options) ? element : remove();
  if (isRepeatingGroup(tag) || tag === 'FFFCFFFC' || tag.startsWith('FFFA') || tag.startsWith('0400')) return remove();
  const kept = row && keptByOption(row, tag, element, work, note);
  if (kept) return kept;
  if (!row) return cleanUnlisted(tag, element, work, path, note);
  if (row.action === 'U' || row.action === 'X/Z/U*' || element.vr === 'UI') return mapUids(tag, element, work, path, note);
  const needed = NEEDED.has(tag) && path.length === 1;
  if (row.action.startsWith('X') && !needed) return remove();
  if (row.action === 'Z' || row.action === 'Z/D' || (needed && row.action !== 'D')) {
    if (!hasValue(element)) return { vr: element.vr };
    note('emptied');
    return { vr: element.vr };
  }
  return dummy(element, note) ?? remove();
}

function keptByOption(row: ProfileRow, tag: string, element: DicomElement, work: Work, note: Note): DicomElement | null {
  const o = work.options;
  const isDate = element.vr === 'DA' || element.vr === 'DT';
  if (o.retainDates && row.dates) {
    if (element.vr === 'TM') return element;
    if (isDate) return moveDates(element, work, note);
  }
  if (o.retainDevice && row.device && !isDate && element.vr !== 'TM' && element.vr !== 'UI' && element.vr !== 'SQ') return element;
  if (o.retainCharacteristics && row.characteristic && (STRUCTURED.has(element.vr) || tag === '00102160')) return element;
  // What describes a patient in free words (allergies, state, needs) is cleaned, not kept (PS3.15 table E.1-1, C).
  const words = (o.cleanDescriptors && row.descriptor) || (o.retainCharacteristics && row.characteristic);
  if (words && (element.vr === 'LO' || element.vr === 'SH')) {
    const cleaned = (element.Value ?? []).map((v) => cleanDescriptor(String(v ?? '')));
    note('cleaned', cleaned.join('\\'));
    return cleaned.some(Boolean) ? { vr: element.vr, Value: cleaned } : null;
  }
  return null;
}

type Note = (action: DeidentifyChange['action'], after?: string) => void;

function cleanUnlisted(tag: string, element: DicomElement, work: Work, path: readonly string[], note: Note): DicomElement | null {
  if (element.vr === 'SQ') return { vr: 'SQ', Value: itemsOf({ [tag]: element }, tag).map((item) => (tag === CONTRIBUTING_EQUIPMENT && ownEquipment(item)) || cleanItem(item, work, path)) };
  if (element.vr === 'UI') return mapUids(tag, element, work, path, note);
  if (element.vr === 'DA' || element.vr === 'DT') return work.options.retainDates ? moveDates(element, work, note) : (note('removed'), null);
  if (element.vr === 'PN' || element.vr === 'UN' || element.vr === 'LT' || element.vr === 'UT') return note('removed'), null;
  return element;
}

function keepsPrivate(tag: string, item: DicomAttributes, options: DeidentifyOptions): boolean {
  if (!options.retainSafePrivate) return false;
  const group = tag.slice(0, 4);
  if (tag.slice(4, 6) === '00') {
    // A creator stays when something of its block does.
    const block = tag.slice(6);
    const creator = stringOf(item, tag) ?? '';
    return Object.keys(item).some((t) => t.startsWith(group) && t.slice(4, 6) === block && isSafePrivate(creator, t));
  }
  return isSafePrivate(stringOf(item, `${group}00${tag.slice(4, 6)}`) ?? '', tag);
}

function mapUids(tag: string, element: DicomElement, work: Work, path: readonly string[], note: Note): DicomElement | null {
  if (element.vr === 'SQ') return { vr: 'SQ', Value: itemsOf({ [tag]: element }, tag).map((item) => cleanItem(item, work, path)) };
  if (element.vr !== 'UI') return note('removed'), null;
  const values = (element.Value ?? []).map((v) => String(v ?? ''));
  if (CLASS_UIDS.has(tag) && values.every((v) => STANDARD_UID.test(v))) return element;
  const mapped = values.map((v) => (v === '' || STANDARD_UID.test(v) ? v : work.pseudonyms.uid(v)));
  if (mapped.some((v, i) => v !== values[i])) note('new UID', mapped.join('\\'));
  return { vr: 'UI', Value: mapped };
}

function moveDates(element: DicomElement, work: Work, note: Note): DicomElement {
  const moved = (element.Value ?? []).map((v) => shiftDate(String(v ?? ''), work.days)).filter((v): v is string => v !== null);
  note('date moved', moved.join('\\'));
  return moved.length ? { vr: element.vr, Value: moved } : { vr: element.vr };
}

function dummy(element: DicomElement, note: Note): DicomElement | null {
  const value = DUMMY[element.vr];
  if (value === undefined) return null;
  note('replaced', String(value));
  return { vr: element.vr, Value: [value] };
}

const hasValue = (e: DicomElement): boolean => (e.Value?.length ?? 0) > 0 || (e.bytes?.length ?? 0) > 0;

function shown(element: DicomElement): string {
  if (element.vr === 'SQ') return `${element.Value?.length ?? 0} item(s)`;
  if (element.bytes) return `${element.bytes.length} bytes`;
  return (element.Value ?? []).map((v) => String(v ?? '')).join('\\').slice(0, 120);
}
