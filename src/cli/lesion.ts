import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeError } from '../core/errorText';
import { labelsOfSlice, type LabelSet } from '../core/labelSet';
import { StudioError, toStudioError, type ErrorCode } from '../core/errors';
import { createNodeInfer } from '../inference/node';
import { loadManifest, normaliseAlike } from '../models';
import { createNodeDecoder } from '../pipeline/decode/decoder.node.ts';
import type { EngineContext, ValueRange } from '../pipeline/enhance';
import { importFiles } from '../pipeline/importFiles';
import { DEFAULT_LESION, insertLesion, type LesionPlace, type LesionSettings } from '../pipeline/insertLesion';
import { labelledLesions } from '../pipeline/knownLesions';
import { lesionKind } from '../pipeline/lesionKind';
import { removeLesion } from '../pipeline/removeLesion';
import { findLesions, segmenterFor } from '../pipeline/segment';
import type { SeriesSource } from '../pipeline/seriesSource';
import { measureRange } from '../pipeline/valueRange';
import { version } from '../../package.json';
import { openInputs } from './inputs';
import { reportLabels } from './labelReport';
import { lesionWriter } from './lesionFiles';
import { makeFolder } from './outFolder';
import { projectKey } from './projectKey';
import { masksFor, type MaskOf } from './maskFile';

export const usage = `usage: verisim lesion IN... --model ID --out DIR [options]

Puts a synthetic lesion into each slice of IN, or takes one out, and writes image and mask.
  --model ID          a lesion-insert or lesion-remove model (verisim models lists them)
  --seed S            seed of shape, place and texture (default 1)
  --count N           N lesions a slice, seeds S, S+1, … each in a file of its own (default 1)
  --place auto        proposed in plausible tissue, clear of lesions that labels among IN show; for removal what the
                      segmentation model finds (default)
  --mask FILE         where: DICOM SEG, RTSTRUCT, NIfTI, or PNG of the same size (not 0 is the mask)
  --slices A-B        numbers from 1 (default: all); what a series does not have is told
  --size MM           diameter (default ${DEFAULT_LESION.sizeMm}); --irregularity 0…1; --contrast -1…1; --softness MM; --grow MM (removal)
  --label-rim PX      pixels at the mask's edge that are painted but not labelled (insertion; default 0)
  --key HEX           project key for pseudonyms; without it this user's own (~/.config/verisim/project.key, made once)
  --json              what was made, on stdout
The same inputs, model and seed give the same bytes. A slice or series that fails does not stop the rest; exit code 1 when one did.`;

interface Options {
  inputs: string[];
  model: string;
  out: string;
  seed: number;
  count: number;
  mask: string | null;
  slices: [number, number] | null;
  size: number;
  irregularity: number;
  contrast: number;
  softness: number;
  labelRim: number;
  grow: number;
  key: Uint8Array | null;
  json: boolean;
}

/** One line of `--json`. */
interface Made {
  series: string;
  /** Null where it is about the whole series. */
  slice: number | null;
  seed: number | null;
  status: 'ok' | 'error';
  code?: ErrorCode;
  message?: string;
  image?: string;
  mask?: string;
  areaMm2?: number | null;
  meanInside?: number;
  meanRing?: number;
  segmenterDice?: number | null;
  changedOutside?: number;
  warnings?: string[];
}

