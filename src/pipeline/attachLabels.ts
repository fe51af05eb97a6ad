import { affineRas, norm, sliceNormal, type Vec3 } from '../core/geometry';
import { gridDifference, type GridDifference, type VoxelGrid } from '../core/gridDifference';
import type { LabelPlane, LabelSet } from '../core/labelSet';
import type { Series } from '../core/slice';
import { placeSegmentation, placeStructureSet } from '../dicom/labels/placeOnSeries';
import { namesSlice, type Segmentation, type SourceImage } from '../dicom/labels/readSegmentation';
import type { StructureSet } from '../dicom/labels/readStructureSet';
import { caseStems, plainFile } from '../dataset/plainFile';
import { caseName, otherNumbers } from '../formats/caseFolders';
import type { LabelVolume } from '../formats/labelVolume';
import type { AttachChoice, AttachResult, LabelFile } from './labelFile';
import { attachPicture } from './pictureLabels';

/**
 * Finds the series of a label and lays it on. DICOM labels follow their references (Referenced Series, source images,
 * else the Frame of Reference with a fitting grid), and of the volumes of one series the images they were drawn on. A NIfTI label attaches where affine and shape agree to 1e-3 mm, but to no
 * file with the number of another case, and where several series do, only to the one of its whole name, else to the channels of the case it names. The mask of an NPZ goes to the image
 * in the same file, a label of pictures to the one whose path it names. Nothing attaches silently by guess.
 */
export function attachLabel(label: LabelFile, library: readonly Series[], choice: AttachChoice = {}): AttachResult {
  const series = library.filter((s) => (choice.seriesId ? s.id === choice.seriesId : true));
  if (label.kind === 'picture') return attachPicture(label, series, choice);
  if (label.kind !== 'nifti') return attachDicom(label, series, choice);
  return attachVolume(label, label.of ? series.filter((s) => s.id === label.of) : series, choice);
}

function attachDicom(label: Segmentation | StructureSet, library: readonly Series[], choice: AttachChoice): AttachResult {
  const uids = new Set(label.referencedSeriesUids);
  const instances = new Set(label.kind === 'seg' ? label.referencedInstanceUids : []);
  const originals = choice.seriesId ? library : library.filter((s) => !s.derived);
  const named = originals.filter((s) => uids.has(s.seriesUid) || s.slices.some((h) => h.sopInstanceUid !== undefined && instances.has(h.sopInstanceUid)));
  const sameSpace = originals.filter((s) => label.frameOfReferenceUid !== undefined && s.slices.some((h) => h.geometry?.frameOfReferenceUid === label.frameOfReferenceUid));
  const unnamed = uids.size === 0 && instances.size === 0;
  const candidates = choice.seriesId ? library : named.length > 0 ? named : unnamed ? sameSpace : [];
  if (candidates.length === 0) return { status: 'waiting', words: `The images of ${label.name} are not loaded. It waits in the library and attaches itself when they come.` };
  const results = candidates.map((s) => ({ s, placement: label.kind === 'seg' ? placeSegmentation(label, s) : placeStructureSet(label, s) }));
  const fits = results.filter((r) => r.placement.ok);
  if (fits.length > 1 && named.length === 0) {
    return { status: 'ambiguous', words: `${label.name} lies on ${fits.length} series and names none. Choose the one it was drawn on.`, seriesIds: fits.map((f) => f.s.id) };
  }
  const drawn = drawnOn(label, fits.map((f) => f.s));
  if (drawn.length > 1) {
    return { status: 'ambiguous', words: `${label.name} lies on ${drawn.length} series that it does not tell apart. Choose the one it was drawn on.`, seriesIds: drawn.map((s) => s.id) };
  }
  const only = fits.find((f) => f.s === drawn[0])?.placement;
  if (only?.ok) return { status: 'attached', set: only.set };
  const { s, placement } = results[0]!;
  return { status: 'mismatch', seriesId: s.id, words: mismatchWords(label.name, placement.ok ? '' : placement.words, s) };
}

/**
 * Of series on which a DICOM label lies, those it was drawn on: echoes, times and b-values share their series, place and
 * grid, and differ in their images alone. First by the images that frames and contours name, then by those that are listed.
 */
