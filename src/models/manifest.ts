import * as v from 'valibot';
import { StudioError } from '../core/errors';

/**
 * The model contract: `public/models/manifest.json`, version 1. A program with nothing but this file and an ONNX
 * runtime can run every model in it.
 */
const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const FileName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]+$/));
const FileEntry = v.object({ file: FileName, sha256: Sha256, bytes: v.pipe(v.number(), v.integer(), v.minValue(1)) });
const Port = v.object({
  name: v.string(),
  /** Numbers, or names of free sizes (`H`, `2W`). */
  shape: v.array(v.union([v.pipe(v.number(), v.integer(), v.minValue(1)), v.string()])),
  range: v.optional(v.tuple([v.number(), v.number()])),
});
const Normalisation = v.variant('type', [
  v.object({ type: v.literal('percentile'), low: v.number(), high: v.number(), scope: v.picklist(['series', 'slice']) }),
  v.object({ type: v.literal('window'), low: v.number(), high: v.number() }),
  v.object({ type: v.literal('identity') }),
]);
const Entry = v.object({
  id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]*$/)),
  task: v.picklist(['super-resolution', 'lesion-insert', 'lesion-remove', 'segmentation', 'realism', 'slice-generation']),
  modality: v.array(v.string()),
  scale: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8)), 1),
  license: v.string(),
  inputs: v.pipe(v.array(Port), v.minLength(1)),
  outputs: v.pipe(v.array(Port), v.minLength(1)),
  normalisation: Normalisation,
  /** Receptive-field radius in input pixels. */
  halo: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(256)), 0),
  /** Height and width fed must be multiples of this. */
  multipleOf: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(256)), 1),
  /** Fixed side of the input, or null where it is free. */
  patch: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))), null),
  opset: v.optional(v.number(), 18),
  card: v.optional(v.nullable(FileName), null),
  variants: v.record(v.string(), v.object({ ...FileEntry.entries, gradient: v.optional(FileEntry) })),
});
const Manifest = v.object({ version: v.literal(1), models: v.array(Entry) });

export type ModelTask = ModelEntry['task'];
export type ModelEntry = v.InferOutput<typeof Entry>;
export type ModelFile = v.InferOutput<typeof FileEntry>;
export type ModelNormalisation = v.InferOutput<typeof Normalisation>;

/** Checks parsed JSON against the contract. Unknown fields are kept out. Throws `model/invalid` naming the field. */
export function parseManifest(json: unknown): readonly ModelEntry[] {
  const result = v.safeParse(Manifest, json);
  if (result.success) return result.output.models;
  throw new StudioError('model/invalid', describeIssue(result.issues[0]));
}

/** One entry of the same form, as brought along with a user's ONNX file. Throws `model/invalid` naming the field. */
export function parseEntry(json: unknown): ModelEntry {
  const result = v.safeParse(Entry, json);
  if (result.success) return result.output;
  throw new StudioError('model/invalid', describeIssue(result.issues[0]));
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  return `${v.getDotPath(issue) ?? 'manifest'}: ${issue.message}`;
}
