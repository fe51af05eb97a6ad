import { isAbort, throwIfAborted, toStudioError, type StudioError } from '../core/errors';
import type { Affine } from '../core/geometry';
import type { DicomAttributes } from '../core/dicomJson';
import { readSegmentation, type Segmentation } from '../dicom/labels/readSegmentation';
import { readStructureSet, type StructureSet } from '../dicom/labels/readStructureSet';
import { readLabelledFolder, type LabelledFolder } from '../formats/caseFolders';
import { makeLabelVolume, type LabelVolume } from '../formats/labelVolume';
import type { LabelFile } from './labelFile';
import { openPictureLabels, preferOne } from './pictureLabels';
import type { SegmentationData } from './decode/protocol';
import type { OtherFile } from './importFiles';

/** Labels read from what `importFiles` found beside the images. */
export interface OpenedLabels {
  readonly labels: readonly LabelFile[];
  /** The path of each label's file. */
  readonly pathOf: ReadonlyMap<LabelFile, string>;
  /** One for each `dataset.json`: cases, class names, and what does not fit together. */
  readonly folders: readonly (LabelledFolder & { readonly path: string })[];
  readonly failed: readonly { readonly path: string; readonly error: StudioError }[];
}

/**
 * Reads labels. Class names of NIfTI labels come from the nearest `dataset.json` above them. `paths` are all paths that
 * were opened, for the layout check. One broken label never ends the rest; rejects only with AbortError.
 */
export async function openLabels(others: readonly OtherFile[], paths: readonly string[], signal?: AbortSignal): Promise<OpenedLabels> {
  const folders: (LabelledFolder & { path: string })[] = [];
  const failed: { path: string; error: StudioError }[] = [];
  for (const other of others) {
    if (other.kind !== 'list') continue;
    const base = folderOf(other.path);
    const inside = paths.filter((p) => p.startsWith(base)).map((p) => p.slice(base.length));
    try {
      folders.push({ ...readLabelledFolder(other.json, inside), path: other.path });
    } catch (error) {
      failed.push({ path: other.path, error: toStudioError(error, 'label/invalid') });
    }
  }
  const pathOf = new Map<LabelFile, string>();
  // Files are found in whatever order they are read; labels of one name are numbered in the order of their paths.
  for (const other of [...others].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))) {
    if (other.kind === 'list' || other.kind === 'pictures') continue;
    throwIfAborted(signal);
    try {
      const found = other.kind === 'mask' || other.kind === 'coco' || other.kind === 'yolo' ? await openPictureLabels(other, others) : [await openLabel(other, folders)];
      for (const label of found) pathOf.set(label, other.path);
    } catch (error) {
      if (isAbort(error)) throw error;
      failed.push({ path: other.path, error: toStudioError(error, 'label/invalid') });
    }
  }
  return { labels: preferOne([...pathOf.keys()], paths), pathOf, folders, failed };
}

async function openLabel(other: Extract<OtherFile, { kind: 'seg' | 'rtstruct' | 'nifti' }>, folders: readonly (LabelledFolder & { path: string })[]): Promise<LabelFile> {
  const name = fileName(other.path);
  switch (other.kind) {
    case 'seg':
      return segmentationOf(await other.load(), name);
    case 'rtstruct':
      return structureSetOf(await other.load(), name);
    case 'nifti': {
      const { header } = other;
      const [sx, sy, sz] = header.spacingMm;
      const affine: Affine = header.affine ?? [[sx, 0, 0, 0], [0, sy, 0, 0], [0, 0, sz, 0], [0, 0, 0, 1]];
      const folder = folders.filter((f) => other.path.startsWith(folderOf(f.path))).sort((a, b) => b.path.length - a.path.length)[0];
      const volume = volumeOf(name, [header.dims[0], header.dims[1], header.dims[2]], affine, await other.load(), other.classNames ?? folder?.classNames);
      return other.of ? { ...volume, of: other.of } : volume;
    }
  }
}

/** A SEG from its decoded frames; shown by its series description, else its file name. */
export function segmentationOf(data: SegmentationData, name: string): Segmentation {
  const size = data.rows * data.columns;
  return readSegmentation(data.attributes, (i) => data.pixels.subarray(i * size, (i + 1) * size), name);
}

/** A structure set from its attributes. */
export const structureSetOf = (attributes: DicomAttributes, name: string): StructureSet => readStructureSet(attributes, name);

const volumeOf = (name: string, dims: [number, number, number], affine: Affine, values: ArrayLike<number>, names?: ReadonlyMap<number, string>): LabelVolume =>
  makeLabelVolume(name, { dims, affine }, values, names);

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
