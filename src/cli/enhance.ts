import { describeError } from '../core/errorText';
import { StudioError, toStudioError } from '../core/errors';
import type { Slice } from '../core/slice';
import type { Rescale } from '../dicom/write';
import type { EnhanceResult, EnhanceSettings } from '../pipeline/enhance';
import { enhanceSeries } from '../pipeline/enhanceSeries';
import { exportLabels, type LabelledImage } from '../pipeline/exportLabels';
import { evenRuns, exportDicom, exportNifti, exportPng, sharedGrid } from '../pipeline/exportSlice';
import type { EngineContext } from '../pipeline/enhance';
import type { SeriesSource } from '../pipeline/seriesSource';
import { engineContext, needed, numberOption, parseArgs, withSeries } from './engine';
import { ENHANCE_OPTIONS, enhanceSettings } from './enhanceOptions';
import { makeFolder, saveFile } from './outFolder';
import { projectKey } from './projectKey';

export const usage = `usage: verisim enhance IN... --model ID --out DIR [options]

Super-resolves each series of IN. DICOM gives DICOM (derived, marked synthetic), NIfTI gives NIfTI, pictures give 16-bit PNG.
Labels among the inputs (DICOM SEG, RTSTRUCT, NIfTI) attach to their series and are written enlarged: SEG, or NIfTI.
  --model ID        a super-resolution model (verisim models lists them)
  --perceptual T    0 faithful … 1 perceptual (default 0)
  --average         mean over the eight orientations of each slice: eight times the time, about 0.1 dB more
  --consistent      project the result, so that reducing it again gives back the input
  --operator O      auto, bicubic or kspace: the reduction that is meant (auto: MR kspace, else bicubic)
  --deidentify      de-identify DICOM output by the Basic Profile of PS3.15 with none of its options: device, dates, patient
                    characteristics and descriptions go too, from file names as well
  --key-file F      key of the pseudonyms (default: one made for this user and kept in ~/.config/verisim/project.key)
  --threads N       default 1, which decides bytes; more gives the same values
  --json            what was made, on stdout
The same inputs, model and settings give the same bytes. A slice or series that fails does not stop the rest; exit code 1 when one did.`;

interface Made {
  series: string;
  files: string[];
  slices: number;
  /** `slice` is null where the whole series failed. */
  failed: { slice: number | null; code: string; message: string }[];
  normalisation: { low: number; high: number } | null;
  meter: { meanRmse: number; maxRmse: number; unit: string } | null;
  clamped: number;
  warnings: string[];
  seconds: number;
}

export async function run(args: readonly string[]): Promise<0 | 1 | 2> {
  const { inputs, options } = parseArgs(args, { model: 'value', out: 'value', ...ENHANCE_OPTIONS, deidentify: 'flag', 'key-file': 'value', threads: 'value', json: 'flag' });
  const modelId = needed(options, 'model'), out = needed(options, 'out');
  if (inputs.length === 0) throw new StudioError('cli/usage', 'no input given');
  const settings = enhanceSettings(options);
  const key = options.has('deidentify') ? projectKey(options.get('key-file')) : null;
  const context = await engineContext(numberOption(options, 'threads', 1, 1, 64, true));
  context.models.get(modelId);
  makeFolder(out);
  const { result: made, unreadable } = await withSeries(inputs, out, async (series) => {
    const all: Made[] = [];
    for (const [n, source] of series.entries()) {
      const prefix = series.length > 1 ? `${String(n + 1).padStart(3, '0')}-` : '';
      try {
        all.push(await enhanceOne(source, modelId, settings, context, out, prefix, key));
      } catch (error) {
        const { code, detail } = toStudioError(error);
        if (code === 'internal' || code.startsWith('storage/')) throw error;
        all.push({ series: source.series.description, files: [], slices: 0, failed: [{ slice: null, code, message: describeError(code, detail) }], normalisation: null, meter: null, clamped: 0, warnings: [], seconds: 0 });
      }
    }
    return all;
  });
  if (options.has('json')) process.stdout.write(`${JSON.stringify({ model: modelId, settings, made }, null, 1)}\n`);
  for (const m of made) {
    if (m.meter) console.error(`${m.series}: ${m.slices} slices in ${m.seconds.toFixed(1)} s; reduced again it differs by ${m.meter.meanRmse.toPrecision(3)} ${m.meter.unit} on average`);
    else console.error(`${m.series}:`);
    for (const w of m.warnings) console.error(`  ${w}`);
    for (const f of m.failed) console.error(`  ${f.slice === null ? '' : `slice ${f.slice}: `}${f.message}`);
  }
  return unreadable > 0 || made.some((m) => m.failed.length) ? 1 : 0;
}