function drawnOn(label: Segmentation | StructureSet, fits: readonly Series[]): readonly Series[] {
  const whole = (uids: readonly string[]): SourceImage[] => uids.map((uid) => ({ uid, frames: [] }));
  const own = label.kind === 'seg' ? label.frames.flatMap((f) => f.sources) : whole(label.contourImageUids);
  for (const images of [own, whole(label.referencedInstanceUids)]) {
    const named = fits.filter((s) => images.some((image) => s.slices.some((h) => namesSlice(image, h))));
    if (named.length > 0) return named;
  }
  return fits;
}

function attachVolume(label: LabelVolume, library: readonly Series[], choice: AttachChoice): AttachResult {
  const stem = caseName(label.name);
  const hasName = (s: Series, fits: (name: string) => boolean): boolean => fits(caseName(s.description)) || s.slices.some((h) => fits(caseName(h.id)));
  const wholeName = (s: Series): boolean => hasName(s, (name) => name === stem);
  const sameName = (s: Series): boolean => hasName(s, (name) => name === stem || name.replace(/_\d{4}$/, '') === stem);
  // Where a series has no geometry the voxel grid alone says little: only a label of the same name is compared.
  const compared = library.flatMap((s) => {
    const grid = gridOf(s);
    return grid && (s.affine || s.slices[0]?.geometry || sameName(s)) ? [{ s, difference: gridDifference(label.grid, grid) }] : [];
  });
  // The voxel order of DICOM is not that of NIfTI: on a DICOM series a label in another storage order is read by its affine.
  const fitting = compared.filter(({ s, difference }) => difference === null || (difference.reorder && (choice.reorder || isDicom(s))));
  const originals = fitting.filter(({ s }) => !s.derived);
  const pool = originals.length > 0 ? originals : fitting;
  const whole = pool.filter(({ s }) => wholeName(s));
  const chosen = pool.length === 1 || choice.seriesId ? pool : whole.length > 0 ? whole : pool.filter(({ s }) => sameName(s));
  const [only] = chosen.length === 1 ? chosen : [];
  if (only && !choice.seriesId && isOfOtherCase(label, only.s)) {
    return { status: 'ambiguous', words: `${label.name} lies on ${only.s.description}, but has the number of another case. Choose it if it was drawn on that.`, seriesIds: [only.s.id] };
  }
  if (only) return { status: 'attached', set: lay(label, only.s, only.difference) };
  if (chosen.length > 1 && areChannels(chosen.map(({ s }) => s), library)) {
    const [set, ...channels] = chosen.map(({ s, difference }) => lay(label, s, difference));
    return { status: 'attached', set: set!, channels };
  }
  if (pool.length > 1) {
    return { status: 'ambiguous', words: `${label.name} lies on ${pool.length} series and its name matches ${chosen.length === 0 ? 'none' : 'several'}. Choose the one it was drawn on.`, seriesIds: pool.map(({ s }) => s.id) };
  }
  const near = compared.find(({ s }) => label.of || sameName(s)) ?? (choice.seriesId ? compared[0] : closest(label, compared));
  if (!near) return { status: 'waiting', words: `The images of ${label.name} are not loaded. It waits in the library and attaches itself when they come.` };
  return { status: 'mismatch', seriesId: near.s.id, difference: near.difference!, words: mismatchWords(label.name, near.difference!.words, near.s) };
}

/** Cases of a set share one grid: there a name with another number is more than chance. DICOM has a place and no name of a case. */
const isOfOtherCase = (label: LabelVolume, s: Series): boolean => !label.of && !s.derived && !isDicom(s) && otherNumbers(label.name, s.description);

/** A near miss worth telling: the same matrix, or the same spacing, or a reordered grid; else its images are simply not here. */
function closest(label: LabelVolume, compared: readonly { s: Series; difference: GridDifference | null }[]) {
  const rank = { flip: 0, axes: 1, shift: 2, rotation: 3, spacing: 4, shape: 5 } as const;
  const same = (s: Series): boolean => s.columns === label.grid.dims[0] && s.rows === label.grid.dims[1] && s.slices.length === label.grid.dims[2];
  return compared
    .filter(({ s, difference }) => difference !== null && (difference.reorder !== undefined || same(s) || overlapsInSpace(label.grid, gridOf(s)!)))
    .sort((a, b) => rank[a.difference!.kind] - rank[b.difference!.kind])[0];
}

