import '../trustedTypes';
import type { Slice } from '../core/slice';
import { findTissue } from '../synthesis/lesion/tissue';

/** Entry of the tissue worker: one slice in, where a lesion may lie out. */
const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = ({ data }: MessageEvent<{ id: number; slice: Slice }>) => {
  try {
    const tissue = findTissue(data.slice);
    scope.postMessage({ id: data.id, tissue }, [tissue.plausible.buffer, tissue.body.buffer]);
  } catch (error) {
    scope.postMessage({ id: data.id, error: error instanceof Error ? error.message : String(error) });
  }
};
