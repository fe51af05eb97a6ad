import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { version } from '../../package.json';
import { StudioError } from '../core/errors';
import { describeError } from '../core/errorText';
import { createNodeInfer } from '../inference/node';
import { loadManifest, type ModelRegistry } from '../models';
import { createNodeDecoder } from '../pipeline/decode/decoder.node.ts';
import type { EngineContext } from '../pipeline/enhance';
import { importFiles } from '../pipeline/importFiles';
import { withLabels } from '../pipeline/labelShelf';
import type { SeriesSource } from '../pipeline/seriesSource';
import { openInputs } from './inputs';
import { reportLabels } from './labelReport';

const MODELS = resolve(import.meta.dirname, '../../public/models');

/** The models that ship with the program. */
export function shippedModels(): Promise<ModelRegistry> {
  return loadManifest(async (name) => new Uint8Array(await readFile(resolve(MODELS, name))));
}

/** Models and the WASM backend in this process. */
export async function engineContext(threads: number): Promise<EngineContext> {
  const models = await shippedModels();
  return { infer: createNodeInfer(models, threads), models, softwareVersion: version };
}

/**
 * Opens inputs (see `openInputs`), attaches labels among them, says on stderr what could not be read, runs `work`, and ends the decoder. Gives
 * `work`'s result and the number of unreadable files, labels among them. Throws `input/not-an-image` when nothing is left.
 */
export async function withSeries<T>(paths: readonly string[], out: string | undefined, work: (series: readonly SeriesSource[]) => Promise<T>): Promise<{ result: T; unreadable: number }> {
  const decoder = createNodeDecoder(1);
  try {
    const inputs = openInputs(paths, out);
    const imported = await importFiles(inputs.files, { decoder });
    let unreadable = inputs.unreadable();
    const labels = await reportLabels(imported);
    for (const { words } of labels.waiting) console.error(words);
    for (const { path, code, detail } of labels.failed) {
      unreadable++;
      console.error(`${path}: ${describeError(code, detail)}`);
    }
    const series = imported.series.map((source) => withLabels(source, () => labels.shelf.attached));
    for (const o of imported.outcomes) {
      if (o.status !== 'error') continue;
      unreadable++;
      console.error(`${o.path}: ${o.message}`);
    }
    if (series.length === 0) throw new StudioError('input/not-an-image', `no image in ${paths.join(', ')}`);
    return { result: await work(series), unreadable };
  } finally {
    decoder.dispose();
  }
}

/** Command-line options: `spec` names those that take a value (`value`) and those that do not (`flag`). */
export function parseArgs(args: readonly string[], spec: Readonly<Record<string, 'value' | 'flag'>>): { inputs: string[]; options: ReadonlyMap<string, string> } {
  const inputs: string[] = [], options = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const a = args[i]!;
    if (!a.startsWith('--')) {
      inputs.push(a);
      continue;
    }
    const name = a.slice(2), kind = spec[name];
    if (!kind) throw new StudioError('cli/usage', `unknown option ${a}`);
    if (kind === 'value' && (args[i + 1] ?? '--').startsWith('--')) throw new StudioError('cli/usage', `${a} needs a value`);
    options.set(name, kind === 'flag' ? 'yes' : args[++i]!);
  }
  return { inputs, options };
}

/** A number option within bounds. Throws `cli/usage`. */
export function numberOption(options: ReadonlyMap<string, string>, name: string, fallback: number, low: number, high: number, whole = false): number {
  const text = options.get(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text.trim() === '' || !(value >= low && value <= high) || (whole && !Number.isInteger(value))) throw new StudioError('cli/usage', `--${name} takes a ${whole ? 'whole ' : ''}number from ${low} to ${high}`);
  return value;
}

/** One of the words. Throws `cli/usage`. */
export function choiceOption<T extends string>(options: ReadonlyMap<string, string>, name: string, fallback: T, choices: readonly T[]): T {
  const text = options.get(name) ?? fallback;
  if (!choices.includes(text as T)) throw new StudioError('cli/usage', `--${name} takes ${choices.join(', ')}`);
  return text as T;
}

/** An option that must be given. Throws `cli/usage`. */
export function needed(options: ReadonlyMap<string, string>, name: string): string {
  const text = options.get(name);
  if (text === undefined) throw new StudioError('cli/usage', `--${name} is missing`);
  return text;
}
