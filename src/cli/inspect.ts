import { describeError } from '../core/errorText';
import type { ErrorCode } from '../core/errors';
import type { Affine } from '../core/geometry';
import type { Series } from '../core/slice';
import { createNodeDecoder } from '../pipeline/decode/decoder.node.ts';
import { readInputs, resolveBeside } from '../pipeline/import/readInputs.node.ts';
import { importFiles, summarise, type FileOutcome } from '../pipeline/importFiles';
import { reportLabels, type InspectedLabel } from './labelReport';
import { SliceStore } from '../pipeline/import/sliceStore';

export const usage = `usage: verisim inspect PATH... [--json] [--no-pixels] [--jobs N]

Tells what is in files, folders, ZIP archives and DICOMDIRs: one line for each file, one for each series.
  --json       the whole result as JSON on stdout
  --no-pixels  headers only: no values, no hashes
  --jobs N     decode workers (default: the cores, at most 4)
Exit code 1 when a file or a label could not be read.`;

/** One file of `inspect --json`. Values are those STORED in frame 0, before any table. */
interface InspectedFile {
  path: string;
  status: 'ok' | 'skipped' | 'error';
  code: ErrorCode | null;
  message: string;
  transferSyntax: string | null;
  sopClass: string | null;
  modality: string | null;
  frames: number | null;
  rows: number | null;
  columns: number | null;
  dtype: string | null;
  min: number | null;
  max: number | null;
  mean: number | null;
  sha256: string | null;
}

interface InspectedSeries {
  seriesUid: string;
  modality: string;
  slices: number;
  rows: number;
  columns: number;
  pixelSpacingMm: readonly [number, number] | null;
  sliceSpacingMm: number | null;
  affine: Affine | null;
  volumes: number;
  warnings: string[];
  labels: readonly InspectedLabel[];
}

export async function run(args: readonly string[]): Promise<0 | 1 | 2> {
  const paths: string[] = [];
  let json = false;
  let stats = true;
  let jobs: number | undefined;
  for (let i = 0; i < args.length; i++) {
    const a = args[i]!;
    if (a === '--json') json = true;
    else if (a === '--no-pixels') stats = false;
    else if (a === '--jobs') jobs = Number(args[++i]);
    else if (a.startsWith('--')) return misuse(`unknown option ${a}`);
    else paths.push(a);
  }
  if (paths.length === 0) return misuse('no path given');
  if (jobs !== undefined && !(Number.isInteger(jobs) && jobs >= 1 && jobs <= 64)) return misuse('--jobs takes a number from 1 to 64');

  const decoder = createNodeDecoder(jobs);
  const unreadable: FileOutcome[] = [];
  const inputs = readInputs(paths, (path, error) => {
    const detail = error instanceof Error ? error.message : String(error);
    unreadable.push({ path, status: 'error', kind: 'other', code: 'input/not-readable', message: describeError('input/not-readable', detail) });
  });
  try {
    const result = await importFiles(inputs, { decoder, stats, store: new SliceStore(32 * 1024 * 1024), resolve: resolveBeside(paths) });
    const outcomes = [...result.outcomes, ...unreadable];
    const files = outcomes.map(inspected);
    const labels = await reportLabels(result);
    const series = groupSeries(result.series.map((s) => s.series), result.volumes, labels.bySeries);
    const { waiting, failed, problems } = labels;
    if (json) process.stdout.write(`${JSON.stringify({ files, series, labelsWaiting: waiting, labelsFailed: failed, labelProblems: problems }, null, 1)}\n`);
    else print(files, series);
    for (const { words } of waiting) console.error(words);
    for (const { path, code, detail } of failed) console.error(`${path}: ${describeError(code, detail)}`);
    for (const problem of problems) console.error(problem);
    console.error(summarise(outcomes));
    return failed.length > 0 || outcomes.some((o) => o.status === 'error') ? 1 : 0;
  } finally {
    decoder.dispose();
  }
}

function misuse(what: string): 2 {
  console.error(`${what}\n\n${usage}`);
  return 2;
}

/** Structure sets and lists are no images: skipped here, although the studio can attach them. */
function inspected(o: FileOutcome): InspectedFile {
  const info = o.info;
  const s = info?.stats;
  const imageless = o.status === 'shown' && (o.kind === 'list' || o.kind === 'archive' || info?.rows === undefined);
  return {
    path: o.path,
    status: o.status === 'shown' ? (imageless ? 'skipped' : 'ok') : o.status,
    code: o.code ?? (imageless ? (o.kind === 'label' ? 'dicom/no-pixel-data' : 'input/not-an-image') : null),
    message: o.message,
    transferSyntax: info?.transferSyntax ?? null,
    sopClass: info?.sopClass ?? null,
    modality: info?.modality ?? null,
    frames: info?.frames ?? null,
    rows: info?.rows ?? null,
    columns: info?.columns ?? null,
    dtype: info?.dtype ?? null,
    min: s?.min ?? null,
    max: s?.max ?? null,
    mean: s?.mean ?? null,
    sha256: s?.sha256 ?? null,
  };
}

/** Volumes at the same positions of one series stand in one line; its figures are those of the first. */
function groupSeries(all: readonly Series[], volumes: ReadonlyMap<string, number>, labels: ReadonlyMap<string, readonly InspectedLabel[]>): InspectedSeries[] {
  const out: InspectedSeries[] = [];
  const open = new Map<string, { entry: InspectedSeries; left: number }>();
  for (const s of all) {
    const key = `${s.seriesUid}/${s.rows}/${s.columns}/${s.slices[0]?.geometry?.rowDirection.join() ?? ''}/${s.slices[0]?.geometry?.columnDirection.join() ?? ''}`;
    const count = volumes.get(s.id) ?? 1;
    const found = open.get(key);
    if (found && found.left > 0) {
      found.left--;
      for (const w of s.warnings) if (!found.entry.warnings.includes(w.code)) found.entry.warnings.push(w.code);
      continue;
    }
    const entry: InspectedSeries = {
      seriesUid: s.seriesUid, modality: s.modality, slices: s.slices.length, rows: s.rows, columns: s.columns,
      pixelSpacingMm: s.pixelSpacingMm ? [s.pixelSpacingMm[0], s.pixelSpacingMm[1]] : null,
      sliceSpacingMm: s.sliceSpacingMm, affine: s.affine, volumes: count, warnings: s.warnings.map((w) => w.code), labels: labels.get(s.id) ?? [],
    };
    out.push(entry);
    open.set(key, { entry, left: count - 1 });
  }
  return out;
}

function print(files: readonly InspectedFile[], series: readonly InspectedSeries[]): void {
  for (const f of files) {
    const what = f.status === 'ok' ? `${f.columns}×${f.rows}${(f.frames ?? 1) > 1 ? `×${f.frames}` : ''} ${f.dtype ?? ''} ${f.min === null ? '' : `${f.min}…${f.max}`}` : `${f.code}  ${f.message}`;
    console.log(`${f.status.padEnd(8)}${f.path}  ${what}`);
  }
  for (const s of series) console.log(`series  ${s.modality} ${s.columns}×${s.rows}×${s.slices}${s.volumes > 1 ? ` ×${s.volumes} volumes` : ''}  ${s.sliceSpacingMm?.toFixed(3) ?? '–'} mm  ${s.warnings.join(' ')}${s.labels.map((l) => `\n        ${l.source}: ${l.classes.map((c) => `${c.name} ${c.volumeMl === null ? `${c.voxels} voxels` : `${c.volumeMl.toFixed(2)} ml`}`).join(', ')}`).join('')}`);
}
