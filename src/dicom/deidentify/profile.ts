import table from './profileTable.json';

/**
 * PS3.15 table E.1-1 (2026c): what the Basic Application Level Confidentiality Profile does with each attribute.
 * D a dummy, Z empty or a dummy, X removed, U a new consistent UID; Z/D and the like: the first that the IOD allows.
 */
export type ProfileAction = 'D' | 'Z' | 'X' | 'U' | 'Z/D' | 'X/Z' | 'X/D' | 'X/Z/D' | 'X/Z/U*';

export interface ProfileRow {
  readonly action: ProfileAction;
  /** Name of the attribute as in PS3.6. */
  readonly name: string;
  /** Options that keep or clean it: retain device identity, modified dates, clean descriptors, patient characteristics. */
  readonly device: boolean;
  readonly dates: boolean;
  readonly descriptor: boolean;
  readonly characteristic: boolean;
}

/** Tag → row. */
export const BASIC_PROFILE: ReadonlyMap<string, ProfileRow> = new Map(
  Object.entries(table as unknown as Record<string, [ProfileAction, string, string]>).map(([tag, [action, options, name]]) => [
    tag,
    {
      action,
      name,
      device: options.includes('D'),
      dates: options.includes('L'),
      descriptor: options.includes('C'),
      characteristic: options.includes('P'),
    },
  ]),
);

/** Curves (50xx), overlay data and overlay comments (60xx): all of the repeating groups go. */
export const isRepeatingGroup = (tag: string): boolean => /^(50|60)[0-9A-F]{6}$/.test(tag) && parseInt(tag.slice(2, 4), 16) % 2 === 0;

/** A private attribute: odd group. */
export const isPrivate = (tag: string): boolean => parseInt(tag.slice(3, 4), 16) % 2 === 1;

/**
 * Private attributes known to hold no identity (PS3.15 table E.3.10-1, the imaging ones): `creator|group|element`.
 */
const SAFE_PRIVATE = new Set([
  'ELSCINT1|00E1|21', 'ELSCINT1|01E1|26', 'ELSCINT1|01E1|50',
  'GEMS_ACQU_01|0019|23', 'GEMS_ACQU_01|0019|24', 'GEMS_ACQU_01|0019|27', 'GEMS_ACQU_01|0019|9E',
  'GEMS_PARM_01|0043|27', 'GEMS_PARM_01|0043|39', 'GEMS_PARM_01|0043|6F',
  'GEMS_HELIOS_01|0045|01', 'GEMS_HELIOS_01|0045|02',
  'Philips PET Private Group|7053|00', 'Philips PET Private Group|7053|09',
  'Philips Imaging DD 001|2001|03', 'Philips Imaging DD 001|2001|04',
  'Philips MR Imaging DD 001|2005|0D', 'Philips MR Imaging DD 001|2005|0E',
  'SIEMENS MR HEADER|0019|0C', 'SIEMENS MR HEADER|0019|0D', 'SIEMENS MR HEADER|0019|0E', 'SIEMENS MR HEADER|0019|27',
]);

/** Whether element `tag` of the block reserved by `creator` is on the standard's list of safe ones. */
export function isSafePrivate(creator: string, tag: string): boolean {
  return SAFE_PRIVATE.has(`${creator.trim()}|${tag.slice(0, 4)}|${tag.slice(6)}`);
}
