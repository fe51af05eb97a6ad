import { StudioError } from '../core/errors';
import { rangeOf } from '../core/raster';
import { makeRandom } from '../core/random';
import type { Slice } from '../core/slice';
import type { ModelEntry } from '../models';
import { measureRange, type EngineContext, type ValueRange } from '../pipeline/enhance';
import { areasOfInterest, explainRegion, type Box, type ExplainResult, type ExplainTarget, type SaliencyMethod } from '../pipeline/explain';
import { writeCardFigure } from './cardFigure';
import { engineContext, needed, numberOption, parseArgs, withSeries } from './engine';

/** One method on one set of weights, over all regions. Shares are of deletion area; means with [smallest, largest]. */
interface Row {
  variant: string;
  method: SaliencyMethod;
  regions: number;
  deletionVersusRandom: number;
  deletionVersusSobel: number;
  regionsBelow30Percent: number;
  regionsWorseThanSobel: number;
  insertionArea: number;
  completenessError?: number;
  largestCompletenessError?: number;
  diffusionIndex?: number;
  seconds: number;
}

const METHODS: readonly SaliencyMethod[] = ['gradient', 'integrated-gradients', 'lam', 'smoothgrad', 'occlusion', 'rise'];

/** `verisim evaluate saliency`: scores of every method at random regions of tissue, as a table, and on the card. */
export async function evaluateSaliency(args: readonly string[]): Promise<0 | 1 | 2> {
  const { inputs, options } = parseArgs(args, { model: 'value', data: 'value', regions: 'value', seed: 'value', threads: 'value', json: 'flag', 'write-card': 'flag' });
  if (inputs.length) throw new StudioError('cli/usage', `not understood: ${inputs.join(' ')}`);
  const modelId = needed(options, 'model'), data = needed(options, 'data');
  const count = numberOption(options, 'regions', 8, 1, 1000, true), seed = numberOption(options, 'seed', 1, 0, 4294967295, true);
  const context = await engineContext(numberOption(options, 'threads', 1, 1, 64, true));
  const model = context.models.get(modelId);
  if (model.task !== 'super-resolution' && model.task !== 'segmentation') throw new StudioError('cli/usage', `${modelId} is ${model.task}; super-resolution and segmentation models are scored`);
  const { result: rows, unreadable } = await withSeries([data], async (series) => {
    const random = makeRandom(`saliency/${seed}`);
    const cases: { slice: Slice; range: ValueRange; region: Box }[] = [];
    for (let k = 0; k < count * 20 && cases.length < count; k++) {
      const source = random.pick(series), slice = await source.loadSlice(random.integer(0, source.series.slices.length - 1));
      const range = await measureRange(source, modelId, context);
      const region = await pickRegion(slice, range, model, random.next(), context);
      if (region) cases.push({ slice, range, region });
    }
    if (cases.length === 0) throw new StudioError('dataset/no-sources', 'no region with tissue was found');
    const out: Row[] = [];
    for (const variant of Object.keys(model.variants)) for (const method of METHODS) {
      out.push(await scoreMethod(cases, variant, method, model, seed, context));
      console.error(`${variant} ${method}: done`);
    }
    return out;
  });
  const command = `npm run -s verisim -- evaluate saliency --model ${modelId} --data DIR --regions ${count} --seed ${seed}`;
  if (options.has('json')) process.stdout.write(`${JSON.stringify({ model: modelId, command, table: rows }, null, 1)}\n`);
  else printTable(rows);
  if (options.has('write-card')) writeCard(model, command, rows);
  return unreadable > 0 ? 1 : 0;
}

