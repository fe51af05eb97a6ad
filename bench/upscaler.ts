import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createHistogram } from '../src/core/histogram';
import { psnr } from '../src/core/metrics';
import { makeRaster, type Raster } from '../src/core/raster';
import { resample } from '../src/core/resample';
import { writeCardFigure } from '../src/cli/cardFigure';
import { shippedModels, withSeries } from '../src/cli/engine';
import { readPng } from '../src/formats/picture';
import { createNodeInfer } from '../src/inference/node';
import { runTiled } from '../src/synthesis/superResolution';
import { interleaved, ROUNDS } from './interleaved';

/** Persons that no training of the MR models sees (MR_HELD_PERSONS of training/verisim_lab/sr_data.py). */
const HELD_STRIPS = ['ms_long_p03', 'ms_long_p12'];
const HELD_VOLUME = 'niimath_t1_08mm_brain.nii.gz';
const SAMPLE = resolve(import.meta.dirname, '../public/samples/mr-brain');
const PEAK = { low: 0, high: 255 };
type Enlarge = (grey: Float32Array, width: number, height: number) => Promise<Float32Array>;

/** 8-bit grey slices of one volume, sides multiples of 8. */
interface Volume {
  readonly name: string;
  readonly person: string;
  readonly slices: readonly Raster[];
}

/**
 * `npm run bench -- upscaler [--data DIR] [--slices 4] [--write-card]`: the shipped MR models beside UpscalerJS's
 * esrgan-slim on the same 8-bit grey slices (halved or quartered by antialiased bicubic and rounded to 8 bits; results
 * rounded too), and the processor time of 128² in, each on one WASM thread, in one run.
 */
export async function run(): Promise<void> {
  const option = (name: string): string | undefined => {
    const at = process.argv.indexOf(`--${name}`);
    return at > 0 ? (process.argv[at + 1] ?? '') : undefined;
  };
  const data = option('data'), count = Number(option('slices') ?? 4);
  const { loadTheirs } = await opponent();
  const volumes = data ? await heldOut(data, count) : await samples(count);
  const models = await shippedModels(), infer = createNodeInfer(models, 1);
  console.log(`${volumes.length} volumes of ${new Set(volumes.map((v) => v.person)).size} persons, ${data ? 'none of them seen in training' : 'the sample series (give --data for held-out persons)'}; PSNR over 255, 8-pixel border left out`);
  for (const scale of [2, 4]) {
    const model = models.get(`sr-mr-x${scale}`);
    const theirs: Enlarge = await loadTheirs(scale);
    const ours = (variant: string, low: number, high: number): Enlarge => async (grey, width, height) => {
      const { output } = await runTiled(makeRaster(grey.map((v) => (v - low) / (high - low)), width, height, 'model'), model, variant, infer);
      return output.data.map((v) => v * (high - low) + low);
    };
    const rows: Record<string, number | string>[] = [];
    for (const { name, person, slices } of volumes) {
      const reduced = slices.map((s) => toGrey(resample(s, s.width / scale, s.height / scale, 'bicubic')));
      const histogram = createHistogram();
      for (const r of reduced) histogram.add(r.data);
      const low = histogram.percentile(0.5), high = histogram.percentile(99.5);
      const methods: Record<string, Enlarge> = {
        bicubic: async (grey, width, height) => resample(makeRaster(grey, width, height, 'modality'), width * scale, height * scale, 'bicubic').data,
        upscalerjs: theirs,
        ...Object.fromEntries(Object.keys(model.variants).map((v) => [v, ours(v, low, high)])),
      };
      const row: (typeof rows)[number] = { volume: name, person, slices: slices.length };
      for (const [method, enlarge] of Object.entries(methods)) {
        let sum = 0;
        for (const [i, { data: grey, width, height }] of reduced.entries()) {
          const result = makeRaster(await enlarge(grey, width, height), width * scale, height * scale, 'modality');
          sum += psnr(slices[i]!, toGrey(result), PEAK);
        }
        row[method] = Math.round((100 * sum) / slices.length) / 100;
      }
      rows.push(row);
    }
    const mean = (method: string): number => {
      const persons = [...new Set(rows.map((r) => r.person))].map((p) => rows.filter((r) => r.person === p).map((r) => r[method] as number));
      return persons.reduce((s, v) => s + v.reduce((a, b) => a + b, 0) / v.length, 0) / persons.length;
    };
    const columns = Object.keys(rows[0]!).slice(3);
    console.log(`\n×${scale}, PSNR in dB\n${'volume'.padEnd(30)}slices${columns.map((c) => c.padStart(12)).join('')}   faithful − upscalerjs`);
    for (const r of rows) console.log(`${String(r.volume).padEnd(30)}${String(r.slices).padStart(6)}${columns.map((c) => (r[c] as number).toFixed(2).padStart(12)).join('')}   ${((r.faithful as number) - (r.upscalerjs as number)).toFixed(2).padStart(6)}`);
    console.log(`${'mean over persons'.padEnd(36)}${columns.map((c) => mean(c).toFixed(2).padStart(12)).join('')}   ${(mean('faithful') - mean('upscalerjs')).toFixed(2).padStart(6)}`);

    const grey = resample(volumes[0]!.slices[0]!, 128, 128, 'bicubic').data, ourTime = ours('faithful', 0, 255);
    const bare = (): Promise<unknown> => infer({ modelId: model.id, variant: 'faithful', graph: 'forward' }, { [model.inputs[0]!.name]: { data: grey.map((v) => v / 255), dims: [1, 1, 128, 128] } });
    const t = await interleaved({ upscalerjs: () => theirs(grey, 128, 128), faithful: () => ourTime(grey, 128, 128), bare });
    const ratio = t.faithful / t.upscalerjs, bareRatio = t.bare / t.upscalerjs;
    console.log(`128² → ${128 * scale}², one WASM thread, smallest processor time of ${ROUNDS} interleaved rounds: esrgan-slim ${t.upscalerjs.toFixed(0)} ms (baseline), faithful ${t.bare.toFixed(0)} ms = ${bareRatio.toFixed(2)} × its time on the same 128²; ${t.faithful.toFixed(0)} ms = ${ratio.toFixed(2)} × with ${model.halo} replicated pixels round the edges, as the studio runs it`);
    if (process.argv.includes('--write-card')) {
      if (!data) throw new Error('--write-card needs --data: the card tells of held-out persons');
      writeCardFigure(model, {
        name: 'side by side with UpscalerJS esrgan-slim',
        command: `npm run bench -- upscaler --data DIR --slices ${count} --write-card`,
        note: `PSNR in dB over 255 on the same 8-bit grey slices of held-out persons, reduced by antialiased bicubic and rounded. timeRatio: our processor time as a share of its own for 128² in, one WASM thread each, same run, network alone; timeRatioInStudio: with the ${model.halo} replicated pixels that the studio puts round an image so that tiles leave no seams.`,
        table: [...rows, { volume: 'mean over persons', ...Object.fromEntries(columns.map((c) => [c, Math.round(100 * mean(c)) / 100])), timeRatio: Math.round(100 * bareRatio) / 100, timeRatioInStudio: Math.round(100 * ratio) / 100 }],
      });
    }
  }
}

