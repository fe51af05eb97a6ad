import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { stringOf, type DicomAttributes } from '../../core/dicomJson';
import type { Series, Slice } from '../../core/slice';
import { classMasks, itemLabels } from '../../dataset/itemLabels';
import type { ManifestFile } from '../../dataset/manifest';
import { bidsItem } from '../../dataset/outputs/bids';
import { dicomItem } from '../../dataset/outputs/dicom';
import { nnunetItem } from '../../dataset/outputs/nnunet';
import { npzItem } from '../../dataset/outputs/npz';
import { pngItem } from '../../dataset/outputs/png';
import type { BuiltItem, JournalEntry, OutFile } from '../../dataset/outputs/types';
import type { PlannedItem } from '../../dataset/plan';
import { itemInfo, runRecipe, type RecipeResult } from '../../dataset/runRecipe';
import { deidentify } from '../../dicom/deidentify';
import { lacksGrid } from '../../dicom/write';
import { rootSource } from '../../core/lineage';
import { isLinearLut, storeRaster } from '../../core/storeRaster';
import { classicFrame } from '../../dicom/write/classicFrame';
import { greyGridOf } from './greyGrid';
import { bidsSuffix, isSyntheticSource, loadLabelled, type PreparedSet } from './prepare';

/** An item's files in memory, and what the journal keeps of it. */
export interface MadeItem {
  readonly entry: JournalEntry;
  readonly files: readonly (OutFile & { readonly bytes: Uint8Array })[];
  readonly before: Slice;
  readonly after: Slice;
}

/**
 * Makes one item: load → steps → masks → files. Its bytes depend on recipe, key, source and item alone.
 * Rejects with what the source or a model step throws, or AbortError.
 */
export async function makeItem(prepared: PreparedSet, planned: PlannedItem, signal?: AbortSignal): Promise<MadeItem> {
  const { input, set } = prepared;
  const origin = input.sources[planned.source]!;
  const before = await loadLabelled(origin, planned.sliceIndex, signal);
  const result: RecipeResult = planned.copy === 0
    ? { slice: before, steps: [], infos: [], models: [], meter: null, agreement: null, warnings: [], clamped: 0, spatialLocationsPreserved: true }
    : await runRecipe(set.recipe, before, planned, prepared.runModel, signal);
  const { slice, clamped } = onGreyGrid(result.slice, before, result.belowZero ?? false);
  const masks = classMasks(slice, set.classes);
  const attributes = sourceAttributes(prepared, slice, prepared.plan.patientKeys[planned.source]!);
  const needsGrid = set.recipe.outputs.some((o) => o.format === 'dicom') && lacksGrid(slice, attributes);
  const syntheticSource = isSyntheticSource(planned, input.sources);
  const item: BuiltItem = {
    planned,
    slice,
    masks,
    suffix: bidsSuffix(origin.source.series),
    syntheticSource,
    info: planned.copy === 0 ? null : itemInfo(set.recipe, set.recipeSha256, result, set.softwareVersion),
    spatialLocationsPreserved: result.spatialLocationsPreserved,
    sourceAttributes: attributes,
    ...(needsGrid ? { rescale: await greyGridOf(origin.source, signal) } : {}),
    patientLabel: planned.patient,
    head: showsHead(origin.source.series, before),
  };
  const { files, dicom, png, clamped: overshot } = filesOf(item, prepared);
  const { width, height } = slice.raster;
  const entry: JournalEntry = {
    item: {
      id: planned.id,
      kind: planned.copy === 0 ? 'original' : 'generated',
      ...(syntheticSource ? { syntheticSource } : {}),
      patient: planned.patient,
      series: planned.series,
      slice: planned.sliceIndex + 1,
      copy: planned.copy,
      split: planned.split,
      fold: planned.fold,
      modality: slice.modality,
      size: [width, height],
      pixelSpacingMm: slice.pixelSpacingMm,
      steps: result.steps,
      models: result.models,
      labels: itemLabels(masks, width, height, set.classes),
      meter: result.meter,
      agreement: result.agreement,
      clamped: result.clamped + clamped + overshot,
      warnings: result.warnings,
      files: files.map(fileRecord),
    },
    ...(dicom ? { dicom } : {}),
    ...(png ? { png } : {}),
  };
  return { entry, files, before, after: slice };
}

/** The values as every output will have them: on the 16-bit grey grid of the source, where it has one. */
function onGreyGrid(slice: Slice, before: Slice, belowZero: boolean): { slice: Slice; clamped: number } {
  if (slice.stored) return { slice, clamped: 0 };
  const { raster, stored, clamped } = storeRaster(slice.raster, before.stored, isLinearLut(before.raster, before.stored), { belowZero });
  return { slice: { ...slice, raster, stored }, clamped };
}

function filesOf(item: BuiltItem, { set }: PreparedSet): { files: MadeItem['files']; dicom?: DicomAttributes; png?: JournalEntry['png']; clamped: number } {
  const files: OutFile[] = [];
  let dicom: DicomAttributes | undefined;
  let png: JournalEntry['png'];
  let clamped = 0;
  for (const output of set.recipe.outputs) {
    if (output.format === 'dicom') {
      const made = dicomItem(item, set);
      files.push(made.file);
      dicom = made.attributes;
      clamped = made.clamped;
    } else if (output.format === 'nnunet') files.push(...nnunetItem(item, set, output));
    else if (output.format === 'png') {
      const made = pngItem(item, set, output);
      files.push(...made.files);
      png = made.grey;
    } else if (output.format === 'npz') files.push(npzItem(item, set));
    else files.push(...bidsItem(item, set));
  }
  return { files: files as MadeItem['files'], dicom, png, clamped };
}

export function fileRecord(file: OutFile & { bytes: Uint8Array }): ManifestFile {
  return { path: file.path, role: file.role, bytes: file.bytes.length, sha256: bytesToHex(sha256(file.bytes)) };
}

/** Whether an image is of a head, by Body Part Examined or the descriptions; a cut-off face still counts. */
function showsHead(series: Series, slice: Slice): boolean {
  const origin = rootSource(slice.source);
  const part = origin.kind === 'dicom' ? (stringOf(origin.attributes, '00180015') ?? '') : '';
  return /HEAD|BRAIN|SKULL|FACE|SINUS|ORBIT/i.test(`${part} ${series.description} ${series.studyDescription ?? ''}`);
}

/** Attributes of the source file as they may leave; undefined where the source is no DICOM. */
function sourceAttributes({ set }: PreparedSet, slice: Slice, identity: string): DicomAttributes | undefined {
  const origin = rootSource(slice.source);
  if (origin.kind !== 'dicom') return undefined;
  const attributes = classicFrame(origin.attributes, origin.frame);
  const d = set.recipe.deidentify;
  if (!d.enabled) return attributes;
  return deidentify(attributes, {
    key: set.key,
    identity,
    retainDates: d.dates === 'move',
    retainDevice: d.device,
    cleanDescriptors: d.descriptors,
    retainCharacteristics: d.characteristics,
  }).attributes;
}
