import { StudioError } from '../core/errors';
import { dilate } from '../core/distance';
import { maskWhere } from '../core/mask';
import { toModelRange } from '../core/normalise';
import { makeRandom, type Random } from '../core/random';
import { makeRaster, rangeOf } from '../core/raster';
import type { Slice } from '../core/slice';
import type { ModelEntry } from '../models';
import { measureRange, type EngineContext, type ValueRange } from '../pipeline/enhance';
import { areasOfInterest, explainRegion, type Box, type ExplainResult, type ExplainTarget, type FaithfulnessCurve, type SaliencyMethod } from '../pipeline/explain';
import { maskBounds, patchSize } from '../synthesis/lesion';
import { noiseVector } from '../synthesis/lesion/noise';
import { extractMask, extractPatch, planPatch } from '../synthesis/lesion/patch';
import { planLesion, DEFAULT_LESION } from '../pipeline/insertLesion';
import type { SeriesSource } from '../pipeline/seriesSource';
import { writeCardFigure } from './cardFigure';
import { engineContext, needed, numberOption, parseArgs, withSeries } from './engine';
import { heldOutPersons, type Person, type ScoredSlice } from './heldOut';

/** One method on one set of weights, over all regions; areas and shares are means over regions. */
interface Row {
  variant: string;
  method: SaliencyMethod;
  regions: number;
  persons: number;
  /** Root mean square change of the region when its surroundings are deleted, model range. */
  effect: number;
  deletionArea: number;
  randomDeletionArea: number;
  sobelDeletionArea: number;
  insertionArea: number;
  randomInsertionArea: number;
  sobelInsertionArea: number;
  deletionVersusRandom: number;
  deletionVersusSobel: number;
  regionsBelow30Percent: number;
  regionsWorseThanSobel: number;
  completenessError?: number;
  largestCompletenessError?: number;
  diffusionIndex?: number;
  seconds: number;
}

/** A question to every method. */
interface Case {
  readonly person: string;
  readonly slice: Slice;
  readonly range: ValueRange;
  readonly region: Box;
  /** For inserters and removers: the patch, and the mask whose pixels are asked about. */
  readonly lesion?: Extract<ExplainTarget, { kind: 'lesion' }>;
}

const METHODS: readonly SaliencyMethod[] = ['gradient', 'integrated-gradients', 'lam', 'smoothgrad', 'occlusion', 'rise'];
/** Without --methods. A run of a lesion or segmentation model over its whole patch or box costs ten times one of a super-resolution model. */
const DEFAULT_METHODS: Readonly<Record<string, readonly SaliencyMethod[]>> = { 'super-resolution': METHODS, 'lesion-insert': ['gradient', 'integrated-gradients'], 'lesion-remove': ['gradient', 'integrated-gradients'], segmentation: ['gradient'] };

