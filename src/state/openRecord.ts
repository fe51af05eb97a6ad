import type { FileOutcome, InputFile, OtherFile } from '../pipeline/importFiles';
import type { LibraryItem } from './library';

/** One thing that was opened, as a session keeps it. */
export interface OpenRecord {
  readonly name: string;
  readonly origin: LibraryItem['origin'];
  readonly sample?: string;
  readonly inputs?: readonly InputFile[];
  readonly seriesIds: readonly string[];
  /** Series that come out of these inputs too and were removed: they do not come back. */
  readonly leftOut?: readonly string[];
}

/** A record of this visit: what became of its files is still known. */
export interface OpenedRecord extends OpenRecord {
  readonly id: number;
  /** By the path of an input; one that is not here came to nothing. */
  readonly parts: ReadonlyMap<string, InputPart>;
}

interface InputPart {
  readonly series: ReadonlySet<string>;
  /** Paths of labels, those inside an archive as well. */
  readonly labels: ReadonlySet<string>;
  /** It says something of other files. */
  readonly list: boolean;
}

/** Says of a label which file of which record it was read from. */
export const labelFrom = (recordId: number, path: string): string => `${recordId}/${path}`;

/** What each input came to. `idOf`: the id that a series of the import got in the library. */
export function partsOf(inputs: readonly InputFile[], outcomes: readonly FileOutcome[], others: readonly OtherFile[], idOf: ReadonlyMap<string, string>): Map<string, InputPart> {
  const paths = new Set(inputs.map((i) => i.path));
  /** The input that a file lies in: itself, or the archive around it. */
  const inputOf = (path: string): string | null => {
    let at = path;
    while (!paths.has(at) && at.includes('/')) at = at.slice(0, at.lastIndexOf('/'));
    return paths.has(at) ? at : null;
  };
  type Part = { series: Set<string>; labels: Set<string>; list: boolean };
  const parts = new Map<string, Part>();
  const add = (path: string, change: (part: Part) => void): void => {
    const input = inputOf(path);
    if (input === null) return;
    const part = parts.get(input) ?? { series: new Set(), labels: new Set(), list: false };
    change(part);
    parts.set(input, part);
  };
  for (const { path, kind, seriesIds } of outcomes) {
    const series = (seriesIds ?? []).flatMap((id) => idOf.get(id) ?? []);
    if (series.length) add(path, (part) => series.forEach((id) => part.series.add(id)));
    if (kind === 'list') add(path, (part) => void (part.list = true));
  }
  for (const { path } of others) add(path, (part) => part.labels.add(path));
  return parts;
}

/** The volumes of one DICOM series are numbered among each other: only with the files of all they keep their ids. */
const groupOf = (seriesId: string): string => (seriesId.startsWith('dicom:') ? seriesId.replace(/:\d+$/, '') : seriesId);

/**
 * What a session keeps of a record: the files of series that are in the library, those of labels that are attached or wait,
 * and lists beside them; null where nothing of it is left. `labels`: where labels were read from (`labelFrom`).
 */
export function keptRecord({ id, parts, ...record }: OpenedRecord, series: ReadonlySet<string>, labels: ReadonlySet<string | undefined>): OpenRecord | null {
  const seriesIds = record.seriesIds.filter((s) => series.has(s));
  const { inputs } = record;
  if (!inputs) return seriesIds.length ? record : null;
  const groups = new Set(seriesIds.map(groupOf));
  const wanted = (part: InputPart): boolean => (part.series.size ? [...part.series].some((s) => groups.has(groupOf(s))) : [...part.labels].some((path) => labels.has(labelFrom(id, path))));
  const kept = [...parts].filter(([, part]) => wanted(part));
  if (kept.length === 0) return null;
  const paths = new Set([...kept, ...[...parts].filter(([, part]) => part.list && part.series.size === 0)].map(([path]) => path));
  const leftOut = [...new Set(kept.flatMap(([, part]) => [...part.series]))].filter((s) => !series.has(s));
  return { ...record, inputs: inputs.filter((i) => paths.has(i.path)), seriesIds, leftOut };
}

/** Whether two lists keep the same files of the same series. */
export function sameRecords(a: readonly OpenRecord[], b: readonly OpenRecord[]): boolean {
  const same = (x: readonly unknown[] = [], y: readonly unknown[] = []): boolean => x.length === y.length && x.every((v, i) => v === y[i]);
  const files = (r: OpenRecord) => r.inputs?.map((i) => i.blob);
  return a.length === b.length && a.every((r, i) => r.name === b[i]!.name && !r.inputs === !b[i]!.inputs && same(files(r), files(b[i]!)) && same(r.seriesIds, b[i]!.seriesIds) && same(r.leftOut, b[i]!.leftOut));
}

/** Records whose files fit into `bytes` all together; one that does not is kept by name, and those after it are tried. */
export function withinBytes(records: readonly OpenRecord[], bytes: number): OpenRecord[] {
  let left = bytes;
  return records.map((record) => {
    const size = (record.inputs ?? []).reduce((n, i) => n + i.blob.size, 0);
    if (size > left) return { ...record, inputs: undefined };
    left -= size;
    return record;
  });
}
