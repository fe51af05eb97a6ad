import '../../trustedTypes';
import colourUrl from '@cornerstonejs/codec-openjpeg/decodewasm?url';
import wasmUrl from 'dcmjs-codecs/build/dcmjs-native-codecs.wasm?url';
import { toStudioError } from '../../core/errors';
import { setColourLoader } from '../../dicom/decode/colourCodec';
import { setCodecLoader } from '../../dicom/decode/codecWasm';
import { blobSource } from '../../dicom/read/source';
import { handleDecode } from './handle';
import { transferables } from './pool';
import type { DecodeMessage, DecodeReply } from './protocol';

/** Entry of the decode worker in a browser. The codec is fetched when the first compressed frame needs it. */
const scope = self as unknown as DedicatedWorkerGlobalScope;

setCodecLoader(async () => WebAssembly.compile(await (await fetch(wasmUrl)).arrayBuffer()));
setColourLoader(async (print) => {
  const { default: make } = await import('@cornerstonejs/codec-openjpeg/decodewasmjs');
  return make({ print, printErr: print, wasmBinary: await (await fetch(colourUrl)).arrayBuffer() });
});

scope.onmessage = async ({ data }: MessageEvent<DecodeMessage>) => {
  const reply = (r: DecodeReply, transfer: Transferable[] = []): void => scope.postMessage(r, transfer);
  try {
    const value = await handleDecode(data.kind, data.request as never, async (f) => blobSource(f.blob!.slice(f.from, f.to)));
    reply({ id: data.id, ok: true, value }, transferables(value));
  } catch (error) {
    const { code, detail } = toStudioError(error);
    reply({ id: data.id, ok: false, code, detail });
  }
};
scope.postMessage('ready');
