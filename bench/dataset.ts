import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { applyTransform, finishState, startState, type TransformStep } from '../src/augment';
import { makeRandom } from '../src/core/random';
import type { Slice } from '../src/core/slice';
import { parseRecipe, type RecipeInput } from '../src/dataset/recipe';
import { derivedDicom } from '../src/dicom/write';
import { nativeValues, sliceVolume, writeNiftiGz } from '../src/formats/niftiWriter';
import { writeNpz } from '../src/formats/npz';
import { writePng16 } from '../src/formats/pngWriter';
import { buildDataset } from '../src/pipeline/buildDataset';
import { createNodeSink } from '../src/storage/nodeSink.node.ts';
import { makeDatasetSource } from '../test/fixtures/datasetSources';
import { writeDicomFolder } from '../test/fixtures/dicomFolder';
import { makeSlice } from '../test/fixtures/scannerSlices';

const STEPS: RecipeInput['steps'] = [{ type: 'flip' }, { type: 'rotate' }, { type: 'elastic' }, { type: 'bias-field' }, { type: 'noise-rician' }];
const OUTPUTS: RecipeInput['outputs'] = [{ format: 'dicom' }, { format: 'nnunet' }];

/** Median milliseconds of `work`. */
function time(work: () => unknown, runs = 7): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[runs >> 1]!;
}

const BASELINE = 'baseline: zlib gzip, level 6';

/** Median milliseconds of each stage of one 256 × 256 item, and of gzip of the same pixels, in this process. */
export function stageTimes(): [name: string, ms: number][] {
  const slice = makeSlice({ width: 256, height: 256 });
  const pixels = Buffer.from(Int16Array.from(slice.raster.data).buffer);
  const out: [string, number][] = [[BASELINE, time(() => gzipSync(pixels, { level: 6 }))]];
  const stage = (name: string, work: () => unknown): void => void out.push([name, time(work)]);
  for (const step of STEPS as TransformStep[]) stage(`step ${step.type} (defaults)`, () => oneStep(slice, step));
  stage('DICOM image', () => derivedDicom(slice, { softwareVersion: '0', info: null }));
  stage('NIfTI, gzipped', () => writeNiftiGz(sliceVolume(slice)));
  stage('PNG, 16 bit', () => writePng16(Uint16Array.from(slice.raster.data), 256, 256));
  stage('NPZ', () => writeNpz({ image: { data: nativeValues(slice), shape: [256, 256] } }));
  return out;
}

/** The stages in `workers` processes at once: items a second, all together. */
async function stageRates(workers: number): Promise<Map<string, number>> {
  const made = await Promise.all(Array.from({ length: workers }, () => new Promise<[string, number][]>((resolve, reject) => {
    const child = fork('bench/stages.ts', [], { execArgv: ['--import', 'tsx'] });
    child.once('message', (message) => resolve(message as [string, number][]));
    child.once('exit', (code) => code !== 0 && reject(new Error(`a worker ended with ${code}`)));
  })));
  const rates = new Map<string, number>();
  for (const [name, ms] of made.flat()) rates.set(name, (rates.get(name) ?? 0) + 1000 / ms);
  return rates;
}

/** Items a second of each stage and of the whole, one and two workers, against gzip of the same pixels; memory by count. */
export async function run(): Promise<void> {
  const [one, two] = [await stageRates(1), await stageRates(2)];
  console.log(`${'256² items, 16 bit, items a second'.padEnd(36)}one worker  two workers  share of the baseline`);
  for (const [name, rate] of one) console.log(`${name.padEnd(34)}${rate.toFixed(1).padStart(12)}${two.get(name)!.toFixed(1).padStart(13)}${(rate / one.get(BASELINE)!).toFixed(2).padStart(13)} ×`);

  const folder = mkdtempSync(join(tmpdir(), 'verisim-bench-'));
  try {
    writeDicomFolder(join(folder, 'in'), ['P1', 'P2', 'P3', 'P4'], 10);
    writeFileSync(join(folder, 'recipe.json'), JSON.stringify({ verisim: 'recipe', version: 1, name: 'bench', seed: 1, copies: 9, steps: STEPS, outputs: OUTPUTS }));
    const rates: number[] = [];
    for (const jobs of [1, 2]) {
      const start = performance.now();
      await command(['augment', '--recipe', join(folder, 'recipe.json'), join(folder, 'in'), '--out', join(folder, `o${jobs}`), '--jobs', String(jobs)]);
      rates.push(400 / ((performance.now() - start) / 1000));
      console.log(`verisim augment, 400 items of 64², ${jobs} worker${jobs > 1 ? 's' : ''}: ${rates.at(-1)!.toFixed(1)} items/s, start-up included`);
    }
    console.log(`two workers against one: ${(rates[1]! / rates[0]!).toFixed(2)} ×`);
    const base = await peak(join(folder, 'm'), 100);
    const tenfold = await peak(join(folder, 'm'), 1000);
    console.log(`heap and buffers after collection: ${base.toFixed(1)} MB at 100 items, ${tenfold.toFixed(1)} MB at 1000 (${(tenfold / base).toFixed(2)} ×)`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function oneStep(slice: Slice, step: TransformStep): Slice {
  const random = makeRandom('bench');
  const filled = parseRecipe({ verisim: 'recipe', version: 1, name: 'b', seed: 1, steps: [step], outputs: OUTPUTS }).steps[0] as TransformStep;
  return finishState(slice, applyTransform(startState(slice), filled, { values: random, texture: random.fork('t') }).state);
}

/** Largest live memory seen while building, collected and sampled after each 20th item. */
async function peak(folder: string, count: number): Promise<number> {
  const recipe = parseRecipe({ verisim: 'recipe', version: 1, name: 'memory', seed: 1, copies: count / 20 - 1, steps: STEPS, outputs: OUTPUTS });
  const sources = ['P1', 'P2'].map((p) => makeDatasetSource(p, 10, 'MR', 64, 64));
  let most = 0;
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await buildDataset({ recipe, sources, key: new Uint8Array(32), softwareVersion: '0' }, {
    sink: createNodeSink(join(folder, String(count))),
    onProgress: ({ done }) => {
      if (done % 20 !== 0) return;
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      most = Math.max(most, (heapUsed + arrayBuffers) / 1e6);
    },
  });
  return most;
}

function command(args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork('src/cli/main.ts', args, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let errors = '';
    child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(errors))));
  });
}
