import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setColourLoader } from '../../dicom/decode/colourCodec';
import { setCodecLoader } from '../../dicom/decode/codecWasm';

/** Lets this thread decode: both codec modules are read from their packages when the first frame needs them. */
export function useNodeCodecs(): void {
  const require = createRequire(import.meta.url);
  setCodecLoader(async () => new WebAssembly.Module(readFileSync(require.resolve('dcmjs-codecs/build/dcmjs-native-codecs.wasm'))));
  setColourLoader(async (print) => {
    const { default: make } = await import('@cornerstonejs/codec-openjpeg/decodewasmjs');
    return make({ print, printErr: print, wasmBinary: readFileSync(require.resolve('@cornerstonejs/codec-openjpeg/decodewasm')) });
  });
}
