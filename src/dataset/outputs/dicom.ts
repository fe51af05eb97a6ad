import type { DicomAttributes } from '../../core/dicomJson';
import type { LabelClass } from '../../core/slice';
import { sameGrid } from '../../dicom/geometry/sameGrid';
import { derivedDicom, writeSegmentation, type SegmentedImage } from '../../dicom/write';
import { decodeRle } from '../../formats/cocoRle';
import { isSynthetic } from '../manifest';
import { isMade, type BuiltItem, type Entries, type IndexContext, type JournalEntry, type OutFile, type SetContext } from './types';

/** Attributes that a segmentation takes from its images. */
const FOR_SEGMENTATION = [
  '00080016', '00080018', '00080020', '00080030', '00080050', '00080090', '00081030', '00100010', '00100020', '00100021', '00100030', '00100040',
  '00101010', '00101020', '00101030', '00120062', '00120063', '00120064', '00180050', '00180088', '0020000D', '0020000E', '00200010', '00200011',
  '00200032', '00200037', '00200052', '00280010', '00280011', '00280030', '00280303',
];

/** Folder of one exported series: originals, or one copy. */
const seriesFolder = (patient: string, series: string, copy: number): string =>
  `dicom/${patient}/${series}_${copy === 0 ? 'real' : `c${String(copy).padStart(3, '0')}`}`;

/** The item as MR or CT Image, and what the segmentation will need of it. */
export function dicomItem(item: BuiltItem, set: SetContext): { file: OutFile; attributes: DicomAttributes; clamped: number } {
  const { planned } = item;
  const original = planned.copy === 0;
  const written = derivedDicom(item.slice, {
    info: item.info,
    synthetic: isMade(item),
    softwareVersion: set.softwareVersion,
    ...(original ? {} : { recipe: set.fingerprint, seriesKey: set.fingerprint }),
    copy: planned.copy,
    uidKey: set.key,
    unchanged: original && item.sourceAttributes !== undefined,
    spatialLocationsPreserved: item.spatialLocationsPreserved,
    ...(item.sourceAttributes ? { sourceAttributes: item.sourceAttributes } : { sourceAttributes: plainPatient(item, planned.series) }),
    sourceKey: { study: planned.patient, series: planned.series, instance: `${planned.series}/${planned.sliceIndex}` },
    ...(item.rescale ? { rescale: item.rescale } : {}),
    ...(item.head ? { recognizableFace: true } : {}),
    instanceNumber: planned.sliceIndex + 1,
    ...(original ? {} : { seriesDescription: `${set.recipe.name} copy ${planned.copy}` }),
  });
  const path = `${seriesFolder(planned.patient, planned.series, planned.copy)}/${String(planned.sliceIndex + 1).padStart(4, '0')}.dcm`;
  const attributes = Object.fromEntries(FOR_SEGMENTATION.filter((tag) => written.attributes[tag]).map((tag) => [tag, written.attributes[tag]!]));
  return { file: { path, role: 'image', bytes: written.bytes }, attributes, clamped: written.clamped };
}

/** A NIfTI or picture has no patient: the pseudonym stands in, and the series code keeps series apart. */
function plainPatient(item: BuiltItem, series: string): DicomAttributes {
  return {
    '00080060': { vr: 'CS', Value: [item.slice.modality || 'OT'] },
    '0008103E': { vr: 'LO', Value: [series] },
    '00100010': { vr: 'PN', Value: [item.patientLabel] },
    '00100020': { vr: 'LO', Value: [item.patientLabel] },
  };
}

/**
 * One SEG a series and grid, beside its images: `seg.dcm`, or `0003_seg.dcm` by its first image where crops put the slices
 * on several grids. Memory: the run lengths of one series' masks.
 */
export async function* dicomSegmentations(entries: Entries, set: IndexContext): AsyncIterable<OutFile> {
  const classes: LabelClass[] = [...set.classes].map(([name, id]) => ({ id, name }));
  let open: { folder: string; entries: JournalEntry[] } | null = null;
  for await (const entry of entries()) {
    if (!entry.dicom) continue;
    const folder = seriesFolder(entry.item.patient, entry.item.series, entry.item.copy);
    if (open && open.folder !== folder) yield* segmentationsOf(open.folder, open.entries, classes, set);
    if (!open || open.folder !== folder) open = { folder, entries: [] };
    open.entries.push(entry);
  }
  if (open) yield* segmentationsOf(open.folder, open.entries, classes, set);
}

function* segmentationsOf(folder: string, entries: readonly JournalEntry[], classes: readonly LabelClass[], set: IndexContext): Iterable<OutFile> {
  const grids: JournalEntry[][] = [];
  for (const entry of entries) {
    const grid = grids.find(([first]) => onOneGrid(first!.dicom!, entry.dicom!));
    if (grid) grid.push(entry);
    else grids.push([entry]);
  }
  for (const [n, list] of grids.entries()) {
    const { item } = list[0]!;
    const written = writeSegmentation(list.map(segmented), classes, {
      softwareVersion: set.softwareVersion,
      algorithm: item.copy === 0 ? 'imported labels' : `recipe ${set.recipe.name}`,
      algorithmType: item.copy === 0 ? 'MANUAL' : 'AUTOMATIC',
      synthetic: isSynthetic(item),
      instanceNumber: n + 1,
      ...(set.key ? { uidKey: set.key } : {}),
    });
    if (written) yield { path: `${folder}/${grids.length === 1 ? '' : `${String(item.slice).padStart(4, '0')}_`}seg.dcm`, role: 'segmentation', bytes: written.bytes };
  }
}

/**
 * Whether two images are slices of one straight stack: same size, spacing and direction, and no further beside each other
 * than 5 % of a pixel. Readers that make a volume of a SEG (dcmqi, 3D Slicer) refuse frames that are not.
 */
function onOneGrid(a: DicomAttributes, b: DicomAttributes): boolean {
  const numbers = (d: DicomAttributes, tag: string): number[] => (d[tag]?.Value ?? []).map(Number);
  if (!sameGrid(a, b)) return false;
  const [from, to, direction, spacing] = [numbers(a, '00200032'), numbers(b, '00200032'), numbers(a, '00200037'), numbers(a, '00280030')];
  if (from.length !== 3 || to.length !== 3 || direction.length !== 6 || spacing.length !== 2) return from.length === to.length;
  const beside = (axis: number): number => Math.abs([0, 1, 2].reduce((sum, i) => sum + (to[i]! - from[i]!) * direction[3 * axis + i]!, 0));
  return beside(0) <= 0.05 * spacing[1]! && beside(1) <= 0.05 * spacing[0]!;
}

function segmented({ item, dicom }: JournalEntry): SegmentedImage {
  const [width, height] = item.size;
  return { attributes: dicom!, labels: [], drawn: item.labels.map((label) => ({ classId: label.class, width, height, mask: () => decodeRle(label.rle) })) };
}
