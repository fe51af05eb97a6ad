import { StudioError } from '../core/errors';

/**
 * Plain data with typed arrays and Blobs as one file, and back: 8 bytes `VERISIM1`, the length of the JSON (uint32 LE),
 * the JSON with `{"$bin": n}` in place of each array, then the arrays one after the other.
 */
const MAGIC = 'VERISIM1';
const KINDS = { Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array } as const;
type Kind = keyof typeof KINDS;

interface Part {
  readonly kind: Kind | 'Blob';
  readonly bytes: number;
}

export function packSession(value: unknown): Blob {
  const parts: Part[] = [];
  const bodies: BlobPart[] = [];
  const walk = (v: unknown): unknown => {
    if (v instanceof Blob) {
      parts.push({ kind: 'Blob', bytes: v.size });
      bodies.push(v);
      return { $bin: parts.length - 1 };
    }
    if (ArrayBuffer.isView(v)) {
      parts.push({ kind: v.constructor.name as Kind, bytes: v.byteLength });
      bodies.push(new Uint8Array(v.buffer as ArrayBuffer, v.byteOffset, v.byteLength));
      return { $bin: parts.length - 1 };
    }
    if (v instanceof Map) return { $map: [...v].map(([k, x]) => [k, walk(x)]) };
    if (Array.isArray(v)) return v.map(walk);
    if (typeof v === 'number' && !Number.isFinite(v)) return { $number: String(v) };
    if (v && typeof v === 'object') return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, walk(x)]));
    return v;
  };
  const tree = walk(value);
  const json = new TextEncoder().encode(JSON.stringify({ tree, parts }));
  const head = new Uint8Array(12);
  head.set(new TextEncoder().encode(MAGIC));
  new DataView(head.buffer).setUint32(8, json.length, true);
  return new Blob([head, json, ...bodies], { type: 'application/x-verisim-session' });
}

/** Throws `session/invalid` for anything that is not a whole session file. */
export async function unpackSession(file: Blob): Promise<unknown> {
  const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  if (head.length < 12 || new TextDecoder().decode(head.subarray(0, 8)) !== MAGIC) throw new StudioError('session/invalid', 'not a session file');
  const length = new DataView(head.buffer).getUint32(8, true);
  let parsed: { tree: unknown; parts: Part[] };
  try {
    parsed = JSON.parse(await file.slice(12, 12 + length).text());
  } catch (error) {
    throw new StudioError('session/invalid', 'damaged contents', { cause: error });
  }
  let at = 12 + length;
  const bodies: unknown[] = [];
  for (const part of parsed.parts) {
    if (at + part.bytes > file.size) throw new StudioError('session/invalid', 'the file ends too early');
    const slice = file.slice(at, at + part.bytes);
    at += part.bytes;
    if (part.kind === 'Blob') bodies.push(slice);
    else {
      const Make = KINDS[part.kind];
      if (!Make) throw new StudioError('session/invalid', 'unknown contents');
      bodies.push(new Make(await slice.arrayBuffer()));
    }
  }
  const build = (v: unknown): unknown => {
    if (Array.isArray(v)) return v.map(build);
    if (!v || typeof v !== 'object') return v;
    const o = v as Record<string, unknown>;
    if (typeof o.$bin === 'number') return bodies[o.$bin];
    if (typeof o.$number === 'string') return Number(o.$number);
    if (Array.isArray(o.$map)) return new Map(o.$map.map(([k, x]: [unknown, unknown]) => [k, build(x)]));
    return Object.fromEntries(Object.entries(o).map(([k, x]) => [k, build(x)]));
  };
  return build(parsed.tree);
}