/** Installs esrgan-slim and tfjs under bench/upscaler, once. */
async function opponent(): Promise<{ loadTheirs(scale: number): Promise<Enlarge> }> {
  const folder = resolve(import.meta.dirname, 'upscaler');
  if (!existsSync(join(folder, 'node_modules'))) {
    console.log('installing UpscalerJS esrgan-slim and tfjs under bench/upscaler (100 MB, once)');
    const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel', 'error'], { cwd: folder, stdio: 'inherit' });
    if (status !== 0) throw new Error('esrgan-slim could not be installed; is the npm registry within reach?');
  }
  const path = './upscaler/theirs.mjs';
  return (await import(path)) as { loadTheirs(scale: number): Promise<Enlarge> };
}

/** Whole numbers 0…255. */
const toGrey = (raster: Raster): Raster => makeRaster(raster.data.map((v) => Math.min(255, Math.max(0, Math.round(v)))), raster.width, raster.height, 'modality');

/** The top left part with sides that are multiples of 8. */
function crop8(data: ArrayLike<number>, width: number, height: number): Raster {
  const w = width & ~7, h = height & ~7;
  return makeRaster(Float32Array.from({ length: w * h }, (_, i) => data[Math.floor(i / w) * width + (i % w)]!), w, h, 'modality');
}

/** `count` slices spread over the middle half. */
const middle = (n: number, count: number): number[] => Array.from({ length: Math.min(n, count) }, (_, k) => Math.floor(n / 4 + ((k + 0.5) * n) / 2 / Math.min(n, count)));

async function heldOut(root: string, count: number): Promise<Volume[]> {
  const folder = join(root, 'mr/brain_sr/ms_long');
  const [head, ...lines] = readFileSync(join(folder, 'index.csv'), 'utf8').trim().split('\n').map((l) => l.split(','));
  const out: Volume[] = [];
  for (const line of lines) {
    const of = (name: string): string => line[head!.indexOf(name)]!;
    if (!HELD_STRIPS.includes(of('patient'))) continue;
    const { grey } = readPng(new Uint8Array(readFileSync(join(folder, of('image')))));
    const n = Number(of('slices')), height = Number(of('height')), width = Number(of('width'));
    out.push({ name: of('image').replace('.png', ''), person: of('patient'), slices: middle(n, count).map((k) => crop8(grey!.subarray(k * width * height, (k + 1) * width * height), width, height)) });
  }
  out.push(...(await seriesVolumes([join(root, 'mr/healthy', HELD_VOLUME)], count, 'rordenlab')));
  return out;
}

const samples = (count: number): Promise<Volume[]> => seriesVolumes(readdirSync(SAMPLE).filter((f) => f.endsWith('.dcm')).map((f) => join(SAMPLE, f)), count, 'sample');

/** Series as 8-bit grey: 0.5 to 99.5 percentile of the slices taken to 0…255. */
async function seriesVolumes(paths: string[], count: number, person: string): Promise<Volume[]> {
  const { result } = await withSeries(paths, undefined, async (series) => Promise.all(series.map(async (source) => {
    const slices = await Promise.all(middle(source.series.slices.length, count).map((k) => source.loadSlice(k)));
    const histogram = createHistogram();
    for (const { raster } of slices) histogram.add(raster.data);
    const low = histogram.percentile(0.5), high = histogram.percentile(99.5);
    return { name: source.series.description || person, person, slices: slices.map(({ raster }) => toGrey(crop8(raster.data.map((v) => (255 * (v - low)) / (high - low)), raster.width, raster.height))) };
  })));
  return result;
}
