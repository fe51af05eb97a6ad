import { StudioError } from '../core/errors';
import type { ModelEntry } from '../models';
import type { EngineContext } from './enhance';

/**
 * Checks an ONNX file with its JSON contract (one manifest entry; `variants` may be left out) and adds it to the
 * registry: one file, no external data, ports as declared, a trial run on a small input.
 * Throws `model/invalid` or `model/shape-mismatch` with what is wrong.
 */
export async function bringYourOwn(
  _files: { readonly onnx: Uint8Array; readonly gradient?: Uint8Array; readonly contract: string; readonly name: string },
  _context: EngineContext,
): Promise<ModelEntry> {
  throw new StudioError('internal', 'not built');
}