/** 16 × 16 output pixels with some contrast in tissue; for a segmenter, where it sees most. Null where there is none. */
async function pickRegion(slice: Slice, range: ValueRange, model: ModelEntry, chance: number, context: EngineContext): Promise<Box | null> {
  const { width, height, data } = slice.raster, side = 16;
  const cells = side / model.scale;
  if (model.task === 'segmentation') {
    const { raster } = (await areasOfInterest(slice, model.id, context, range)).probability;
    let best = 0;
    for (let i = 0; i < raster.data.length; i++) if (raster.data[i]! > raster.data[best]!) best = i;
    if (raster.data[best]! < 0.1) return null;
    return { x: Math.min(width - side, Math.max(0, (best % width) - side / 2)), y: Math.min(height - side, Math.max(0, Math.floor(best / width) - side / 2)), width: side, height: side };
  }
  const random = makeRandom(`region/${slice.id}/${chance}`);
  for (let k = 0; k < 50; k++) {
    const x = random.integer(0, width - cells), y = random.integer(0, height - cells);
    const values = Float32Array.from({ length: cells * cells }, (_, i) => data[(y + Math.floor(i / cells)) * width + x + (i % cells)]!);
    const mean = values.reduce((a, b) => a + b, 0) / values.length, { min, max } = rangeOf(values), full = range.high - range.low;
    if ((mean - range.low) / full > 0.2 && (max - min) / full > 0.1) return { x: x * model.scale, y: y * model.scale, width: side, height: side };
  }
  return null;
}

async function scoreMethod(cases: readonly { slice: Slice; range: ValueRange; region: Box }[], variant: string, method: SaliencyMethod, model: ModelEntry, seed: number, context: EngineContext): Promise<Row> {
  const results: ExplainResult[] = [];
  for (const { slice, range, region } of cases) {
    const target: ExplainTarget = model.task === 'segmentation'
      ? { kind: 'segmentation', modelId: model.id, range }
      : { kind: 'super-resolution', modelId: model.id, range, settings: { perceptual: variant === 'perceptual' ? 1 : 0, consistent: false, operator: 'auto' } };
    results.push(await explainRegion(slice, target, { method, region, seed, faithfulness: true }, context));
  }
  const mean = (f: (r: ExplainResult) => number): number => results.reduce((s, r) => s + f(r), 0) / results.length;
  const round = (v: number): number => Math.round(v * 1e4) / 1e4;
  const complete = results[0]!.completenessError !== undefined;
  return {
    variant, method, regions: results.length,
    deletionVersusRandom: round(mean((r) => r.faithfulness!.versusRandom)),
    deletionVersusSobel: round(mean((r) => r.faithfulness!.versusSobel)),
    regionsBelow30Percent: results.filter((r) => r.faithfulness!.versusRandom < 0.3).length,
    regionsWorseThanSobel: results.filter((r) => r.faithfulness!.versusSobel <= 0).length,
    insertionArea: round(mean((r) => r.faithfulness!.curves[0]!.insertionArea)),
    ...(complete ? { completenessError: round(mean((r) => r.completenessError!)), largestCompletenessError: round(Math.max(...results.map((r) => r.completenessError!))) } : {}),
    ...(method === 'lam' ? { diffusionIndex: round(mean((r) => r.diffusionIndex!)) } : {}),
    seconds: round(mean((r) => r.milliseconds) / 1000),
  };
}

function printTable(rows: readonly Row[]): void {
  const percent = (v: number | undefined): string => (v === undefined ? '' : `${(100 * v).toFixed(1)} %`).padStart(9);
  console.log(`${'weights'.padEnd(12)}${'method'.padEnd(22)}vs random   vs Sobel   <30 %  <Sobel  complete   largest   diffusion`);
  for (const r of rows) {
    console.log(`${r.variant.padEnd(12)}${r.method.padEnd(22)}${percent(r.deletionVersusRandom)}  ${percent(r.deletionVersusSobel)}  ${String(r.regionsBelow30Percent).padStart(5)}  ${String(r.regionsWorseThanSobel).padStart(6)}  ${percent(r.completenessError)} ${percent(r.largestCompletenessError)}  ${r.diffusionIndex?.toFixed(1) ?? ''}`);
  }
}

/** Puts the table on the model's card, in place of an older one (figures are sorted by name, as the laboratory does). */
function writeCard(model: ModelEntry, command: string, rows: readonly Row[]): void {
  const name = 'saliency scores';
  const note = 'deletionVersusRandom, deletionVersusSobel: how much smaller the deletion area is than for a random or a Sobel order inside region ± halo (mean over regions; 0.3 is the goal against random, above 0 against Sobel). Most of that box hardly matters to the region, so every map that marks the region’s own pixels first scores high: the score tells a wrong map from a right one, not good maps from each other. completenessError: |sum of the map − change of the functional| / |change|.';
  // Times stay out of the card: they are of the machine, not of the model.
  const table = rows.map((row) => ({ ...row, seconds: undefined }));
  writeCardFigure(model, { name, command, note, table });
}
