import { StudioError } from '../../core/errors';

/**
 * Binding to OpenJPEG as @cornerstonejs/codec-openjpeg (MIT) builds it, for JPEG 2000 and HTJ2K colour that is deeper than
 * 8 bits or subsampled: of such samples the other codec module keeps the low byte alone.
 */
interface ColourDecoder {
  getEncodedBuffer(bytes: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8ClampedArray;
  delete(): void;
}

export interface ColourModule {
  readonly J2KDecoder: new () => ColourDecoder;
  readonly HEAPU8: Uint8Array;
}

/** Makes the module; `print` is given what the codec has to say. Set by the worker's entry. */
export type ColourLoader = (print: (line: string) => void) => Promise<ColourModule>;
let loader: ColourLoader | null = null;
let instance: Promise<ColourModule> | null = null;
let errors: string[] = [];

export function setColourLoader(load: ColourLoader): void {
  loader = load;
  instance = null;
}

const note = (line: string): void => {
  if (line.startsWith('[ERROR]') && errors.length < 5) errors.push(line.slice(8).trim());
};

/** A module that grew beyond this is thrown away, since WASM memory never shrinks. */
const KEEP_BYTES = 192 * 1024 * 1024;

/**
 * Decodes one colour frame to little-endian samples interleaved by pixel. Subsampled components come out as RGB, the
 * chroma repeated. Throws `dicom/decode-failed` with the codec's words.
 */
export async function runColourCodec(encoded: Uint8Array): Promise<Uint8Array> {
  if (!loader) throw new StudioError('internal', 'no colour codec loader is set');
  const module = await (instance ??= loader(note));
  errors = [];
  try {
    const decoder = new module.J2KDecoder();
    decoder.getEncodedBuffer(encoded.length).set(encoded);
    decoder.decode();
    const bytes = new Uint8Array(decoder.getDecodedBuffer().buffer);
    decoder.delete();
    if (errors.length > 0) throw new Error(errors[0]);
    if (module.HEAPU8?.length > KEEP_BYTES) instance = null;
    return bytes;
  } catch (error) {
    instance = null;
    throw new StudioError('dicom/decode-failed', (error instanceof Error ? error.message : String(error)).slice(0, 200), { cause: error });
  }
}
