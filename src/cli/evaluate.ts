import { StudioError, toStudioError } from '../core/errors';
import { makeRandom } from '../core/random';
import { rangeOf } from '../core/raster';
import type { Slice } from '../core/slice';
import { degradeRecover, type RecoveryMethod } from '../pipeline/degradeRecover';
import type { EngineContext, ValueRange } from '../pipeline/enhance';
import type { SeriesSource } from '../pipeline/seriesSource';
import { createHistogram } from '../core/histogram';
import { evaluateSaliency } from './evaluateSaliency';
import { choiceOption, engineContext, needed, numberOption, parseArgs, withSeries } from './engine';

export const usage = `usage: verisim evaluate sr --model ID --data DIR [options]

Takes full-resolution images (DICOM, NIfTI, 16-bit PNG), reduces each slice, recovers it by every method and measures.
Files named …_mask, …_seg or …_label are left out.
  --track T        bicubic (I), kspace (K) or both (default: both for MR, bicubic for CT)
  --offset V       added to the values of pictures (default for CT models: -1024, so that HU = value - 1024)
  --limit N        at most N slices a series, evenly spread (default all)
  --threads N      default 1
  --json           the whole table on stdout
PSNR peak: MR p99.5 - p0.5 of the reference series, CT 4096 HU. Values are clamped to it, an 8-pixel border is left out;
mean over slices, then over series; 95 % intervals by bootstrap over series. Exit code 1 when a file failed.

       verisim evaluate saliency --model ID --data DIR [--regions 8] [--seed 1] [--methods M,…] [--write-card] [--json]

Scores saliency methods by deletion and insertion against random and Sobel order, and by completeness: super-resolution
models at random regions of tissue (all methods), lesion models inside the lesion's mask (gradient, integrated
gradients), segmentation models where they see a lesion (gradient); --methods takes others, comma between.
DIR: images, with labels beside them where a lesion is asked about; where it is the laboratory's data folder, only
persons held out from the model's training are taken. --write-card puts the table on the model's card.`;

type Score = { psnr: number; ssim: number; haarPsi: number };
interface SeriesScores {
  series: string;
  track: string;
  slices: number;
  methods: Partial<Record<RecoveryMethod, Score>>;
}

export async function run(args: readonly string[]): Promise<0 | 1 | 2> {
  if (args[0] === 'saliency') return evaluateSaliency(args.slice(1));
  const { inputs, options } = parseArgs(args, { model: 'value', data: 'value', track: 'value', offset: 'value', limit: 'value', threads: 'value', json: 'flag' });
  if (inputs.length !== 1 || inputs[0] !== 'sr') throw new StudioError('cli/usage', 'evaluate what? There are: sr, saliency');
  const modelId = needed(options, 'model'), data = needed(options, 'data');
  const context = await engineContext(numberOption(options, 'threads', 1, 1, 64, true));
  const model = context.models.get(modelId);
  const ct = model.modality.includes('CT');
  const track = choiceOption(options, 'track', ct ? 'bicubic' : 'both', ['bicubic', 'kspace', 'both']);
  const tracks = track === 'both' ? (['bicubic', 'kspace'] as const) : ([track] as const);
  const limit = numberOption(options, 'limit', Infinity, 1, 1e6, true);
  const offset = numberOption(options, 'offset', ct ? -1024 : 0, -1e6, 1e6);
  const skipped: string[] = [];
  const failures: { series: string; code: string; message: string }[] = [];
  const { result: rows, unreadable } = await withSeries([data], undefined, async (all) => {
    const scores: SeriesScores[] = [];
    for (const source of all) {
      if (isMask(source)) {
        skipped.push(source.series.description);
        continue;
      }
      try {
        scores.push(...(await scoreSeries(source, modelId, tracks, limit, { ct, offset }, context)));
      } catch (error) {
        const { code, message } = toStudioError(error);
        if (code === 'internal') throw error;
        failures.push({ series: source.series.description, code, message });
      }
      console.error(`${source.series.description}: done`);
    }
    return scores;
  });
  const table = tracks.map((t) => ({ track: t, ...summarise(rows.filter((r) => r.track === t)) }));
  if (options.has('json')) process.stdout.write(`${JSON.stringify({ model: modelId, scale: model.scale, command: `verisim evaluate sr ${args.slice(1).join(' ')}`, table, series: rows, skipped, failures }, null, 1)}\n`);
  else for (const t of table) {
    console.log(`track ${t.track}: ${t.seriesCount} series`);
    for (const [method, s] of Object.entries(t.methods)) console.log(`  ${method.padEnd(11)} PSNR ${s.psnr.mean.toFixed(2)} [${s.psnr.low.toFixed(2)}, ${s.psnr.high.toFixed(2)}] dB  SSIM ${s.ssim.mean.toFixed(4)}  HaarPSI ${s.haarPsi.mean.toFixed(4)}  over baseline ${s.gain.mean >= 0 ? '+' : ''}${s.gain.mean.toFixed(2)} [${s.gain.low.toFixed(2)}, ${s.gain.high.toFixed(2)}] dB`);
  }
  for (const f of failures) console.error(`${f.series}: ${f.message}`);
  return unreadable + failures.length > 0 ? 1 : 0;
}