/** `verisim evaluate saliency`: scores of the saliency methods, as a table, and on the card. */
export async function evaluateSaliency(args: readonly string[]): Promise<0 | 1 | 2> {
  const { inputs, options } = parseArgs(args, { model: 'value', data: 'value', regions: 'value', seed: 'value', threads: 'value', methods: 'value', json: 'flag', 'write-card': 'flag' });
  if (inputs.length) throw new StudioError('cli/usage', `not understood: ${inputs.join(' ')}`);
  const modelId = needed(options, 'model'), data = needed(options, 'data');
  const count = numberOption(options, 'regions', 8, 1, 1000, true), seed = numberOption(options, 'seed', 1, 0, 4294967295, true);
  const context = await engineContext(numberOption(options, 'threads', 1, 1, 64, true));
  const model = context.models.get(modelId);
  const sr = model.task === 'super-resolution';
  const usual = DEFAULT_METHODS[model.task];
  if (!usual) throw new StudioError('cli/usage', `${modelId} is ${model.task}; super-resolution, lesion and segmentation models are scored`);
  const methods = (options.get('methods')?.split(',') ?? usual) as SaliencyMethod[];
  const unknown = methods.find((m) => !METHODS.includes(m));
  if (unknown) throw new StudioError('cli/usage', `--methods takes ${METHODS.join(',')}`);
  const score = async (persons: readonly Person[]): Promise<Row[]> => {
    const cases = await drawCases(persons, model, count, seed, context);
    if (cases.length === 0) throw new StudioError('dataset/no-sources', sr ? 'no region with tissue was found' : 'no slice with a lesion was found');
    if (cases.length < count) console.error(`only ${cases.length} of ${count} regions were found`);
    const out: Row[] = [], known: FaithfulnessCurve[][] = [];
    for (const variant of Object.keys(model.variants)) {
      known.length = 0; // random and Sobel orders are the same for all methods of one set of weights
      for (const method of methods) {
        out.push(await scoreMethod(cases, variant, method, model, seed, known, context));
        console.error(`${variant} ${method}: done`);
      }
    }
    return out;
  };
  const held = heldOutPersons(data, model);
  const { result: rows, unreadable } = held ? { result: await score(held), unreadable: 0 } : await withSeries([data], undefined, (series) => score(series.map((source, i) => seriesPerson(source, i, model, context))));
  const command = `npm run -s verisim -- evaluate saliency --model ${modelId} --data DIR --regions ${count} --seed ${seed}${options.has('methods') ? ` --methods ${methods.join(',')}` : ''}`;
  if (options.has('json')) process.stdout.write(`${JSON.stringify({ model: modelId, command, heldOutPersons: held !== null, table: rows }, null, 1)}\n`);
  else printTable(rows, held !== null);
  if (options.has('write-card')) writeCard(model, command, rows, held !== null);
  return unreadable > 0 ? 1 : 0;
}

/** A series of somebody's own folder; all its labels together are the lesion. */
function seriesPerson(source: SeriesSource, index: number, model: ModelEntry, context: EngineContext): Person {
  let range: Promise<ValueRange> | null = null;
  return {
    name: `series ${index + 1}`,
    async draw(random) {
      const slice = await source.loadSlice(random.integer(0, source.series.slices.length - 1));
      range ??= measureRange(source, model.id, context);
      const planes = (slice.labels ?? []).map((l) => l.data);
      const lesion = planes.length ? maskWhere(slice.raster.data.length, (i) => planes.some((p) => p[i]! > 0)) : null;
      return { slice, range: await range, lesion: lesion?.includes(1) ? lesion : null };
    },
  };
}

/** Regions spread over persons: one after the other in a seeded order, each with a slice drawn from theirs. */
async function drawCases(persons: readonly Person[], model: ModelEntry, count: number, seed: number, context: EngineContext): Promise<Case[]> {
  const random = makeRandom(`saliency/${seed}`), order = [...persons], cases: Case[] = [];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  for (let k = 0; k < Math.max(20, 4 * count) && cases.length < count; k++) {
    const person = order[k % order.length]!;
    const drawn = await person.draw(random);
    const found = model.patch ? lesionCase(drawn, model, seed + k) : await pickRegion(drawn, model, random, context);
    if (found) cases.push({ person: person.name, slice: drawn.slice, range: drawn.range, ...found });
  }
  return cases;
}

/**
 * The patch round the outlined lesion; without one, for an inserter, round a place that the studio proposes. A remover's
 * mask is grown by 2 pixels, as in use. Null where no lesion fits.
 */
