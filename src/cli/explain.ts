import { StudioError } from '../core/errors';
import { sliceVolume, writeNiftiGz } from '../formats/niftiWriter';
import { measureRange } from '../pipeline/enhance';
import { explainRegion, type Box, type ExplainTarget, type SaliencyMethod } from '../pipeline/explain';
import { choiceOption, engineContext, needed, numberOption, parseArgs, withSeries } from './engine';
import { ENHANCE_OPTIONS, enhanceSettings } from './enhanceOptions';
import { makeFolder, saveFile } from './outFolder';

export const usage = `usage: verisim explain IN... --model ID --roi X,Y,W,H --out DIR [options]

Which input pixels made a region of the result? Writes the map as float NIfTI on the input's grid, with scores as JSON.
  --model ID       a super-resolution or segmentation model
  --roi X,Y,W,H    region in pixels of the result (enlarged for super-resolution)
  --slice N        number from 1 (default: the middle one)
  --method M       gradient, lam, ig, smoothgrad, occlusion, rise, grad-cam (default gradient)
  --perceptual T, --consistent, --average, --operator O   as for enhance
  --steps N        path steps, samples or masks; --seed S (default 1)
  --randomise F    sanity check: replace the last F (0…1) of the layers by noise
  --no-scores      leave out deletion and insertion
  --threads N      default 1
  --json           scores on stdout`;

const METHODS: Readonly<Record<string, SaliencyMethod>> = { gradient: 'gradient', lam: 'lam', ig: 'integrated-gradients', smoothgrad: 'smoothgrad', occlusion: 'occlusion', rise: 'rise', 'grad-cam': 'grad-cam' };

export async function run(args: readonly string[]): Promise<0 | 1 | 2> {
  const { inputs, options } = parseArgs(args, {
    model: 'value', roi: 'value', out: 'value', slice: 'value', method: 'value', ...ENHANCE_OPTIONS,
    steps: 'value', seed: 'value', randomise: 'value', 'no-scores': 'flag', threads: 'value', json: 'flag',
  });
  if (inputs.length === 0) throw new StudioError('cli/usage', 'no input given');
  const modelId = needed(options, 'model'), out = needed(options, 'out');
  const region = parseRegion(needed(options, 'roi'));
  const name = choiceOption(options, 'method', 'gradient', Object.keys(METHODS));
  const settings = enhanceSettings(options);
  const steps = options.has('steps') ? numberOption(options, 'steps', 50, 1, 10000, true) : undefined;
  const context = await engineContext(numberOption(options, 'threads', 1, 1, 64, true));
  const { task } = context.models.get(modelId);
  if (task !== 'super-resolution' && task !== 'segmentation') throw new StudioError('cli/usage', `explain takes super-resolution and segmentation models; ${modelId} is ${task}`);
  makeFolder(out);
  const { result, unreadable } = await withSeries(inputs, out, async ([source, ...others]) => {
    if (others.length) console.error(`the first of ${others.length + 1} series is explained: ${source!.series.description}`);
    const count = source!.series.slices.length;
    const number = numberOption(options, 'slice', Math.floor(count / 2) + 1, 1, count, true);
    const slice = await source!.loadSlice(number - 1);
    const range = await measureRange(source!, modelId, context);
    const target: ExplainTarget = task === 'segmentation' ? { kind: 'segmentation', modelId, range } : { kind: 'super-resolution', modelId, settings, range };
    const explained = await explainRegion(slice, target, {
      method: METHODS[name]!, region, steps, seed: numberOption(options, 'seed', 1, 0, 4294967295, true),
      randomise: numberOption(options, 'randomise', 0, 0, 1), faithfulness: !options.has('no-scores'),
    }, context);
    const { map, ...rest } = explained;
    const about = { ...rest, slice: number, series: source!.series.description, box: map.box, signed: map.signed, nativePx: map.nativePx, files: [`map-${name}.nii.gz`, `map-${name}.json`] };
    saveFile(out, about.files[0]!, writeNiftiGz(sliceVolume(slice, map.raster.data)));
    saveFile(out, about.files[1]!, `${JSON.stringify(about, null, 1)}\n`);
    return about;
  });
  if (options.has('json')) process.stdout.write(`${JSON.stringify(result, null, 1)}\n`);
  console.error(`${result.method} of ${result.explains} on ${result.backend} in ${(result.milliseconds / 1000).toFixed(2)} s`);
  if (result.completenessError !== undefined) console.error(`completeness error ${(100 * result.completenessError).toFixed(2)} %`);
  if (result.diffusionIndex !== undefined) console.error(`diffusion index ${result.diffusionIndex.toFixed(1)}`);
  if (result.faithfulness) console.error(result.faithfulness.sentence);
  return unreadable > 0 ? 1 : 0;
}

function parseRegion(text: string): Box {
  const [x, y, width, height, ...rest] = text.split(',').map(Number);
  if (rest.length || ![x, y, width, height].every((v) => Number.isInteger(v)) || width! < 1 || height! < 1) throw new StudioError('cli/usage', '--roi takes X,Y,W,H in whole pixels');
  return { x: x!, y: y!, width: width!, height: height! };
}
