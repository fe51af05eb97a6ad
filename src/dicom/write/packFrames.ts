/** Binary planes as one bit stream, least significant bit first, no alignment between frames (PS3.5 8.1.1), even length. */
export function packFrames(planes: readonly Uint8Array[]): Uint8Array {
  const bits = planes.reduce((sum, p) => sum + p.length, 0);
  const bytes = new Uint8Array(2 * Math.ceil(bits / 16));
  let at = 0;
  for (const plane of planes) {
    for (let i = 0; i < plane.length; i++, at++) {
      if (plane[i]) bytes[at >> 3] = bytes[at >> 3]! | (1 << (at & 7));
    }
  }
  return bytes;
}
