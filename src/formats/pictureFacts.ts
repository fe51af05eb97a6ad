import { cleanPath, pathsBeside } from './pictureLabel';

/** What a list says of a picture that a picture cannot say itself. */
export interface PictureFacts {
  /** value = grey × slope + intercept. */
  readonly slope: number;
  readonly intercept: number;
  /** What the values are; older lists do not say. */
  readonly unit?: 'HU' | 'other';
  readonly modality?: string;
  /** Between rows, between columns. */
  readonly pixelSpacingMm?: readonly [row: number, column: number];
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v);

/** True for a `pictures.json` of ours: what the values of pictures and masks mean. */
export const isPictureList = (json: unknown): json is Json => isObject(json) && json.verisim === 'pictures' && Array.isArray(json.images);

/** One picture of a list (`pictures.json`, or COCO with our fields), as it is written. */
export const pictureEntry = (facts: PictureFacts): object => ({
  grey: { slope: facts.slope, intercept: facts.intercept, ...(facts.unit ? { unit: facts.unit } : {}) },
  ...(facts.modality ? { modality: facts.modality } : {}),
  ...(facts.pixelSpacingMm ? { pixel_spacing_mm: facts.pixelSpacingMm } : {}),
});

/**
 * Facts on the pictures that a list names, for those of `paths` that it means: beside the list, or in a folder above.
 * Entries without a usable `grey` say nothing.
 */
export function pictureFacts(json: Json, path: string, paths: ReadonlySet<string>): Map<string, PictureFacts> {
  const found = new Map<string, PictureFacts>();
  for (const image of json.images as unknown[]) {
    if (!isObject(image) || typeof image.file_name !== 'string' || !isObject(image.grey)) continue;
    const { slope, intercept, unit } = image.grey;
    if (!Number.isFinite(slope) || slope === 0 || !Number.isFinite(intercept)) continue;
    const place = pathsBeside(path, cleanPath(image.file_name)).find((p) => paths.has(p));
    if (place) found.set(place, { slope: slope as number, intercept: intercept as number, ...(unit === 'HU' || unit === 'other' ? { unit } : {}), ...modalityOf(image.modality), ...spacingOf(image.pixel_spacing_mm) });
  }
  return found;
}

/** Whether the values are Hounsfield units. Where a list does not say, those of CT are that reach down to air, as no map of CT does. */
export const isHounsfield = ({ unit, modality, intercept }: PictureFacts): boolean => (unit ? unit === 'HU' : modality === 'CT' && intercept <= -1000);

const modalityOf = (v: unknown): { modality?: string } => (typeof v === 'string' && /^[A-Z]{2,4}$/.test(v) ? { modality: v } : {});

function spacingOf(v: unknown): { pixelSpacingMm?: readonly [number, number] } {
  const pair = Array.isArray(v) && v.length === 2 && v.every((n) => Number.isFinite(n) && (n as number) > 0);
  return pair ? { pixelSpacingMm: [v[0] as number, v[1] as number] } : {};
}

/** Class names by the values of the masks. */
export function maskClassNames(json: Json): Map<number, string> {
  const pairs = isObject(json.labels) ? Object.entries(json.labels) : [];
  return new Map(pairs.flatMap(([name, id]): [number, string][] => (Number.isInteger(id) && (id as number) >= 1 && (id as number) <= 255 ? [[id as number, name]] : [])));
}
