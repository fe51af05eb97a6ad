import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { StudioError } from '../core/errors';
import { randomiseWeights } from './randomise';
import { parseManifest, type ModelEntry, type ModelFile, type ModelTask } from './manifest';

/** Reads a file of `public/models` by name: `fetch` in the browser, `readFile` in Node. */
export type ReadModelFile = (name: string) => Promise<Uint8Array>;

/** What a model is for, what it was trained on, what was measured, and its limits. Shown as it stands. */
export interface ModelCard {
  readonly id: string;
  readonly title?: string;
  readonly purpose?: string;
  readonly figures?: readonly { readonly name: string; readonly command?: string; readonly value?: unknown; readonly table?: unknown; readonly note?: string }[];
  readonly [field: string]: unknown;
}

/** The models that can be used: those shipped, and those a person brought along. */
export interface ModelRegistry {
  /** All entries, or those of a task. */
  list(task?: ModelTask): readonly ModelEntry[];
  /** Throws `model/unknown`. */
  get(id: string): ModelEntry;
  /** The card, or null where the model has none. Throws `model/not-found`. */
  card(id: string): Promise<ModelCard | null>;
  /**
   * Bytes of a graph, checked against sha256. A variant made by `randomisedVariant` gives the checked bytes with their
   * weights replaced.
   * Throws `model/unknown`, `model/no-gradient`, `model/not-found`, `model/hash-mismatch`.
   */
  bytes(ref: { modelId: string; variant: string; graph: 'forward' | 'gradient' }): Promise<Uint8Array>;
  /** The file entry (name, sha256, bytes) of a graph. Throws `model/unknown`, `model/no-gradient`. */
  file(ref: { modelId: string; variant: string; graph: 'forward' | 'gradient' }): ModelFile;
  /**
   * Adds a model that a person brought along (after `bringYourOwn` has checked it); its files stay in memory.
   * Throws `model/invalid` when the name is taken.
   */
  add(entry: ModelEntry, files: ReadonlyMap<string, Uint8Array>): void;
  /** Takes a model that was added out again. */
  remove(id: string): void;
  /** Called after `add` and `remove`. Returns the function that ends it. */
  onChange(listener: () => void): () => void;
}

/** Name of a variant whose last `fraction` (0…1) of layers is noise: for sanity checks. Understood by `bytes` and `file`. */
export function randomisedVariant(variant: string, fraction: number, seed: number): string {
  return fraction > 0 ? `${variant}~random-${Math.round(fraction * 1000)}-${Math.trunc(seed)}` : variant;
}

function splitVariant(name: string): { variant: string; random: { fraction: number; seed: number } | null } {
  const match = /^(.*)~random-(\d+)-(-?\d+)$/.exec(name);
  return match ? { variant: match[1]!, random: { fraction: Number(match[2]) / 1000, seed: Number(match[3]) } } : { variant: name, random: null };
}

/** Reads `manifest.json` by `read` and gives the registry. Throws `model/not-found`, `model/invalid`. */
export async function loadManifest(read: ReadModelFile): Promise<ModelRegistry> {
  let json: unknown;
  const bytes = await readOrThrow(read, 'manifest.json');
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new StudioError('model/invalid', 'manifest.json is not JSON', { cause: error });
  }
  return createRegistry(parseManifest(json), read);
}

/** A registry over checked entries. */
export function createRegistry(models: readonly ModelEntry[], read: ReadModelFile): ModelRegistry {
  const entries = new Map(models.map((m) => [m.id, m]));
  const own = new Map<string, ReadonlyMap<string, Uint8Array>>();
  const listeners = new Set<() => void>();
  const get = (id: string): ModelEntry => {
    const entry = entries.get(id);
    if (!entry) throw new StudioError('model/unknown', id);
    return entry;
  };
  const file = (ref: { modelId: string; variant: string; graph: 'forward' | 'gradient' }): ModelFile => {
    const variant = get(ref.modelId).variants[splitVariant(ref.variant).variant];
    if (!variant) throw new StudioError('model/unknown', `${ref.modelId}/${ref.variant}`);
    if (ref.graph === 'forward') return variant;
    if (!variant.gradient) throw new StudioError('model/no-gradient', ref.modelId);
    return variant.gradient;
  };
  const readFor = async (id: string, name: string): Promise<Uint8Array> => own.get(id)?.get(name) ?? readOrThrow(read, name);
  return {
    list: (task) => [...entries.values()].filter((m) => !task || m.task === task),
    get,
    file,
    async card(id) {
      const { card } = get(id);
      if (!card) return null;
      const text = new TextDecoder().decode(await readFor(id, card));
      try {
        return JSON.parse(text) as ModelCard;
      } catch (error) {
        throw new StudioError('model/invalid', `${card} is not JSON`, { cause: error });
      }
    },
    async bytes(ref) {
      const entry = file(ref);
      const bytes = await readFor(ref.modelId, entry.file);
      const found = bytesToHex(sha256(bytes));
      if (found !== entry.sha256) throw new StudioError('model/hash-mismatch', `${entry.file}: sha256 ${found.slice(0, 12)}…`);
      const { random } = splitVariant(ref.variant);
      return random ? randomiseWeights(bytes, random.fraction, random.seed) : bytes;
    },
    add(entry, files) {
      if (entries.has(entry.id)) throw new StudioError('model/invalid', `there is a model named ${entry.id} already`);
      entries.set(entry.id, entry);
      own.set(entry.id, files);
      for (const listener of listeners) listener();
    },
    remove(id) {
      if (!own.delete(id)) return;
      entries.delete(id);
      for (const listener of listeners) listener();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

async function readOrThrow(read: ReadModelFile, name: string): Promise<Uint8Array> {
  try {
    return await read(name);
  } catch (error) {
    throw new StudioError('model/not-found', name, { cause: error });
  }
}
