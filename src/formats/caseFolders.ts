import { StudioError } from '../core/errors';

/** One case of a labelled set: its image files (one a channel) and its label, as paths within the folder. */
export interface LabelledCase {
  readonly name: string;
  readonly images: readonly { readonly path: string; readonly channel: string }[];
  readonly label: string | null;
}

/** What a `dataset.json` and the folder beside it say. */
export interface LabelledFolder {
  readonly layout: 'nnU-Net v2' | 'decathlon';
  readonly cases: readonly LabelledCase[];
  /** Class id → name, background left out. */
  readonly classNames: ReadonlyMap<number, string>;
  /** Things that do not fit together, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * Reads the layout of an nnU-Net v2 folder (`imagesTr/{case}_{0000}.nii.gz`, `labelsTr/{case}.nii.gz`,
 * `dataset.json`; nnU-Net documentation/dataset_format.md) or of a MONAI/decathlon data list (a JSON whose `training`
 * names image and label files). `paths` are all files, relative to the folder of the JSON. Throws `label/invalid`
 * when the JSON is neither.
 */
export function readLabelledFolder(json: unknown, paths: readonly string[]): LabelledFolder {
  if (typeof json !== 'object' || json === null) throw new StudioError('label/invalid', 'dataset.json is no object');
  const spec = json as Record<string, unknown>;
  const clean = paths.map((p) => p.replaceAll('\\', '/').replace(/^\.\//, ''));
  if ('channel_names' in spec || ('modality' in spec && !Array.isArray(spec.training))) return readNnunet(spec, clean);
  if (Array.isArray(spec.training) || Array.isArray(spec.validation)) return readDataList(spec, clean);
  throw new StudioError('label/invalid', 'dataset.json names neither channels nor training cases');
}

function readNnunet(spec: Record<string, unknown>, paths: readonly string[]): LabelledFolder {
  const channels = channelsOf(spec.channel_names ?? spec.modality);
  const ending = typeof spec.file_ending === 'string' ? spec.file_ending : '.nii.gz';
  const problems: string[] = [];
  const labels = new Map<string, string>();
  const images = new Map<string, Map<number, string>>();
  for (const path of paths) {
    const [folder, file] = splitPath(path);
    if (!file.endsWith(ending)) continue;
    const stem = file.slice(0, -ending.length);
    if (folder === 'labelsTr' || folder === 'labelsTs') labels.set(stem, path);
    const match = folder === 'imagesTr' || folder === 'imagesTs' ? /^(.*)_(\d{4})$/.exec(stem) : null;
    if (match) {
      const list = images.get(match[1]!) ?? new Map<number, string>();
      images.set(match[1]!, list.set(Number(match[2]), path));
    }
  }
  const cases = [...images].map(([name, files]): LabelledCase => {
    for (const [key, channel] of channels) if (!files.has(Number(key))) problems.push(`${name} lacks channel ${key} (${channel}).`);
    return {
      name,
      images: [...files].sort((a, b) => a[0] - b[0]).map(([i, path]) => ({ path, channel: channels.get(String(i)) ?? `channel ${i}` })),
      label: labels.get(name) ?? null,
    };
  });
  for (const name of labels.keys()) if (!images.has(name)) problems.push(`${name} has a label but no images.`);
  const expected = typeof spec.numTraining === 'number' ? spec.numTraining : undefined;
  const labelled = cases.filter((c) => c.images[0]?.path.startsWith('imagesTr')).length;
  if (expected !== undefined && expected !== labelled) problems.push(`dataset.json promises ${expected} training cases, ${labelled} are here.`);
  return { layout: 'nnU-Net v2', cases: cases.sort((a, b) => (a.name < b.name ? -1 : 1)), classNames: namesFromV2(spec.labels), problems };
}

function readDataList(spec: Record<string, unknown>, paths: readonly string[]): LabelledFolder {
  const channels = channelsOf(spec.modality ?? spec.channel_names);
  const have = new Set(paths);
  const problems: string[] = [];
  const cases: LabelledCase[] = [];
  for (const entry of [spec.training, spec.validation].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []))) {
    if (typeof entry !== 'object' || entry === null) continue;
    const { image, label } = entry as { image?: unknown; label?: unknown };
    const files = (Array.isArray(image) ? image : [image]).filter((f): f is string => typeof f === 'string').map((f) => resolveName(f, have));
    if (files.length === 0) continue;
    const labelFile = typeof label === 'string' ? resolveName(label, have) : null;
    const missing = [...files, ...(labelFile ? [labelFile] : [])].filter((f) => !have.has(f));
    const name = files.length > 1 ? caseName(files[0]!).replace(/_\d{4}$/, '') : caseName(files[0]!);
    if (missing.length > 0) {
      problems.push(`${name}: ${missing.join(', ')} is not in the folder.`);
      if (files.some((f) => !have.has(f))) continue;
    }
    cases.push({
      name,
      images: files.map((path, i) => ({ path, channel: channels.get(String(i)) ?? (files.length > 1 ? `channel ${i}` : 'image') })),
      label: labelFile && have.has(labelFile) ? labelFile : null,
    });
  }
  return { layout: 'decathlon', cases, classNames: namesFromDecathlon(spec.labels), problems };
}

/** nnU-Net v2 has name → id (or a list of ids for a region); a region names the ids that no smaller one names. */
function namesFromV2(labels: unknown): Map<number, string> {
  const entries = [...entriesOf(labels)];
  if (entries.length > 0 && entries.every(([key, value]) => /^\d+$/.test(key) && typeof value === 'string')) return namesFromDecathlon(labels);
  const regions = entries.map(([name, value]) => ({ name, ids: (Array.isArray(value) ? value : [value]).map(Number) }));
  const names = new Map<number, string>();
  for (const { name, ids } of regions.sort((a, b) => a.ids.length - b.ids.length)) {
    for (const id of ids) if (id > 0 && !names.has(id) && name !== 'ignore') names.set(id, name);
  }
  return names;
}

/** Decathlon has id → name. */
function namesFromDecathlon(labels: unknown): Map<number, string> {
  return new Map([...entriesOf(labels)].filter(([id]) => Number(id) > 0).map(([id, name]) => [Number(id), String(name)]));
}

const entriesOf = (value: unknown): Map<string, unknown> => new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);

