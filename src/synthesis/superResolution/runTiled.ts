import { StudioError, throwIfAborted } from '../../core/errors';
import { cropReplicate, expectUnit, makeRaster, type Raster } from '../../core/raster';
import { planTiles } from '../../core/tile';
import type { ModelEntry } from '../../models';
import type { Backend, Infer, InferResult } from '../../inference/protocol';
import { averagedInfer, ORIENTATIONS } from './averaged';

/** Largest side of a tile without its halo: 62 MB of heap in the largest shipped network, 1.13 × the work of one piece. */
const DEFAULT_TILE = 256;

export interface TiledHooks {
  readonly signal?: AbortSignal;
  /** Tiles done of all; runs, eight a tile, where orientations are averaged. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Awaited before each tile. */
  readonly gate?: () => Promise<void>;
  readonly tile?: number;
  /** Mean over the eight orientations of each tile. */
  readonly averaged?: boolean;
}

export interface TiledResult {
  readonly output: Raster;
  readonly backend: Backend;
  /** Why another backend than wished for ran; empty when the wished one did. */
  readonly reason: string;
  /** Inside the model alone. */
  readonly milliseconds: number;
}

/**
 * Runs a strictly local image-to-image network over a frame of any size: [H, W] in model range → [sH, sW].
 * Edges are replicated by `halo` outside the network, tiled or not, so that both give the same image.
 * Throws `model/shape-mismatch` when the output has not the promised size.
 */
export async function runTiled(input: Raster, model: ModelEntry, variant: string, infer: Infer, hooks: TiledHooks = {}): Promise<TiledResult> {
  expectUnit(input, 'model');
  const { scale } = model;
  const tiles = planTiles(input.width, input.height, { tile: hooks.tile ?? DEFAULT_TILE, halo: model.halo, multipleOf: model.multipleOf, patch: model.patch });
  const width = input.width * scale;
  const data = new Float32Array(width * input.height * scale);
  let backend: Backend = 'wasm', reason = '', milliseconds = 0, runs = 0;
  const total = tiles.length * (hooks.averaged ? ORIENTATIONS : 1);
  const counted = (): void => hooks.onProgress?.(++runs, total);
  const run = hooks.averaged ? averagedInfer(infer, counted) : infer;
  for (const tile of tiles) {
    throwIfAborted(hooks.signal);
    await hooks.gate?.();
    const crop = cropReplicate(input, tile.inputX, tile.inputY, tile.inputWidth, tile.inputHeight);
    const result = await run({ modelId: model.id, variant, graph: 'forward' }, { [model.inputs[0]!.name]: { data: crop.data, dims: [1, 1, crop.height, crop.width] } }, hooks.signal);
    const output = firstOutput(result, model, crop.width * scale, crop.height * scale);
    const left = (tile.x - tile.inputX) * scale, top = (tile.y - tile.inputY) * scale;
    for (let y = 0; y < tile.height * scale; y++) {
      const from = (top + y) * crop.width * scale + left;
      data.set(output.subarray(from, from + tile.width * scale), (tile.y * scale + y) * width + tile.x * scale);
    }
    backend = result.backend;
    reason = result.reason ?? '';
    milliseconds += result.milliseconds;
    if (!hooks.averaged) counted();
  }
  return { output: makeRaster(data, width, input.height * scale, 'model'), backend, reason, milliseconds };
}

/** The declared output of a run, of exactly this size. */
function firstOutput(result: InferResult, model: ModelEntry, width: number, height: number): Float32Array {
  const tensor = result.outputs[model.outputs[0]!.name];
  if (!tensor || tensor.dims.length !== 4 || tensor.dims[2] !== height || tensor.dims[3] !== width || tensor.dims[1] !== 1) {
    throw new StudioError('model/shape-mismatch', `${model.id} gave ${tensor?.dims.join(' × ') ?? 'nothing'}, not 1 × 1 × ${height} × ${width}`);
  }
  return tensor.data;
}
