/** Tables for eight bytes a step. */
const TABLES = Array.from({ length: 8 }, () => new Uint32Array(256));
for (let n = 0; n < 256; n++) {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  TABLES[0]![n] = c;
}
for (let t = 1; t < 8; t++) for (let n = 0; n < 256; n++) TABLES[t]![n] = (TABLES[t - 1]![n]! >>> 8) ^ TABLES[0]![TABLES[t - 1]![n]! & 255]!;
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array];

/** CRC-32 of ZIP and gzip (ISO 3309), 0…2³² − 1; `before`: that of the bytes in front of these. */
export function crc32(b: Uint8Array, before = 0): number {
  let c = ~before;
  let i = 0;
  for (; i + 8 <= b.length; i += 8) {
    c ^= b[i]! | (b[i + 1]! << 8) | (b[i + 2]! << 16) | (b[i + 3]! << 24);
    c = T7[c & 255]! ^ T6[(c >>> 8) & 255]! ^ T5[(c >>> 16) & 255]! ^ T4[c >>> 24]! ^ T3[b[i + 4]!]! ^ T2[b[i + 5]!]! ^ T1[b[i + 6]!]! ^ T0[b[i + 7]!]!;
  }
  for (; i < b.length; i++) c = (c >>> 8) ^ T0[(c ^ b[i]!) & 255]!;
  return ~c >>> 0;
}
