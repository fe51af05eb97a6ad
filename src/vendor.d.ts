/** Packages that ship no types of their own. */
declare module 'cornerstone-core';
declare module '@stdlib/math-base-special-exp' { export default function exp(x: number): number; }
declare module '@stdlib/math-base-special-ln' { export default function ln(x: number): number; }
declare module '@stdlib/math-base-special-pow' { export default function pow(x: number, y: number): number; }
declare module '@stdlib/math-base-special-sin' { export default function sin(x: number): number; }
declare module '@stdlib/math-base-special-cos' { export default function cos(x: number): number; }
declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  interface Decoder { getEncodedBuffer(bytes: number): Uint8Array; decode(): void; getDecodedBuffer(): Uint8ClampedArray; delete(): void }
  export default function make(options: { print(line: string): void; printErr(line: string): void; wasmBinary: ArrayBuffer | Uint8Array }): Promise<{ J2KDecoder: new () => Decoder; HEAPU8: Uint8Array }>;
}
