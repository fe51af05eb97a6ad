import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { cropReplicate, makeRaster } from '../src/core/raster';
import { makeRandom } from '../src/core/random';
import type { Slice } from '../src/core/slice';
import { createNodeInfer } from '../src/inference/node';
import { loadManifest } from '../src/models';
import { DEFAULT_ENHANCE, enhanceSlice, type EngineContext } from '../src/pipeline/enhance';
import { explainRegion, type SaliencyMethod } from '../src/pipeline/explain';
import { runTiled } from '../src/synthesis/superResolution';
import { interleaved, ROUNDS } from './interleaved';

const MODEL = 'sr-mr-x2';
const folder = resolve(import.meta.dirname, '../public/models');
const read = async (name: string): Promise<Uint8Array> => new Uint8Array(await readFile(resolve(folder, name)));

/** Own overhead against a bare session.run, and what explanations cost against one run. One WASM thread. */
export async function run(): Promise<void> {
  const models = await loadManifest(read);
  const model = models.get(MODEL);
  const variant = Object.keys(model.variants)[0]!;
  const infer = createNodeInfer(models, 1);
  const context: EngineContext = { infer, models, softwareVersion: 'bench' };
  const ort = await import('onnxruntime-web');
  const random = makeRandom(1);
  const data = Float32Array.from({ length: 256 * 256 }, () => Math.round(1000 * random.next()));
  const raster = makeRaster(data, 256, 256, 'modality');
  const slice: Slice = {
    id: 'bench', raster, stored: { data: Int16Array.from(data), bitsStored: 12, slope: 1, intercept: 0, padding: null }, pixelSpacingMm: [0.8, 0.8], modality: 'MR',
    window: { center: 500, width: 1000, function: 'LINEAR' }, geometry: null, source: { kind: 'nifti', name: 'bench' },
  };
  const range = { low: 0, high: 1000, source: 'percentile' as const };
  const input = makeRaster(data.map((v) => v / 1000), 256, 256, 'model');
  // The same padded tensor that the studio feeds for 256 × 256.
  const padded = cropReplicate(input, -model.halo, -model.halo, 256 + 2 * model.halo, 256 + 2 * model.halo);
  const dims = [1, 1, padded.height, padded.width];
  // One run first: it starts the engine with its number of threads.
  await infer({ modelId: MODEL, variant, graph: 'forward' }, { image: { data: padded.data, dims } });
  const session: InferenceSession = await ort.InferenceSession.create(await models.bytes({ modelId: MODEL, variant, graph: 'forward' }), { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
  const bare = async (): Promise<Tensor> => (await session.run({ image: new ort.Tensor('float32', padded.data, dims) })).output!;

  console.log(`${MODEL} ${variant}, 256 × 256 fed as ${padded.width} × ${padded.height}, one thread, smallest processor time of ${ROUNDS} interleaved rounds`);
  const t = await interleaved({
    bare,
    infer: () => infer({ modelId: MODEL, variant, graph: 'forward' }, { image: { data: padded.data, dims } }),
    tiled: () => runTiled(input, model, variant, infer),
  });
  const percent = (v: number): string => `${((v / t.bare - 1) * 100).toFixed(1)} %`;
  console.log(`bare session.run                 ${t.bare.toFixed(1)} ms   (baseline)`);
  console.log(`infer (checks, copies)           ${t.infer.toFixed(1)} ms   own overhead ${percent(t.infer)} (goal: 10 % at most)`);
  console.log(`runTiled (and edges, stitching)  ${t.tiled.toFixed(1)} ms   own overhead ${percent(t.tiled)}`);
  const variants = Object.keys(model.variants).length;
  const whole = await interleaved({ tiled: () => runTiled(input, model, variant, infer), slice: () => enhanceSlice(slice, MODEL, DEFAULT_ENHANCE, context, range), consistent: () => enhanceSlice(slice, MODEL, { ...DEFAULT_ENHANCE, consistent: true }, context, range) }, 3);
  console.log(`enhanceSlice, all ${variants} variants, meter by k-space: ${(whole.slice / whole.tiled).toFixed(2)} × one run; with data consistency ${(whole.consistent / whole.tiled).toFixed(2)} ×`);

  const region = { x: 240, y: 240, width: 16, height: 16 };
  const explain = (method: SaliencyMethod) => () => explainRegion(slice, { kind: 'super-resolution', modelId: MODEL, settings: DEFAULT_ENHANCE, range }, { method, region }, context);
  console.log('explaining a region of 16 × 16 in 512 × 512:');
  const e = await interleaved({ bare, gradient: explain('gradient'), smoothgrad: explain('smoothgrad'), lam: explain('lam'), occlusion: explain('occlusion'), rise: explain('rise') }, 3);
  for (const [name, ms] of Object.entries(e)) if (name !== 'bare') console.log(`  ${name.padEnd(11)} ${(ms / 1000).toFixed(2)} s   ${(ms / e.bare).toFixed(2)} × the bare run over the slice`);

  const big = makeRaster(Float32Array.from({ length: 512 * 512 }, (_, i) => data[i % data.length]! / 1000), 512, 512, 'model');
  await runTiled(big, model, variant, infer);
  console.log(`memory after 512 × 512 in tiles: ${Math.round(process.memoryUsage().arrayBuffers / 1e6)} MB in array buffers, ${Math.round(process.memoryUsage().rss / 1e6)} MB resident`);
}
