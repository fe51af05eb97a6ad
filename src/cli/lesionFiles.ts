import { sha256 } from '@noble/hashes/sha2.js';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Augmentation, LabelMap, Series } from '../core/slice';
import { writeLesionFiles } from '../pipeline/exportLesion';
import type { SeriesSource } from '../pipeline/seriesSource';

/** Writes image and mask of a result beside each other and gives their names. */
export type LesionWriter = (made: Augmentation, mask: Uint8Array, number: number, seed: number) => { image: string; mask: string };

/** `prefix` tells several series of one run apart. */
export function lesionWriter(folder: string, prefix: string, series: Series, key: Uint8Array, softwareVersion: string): LesionWriter {
  return (made, mask, number, seed) => {
    const { width, height } = made.slice.raster;
    const map: LabelMap = { ...made.mask!, data: mask, width, height };
    const files = writeLesionFiles({ ...made, mask: map }, { softwareVersion, key, number, name: `${prefix}s${String(number).padStart(4, '0')}-seed${seed}`, dicom: series.slices.some((h) => h.sopInstanceUid !== undefined) });
    for (const file of files) writeFileSync(join(folder, file.name), file.bytes);
    return { image: files[0]!.name, mask: files[1]!.name };
  };
}

/**
 * Key for pseudonyms where none was given: a hash over the source's pixels and instance UIDs, so that the same input
 * gives the same bytes again, and nobody without the original can compute it. All slices of a series share it.
 */
export async function pseudonymKey(source: SeriesSource): Promise<Uint8Array> {
  const hash = sha256.create();
  const middle = await source.loadSlice(Math.floor(source.series.slices.length / 2));
  const { data } = middle.stored ?? middle.raster;
  hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  for (const h of source.series.slices) hash.update(new TextEncoder().encode(h.sopInstanceUid ?? h.id));
  return hash.digest();
}