const channelsOf = (value: unknown): Map<string, string> => new Map([...entriesOf(value)].map(([key, name]) => [key, String(name)]));

function splitPath(path: string): [folder: string, file: string] {
  const parts = path.split('/');
  return [parts.at(-2) ?? '', parts.at(-1) ?? ''];
}

function resolveName(name: string, have: ReadonlySet<string>): string {
  const clean = name.replaceAll('\\', '/').replace(/^\.\//, '');
  if (have.has(clean)) return clean;
  return [...have].find((path) => path.endsWith(`/${clean}`)) ?? clean;
}

/** A file's name without ending and the usual label suffixes. Digits stay: they may be a channel or the number of a case. */
export function caseName(path: string): string {
  const file = splitPath(path)[1].replace(/\.(nii\.gz|nii|nrrd|mha|dcm|png)$/i, '');
  return file.replace(/[-_.](seg|label|labels|mask|lesion|gt|annotation|consensus)$/i, '');
}

/** Numbers in the name of a file, without those of sequences and volumes (T1, T2, 3D). */
const numbersIn = (path: string): ReadonlySet<number> => new Set((caseName(path).replace(/(?<![a-z0-9])(t[12][a-z]*|[234]d)(?![a-z0-9])/gi, '').match(/\d+/g) ?? []).map(Number));

/** Whether the numbers in two names say that they are of two cases: each has one that the other lacks. */
export function otherNumbers(a: string, b: string): boolean {
  const [mine, theirs] = [numbersIn(a), numbersIn(b)];
  return [...mine].some((n) => !theirs.has(n)) && [...theirs].some((n) => !mine.has(n));
}
