import { affineRas, norm, type Vec3 } from '../../core/geometry';
import type { Series, SeriesWarning } from '../../core/slice';
import { isHounsfield, type PictureFacts } from '../../formats/pictureFacts';
import { saysSynthetic } from '../../formats/syntheticMark';
import { niftiGeometry, niftiSpacing } from '../decode/plainSlices';
import type { Decoder, PlainSlice, Probe } from '../decode/protocol';
import type { SeriesSource } from '../seriesSource';
import type { FileRef } from './fileRef';
import { fileSeries } from './fileSeries';
import type { SliceStore } from './sliceStore';

export interface Found {
  readonly ref: FileRef;
  readonly probe: Probe;
  /** Where the image of a NumPy archive lies; its header stands in `probe`. */
  readonly npz?: FileRef;
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const SEQUENCES = / (t1|t1w|t2|t2w|flair|pd|pdw|dwi|adc|swi|tof|bold|t1c|t1ce|t1gd|t1n|t2f) /;

/**
 * Modality of a file that does not say: from the words of its name, as BIDS and nnU-Net sets use them, else of its
 * description, else of its folders from the innermost. A sequence is MR whatever stands beside it (`space-ct_T1w`); a
 * name with both kinds says nothing.
 */
export function guessModality(path: string, description = ''): string {
  const [name = '', ...folders] = path.split('/').reverse();
  for (const [i, part] of [name, description, ...folders].entries()) {
    const words = ` ${part} `.toLowerCase().replace(/[^a-z0-9]+/g, ' ');
    if (SEQUENCES.test(words)) return 'MR';
    const ct = / (ct|ctchest) /.test(words) || (i < 2 && words.includes(' hu ')); // as a folder, Hu is a name
    const mr = / (mr|mri) /.test(words);
    if (ct !== mr) return ct ? 'CT' : 'MR';
  }
  return 'OT';
}

/** True where a NIfTI volume is a label by its type and its place or name (`labelsTr/…`, `…_seg.nii.gz`). */
export function looksLikeLabel(path: string, probe: Extract<Probe, { what: 'nifti' }>): boolean {
  const { header } = probe;
  if (header.dims[3] > 1 || (header.slope !== 1 && header.slope !== 0) || header.intercept !== 0) return false;
  const lower = path.toLowerCase();
  const name = baseName(lower);
  return /(^|\/)labels(tr|ts)?\//.test(lower) || /(^|[._-])(seg|segmentation|mask|label|labels|labelmap|dseg|roi|lesion|lesions|gt|consensus)([._-]|\d|$)/.test(name.replace(/\.nii(\.gz)?$/, ''));
}

/** A NIfTI volume (each of its volumes), or the image of a NumPy archive, as a series, in the order in which it is stored. */
export function niftiSeries(found: Found, decoder: Decoder, store: SliceStore): SeriesSource[] {
  const { ref, npz } = found;
  const { header, holes } = found.probe as Extract<Probe, { what: 'nifti' }>;
  const [columns, rows, slices, volumes] = header.dims;
  const name = baseName(ref.path);
  const modality = guessModality(ref.path, header.description);
  const spacing = niftiSpacing(header);
  const geometry = niftiGeometry(header, 0);
  const a = header.affine;
  const step: Vec3 = a ? [-a[0][2], -a[1][2], a[2][2]] : [0, 0, header.spacingMm[2]];
  const warnings: SeriesWarning[] = [];
  if (!geometry) warnings.push({ code: spacing ? 'no-position' : 'no-geometry', detail: npz ? 'no affine' : 'neither sform nor qform' });
  if (header.bytesPerVoxel === 1) warnings.push({ code: 'eight-bit', detail: header.type });
  if (holes) warnings.push({ code: 'not-numbers', detail: 'NaN or infinite' });
  if (volumes > 1) warnings.push({ code: 'several-volumes', detail: `${volumes} volumes` });
  return Array.from({ length: volumes }, (_, volume) => {
    const id = `${npz ? 'npz' : 'nifti'}:${ref.path}${volumes > 1 ? `:${volume + 1}` : ''}`;
    const one = (index: number): PlainSlice => ({ id: `${id}#${index}`, name, modality, slice: index, volume });
    const series: Series = {
      id, seriesUid: id, studyUid: `folder:${ref.path.slice(0, Math.max(0, ref.path.lastIndexOf('/')))}`, modality,
      description: volumes > 1 ? `${name} (volume ${volume + 1})` : name,
      slices: Array.from({ length: slices }, (_, k) => ({ id: `${id}#${k}`, rows, columns, pixelSpacingMm: spacing, geometry: niftiGeometry(header, k), frame: k, ...(saysSynthetic(header.description) ? { synthetic: true as const } : {}) })),
      rows, columns, pixelSpacingMm: spacing, sliceSpacingMm: a ? norm(step) : spacing && header.spacingMm[2],
      affine: geometry && spacing ? affineRas(geometry, spacing, step) : null, warnings, bytes: ref.packedSize,
    };
    return fileSeries(series, async (index, priority) => decoder.run('niftiSlice', { file: await (npz ?? ref).open(), header, slice: one(index) }, { priority }), store, decoder);
  });
}

/** A PNG or JPEG as a series of one slice. `facts`: what a list says of its grey values and pixels. */
export function pictureSeries(found: Found, decoder: Decoder, store: SliceStore, facts?: PictureFacts): SeriesSource {
  const { ref } = found;
  const probe = found.probe as Extract<Probe, { what: 'png' | 'jpeg' }>;
  const id = `image:${ref.path}`;
  const name = baseName(ref.path);
  const modality = facts?.modality ?? guessModality(ref.path);
  const pixelSpacingMm = facts?.pixelSpacingMm ?? null;
  const warnings: SeriesWarning[] = [{ code: pixelSpacingMm ? 'no-position' : 'no-geometry', detail: `a ${probe.what.toUpperCase()} has none` }];
  if (probe.bits === 8) warnings.push({ code: 'eight-bit', detail: '8 bits a pixel' });
  if (probe.what === 'jpeg') warnings.push({ code: 'lossy-source', detail: 'JPEG' });
  const series: Series = {
    id, seriesUid: id, studyUid: `folder:${ref.path.slice(0, Math.max(0, ref.path.lastIndexOf('/')))}`, modality, description: name,
    slices: [{ id: `${id}#0`, rows: probe.height, columns: probe.width, pixelSpacingMm, geometry: null, ...(probe.synthetic ? { synthetic: true as const } : {}) }],
    rows: probe.height, columns: probe.width, pixelSpacingMm, sliceSpacingMm: null, affine: null, warnings, bytes: ref.packedSize,
    ...(modality === 'CT' && !(facts && isHounsfield(facts)) ? { notHounsfield: true } : {}),
  };
  return fileSeries(series, async (_, priority) => decoder.run('pictureSlice', { file: await ref.open(), what: probe.what, slice: { id: `${id}#0`, name, modality, slice: 0, volume: 0, ...(facts ? { facts } : {}) } }, { priority }), store, decoder);
}
