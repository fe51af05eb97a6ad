/**
 * DICOM attributes as plain data that can be cloned between workers: the DICOM JSON Model (PS3.18 Annex F).
 * Keys are 8 upper-case hex digits. Person names are strings here, not {Alphabetic}. Sequences hold nested objects.
 */
export interface DicomElement {
  readonly vr: string;
  readonly Value?: readonly (string | number | DicomAttributes | null)[];
  /** Raw bytes of OB/OW/UN and the like, where kept. */
  readonly bytes?: Uint8Array;
}
export interface DicomAttributes {
  readonly [tag: string]: DicomElement;
}

/** First value of an attribute as a string, or undefined. */
export function stringOf(a: DicomAttributes | undefined, tag: string): string | undefined {
  const v = a?.[tag]?.Value?.[0];
  return v == null || typeof v === 'object' ? undefined : String(v);
}

/** First value of an attribute as a finite number, or undefined. */
export function numberOf(a: DicomAttributes | undefined, tag: string): number | undefined {
  const v = a?.[tag]?.Value?.[0];
  const n = typeof v === 'number' ? v : typeof v === 'string' && v.trim() !== '' ? Number(v) : NaN;
  return Number.isFinite(n) ? n : undefined;
}

/** All values as numbers (NaN where not a number), or an empty array. */
export function numbersOf(a: DicomAttributes | undefined, tag: string): number[] {
  return (a?.[tag]?.Value ?? []).map((v) => (typeof v === 'number' ? v : Number(v)));
}

/** Items of a sequence, or an empty array. */
export function itemsOf(a: DicomAttributes | undefined, tag: string): DicomAttributes[] {
  return (a?.[tag]?.Value ?? []).filter((v): v is DicomAttributes => typeof v === 'object' && v !== null);
}
