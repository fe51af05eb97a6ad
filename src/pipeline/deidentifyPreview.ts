import type { Slice } from '../core/slice';
import type { Recipe } from '../dataset/recipe';
import { deidentify, type DeidentifyChange } from '../dicom/deidentify';
import { rootSource } from '../core/lineage';
import { classicFrame } from '../dicom/write/classicFrame';

export type { DeidentifyChange } from '../dicom/deidentify';

/** What of this slice's file goes or changes under the recipe's settings; null where it is no DICOM file. */
export function deidentifyPreview(slice: Slice, settings: Recipe['deidentify'], key: Uint8Array): readonly DeidentifyChange[] | null {
  const origin = rootSource(slice.source);
  if (origin.kind !== 'dicom') return null;
  return deidentify(classicFrame(origin.attributes, origin.frame), {
    key, retainDates: settings.dates === 'move', retainDevice: settings.device, cleanDescriptors: settings.descriptors, retainCharacteristics: settings.characteristics,
  }).changes;
}
