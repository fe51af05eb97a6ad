export { deidentify } from './deidentify';
export type { Deidentified, DeidentifyChange, DeidentifyOptions } from './deidentify';
export { BASIC_PROFILE } from './profile';
export { makePseudonyms } from './pseudonyms';
export type { Pseudonyms } from './pseudonyms';