export async function run(args: readonly string[]): Promise<0 | 1 | 2> {
  const options = parse(args);
  if (typeof options === 'string') {
    console.error(`${options}\n\n${usage}`);
    return 2;
  }
  const folder = resolve(import.meta.dirname, '../../public/models');
  const models = await loadManifest(async (name) => new Uint8Array(readFileSync(resolve(folder, name))));
  const model = models.get(options.model);
  if (model.task !== 'lesion-insert' && model.task !== 'lesion-remove') throw new StudioError('cli/usage', `${model.id} neither inserts nor removes lesions`);
  const context: EngineContext = { infer: createNodeInfer(models), models, softwareVersion: version };
  const decoder = createNodeDecoder(1);
  try {
    const inputs = openInputs(options.inputs, options.out);
    const imported = await importFiles(inputs.files, { decoder });
    for (const o of imported.outcomes.filter((o) => o.status === 'error')) console.error(`${o.path}: ${o.message}`);
    if (imported.series.length === 0) throw new StudioError('input/not-an-image', `no image in ${options.inputs.join(', ')}`);
    makeFolder(options.out);
    const { shelf, waiting, failed: badLabels } = await reportLabels(imported);
    for (const w of waiting) console.error(`label ${w.label}: ${w.words}`);
    for (const { path, code, detail } of badLabels) console.error(`${path}: ${describeError(code, detail)}`);
    const broken = inputs.unreadable() + imported.outcomes.filter((o) => o.status === 'error').length + badLabels.length;
    const made: Made[] = [];
    for (const [n, source] of imported.series.entries()) {
      const prefix = imported.series.length > 1 ? `${String(n + 1).padStart(3, '0')}-` : '';
      const labels = shelf.attached.filter((set) => set.seriesId === source.series.id);
      try {
        made.push(...(await runSeries(source, labels, prefix, options, context, await masksFor(options.mask, source, decoder))));
      } catch (error) {
        made.push(refused(source, null, error));
      }
    }
    const failed = made.filter((m) => m.status === 'error').length;
    if (options.json) process.stdout.write(`${JSON.stringify({ model: model.id, license: model.license, made }, null, 1)}\n`);
    for (const m of made) console.error(m.status === 'ok' ? `${m.image}${m.segmenterDice == null ? '' : `  segmenter Dice ${m.segmenterDice.toFixed(2)}`}` : `${m.series}${m.slice === null ? '' : `, slice ${m.slice}`}: ${m.message}`);
    if (/NC/.test(model.license)) console.error(`What was made is non-commercial (${model.license}).`);
    return failed + broken > 0 ? 1 : 0;
  } finally {
    decoder.dispose();
  }
}

/** What is told of a slice or a series that failed. What nobody foresaw, or the next would meet again (a full disk), is thrown. */
function refused({ series }: SeriesSource, slice: number | null, error: unknown, seed: number | null = null): Made {
  const { code, detail } = toStudioError(error);
  if (code === 'internal' || code.startsWith('storage/')) throw error;
  return { series: series.description, slice, seed, status: 'error', code, message: describeError(code, detail) };
}

async function runSeries(source: SeriesSource, labels: readonly LabelSet[], prefix: string, options: Options, context: EngineContext, maskOf: MaskOf | null): Promise<Made[]> {
  const { series } = source;
  const model = context.models.get(options.model);
  const removing = model.task === 'lesion-remove';
  const range = await measureRange(source, options.model, context);
  const [from, to] = options.slices ?? [1, series.slices.length];
  let checkRange: ValueRange | undefined;
  const write = lesionWriter(options.out, prefix, series, options.key ?? projectKey(), context.softwareVersion);
  const made: Made[] = [];
  if (to > series.slices.length) made.push(refused(source, null, new StudioError('cli/usage', `--slices ${from}-${to}: the series has ${series.slices.length} ${series.slices.length === 1 ? 'slice' : 'slices'}`)));
  for (let number = Math.max(1, from); number <= Math.min(to, series.slices.length); number++) {
    const mask = maskOf ? maskOf(number - 1) : null;
    if (maskOf && !mask) continue;
    for (let k = 0; k < (removing ? 1 : options.count); k++) {
      const seed = options.seed + k;
      const base = { series: series.description, slice: number, seed: removing ? null : seed };
      try {
        const slice = await source.loadSlice(number - 1);
        const segmenter = segmenterFor(slice, context.models);
        if (segmenter) checkRange ??= normaliseAlike(segmenter, model) ? range : await measureRange(source, segmenter.id, context);
        const place: LesionPlace = mask ? { kind: 'mask', mask } : { kind: 'auto' };
        const settings: LesionSettings = { ...DEFAULT_LESION, modelId: options.model, seed, place, sizeMm: options.size, irregularity: options.irregularity, contrast: options.contrast, softnessMm: options.softness, labelRimPx: options.labelRim };
        const result = removing
          ? await removeLesion(slice, { modelId: options.model, mask: mask ?? (await findLesions(slice, checkRange, context)).mask, growMm: options.grow }, range, context, { checkRange })
          : await insertLesion(slice, settings, range, context, { checkRange, taken: labelledLesions(labels.flatMap((set) => labelsOfSlice(set, number - 1)), slice.raster.data.length, lesionKind(options.model), null) });
        const files = write(result.augmentation, number, seed);
        made.push({
          ...base, status: 'ok', ...files,
          ...('measures' in result ? { areaMm2: result.measures.areaMm2, meanInside: result.measures.meanInside, meanRing: result.measures.meanRing } : {}),
          segmenterDice: removing ? null : (result.check?.dice ?? null),
          changedOutside: result.changedOutside,
          warnings: result.warnings.map((w) => w.text),
        });
      } catch (error) {
        made.push(refused(source, number, error, base.seed));
      }
    }
  }
  if (made.length === 0) made.push(refused(source, null, new StudioError('lesion/mask-empty')));
  return made;
}

