import type { Series } from '../core/slice';

/** A file that names no patient in its header: the folders above it, and its name without ending and volume number. */
export interface PlainFile {
  readonly folders: readonly string[];
  readonly stem: string;
  readonly series: Series;
}

/** Channels that one case may have. */
export const CHANNELS = 8;

export const fileName = (series: Series): string => series.description.replace(/^.*\//, '').replace(/ \(volume \d+\)$/, '');

export function plainFile(series: Series): PlainFile {
  const folders = series.studyUid.replace(/^folder:/, '').split('/').filter((f) => f !== '' && f !== '.');
  return { folders, stem: fileName(series).replace(/\.(nii(\.gz)?|npz|png|jpe?g)$/i, ''), series };
}

/**
 * Names of the cases that files are of. Four digits at the end of a name are a channel (`case_0000`, `case_0001`) and no
 * number of a case (`amos_0001`): in one folder, channel 0 among them, few, and all on one grid.
 */
export function caseStems(files: readonly PlainFile[]): readonly string[] {
  const groups = new Map<string, PlainFile[]>();
  for (const file of files) {
    if (!/_\d{4}$/.test(file.stem)) continue;
    const group = groups.get(channelKey(file));
    if (group) group.push(file);
    else groups.set(channelKey(file), [file]);
  }
  const channels = new Set([...groups].filter(([, group]) => areChannels(group)).map(([key]) => key));
  return files.map((file) => (channels.has(channelKey(file)) ? file.stem.slice(0, -5) : file.stem));
}

const channelKey = ({ folders, stem }: PlainFile): string => [...folders, stem.slice(0, -5)].join('/');

const gridOf = ({ series: s }: PlainFile): string => JSON.stringify([s.rows, s.columns, s.slices.length, s.affine]);

function areChannels(group: readonly PlainFile[]): boolean {
  const numbers = new Set(group.map((f) => Number(f.stem.slice(-4))));
  return numbers.has(0) && numbers.size <= CHANNELS && Math.max(...numbers) < 2 * CHANNELS && new Set(group.map(gridOf)).size === 1;
}