async function enhanceOne(source: SeriesSource, modelId: string, settings: EnhanceSettings, context: EngineContext, out: string, prefix: string, key: Uint8Array | null): Promise<Made> {
  const { series } = source;
  const files: string[] = [], volume: Slice[] = [], labelled: LabelledImage[] = [], warnings = new Set<string>();
  let clamped = 0;
  const started = performance.now();
  const save = (file: { name: string; bytes: Uint8Array }): void => {
    const name = `${prefix}${file.name}`;
    saveFile(out, name, file.bytes);
    files.push(name);
  };
  const description = `SR ${modelId}`;
  const held: { readonly index: number; readonly slice: Slice }[] = [];
  const saveDicom = (index: number, slice: Slice, rescale?: Rescale): void => {
    const file = exportDicom(slice, { softwareVersion: context.softwareVersion, key, instanceNumber: index + 1, seriesDescription: description, ...(rescale ? { rescale } : {}) });
    save(file);
    labelled.push({ attributes: file.attributes, labels: slice.labels ?? [] });
  };
  const onSlice = (index: number, { augmentation, warnings: said, clamped: count }: EnhanceResult): void => {
    clamped += count;
    for (const w of said) warnings.add(w.text);
    const root = augmentation.slice.source.kind === 'generated' ? augmentation.slice.source.from : augmentation.slice.source;
    // Without a grey grid of its own a slice waits for the others, so that all of them get one.
    if (root.kind === 'dicom' && sharedGrid([augmentation.slice])) held.push({ index, slice: augmentation.slice });
    else if (root.kind === 'dicom') saveDicom(index, augmentation.slice);
    else if (root.kind === 'nifti') volume.push({ ...augmentation.slice, stored: null });
    else save(exportPng(augmentation.slice, series.description.replace(/\.[a-z]+$/i, '')));
  };
  const outcome = await enhanceSeries(source, { modelId, settings, onSlice }, context);
  const rescale = sharedGrid(held.map((h) => h.slice));
  for (const { index, slice } of held) saveDicom(index, slice, rescale);
  const name = series.description.replace(/\.nii(\.gz)?/i, '');
  const about = { softwareVersion: context.softwareVersion, key, algorithm: modelId };
  // Series Description may name the patient.
  for (const file of exportLabels(labelled, [], key ? description : name, about)) save(file);
  const runs = evenRuns(volume);
  for (const [k, run] of runs.entries()) {
    const part = runs.length > 1 ? `${name} part ${k + 1}` : name; // a slice that failed leaves a gap
    save(exportNifti(run, part));
    for (const file of exportLabels([], run, part, about)) save(file);
  }
  return {
    series: series.description, files, slices: series.slices.length - outcome.failed.length,
    failed: outcome.failed.map(({ index, error }) => ({ slice: index + 1, code: error.code, message: describeError(error.code, error.detail) })),
    normalisation: { low: outcome.range.low, high: outcome.range.high },
    meter: outcome.meter, clamped, warnings: [...warnings], seconds: (performance.now() - started) / 1000,
  };
}
