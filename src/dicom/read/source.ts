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
 * Inflates one raw deflate stream (RFC 1951) until it ends, or until `stopAt` bytes are there; `complete` tells which.
 * Memory stays within `stopAt` (or what there is) and one step. Throws `over` beyond `limit` bytes, `dicom/corrupt` when
 * the stream is damaged. A stream that lacks its end gives what it holds; the caller counts the bytes.
 */
export function inflateBounded(packed: Uint8Array, limit: number, over: () => StudioError, stopAt = Infinity): { bytes: Uint8Array<ArrayBuffer>; complete: boolean } {
  let bytes = new Uint8Array(Math.min(stopAt, limit, Math.max(4096, packed.length * 4)));
  let length = 0;
  let complete = false;
  const inflate = new Inflate((part, last) => {
    if (stopAt > limit && length + part.length > limit) throw over();
    const room = Math.min(part.length, stopAt - length);
    if (length + room > bytes.length) {
      const grown = new Uint8Array(Math.min(Math.max(bytes.length * 2, length + room), Math.min(stopAt, limit)));
      grown.set(bytes.subarray(0, length));
      bytes = grown;
    }
    bytes.set(part.subarray(0, room), length);
    length += room;
    complete ||= last && room === part.length;
  });
  const step = 8 * 1024;
  try {
    for (let at = 0; at < packed.length && !complete && length < stopAt; at += step) inflate.push(packed.subarray(at, at + step), false);
    // The end is told by itself, so that a stream that is cut gives what it holds.
    if (!complete && length < stopAt) inflate.push(new Uint8Array(0), true);
    complete ||= length < stopAt;
  } catch (error) {
    if (error instanceof StudioError) throw error;
    complete = true;
    if (!/unexpected EOF/i.test(String(error))) throw new StudioError('dicom/corrupt', `deflate: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return { bytes: bytes.subarray(0, length), complete };
}

export const overInflated = (): StudioError => new StudioError('dicom/limits', `the deflated data exceed ${LIMITS.inflatedBytes / 1048576} MiB`);
