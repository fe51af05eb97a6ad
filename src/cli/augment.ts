import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { version } from '../../package.json';
import { StudioError } from '../core/errors';
import { describeError } from '../core/errorText';
import type { CardLike } from '../dataset/cardWords';
import { parseRecipe, type Recipe } from '../dataset/recipe';
import { isModelStep } from '../dataset/recipeSteps';
import { buildDataset, checkRoom, estimateDataset, makeModelSteps, verifyDataset, type BuildResult, type DatasetSource, type SetInput } from '../pipeline/buildDataset';
import { createNodeDecoder } from '../pipeline/decode/decoder.node.ts';
import { SliceStore } from '../pipeline/import/sliceStore';
import { importFiles } from '../pipeline/importFiles';
import { createNodeSink } from '../storage/nodeSink.node.ts';
import { engineContext, needed, numberOption, parseArgs } from './engine';
import { openInputs } from './inputs';
import { reportLabels } from './labelReport';
import { makeFolder } from './outFolder';
import { projectKey } from './projectKey';

export const usage = `usage: verisim augment --recipe FILE IN... --out DIR [options]

Builds a training set from a recipe (docs/recipe.schema.json). IN: files, folders, archives; labels among them attach
themselves (DICOM SEG, RTSTRUCT, NIfTI, nnU-Net folders). The same recipe, key and inputs give the same bytes.
  --jobs N        worker processes (default 1); the bytes do not depend on it
  --shard I/N     only every N-th item, from the I-th; the shards may share DIR, and the last one finishes the set
  --resume        go on with what is there, as without it, and also make again what is missing or of another size, and
                  lists, segmentations and card that are not as they were
  --verify        make everything again in memory and compare hashes, those of lists and segmentations too; changes nothing
  --estimate      only say what would be made
  --key-file F    key of the pseudonyms (default: one made for this user and kept in ~/.config/verisim/project.key)
  --json          the result on stdout
Exit code 1 when an input or item failed, a label attached to no image, or --verify found a difference.`;

interface Part {
  readonly index: number;
  readonly count: number;
}

export async function run(args: readonly string[]): Promise<0 | 1 | 2> {
  const { inputs, options } = parseArgs(args, { recipe: 'value', out: 'value', jobs: 'value', shard: 'value', resume: 'flag', verify: 'flag', estimate: 'flag', 'key-file': 'value', json: 'flag', part: 'value' });
  const recipe = readRecipe(needed(options, 'recipe'));
  const out = needed(options, 'out');
  const jobs = numberOption(options, 'jobs', 1, 1, 64, true);
  const shard = options.has('shard') ? partOf(options.get('shard')!, '--shard') : null;
  const worker = options.has('part') ? partOf(options.get('part')!, '--part') : null;
  if (inputs.length === 0) throw new StudioError('cli/usage', 'no input given');
  const key = projectKey(options.get('key-file'));
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());

  return withSources(inputs, out, worker !== null, async (sources, { unreadable, unattached }) => {
    const { input, cards } = await inputOf(recipe, sources, key);
    if (options.has('estimate')) return sayEstimate(input, options.has('json'));
    if (options.has('verify')) return verify(input, createNodeSink(out), shard, options.has('json'), controller.signal);
    makeFolder(out);
    if (worker) {
      const result = await buildDataset(input, { sink: createNodeSink(out, `w${worker.index}-${worker.count}`), shard: worker, finish: false, checkFiles: options.has('resume'), signal: controller.signal, onProgress: ({ item }) => process.send?.({ item }) });
      process.send?.({ result });
      return 0;
    }
    const sink = createNodeSink(out, shard ? `s${shard.index}-${shard.count}` : '');
    const estimate = estimateDataset(input);
    await checkRoom(sink, estimate);
    console.error(`${estimate.items} items (${estimate.generated} generated) of ${estimate.patients} patients, about ${Math.ceil(estimate.bytes / 1e6)} MB${estimate.nonCommercial ? '; non-commercial weights' : ''}`);
    for (const note of estimate.notes) console.error(note);
    const started = performance.now();
    const workers = jobs > 1 ? await runWorkers(args, jobs, shard ?? { index: 1, count: 1 }, controller.signal) : null;
    const tick = progressLine();
    const rest = await buildDataset(input, { sink, cards, checkFiles: options.has('resume'), ...(shard ? { shard } : {}), signal: controller.signal, onProgress: ({ done, total, remainingMs }) => tick(`${done} of ${total}${remainingMs === null ? '' : `, ${Math.ceil(remainingMs / 1000)} s left`}`) });
    const result = workers ? merged(workers, rest) : rest;
    const seconds = (performance.now() - started) / 1000;
    if (options.has('json')) process.stdout.write(`${JSON.stringify({ ...result, out, shard, licenses: estimate.licenses, nonCommercial: estimate.nonCommercial, notes: estimate.notes, unreadable, unattached, seconds }, null, 1)}\n`);
    say(result, out, seconds);
    const badInput = result.skipped.some((s) => !s.code.startsWith('lesion/'));
    return unreadable > 0 || unattached > 0 || badInput || result.failed.length > 0 ? 1 : 0;
  });
}

