import type { Augmentation, Series } from '../core/slice';
import { writeLesionFiles } from '../pipeline/exportLesion';
import { saveFile } from './outFolder';

/** Writes image and mask of a result beside each other and gives their names. */
export type LesionWriter = (made: Augmentation, number: number, seed: number) => { image: string; mask: string };

/** `prefix` tells several series of one run apart. */
export function lesionWriter(folder: string, prefix: string, series: Series, key: Uint8Array, softwareVersion: string): LesionWriter {
  return (made, number, seed) => {
    const files = writeLesionFiles(made, { softwareVersion, key, number, name: `${prefix}s${String(number).padStart(4, '0')}-seed${seed}`, dicom: series.slices.some((h) => h.sopInstanceUid !== undefined) });
    for (const file of files) saveFile(folder, file.name, file.bytes);
    return { image: files[0]!.name, mask: files[1]!.name };
  };
}

