import { Inflate } from 'fflate';
import { StudioError } from '../../core/errors';
import { LIMITS } from './limits';

/**
 * Random access to the bytes of one file, wherever they lie. `read` gives up to `to − from` bytes (less at the end).
 * Reading is the only asynchronous thing below; parsing and decoding are pure functions over what was read.
 */
export interface ByteSource {
  readonly size: number;
  read(from: number, to: number): Promise<Uint8Array>;
}

export const blobSource = (blob: Blob): ByteSource => ({
  size: blob.size,
  async read(from, to) {
    try {
      return new Uint8Array(await blob.slice(from, Math.min(to, blob.size)).arrayBuffer());
    } catch (error) {
      throw new StudioError('input/not-readable', '', { cause: error });
    }
  },
});

export const bytesSource = (bytes: Uint8Array): ByteSource => ({ size: bytes.length, read: (from, to) => Promise.resolve(bytes.subarray(from, to)) });

/**
 * Inflates one raw deflate stream (RFC 1951), never beyond `limit` bytes. With `stopAt` the rest is left alone once that
 * many bytes are there. Throws `over` when the limit is passed, `dicom/corrupt` when the stream is damaged or cut.
 */
export function inflateBounded(packed: Uint8Array, limit: number, over: () => StudioError, stopAt = Infinity): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  let final = false;
  const inflate = new Inflate((part, last) => {
    length += part.length;
    if (length > limit) throw over();
    parts.push(part);
    final ||= last;
  });
  const step = 8 * 1024;
  try {
    for (let at = 0; at < packed.length && !final && length < stopAt; at += step) inflate.push(packed.subarray(at, at + step), at + step >= packed.length);
  } catch (error) {
    if (error instanceof StudioError) throw error;
    // A stream that lacks its end has given all it holds; the caller counts the bytes.
    if (!/unexpected EOF/i.test(String(error))) throw new StudioError('dicom/corrupt', `deflate: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export const overInflated = (): StudioError => new StudioError('dicom/limits', `the deflated data exceed ${LIMITS.inflatedBytes / 1048576} MiB`);
