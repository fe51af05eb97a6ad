import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { StudioError } from '../core/errors';
import { tileOfPatch } from '../core/tile';
import { imagePort, inspectOnnx, lesionPorts, parseEntry, trialShapes, type ModelEntry, type OnnxSummary } from '../models';
import type { Infer } from '../inference/protocol';
import type { EngineContext } from './enhance';

export interface OwnModelFiles {
  readonly onnx: Uint8Array;
  readonly gradient?: Uint8Array;
  /** One manifest entry as JSON text; `variants` and `card` may be left out. */
  readonly contract: string;
  /** File name of `onnx`, for messages. */
  readonly name: string;
}

/** ONNX's float32. */
const FLOAT32 = 1;
const LARGEST = 512 * 1024 * 1024;

/**
 * Checks an ONNX file with its JSON contract and adds it to the registry: one file, no external data, ports as declared,
 * a trial run on a small input. Its id becomes `own-ID-HASH`, so that it
 * is never taken for a shipped one, nor for another version of itself.
 * Throws `model/invalid` or `model/shape-mismatch` with what is wrong.
 */
export async function bringYourOwn(files: OwnModelFiles, context: EngineContext): Promise<ModelEntry> {
  const entry = readContract(files);
  checkGraph(inspect(files.onnx, files.name), entry, false);
  if (files.gradient) checkGraph(inspect(files.gradient, 'the gradient graph'), entry, true);
  const bytes = new Map([[entry.variants.default!.file, files.onnx], ...(files.gradient ? [[entry.variants.default!.gradient!.file, files.gradient] as const] : [])]);
  context.models.add(entry, bytes);
  try {
    await tryOut(entry, 'forward', context.infer, context.signal);
    if (files.gradient) await tryOut(entry, 'gradient', context.infer, context.signal);
  } catch (error) {
    context.models.remove(entry.id);
    throw error;
  }
  return entry;
}

