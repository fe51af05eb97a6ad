import { rootSource } from '../core/lineage';
import type { Augmentation } from '../core/slice';
import { deidentify } from '../dicom/deidentify';
import { derivedDicom, writeSegmentation } from '../dicom/write';
import { classicFrame } from '../dicom/write/classicFrame';
import { sliceVolume, writeNiftiGz } from '../formats/niftiWriter';
import type { ExportedFile } from './exportSlice';

export interface LesionExportOptions {
  readonly softwareVersion: string;
  /** HMAC key of the project: DICOM sources are de-identified by the Basic Profile of PS3.15 with none of its options. */
  readonly key: Uint8Array;
  /** Instance Number. */
  readonly number: number;
  /** Middle part of the file names; no identifiers. */
  readonly name: string;
  /** DICOM and SEG for DICOM sources, else NIfTI image and mask. */
  readonly dicom: boolean;
}

/** A slice with a lesion put in or taken out, and its mask: image first, mask second, in one study and frame of reference. */
export function writeLesionFiles(made: Augmentation, options: LesionExportOptions): [ExportedFile, ExportedFile] {
  const mask = made.mask!;
  const verb = made.info.kind === 'lesion-remove' ? 'removal' : 'insertion'; // not "lesion": that reads as a label's name
  const stem = `synthetic-${verb}-${options.name}`;
  if (!options.dicom) {
    const gz = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
    return [
      { name: `${stem}.nii.gz`, bytes: gz(writeNiftiGz(sliceVolume(made.slice))), type: 'application/gzip' },
      { name: `${stem}_mask.nii.gz`, bytes: gz(writeNiftiGz(sliceVolume(made.slice, mask.data))), type: 'application/gzip' },
    ];
  }
  const origin = rootSource(made.slice.source);
  const attributes = origin.kind === 'dicom' ? classicFrame(origin.attributes, origin.frame) : undefined;
  const cleaned = attributes ? deidentify(attributes, { key: options.key }).attributes : undefined;
  const image = derivedDicom(made.slice, {
    softwareVersion: options.softwareVersion, uidKey: options.key, instanceNumber: options.number,
    ...(cleaned ? { sourceAttributes: cleaned } : {}),
    seriesDescription: `${made.info.kind === 'lesion-remove' ? 'lesion removed' : 'lesion'} ${made.info.seed ?? ''}`.trim(),
  });
  const seg = writeSegmentation([{ attributes: image.attributes, labels: [mask] }], mask.classes, {
    softwareVersion: options.softwareVersion, algorithm: made.info.model?.id ?? 'manual', algorithmType: made.info.parameters.place === 'auto' ? 'AUTOMATIC' : 'SEMIAUTOMATIC', synthetic: true, uidKey: options.key,
  })!;
  return [
    { name: `${stem}.dcm`, bytes: image.bytes, type: 'application/dicom' },
    { name: `${stem}_mask.dcm`, bytes: seg.bytes, type: 'application/dicom' },
  ];
}