function lesionCase({ slice, range, lesion }: ScoredSlice, model: ModelEntry, seed: number): Pick<Case, 'region' | 'lesion'> | null {
  const { width, height } = slice.raster, size = patchSize(model);
  try {
    const base = lesion ?? (model.task === 'lesion-insert' ? planLesion(slice, { ...DEFAULT_LESION, modelId: model.id, seed, place: { kind: 'auto' } }, model).mask : null);
    if (!base) return null;
    const mask = model.task === 'lesion-remove' ? dilate(base, width, height, 2, [1, 1]) : base;
    const plan = planPatch(mask, width, height, size, slice.pixelSpacingMm, slice.modality);
    const patch = extractPatch(toModelRange(slice.raster, range), plan).map((v) => Math.min(4, Math.max(-0.2, v)));
    const patchMask = extractMask(mask, width, height, plan), b = maskBounds(Uint8Array.from(patchMask), size, size);
    if (!b) return null;
    const z = model.inputs.find((port) => port.name === 'z')?.shape.at(-1);
    return {
      region: { x: b.x0, y: b.y0, width: b.x1 - b.x0, height: b.y1 - b.y0 },
      lesion: { kind: 'lesion', modelId: model.id, insideOnly: true, patch: makeRaster(patch, size, size, 'model'), mask: makeRaster(patchMask, size, size, 'model'), ...(typeof z === 'number' ? { z: noiseVector(seed, z) } : {}) },
    };
  } catch (error) {
    if (error instanceof StudioError && error.code.startsWith('lesion/')) return null; // too large for the patch, or no place
    throw error;
  }
}

/** 16 × 16 output pixels with some contrast in tissue; for a segmenter, where it sees most, on the lesion where one is outlined. Null where there is none. */
async function pickRegion({ slice, range, lesion }: ScoredSlice, model: ModelEntry, random: Random, context: EngineContext): Promise<Pick<Case, 'region'> | null> {
  const { width, height, data } = slice.raster, side = 16;
  const cells = side / model.scale;
  if (model.task === 'segmentation') {
    const { raster } = (await areasOfInterest(slice, model.id, context, range)).probability;
    const score = (i: number): number => (lesion && !lesion[i] ? 0 : raster.data[i]!);
    let best = 0;
    for (let i = 0; i < raster.data.length; i++) if (score(i) > score(best)) best = i;
    if (score(best) < 0.1) return null;
    return { region: { x: Math.min(width - side, Math.max(0, (best % width) - side / 2)), y: Math.min(height - side, Math.max(0, Math.floor(best / width) - side / 2)), width: side, height: side } };
  }
  for (let k = 0; k < 200; k++) {
    const x = random.integer(0, width - cells), y = random.integer(0, height - cells);
    const values = Float32Array.from({ length: cells * cells }, (_, i) => data[(y + Math.floor(i / cells)) * width + x + (i % cells)]!);
    const mean = values.reduce((a, b) => a + b, 0) / values.length, { min, max } = rangeOf(values);
    // CT: soft tissue with 100 HU of contrast at least; MR: a fifth of the range with a tenth of contrast.
    const full = range.high - range.low, tissue = range.source === 'window' ? mean > -200 && max - min > 100 : (mean - range.low) / full > 0.2 && (max - min) / full > 0.1;
    if (tissue) return { region: { x: x * model.scale, y: y * model.scale, width: side, height: side } };
  }
  return null;
}

async function scoreMethod(cases: readonly Case[], variant: string, method: SaliencyMethod, model: ModelEntry, seed: number, known: FaithfulnessCurve[][], context: EngineContext): Promise<Row> {
  const results: ExplainResult[] = [];
  for (const [i, { slice, range, region, lesion }] of cases.entries()) {
    const target: ExplainTarget = lesion ?? (model.task === 'segmentation'
      ? { kind: 'segmentation', modelId: model.id, range }
      : { kind: 'super-resolution', modelId: model.id, range, settings: { perceptual: variant === 'perceptual' ? 1 : 0, consistent: false, operator: 'auto' } });
    const result = await explainRegion(slice, target, { method, region, seed, faithfulness: known[i] ?? true }, context);
    known[i] ??= [...result.faithfulness!.curves];
    results.push(result);
  }
  const mean = (f: (r: ExplainResult) => number): number => results.reduce((s, r) => s + f(r), 0) / results.length;
  const round = (v: number): number => Math.round(v * 1e4) / 1e4;
  const area = (order: FaithfulnessCurve['order'], kind: 'deletionArea' | 'insertionArea'): number => round(mean((r) => r.faithfulness!.curves.find((c) => c.order === order)![kind]));
  const complete = results[0]!.completenessError !== undefined;
  return {
    variant, method, regions: results.length, persons: new Set(cases.map((c) => c.person)).size,
    effect: round(mean((r) => r.faithfulness!.effect)),
    deletionArea: area('map', 'deletionArea'), randomDeletionArea: area('random', 'deletionArea'), sobelDeletionArea: area('sobel', 'deletionArea'),
    insertionArea: area('map', 'insertionArea'), randomInsertionArea: area('random', 'insertionArea'), sobelInsertionArea: area('sobel', 'insertionArea'),
    deletionVersusRandom: round(mean((r) => r.faithfulness!.versusRandom)),
    deletionVersusSobel: round(mean((r) => r.faithfulness!.versusSobel)),
    regionsBelow30Percent: results.filter((r) => r.faithfulness!.versusRandom < 0.3).length,
    regionsWorseThanSobel: results.filter((r) => r.faithfulness!.versusSobel <= 0).length,
    ...(complete ? { completenessError: round(mean((r) => r.completenessError!)), largestCompletenessError: round(Math.max(...results.map((r) => r.completenessError!))) } : {}),
    ...(method === 'lam' ? { diffusionIndex: round(mean((r) => r.diffusionIndex!)) } : {}),
    seconds: round(mean((r) => r.milliseconds) / 1000),
  };
}

