import { encode } from 'fast-png';

/** A 16-bit grey PNG. Values 0…65535, row-major. */
export function writePng16(data: Uint16Array, width: number, height: number): Uint8Array {
  return encode({ width, height, data, depth: 16, channels: 1 });
}

/** An 8-bit grey PNG, for class ids. */
export function writePng8(data: Uint8Array, width: number, height: number): Uint8Array {
  return encode({ width, height, data, depth: 8, channels: 1 });
}