function readRecipe(file: string): Recipe {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new StudioError('cli/usage', `--recipe ${file}: ${(error as Error).message}`, { cause: error });
  }
  return parseRecipe(text);
}

/** `I/N` as numbers, 1 ≤ I ≤ N. */
function partOf(text: string, option: string): Part {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const part = match ? { index: Number(match[1]), count: Number(match[2]) } : null;
  if (!part || part.index < 1 || part.index > part.count) throw new StudioError('cli/usage', `${option} takes I/N with 1 ≤ I ≤ N`);
  return part;
}

/** Files that could not be read, and labels that lie on none of the images: without them their images count as background. */
interface Missed {
  readonly unreadable: number;
  readonly unattached: number;
}

/** Opens inputs and attaches labels; what could not be read or attached is told on stderr (once, not by each worker). */
async function withSources<T>(paths: readonly string[], out: string, quiet: boolean, work: (sources: readonly DatasetSource[], missed: Missed) => Promise<T>): Promise<T> {
  const decoder = createNodeDecoder(1);
  const tell = (text: string): void => void (quiet || console.error(text));
  try {
    const inputs = openInputs(paths, out, tell);
    const imported = await importFiles(inputs.files, { decoder, store: new SliceStore(64 * 1024 * 1024) });
    let unreadable = inputs.unreadable();
    for (const o of imported.outcomes) {
      if (o.status !== 'error') continue;
      unreadable++;
      tell(`${o.path}: ${o.message}`);
    }
    const labels = await reportLabels(imported);
    for (const w of labels.waiting) tell(`label ${w.label}: ${w.words}`);
    for (const f of labels.failed) {
      unreadable++;
      tell(`${f.path}: ${describeError(f.code, f.detail)}`);
    }
    const sources = imported.series.map((source) => ({ source, labels: labels.shelf.attached.filter((set) => set.seriesId === source.series.id) }));
    return await work(sources, { unreadable, unattached: labels.waiting.length });
  } finally {
    decoder.dispose();
  }
}

/** Models are loaded only where the recipe runs one: on WASM, one thread, which is what decides bytes. */
async function inputOf(recipe: Recipe, sources: readonly DatasetSource[], key: Uint8Array): Promise<{ input: SetInput; cards: Record<string, CardLike | null> }> {
  const base = { recipe, sources, key, softwareVersion: version };
  const ids = [...new Set(recipe.steps.filter(isModelStep).map((s) => s.model))];
  if (ids.length === 0) return { input: base, cards: {} };
  const engine = await engineContext(1);
  const cards: Record<string, CardLike | null> = {};
  for (const id of ids) {
    engine.models.get(id);
    cards[id] = (await engine.models.card(id)) as CardLike | null;
  }
  return { input: { ...base, models: engine.models, runModel: makeModelSteps(sources, engine) }, cards };
}

