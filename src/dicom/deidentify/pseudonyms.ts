import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { uidFromDigest } from '../write/uid';

/** Keyed, consistent replacements: the same key and value give the same pseudonym; without the key none can be guessed. */
export interface Pseudonyms {
  /** A new UID for a UID. */
  uid(original: string): string;
  /** `P` and 10 characters A–Z, 2–7 for a patient (id and, where there is none, name). */
  patient(original: string): string;
  /** Days to move the dates of a patient back by, 1…3650. */
  dateShiftDays(patient: string): number;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Pseudonyms by HMAC-SHA256 with the project key, which stays in the session and never goes into an export. */
export function makePseudonyms(key: Uint8Array): Pseudonyms {
  const digest = (kind: string, value: string) => hmac(sha256, key, new TextEncoder().encode(`${kind}|${value}`));
  return {
    uid: (original) => uidFromDigest(digest('uid', original.trim())),
    patient: (original) => `P${Array.from(digest('patient', original.trim()).subarray(0, 10), (b) => BASE32[b & 31]).join('')}`,
    dateShiftDays: (patient) => {
      const d = digest('dates', patient.trim());
      return 1 + (((d[0]! << 16) | (d[1]! << 8) | d[2]!) % 3650);
    },
  };
}

/** `date` (YYYYMMDD…) moved back by `days`; the part after the date is kept. Null when it is no date. */
export function shiftDate(date: string, days: number): string | null {
  const match = /^(\d{4})\.?(\d{2})\.?(\d{2})(.*)$/s.exec(date.trim());
  if (!match) return null;
  const [y, m, d] = civilFromDays(daysFromCivil(Number(match[1]), Number(match[2]), Number(match[3])) - days);
  return `${String(y).padStart(4, '0')}${String(m).padStart(2, '0')}${String(d).padStart(2, '0')}${match[4]}`;
}

/** Days since 1970-01-01 of a proleptic Gregorian date, and back (H. Hinnant, chrono-compatible algorithms). */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yoe = y - era * 400;
  const doy = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146097 + yoe * 365 + Math.floor(yoe / 4) - Math.floor(yoe / 100) + doy - 719468;
}

function civilFromDays(days: number): [number, number, number] {
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const doe = z - era * 146097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36524) - Math.floor(doe / 146096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const day = doy - Math.floor((153 * mp + 2) / 5) + 1;
  const month = mp < 10 ? mp + 3 : mp - 9;
  return [yoe + era * 400 + (month <= 2 ? 1 : 0), month, day];
}
