import { openAsBlob } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { StudioError, toStudioError } from '../../core/errors';
import { blobSource } from '../../dicom/read/source';
import { useNodeCodecs } from './codecs.node.ts';
import { handleDecode, type OpenFile } from './handle';
import { transferables } from './pool';
import type { DecodeMessage, DecodeReply } from './protocol';

/** Entry of the decode worker in Node. */
const port = parentPort!;
useNodeCodecs();

const open: OpenFile = async ({ blob, file, from, to }) => {
  try {
    return blobSource((blob ?? (await openAsBlob(file!))).slice(from, to));
  } catch (error) {
    throw new StudioError('input/not-readable', error instanceof Error ? error.message : String(error), { cause: error });
  }
};

port.on('message', (message: DecodeMessage) => {
  const reply = (r: DecodeReply, transfer: ArrayBuffer[] = []): void => port.postMessage(r, transfer);
  handleDecode(message.kind, message.request as never, open).then(
    (value) => reply({ id: message.id, ok: true, value }, transferables(value)),
    (error: unknown) => {
      const { code, detail } = toStudioError(error);
      reply({ id: message.id, ok: false, code, detail });
    },
  );
});
port.postMessage('ready');