function printTable(rows: readonly Row[], held: boolean): void {
  const percent = (v: number | undefined): string => (v === undefined ? '' : `${(100 * v).toFixed(1)} %`).padStart(9);
  const areas = (...values: number[]): string => values.map((v) => v.toFixed(3)).join(' / ').padStart(23);
  const { regions, persons } = rows[0]!;
  console.log(`${regions} regions of ${persons} ${held ? 'persons not seen in training' : 'series of the folder (whether training saw them is not known here)'}; areas: map / random / Sobel`);
  console.log(`${'weights'.padEnd(12)}${'method'.padEnd(22)}${'deletion area'.padStart(23)}${'insertion area'.padStart(23)}   vs random   vs Sobel  <30 %  <Sobel  complete   largest  diffusion  effect`);
  for (const r of rows) {
    console.log(`${r.variant.padEnd(12)}${r.method.padEnd(22)}${areas(r.deletionArea, r.randomDeletionArea, r.sobelDeletionArea)}${areas(r.insertionArea, r.randomInsertionArea, r.sobelInsertionArea)}   ${percent(r.deletionVersusRandom)}  ${percent(r.deletionVersusSobel)}  ${String(r.regionsBelow30Percent).padStart(5)}  ${String(r.regionsWorseThanSobel).padStart(6)} ${percent(r.completenessError)} ${percent(r.largestCompletenessError)}  ${(r.diffusionIndex?.toFixed(1) ?? '').padStart(9)}  ${r.effect.toFixed(4)}`);
  }
}

function writeCard(model: ModelEntry, command: string, rows: readonly Row[], held: boolean): void {
  const asked: Record<string, string> = {
    'super-resolution': '16 × 16 output pixels of tissue', segmentation: 'the summed probability of 16 × 16 pixels where the model sees most of the outlined lesion',
    'lesion-insert': 'the pixels inside the lesion’s mask', 'lesion-remove': 'the pixels inside the grown lesion’s mask',
  };
  const note = `Asked about: ${asked[model.task]}${held ? ', persons not seen in training' : ''}. Areas (0…1) under the deletion (smaller is better) and insertion (larger is better) curves, in the order of the map, at random, and of a Sobel map, inside region ± halo (a patch model: the whole patch). deletionVersusRandom, deletionVersusSobel: how much smaller the deletion area is (mean over regions; 0.3 is the goal against random, above 0 against Sobel). Much of a large box hardly matters to the region, so that every map that marks the region’s own pixels first scores high: the score tells a wrong map from a right one, not good maps from each other. effect: root mean square change of the region when all is deleted, model range. completenessError: |sum of the map − change of the functional| / |change|.`;
  // Times stay out of the card: they are of the machine, not of the model.
  writeCardFigure(model, { name: 'saliency scores', command, note, table: rows.map((row) => ({ ...row, seconds: undefined })) });
}
