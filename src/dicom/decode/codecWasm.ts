import { StudioError } from '../../core/errors';

/**
 * Binding to the WASM of dcmjs-codecs (MIT; CharLS, OpenJPEG and the IJG library inside). The package's own
 * loader uses `eval`, which the content security policy forbids; the module itself needs eleven imports and no eval.
 */
export interface FrameShape {
  readonly columns: number;
  readonly rows: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly samples: number;
  readonly signed: boolean;
}

export type CodecName = 'DecodeJpeg' | 'DecodeJpegLs' | 'DecodeJpeg2000';

type Fn = (...args: number[]) => number;
interface Instance {
  readonly memory: WebAssembly.Memory;
  readonly call: Readonly<Record<string, Fn>>;
  message: string;
}

/** How the bytes of the module are found: by fetch in a browser, by fs in Node. Set by the worker's entry. */
export type WasmLoader = () => Promise<WebAssembly.Module>;
let loader: WasmLoader | null = null;
let compiled: Promise<WebAssembly.Module> | null = null;
let instance: Promise<Instance> | null = null;

export function setCodecLoader(load: WasmLoader): void {
  loader = load;
  compiled = null;
  instance = null;
}

class CodecExit extends Error {}

async function instantiate(): Promise<Instance> {
  if (!loader) throw new StudioError('internal', 'no codec loader is set');
  compiled ??= loader();
  let made: WebAssembly.Instance | null = null;
  const state = { message: '' };
  const memory = (): WebAssembly.Memory => made!.exports.memory as WebAssembly.Memory;
  const textAt = (at: number, length: number): string => new TextDecoder().decode(new Uint8Array(memory().buffer, at, length).slice());
  const none = (): number => 0;
  made = await WebAssembly.instantiate(await compiled, {
    env: {
      onCodecsException: (at: number, length: number) => {
        state.message = textAt(at, length);
        throw new CodecExit(state.message);
      },
      onCodecsInfo: (at: number, length: number) => {
        state.message = textAt(at, length);
      },
      onCodecsTrace: none,
      emscripten_notify_memory_growth: none,
    },
    wasi_snapshot_preview1: {
      proc_exit: (code: number) => {
        throw new CodecExit(`exit ${code}`);
      },
      clock_time_get: (_id: number, _precision: bigint, out: number) => {
        new DataView(memory().buffer).setBigUint64(out, 0n, true);
        return 0;
      },
      fd_write: none, fd_close: none, fd_seek: none, environ_get: none,
      environ_sizes_get: (count: number, size: number) => {
        const view = new DataView(memory().buffer);
        view.setUint32(count, 0, true);
        view.setUint32(size, 0, true);
        return 0;
      },
    },
  });
  (made.exports._initialize as Fn)();
  return Object.assign(state, { memory: memory(), call: made.exports as unknown as Record<string, Fn> });
}

/** The codec's words without the names of its own functions; a trap of WebAssembly said so. */
const plain = (words: string): string => (words === 'unreachable' || /memory access|divide by zero/.test(words) ? 'the codec broke off' : words.replace(/^(\w+::)+/, '').replace(/\s+/g, ' ').trim().slice(0, 200));

/** Instances that grew beyond this are thrown away, since WASM memory never shrinks. */
const KEEP_BYTES = 192 * 1024 * 1024;

export interface CodecResult {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The codec's last warning, e.g. "Premature end of JPEG file". */
  readonly message: string;
}

/**
 * Decodes one frame. Returns its samples as little-endian bytes. Throws `dicom/decode-failed` with the codec's words;
 * the instance is then dropped, since its state is unknown.
 */
export async function runCodec(name: CodecName, encoded: Uint8Array, shape: FrameShape): Promise<CodecResult> {
  const i = await (instance ??= instantiate());
  const { call } = i;
  i.message = '';
  try {
    const context = call.CreateCodecsContext!();
    const parameters = call.CreateDecoderParameters!();
    call.SetColumns!(context, shape.columns);
    call.SetRows!(context, shape.rows);
    call.SetBitsAllocated!(context, shape.bitsAllocated);
    call.SetBitsStored!(context, shape.bitsStored);
    call.SetSamplesPerPixel!(context, shape.samples);
    call.SetPixelRepresentation!(context, shape.signed ? 1 : 0);
    call.SetPlanarConfiguration!(context, 0);
    call.SetConvertColorspaceToRgb!(parameters, 0);
    call.SetEncodedBufferSize!(context, encoded.length);
    new Uint8Array(i.memory.buffer).set(encoded, call.GetEncodedBuffer!(context));
    call[name]!(context, parameters);
    const at = call.GetDecodedBuffer!(context);
    const bytes = new Uint8Array(i.memory.buffer, at, call.GetDecodedBufferSize!(context)).slice();
    call.ReleaseDecoderParameters!(parameters);
    call.ReleaseCodecsContext!(context);
    if (i.memory.buffer.byteLength > KEEP_BYTES) instance = null;
    return { bytes, message: i.message };
  } catch (error) {
    instance = null;
    const words = i.message || (error instanceof Error ? error.message : String(error));
    throw new StudioError('dicom/decode-failed', plain(words), { cause: error });
  }
}