function readContract(files: OwnModelFiles): ModelEntry {
  let json: unknown;
  try {
    json = JSON.parse(files.contract);
  } catch (error) {
    throw new StudioError('model/invalid', 'the contract is not JSON', { cause: error });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new StudioError('model/invalid', 'the contract is not one JSON object');
  const given = json as Record<string, unknown>;
  // The hash keeps versions apart, in the list and in the worker's memory.
  const id = `own-${String(given.id ?? 'model')}-${bytesToHex(sha256(files.onnx)).slice(0, 6)}`;
  const describe = (bytes: Uint8Array, suffix: string) => ({ file: `${id}${suffix}.onnx`, sha256: bytesToHex(sha256(bytes)), bytes: bytes.length });
  const variants = { default: { ...describe(files.onnx, ''), ...(files.gradient ? { gradient: describe(files.gradient, '-gradient') } : {}) } };
  const entry = parseEntry({ license: 'unknown', ...given, id, card: null, variants });
  const side = imagePort(entry).shape.at(-1);
  const fixed = { ...entry, patch: entry.patch ?? (typeof side === 'number' ? side : null) };
  checkUse(fixed);
  return fixed;
}

/** Inputs that a model of each task may have. */
const INPUTS: Partial<Record<ModelEntry['task'], readonly number[]>> = { 'super-resolution': [1], segmentation: [1], realism: [1, 2], 'lesion-insert': [2, 3], 'lesion-remove': [2] };

/** Whether the studio can feed what the contract says. */
function checkUse(entry: ModelEntry): void {
  const { task, inputs, patch, halo, multipleOf } = entry;
  const counts = INPUTS[task];
  if (counts && !counts.includes(inputs.length)) throw new StudioError('model/invalid', `a ${task} model takes ${counts.join(' or ')} input${counts.includes(1) && counts.length === 1 ? '' : 's'}; the contract names ${inputs.length}`);
  if (inputs.length > 1) lesionPorts(entry);
  if (patch === null) return;
  for (const side of imagePort(entry).shape.slice(-2)) if (typeof side === 'number' && side !== patch) throw new StudioError('model/invalid', `an image of ${imagePort(entry).shape.join(' × ')} is no square of the patch, ${patch}`);
  if (patch % multipleOf !== 0) throw new StudioError('model/invalid', `a patch of ${patch} is no multiple of ${multipleOf}`);
  // Lesion models are fed one patch; all others go over the slice tile by tile.
  if (inputs.length === 1 && tileOfPatch(patch, halo, multipleOf) < 1) throw new StudioError('model/invalid', `a halo of ${halo} leaves nothing of a patch of ${patch}`);
}

function inspect(bytes: Uint8Array, name: string): OnnxSummary {
  if (bytes.length > LARGEST) throw new StudioError('model/invalid', `${name} is larger than 512 MB`);
  const summary = inspectOnnx(bytes);
  if (summary.externalData) throw new StudioError('model/invalid', `${name} keeps its weights in other files; save it as one file`);
  if (summary.opset < 7 || summary.opset > 24) throw new StudioError('model/invalid', `${name} uses operator set ${summary.opset}; 7 to 24 are understood`);
  return summary;
}

function checkGraph(summary: OnnxSummary, entry: ModelEntry, gradient: boolean): void {
  const expected = [...entry.inputs.map((p) => p.name), ...(gradient ? ['cotangent'] : [])];
  const found = summary.inputs.map((p) => p.name);
  const missing = expected.filter((n) => !found.includes(n)), extra = found.filter((n) => !expected.includes(n));
  if (missing.length || extra.length) throw new StudioError('model/shape-mismatch', `inputs are ${found.join(', ') || 'none'}; the contract says ${expected.join(', ')}`);
  for (const port of entry.inputs) {
    const { elementType, dims } = summary.inputs.find((p) => p.name === port.name)!;
    if (elementType !== FLOAT32) throw new StudioError('model/shape-mismatch', `input ${port.name} is not float32`);
    const fits = dims.length === port.shape.length && dims.every((d, i) => typeof d === 'string' || typeof port.shape[i] === 'string' || d === port.shape[i]);
    if (!fits) throw new StudioError('model/shape-mismatch', `input ${port.name} is ${dims.join(' × ')}; the contract says ${port.shape.join(' × ')}`);
  }
  const outputs = summary.outputs.map((p) => p.name);
  const wanted = gradient ? [`grad_${imagePort(entry).name}`] : [entry.outputs[0]!.name];
  const absent = wanted.filter((n) => !outputs.includes(n));
  if (absent.length) throw new StudioError('model/shape-mismatch', `outputs are ${outputs.join(', ')}; ${absent.join(', ')} is missing`);
}

/** One run on a small input; the result must have the promised size. */
async function tryOut(entry: ModelEntry, graph: 'forward' | 'gradient', infer: Infer, signal?: AbortSignal): Promise<void> {
  const shapes = trialShapes(entry, graph);
  const inputs = Object.fromEntries(Object.entries(shapes).map(([name, dims]) => {
    const size = dims.reduce((a, b) => a * b, 1);
    return [name, { dims, data: Float32Array.from({ length: size }, (_, i) => (i % 17) / 17) }];
  }));
  const { outputs } = await infer({ modelId: entry.id, variant: 'default', graph }, inputs, signal);
  const image = imagePort(entry).name;
  const [name, reference] = graph === 'gradient' ? [`grad_${image}`, shapes[image]!] : [entry.outputs[0]!.name, outputShape(entry, shapes)];
  const dims = outputs[name]?.dims ?? [];
  const promised = entry.task === 'realism' ? dims : reference;
  if (dims.length !== promised.length || dims.some((d, i) => d !== promised[i])) {
    throw new StudioError('model/shape-mismatch', `a trial run gave ${dims.join(' × ') || 'nothing'}; ${promised.join(' × ')} was promised`);
  }
}

function outputShape(entry: ModelEntry, shapes: Record<string, number[]>): number[] {
  const [n, , height, width] = shapes[imagePort(entry).name]!;
  return [n!, 1, height! * entry.scale, width! * entry.scale];
}
