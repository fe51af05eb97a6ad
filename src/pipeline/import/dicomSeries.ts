import type { Series, SeriesWarning } from '../../core/slice';
import { makeVolumes, type Placed, type Volume } from '../../dicom/geometry/volumes';
import type { ImageHeader } from '../../dicom/read/header';
import type { Decoder } from '../decode/protocol';
import type { SeriesSource } from '../seriesSource';
import type { FileRef } from './fileRef';
import { fileSeries } from './fileSeries';
import type { SliceStore } from './sliceStore';

export interface DicomFound {
  readonly ref: FileRef;
  readonly header: ImageHeader;
}

export interface GroupedSeries {
  readonly source: SeriesSource;
  readonly files: readonly FileRef[];
  /** How many volumes the slices at these positions make. */
  readonly siblings: number;
}

/** Files of the same SOP Instance: the most complete counts (of equal ones the first), the others are told. */
export function dropDuplicates(found: readonly DicomFound[]): { unique: DicomFound[]; duplicates: { file: DicomFound; of: string }[] } {
  const best = new Map<string, DicomFound>();
  const keyOf = ({ header: h }: DicomFound): string => `${h.seriesUid}/${h.sopInstanceUid}/${h.rows}/${h.columns}/${h.numberOfFrames}`;
  for (const f of found) {
    const before = best.get(keyOf(f));
    if (!before || f.header.frames.length > before.header.frames.length) best.set(keyOf(f), f);
  }
  const duplicates: { file: DicomFound; of: string }[] = [];
  const unique: DicomFound[] = [];
  for (const f of found) {
    const kept = f.header.sopInstanceUid ? best.get(keyOf(f))! : f;
    if (kept === f) unique.push(f);
    else duplicates.push({ file: f, of: kept.ref.path });
  }
  return { unique, duplicates };
}

/** DICOM images → series: by Series Instance UID, size, orientation and volume. */
export function dicomSeries(found: readonly DicomFound[], decoder: Decoder, store: SliceStore, duplicates: ReadonlyMap<string, number> = new Map()): GroupedSeries[] {
  const bySeries = new Map<string, DicomFound[]>();
  for (const f of found) {
    // Without a Series Instance UID nothing says what belongs together: each file stands alone.
    const key = f.header.seriesUid || f.ref.path;
    bySeries.set(key, [...(bySeries.get(key) ?? []), f]);
  }
  return [...bySeries].flatMap(([key, files]) => {
    const placed: Placed<FileRef>[] = files.flatMap(({ ref, header }) => header.frames.map((frame) => ({ file: ref, header, frame })));
    const volumes = makeVolumes(placed);
    return volumes.map((v, i) => one(v, volumes.length > 1 ? `${key}:${i + 1}` : key, decoder, store, duplicates.get(key) ?? 0));
  });
}

function one(volume: Volume<FileRef>, id: string, decoder: Decoder, store: SliceStore, duplicates: number): GroupedSeries {
  const { header } = volume.slices[0]!;
  const pixelSpacingMm = volume.slices[0]!.frame.pixelSpacingMm;
  const ids = volume.slices.map((s) => `${s.header.sopInstanceUid || s.file.key}${s.header.frames.length > 1 ? `.${s.frame.tile ?? s.frame.frame}` : ''}`);
  const files = [...new Set(volume.slices.map((s) => s.file))];
  const series: Series = {
    id: `dicom:${id}`,
    seriesUid: header.seriesUid,
    studyUid: header.studyUid,
    modality: header.modality,
    description: [header.description, volume.label].filter(Boolean).join(' · '),
    patient: header.patient,
    studyDescription: header.studyDescription,
    slices: volume.slices.map(({ header: h, frame }, i) => ({
      id: ids[i]!, rows: h.rows, columns: h.columns, pixelSpacingMm: frame.pixelSpacingMm, geometry: frame.geometry,
      sopInstanceUid: h.sopInstanceUid || undefined, instanceNumber: h.instanceNumber, ...(h.numberOfFrames > 1 ? { frame: frame.frame } : {}), ...(h.synthetic ? { synthetic: true } : {}),
    })),
    rows: header.rows,
    columns: header.columns,
    pixelSpacingMm,
    sliceSpacingMm: volume.sliceSpacingMm,
    affine: volume.affine,
    warnings: mergeWarnings(volume, duplicates),
    bytes: files.reduce((n, file) => n + file.packedSize, 0),
    ...(volume.slices.some((s) => s.header.notHounsfield) ? { notHounsfield: true } : {}),
  };
  const load = async (index: number, priority: 0 | 2) => {
    const { file, frame } = volume.slices[index]!;
    return decoder.run('dicomSlice', { file: await file.open(), slice: { id: ids[index]!, frame: frame.frame, tile: frame.tile } }, { priority });
  };
  return { source: fileSeries(series, load, store, decoder), files, siblings: volume.siblings };
}

/** The volume's warnings and those of its files, each code once. */
function mergeWarnings(volume: Volume<FileRef>, duplicates: number): SeriesWarning[] {
  const all = new Map<SeriesWarning['code'], SeriesWarning>();
  for (const w of volume.warnings) if (!all.has(w.code)) all.set(w.code, w);
  for (const header of new Set(volume.slices.map((s) => s.header))) for (const w of header.notes) if (!all.has(w.code)) all.set(w.code, w);
  const guessed = [...new Set(volume.slices.map((s) => s.header))].filter((h) => h.repairs.length > 0);
  if (guessed.length > 0) all.set('contradictory-header', { code: 'contradictory-header', detail: guessed[0]!.repairs.join('; ') + (guessed.length > 1 ? `; ${guessed.length} files in all` : '') });
  if (duplicates > 0 && !all.has('duplicate-slices')) all.set('duplicate-slices', { code: 'duplicate-slices', detail: `${duplicates} files come twice; one of each is used` });
  return [...all.values()];
}