function parse(args: readonly string[]): Options | string {
  const o: Options = { inputs: [], model: '', out: '', seed: 1, count: 1, mask: null, slices: null, size: DEFAULT_LESION.sizeMm, irregularity: DEFAULT_LESION.irregularity, contrast: 0, softness: 0, labelRim: 0, grow: 2, key: null, json: false };
  for (let i = 0; i < args.length; i++) {
    const a = args[i]!;
    if (!a.startsWith('--')) {
      o.inputs.push(a);
      continue;
    }
    if (a === '--json') {
      o.json = true;
      continue;
    }
    const value = args[++i];
    if (value === undefined) return `${a} needs a value`;
    const number = Number(value);
    const within = (low: number, high: number): boolean => Number.isFinite(number) && number >= low && number <= high;
    if (a === '--model') o.model = value;
    else if (a === '--out') o.out = value;
    else if (a === '--mask') o.mask = value;
    else if (a === '--place') {
      if (value !== 'auto') return '--place takes auto; give --mask FILE for a place of your own';
    } else if (a === '--slices') {
      const m = /^(\d+)(?:-(\d+))?$/.exec(value);
      if (!m || Number(m[1]) < 1 || Number(m[2] ?? m[1]) < Number(m[1])) return '--slices takes N or A-B with 1 ≤ A ≤ B';
      o.slices = [Number(m[1]), Number(m[2] ?? m[1])];
    } else if (a === '--key') {
      if (!/^([0-9a-f]{2}){16,}$/i.test(value)) return '--key takes at least 32 hex digits';
      o.key = Uint8Array.from(value.match(/../g)!, (h) => parseInt(h, 16));
    } else if (a === '--seed' && Number.isInteger(number) && within(0, 4294967295)) o.seed = number;
    else if (a === '--count' && Number.isInteger(number) && within(1, 10000)) o.count = number;
    else if (a === '--size' && within(0.5, 500)) o.size = number;
    else if (a === '--irregularity' && within(0, 1)) o.irregularity = number;
    else if (a === '--contrast' && within(-1, 1)) o.contrast = number;
    else if (a === '--softness' && within(0, 50)) o.softness = number;
    else if (a === '--label-rim' && Number.isInteger(number) && within(0, 4)) o.labelRim = number;
    else if (a === '--grow' && within(0, 50)) o.grow = number;
    else return `${a} ${value} is not understood`;
  }
  if (o.inputs.length === 0) return 'no input given';
  if (!o.model) return '--model is missing';
  if (!o.out) return '--out is missing';
  return o;
}
