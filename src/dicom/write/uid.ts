import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** Root of what this program is, below the UUID-derived arc 2.25 (PS3.5 B.2): SHA-256 of "Verisim Studio" cut to 128 bits. */
export const IMPLEMENTATION_CLASS_UID = uidFromDigest(sha256(new TextEncoder().encode('Verisim Studio')));
/** At most 16 characters (SH). */
export const IMPLEMENTATION_VERSION = 'VERISIM_1';

/**
 * A UID that depends on `parts` alone: `2.25.` and the decimal of the first 128 bits of SHA-256 over the parts, each
 * prefixed by its length, so that no two lists of parts collide by concatenation. With `key` it is HMAC-SHA256, so
 * that nobody without the key can confirm a guess of the parts.
 */
export function deriveUid(parts: readonly (string | number | null | undefined)[], key?: Uint8Array): string {
  const text = new TextEncoder().encode(parts.map((p) => `${String(p ?? '').length}:${p ?? ''}`).join('|'));
  return uidFromDigest(key ? hmac(sha256, key, text) : sha256(text));
}

/** `2.25.` and the first 16 bytes of a digest as a decimal (at most 44 characters; a UID may have 64). */
export function uidFromDigest(digest: Uint8Array): string {
  let value = 0n;
  for (let i = 0; i < 16; i++) value = (value << 8n) | BigInt(digest[i]!);
  return `2.25.${value}`;
}
