import { Gunzip } from 'fflate';
import { StudioError, type ErrorCode } from '../core/errors';

/** What may come out at most, and what to say beyond it. */
export interface InflateLimit {
  readonly bytes: number;
  readonly over: ErrorCode;
  readonly corrupt: ErrorCode;
  /** Stop once so many bytes are there; the rest stays packed. */
  readonly upTo?: number;
}

/**
 * Inflates a gzip or raw deflate blob into a new Blob, reading in steps and never holding more than `limit.bytes`.
 * Throws `limit.over` beyond the limit and `limit.corrupt` for damaged data.
 */
export async function inflateBlob(packed: Blob, format: 'gzip' | 'deflate-raw', limit: InflateLimit): Promise<Blob> {
  try {
    return await viaStream(packed, format, limit);
  } catch (error) {
    if (error instanceof StudioError) throw error;
    // Several gzip members in a row (bgzip), or bytes behind the last: the platform's stream refuses what follows the
    // first. A checksum that does not fit, or an end that is missing, is damage.
    if (format === 'gzip' && !/check|truncat|unexpected end/i.test(messageOf(error))) return viaMembers(packed, limit);
    throw new StudioError(limit.corrupt, messageOf(error), { cause: error });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const inWords = (bytes: number): string => (bytes < 1048576 ? `${bytes} bytes` : `${Math.round(bytes / 1048576)} MiB`);

class Collector {
  readonly parts: Uint8Array<ArrayBuffer>[] = [];
  length = 0;
  constructor(private readonly limit: InflateLimit) {}
  /** True when enough is there. */
  add(part: Uint8Array): boolean {
    this.length += part.length;
    if (this.length > this.limit.bytes) throw new StudioError(this.limit.over, `more than ${inWords(this.limit.bytes)} come out of it`);
    this.parts.push(part.slice());
    return this.limit.upTo !== undefined && this.length >= this.limit.upTo;
  }
}

async function viaStream(packed: Blob, format: 'gzip' | 'deflate-raw', limit: InflateLimit): Promise<Blob> {
  const reader = packed.stream().pipeThrough(new DecompressionStream(format) as unknown as TransformStream<Uint8Array, Uint8Array>).getReader();
  const out = new Collector(limit);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || out.add(value)) break;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
  return new Blob(out.parts);
}

async function viaMembers(packed: Blob, limit: InflateLimit): Promise<Blob> {
  const out = new Collector(limit);
  let enough = false;
  const gunzip = new Gunzip((part) => {
    enough ||= out.add(part);
  });
  const step = 64 * 1024;
  try {
    for (let at = 0; at < packed.size && !enough; at += step) {
      gunzip.push(new Uint8Array(await packed.slice(at, at + step).arrayBuffer()), at + step >= packed.size);
    }
  } catch (error) {
    if (error instanceof StudioError) throw error;
    throw new StudioError(limit.corrupt, messageOf(error), { cause: error });
  }
  return new Blob(out.parts);
}
