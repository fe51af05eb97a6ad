import type { DicomAttributes } from '../core/dicomJson';
import { nextClassId } from '../core/labelOps';
import type { LabelClass, LabelMap, Slice } from '../core/slice';
import { writeSegmentation } from '../dicom/write';
import { stackVolume, writeNiftiGz } from '../formats/niftiWriter';
import type { ExportedFile } from './exportSlice';

/** A written DICOM image and the labels of its slice. */
export interface LabelledImage {
  readonly attributes: DicomAttributes;
  readonly labels: readonly LabelMap[];
}

/**
 * The labels that slices carry, beside their images: one SEG over the written DICOM files, or one NIfTI label a label
 * source for a volume of slices. Nothing where there are no labels. Class ids stay in NIfTI; a SEG numbers its segments.
 */
export function exportLabels(images: readonly LabelledImage[], volume: readonly Slice[], name: string, options: { readonly softwareVersion: string; readonly key: Uint8Array | null; readonly algorithm: string }): ExportedFile[] {
  const stem = name.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '').toLowerCase() || 'series';
  const files: ExportedFile[] = [];
  if (images.some((i) => i.labels.length)) {
    const apart = withOwnIds(images);
    const seg = writeSegmentation(apart, classesOf(apart.flatMap((i) => i.labels)), {
      softwareVersion: options.softwareVersion, algorithm: options.algorithm, algorithmType: 'SEMIAUTOMATIC', synthetic: true, ...(options.key ? { uidKey: options.key } : {}),
    });
    if (seg) files.push({ name: `synthetic-${stem}-seg.dcm`, bytes: seg.bytes, type: 'application/dicom' });
  }
  const sources = [...new Set(volume.flatMap((s) => (s.labels ?? []).map((l) => l.source)))];
  for (const [n, source] of sources.entries()) {
    const stacked = stackVolume(volume.map((slice) => withLabelValues(slice, source)));
    files.push({ name: `synthetic-${stem}_label${n ? n + 1 : ''}.nii.gz`, bytes: new Uint8Array(writeNiftiGz({ ...stacked, data: Uint8Array.from(stacked.data as ArrayLike<number>) })), type: 'application/gzip' });
  }
  return files;
}

/** Every class once, by id and name. */
function classesOf(labels: readonly LabelMap[]): LabelClass[] {
  return [...new Map(labels.flatMap((l) => l.classes).map((c) => [`${c.id}/${c.name}`, c])).values()].sort((a, b) => a.id - b.id);
}

/** The labels with an id of its own for every class of every source: two files may both count theirs from 1. */
function withOwnIds(images: readonly LabelledImage[]): LabelledImage[] {
  const keyOf = (map: LabelMap, c: LabelClass): string => JSON.stringify([map.source, c.id, c.name]);
  const wanted = new Map(images.flatMap((i) => i.labels.flatMap((map) => map.classes.map((c) => [keyOf(map, c), c.id] as const))));
  const own = new Map<string, number>();
  const taken = new Set<number>();
  for (const [key, id] of wanted) {
    if (taken.has(id)) continue;
    own.set(key, id);
    taken.add(id);
  }
  for (const key of wanted.keys()) {
    if (own.has(key)) continue;
    const id = nextClassId([...taken].map((t) => ({ id: t, name: '' })));
    own.set(key, id);
    taken.add(id);
  }
  const renumbered = (map: LabelMap): LabelMap => {
    const to = new Map(map.classes.map((c) => [c.id, own.get(keyOf(map, c))!]));
    if ([...to].every(([a, b]) => a === b)) return map;
    return { ...map, data: Uint8Array.from(map.data, (v) => (v ? (to.get(v) ?? v) : 0)), classes: map.classes.map((c) => ({ ...c, id: to.get(c.id)! })) };
  };
  return images.map((image) => ({ ...image, labels: image.labels.map(renumbered) }));
}

/** The slice with class ids in place of its values; layers of one source lie over each other. */
function withLabelValues(slice: Slice, source: string): Slice {
  const data = new Float32Array(slice.raster.data.length);
  for (const map of slice.labels ?? []) {
    if (map.source !== source) continue;
    for (let i = 0; i < data.length; i++) if (map.data[i]) data[i] = map.data[i]!;
  }
  return { ...slice, raster: { ...slice.raster, data }, stored: null };
}