/** A mask lying among the images, by its name. */
const isMask = ({ series }: SeriesSource): boolean => /(^|[._-])(mask|seg|label)s?([._-]|$)/i.test(series.description);

/** Pictures carry no modality and CT pictures no sign: here they take the model's, and HU by the offset. */
function asModality(slice: Slice, { ct, offset }: { ct: boolean; offset: number }): Slice {
  const unit = ct ? 'HU' : 'modality';
  const shift = slice.source.kind === 'image' ? offset : 0;
  return { ...slice, modality: ct ? 'CT' : 'MR', stored: shift ? null : slice.stored, raster: { ...slice.raster, unit, data: shift ? slice.raster.data.map((v) => v + shift) : slice.raster.data } };
}

async function scoreSeries(source: SeriesSource, modelId: string, tracks: readonly ('bicubic' | 'kspace')[], limit: number, as: { ct: boolean; offset: number }, context: EngineContext): Promise<SeriesScores[]> {
  const { length } = source.series.slices;
  const chosen = Array.from({ length }, (_, i) => i).filter((i) => limit >= length || Math.floor((i * limit) / length) !== Math.floor(((i - 1) * limit) / length));
  let range: ValueRange | undefined;
  if (!as.ct) {
    const histogram = createHistogram();
    for (let i = 0; i < length; i++) histogram.add((await source.loadSlice(i)).raster.data);
    range = { low: histogram.percentile(0.5), high: histogram.percentile(99.5), source: 'percentile' };
    if (!(range.high > range.low)) throw new StudioError('model/bad-output', 'all pixels have one value');
  }
  const out: SeriesScores[] = [];
  for (const track of tracks) {
    const sums = new Map<RecoveryMethod, Score>();
    let slices = 0;
    for (const index of chosen) {
      const slice = asModality(await source.loadSlice(index), as);
      const { min, max } = rangeOf(slice.raster.data);
      if (min === max) continue; // nothing in it, and nothing to recover
      const { recoveries } = await degradeRecover(slice, { scale: context.models.get(modelId).scale, track, modelId, range, peak: range }, context);
      for (const r of recoveries) {
        const s = sums.get(r.method) ?? { psnr: 0, ssim: 0, haarPsi: 0 };
        sums.set(r.method, { psnr: s.psnr + r.psnr, ssim: s.ssim + r.ssim, haarPsi: s.haarPsi + r.haarPsi });
      }
      slices++;
    }
    const methods = Object.fromEntries([...sums].map(([m, s]) => [m, { psnr: s.psnr / slices, ssim: s.ssim / slices, haarPsi: s.haarPsi / slices }]));
    if (slices) out.push({ series: source.series.id, track, slices, methods });
  }
  return out;
}

interface Interval {
  mean: number;
  low: number;
  high: number;
}

function summarise(rows: readonly SeriesScores[]): { seriesCount: number; methods: Record<string, Record<keyof Score | 'gain', Interval>> } {
  const methods: Record<string, Record<keyof Score | 'gain', Interval>> = {};
  for (const method of Object.keys(rows[0]?.methods ?? {}) as RecoveryMethod[]) {
    const of = (f: (s: SeriesScores) => number): Interval => bootstrap(rows.map(f));
    const baseline = (r: SeriesScores): number => r.methods[r.track === 'kspace' ? 'zero-fill' : 'bicubic']!.psnr;
    methods[method] = {
      psnr: of((r) => r.methods[method]!.psnr), ssim: of((r) => r.methods[method]!.ssim), haarPsi: of((r) => r.methods[method]!.haarPsi),
      gain: of((r) => r.methods[method]!.psnr - baseline(r)),
    };
  }
  return { seriesCount: rows.length, methods };
}

/** Mean with a 95 % percentile interval over 2000 resamples; the seed is fixed. */
function bootstrap(values: readonly number[]): Interval {
  const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;
  const random = makeRandom('bootstrap');
  const means = Array.from({ length: 2000 }, () => mean(values.map(() => random.pick(values)))).sort((a, b) => a - b);
  return { mean: mean(values), low: means[49]!, high: means[1949]! };
}