/** True when the centre of the label lies within the images' box. */
function overlapsInSpace(label: VoxelGrid, image: VoxelGrid): boolean {
  const centre = label.dims.map((n) => (n - 1) / 2);
  const world = [0, 1, 2].map((r) => label.affine[r]![0] * centre[0]! + label.affine[r]![1] * centre[1]! + label.affine[r]![2] * centre[2]! + label.affine[r]![3]);
  return [0, 1, 2].every((a) => {
    const column = [0, 1, 2].map((r) => image.affine[r]![a]!);
    const size = column.reduce((sum, v) => sum + v * v, 0);
    const along = column.reduce((sum, v, r) => sum + v * (world[r]! - image.affine[r]![3]), 0) / size;
    return along > -0.5 && along < image.dims[a]! - 0.5;
  });
}

/** True for the channels of one case: files of one folder whose names differ in what tells channels apart alone. */
function areChannels(series: readonly Series[], library: readonly Series[]): boolean {
  const files = library.filter((s) => !s.derived).map(plainFile);
  const stems = caseStems(files);
  const cases = files.flatMap((f, i) => (series.includes(f.series) ? [stems[i] === f.stem ? null : [...f.folders, stems[i]].join('/')] : []));
  return cases.length === series.length && cases[0] !== null && new Set(cases).size === 1;
}

const mismatchWords = (name: string, words: string, s: Series): string =>
  `${name} ${words} against ${s.description || 'the series'}. It waits in the library until its images come.`;

const isDicom = (s: Series): boolean => s.slices.some((h) => h.sopInstanceUid !== undefined);

/** Voxel grid of a series; a single slice has a step of 1 mm; without geometry it starts at zero along the axes. */
export function gridOf(s: Series): VoxelGrid | null {
  const dims = [s.columns, s.rows, s.slices.length] as const;
  if (s.affine) return { dims, affine: s.affine };
  const h = s.slices[0];
  if (!h?.geometry || !h.pixelSpacingMm) {
    const [row, column] = s.pixelSpacingMm ?? [1, 1];
    return { dims, affine: [[column, 0, 0, 0], [0, row, 0, 0], [0, 0, s.sliceSpacingMm ?? 1, 0], [0, 0, 0, 1]] };
  }
  const step = sliceNormal(h.geometry).map((v) => v * (s.sliceSpacingMm ?? 1)) as unknown as Vec3;
  return norm(step) > 0 ? { dims, affine: affineRas(h.geometry, h.pixelSpacingMm, step) } : null;
}

function lay(label: LabelVolume, s: Series, difference: GridDifference | null): LabelSet {
  const [columns, rows, slices] = [s.columns, s.rows, s.slices.length];
  const order = difference?.reorder?.order ?? [0, 1, 2];
  const flipped = difference?.reorder?.flipped ?? [false, false, false];
  const stride = [1, label.grid.dims[0], label.grid.dims[0] * label.grid.dims[1]];
  const step = order.map((a, i) => stride[a]! * (flipped[i] ? -1 : 1));
  const start = order.reduce((sum, a, i) => sum + (flipped[i] ? (label.grid.dims[a]! - 1) * stride[a]! : 0), 0);
  const planes: (LabelPlane | null)[] = [];
  for (let z = 0; z < slices; z++) {
    const plane = new Uint8Array(rows * columns);
    let any = false;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const v = label.data[start + x * step[0]! + y * step[1]! + z * step[2]!]!;
        plane[y * columns + x] = v;
        any ||= v > 0;
      }
    }
    planes.push(any ? plane : null);
  }
  const source = `${label.of ? 'NPZ' : 'NIfTI'} label, ${label.name}`;
  const notes = difference?.reorder ? ['Its axes are stored in another order than the images; they were put in order by its affine.'] : [];
  return { id: `${s.id}/${source}`, seriesId: s.id, source, kind: 'nifti', width: columns, height: rows, classes: label.classes, layers: [planes], notes };
}