function sayEstimate(input: SetInput, json: boolean): 0 {
  const estimate = estimateDataset(input);
  if (json) process.stdout.write(`${JSON.stringify(estimate, null, 1)}\n`);
  console.error(`${estimate.items} items: ${estimate.generated} generated, ${estimate.originals} real, ${estimate.patients} patients, ${estimate.folds} folds, about ${Math.ceil(estimate.bytes / 1e6)} MB`);
  for (const note of estimate.notes) console.error(note);
  if (estimate.nonCommercial) console.error(`Non-commercial: ${estimate.licenses.join(', ')}`);
  return 0;
}

async function verify(input: SetInput, sink: ReturnType<typeof createNodeSink>, shard: Part | null, json: boolean, signal: AbortSignal): Promise<0 | 1> {
  const tick = progressLine();
  const result = await verifyDataset(input, { sink, ...(shard ? { shard } : {}), signal, onProgress: (done, total) => tick(`${done} of ${total} checked`) });
  if (json) process.stdout.write(`${JSON.stringify(result, null, 1)}\n`);
  for (const d of result.differences.slice(0, 20)) console.error(`${d.path}: ${d.what}`);
  console.error(result.differences.length ? `dataset/hash-mismatch: ${describeError('dataset/hash-mismatch', `${result.differences.length} differences in ${result.checked} items`)}` : `${result.checked} items verified: same bytes`);
  return result.differences.length ? 1 : 0;
}

/** Worker processes of this very program, each with its own part of the items; none finishes the set. */
async function runWorkers(args: readonly string[], jobs: number, shard: Part, signal: AbortSignal): Promise<BuildResult[]> {
  const tick = progressLine();
  let done = 0;
  const passed = withoutOption(withoutOption(args, '--jobs'), '--shard').filter((a) => a !== '--json');
  const one = (k: number): Promise<BuildResult> =>
    new Promise((resolve, reject) => {
      const part = `${shard.index + k * shard.count}/${shard.count * jobs}`;
      const child = fork(process.argv[1]!, ['augment', ...passed, '--part', part], { execArgv: process.execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      let result: BuildResult | null = null;
      child.on('message', (message: { item?: string; result?: BuildResult }) => {
        if (message.result) result = message.result;
        else tick(`${++done} made`);
      });
      const stop = (): void => void child.kill('SIGTERM');
      signal.addEventListener('abort', stop, { once: true });
      child.on('error', reject);
      child.on('exit', (code, killed) => {
        signal.removeEventListener('abort', stop);
        if (result) resolve(result);
        else reject(new StudioError('worker/crashed', `worker ${part} ended with ${killed ?? code}; run the same command again to go on`));
      });
    });
  const results = await Promise.allSettled(Array.from({ length: jobs }, (_, k) => one(k)));
  const failed = results.find((r) => r.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((r) => (r as PromiseFulfilledResult<BuildResult>).value);
}

function withoutOption(args: readonly string[], name: string): string[] {
  const at = args.indexOf(name);
  return at < 0 ? [...args] : [...args.slice(0, at), ...args.slice(at + 2)];
}

function merged(workers: readonly BuildResult[], rest: BuildResult): BuildResult {
  const made = workers.reduce((n, w) => n + w.made, 0) + rest.made;
  return { ...rest, made, alreadyDone: rest.planned - made - rest.skipped.length - rest.failed.length };
}

function say(result: BuildResult, out: string, seconds: number): void {
  for (const s of result.skipped.slice(0, 10)) console.error(`${s.id} left out: ${describeError(s.code, s.detail)}`);
  if (result.skipped.length > 10) console.error(`… and ${result.skipped.length - 10} more left out`);
  for (const f of result.failed.slice(0, 10)) console.error(`${f.id} failed: ${describeError(f.code, f.detail)}`);
  const rest = result.complete ? `the set is whole: ${out}/manifest.json` : 'other parts are still missing';
  console.error(`${result.made} made, ${result.alreadyDone} were there, ${result.skipped.length} left out, ${result.failed.length} failed in ${seconds.toFixed(1)} s; ${rest}`);
}

/** One line that is rewritten, on a terminal only. */
function progressLine(): (text: string) => void {
  if (!process.stderr.isTTY) return () => undefined;
  return (text) => void process.stderr.write(`\r\x1b[K${text}`);
}
