/** Binary planes as one bit stream, least significant bit first, no alignment between frames (PS3.5 8.1.1), even length. */
export function packedFrames(frames: number, pixels: number): { readonly bytes: Uint8Array; put(index: number, plane: Uint8Array): void } {
  const bytes = new Uint8Array(2 * Math.ceil((frames * pixels) / 16));
  return {
    bytes,
    put(index, plane) {
      // Bits of a long series are more than 32-bit operators can count.
      const first = Math.floor((index * pixels) / 8);
      const shift = (index * pixels) % 8;
      for (let i = 0; i < pixels; i++) {
        if (!plane[i]) continue;
        const at = first + ((shift + i) >> 3);
        bytes[at] = bytes[at]! | (1 << ((shift + i) & 7));
      }
    },
  };
}
