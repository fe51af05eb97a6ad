import type { AffineRange } from '../../core/normalise';
import { paddedToModel } from '../../core/padding';
import { cropReplicate, makeRaster, type Raster } from '../../core/raster';
import type { Slice } from '../../core/slice';
import { planTiles } from '../../core/tile';
import { throwIfAborted, StudioError } from '../../core/errors';
import type { Backend, Infer } from '../../inference/protocol';
import type { ModelEntry } from '../../models';

/** What a segmentation model sees on a slice. */
export interface Finding {
  /** Probability of lesion, 0…1, unit `map`. */
  readonly probability: Raster;
  /** 1 where the probability is at least a half. */
  readonly mask: Uint8Array;
  readonly backend: Backend;
  readonly milliseconds: number;
}

/** Part of a slice, pixels. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Runs a segmentation model over a slice tile by tile with its halo, or over one region of it (0 elsewhere): the
 * same values there, since tiles start on the phase of the whole slice's grid.
 * Throws `model/shape-mismatch`, `model/bad-output`; AbortError between tiles.
 */
export async function segmentSlice(slice: Slice, model: ModelEntry, range: AffineRange, infer: Infer, options: { region?: Region; signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {}): Promise<Finding> {
  const { width, height } = slice.raster;
  const image = paddedToModel(slice, range);
  const region = options.region ?? { x: 0, y: 0, width, height };
  const left = Math.floor(region.x / model.multipleOf) * model.multipleOf, top = Math.floor(region.y / model.multipleOf) * model.multipleOf;
  const tiles = planTiles(region.x + region.width - left, region.y + region.height - top, { tile: 256, halo: model.halo, multipleOf: model.multipleOf, patch: model.patch });
  const probability = new Float32Array(width * height);
  let backend: Backend = 'wasm';
  let milliseconds = 0;
  for (const [done, tile] of tiles.entries()) {
    throwIfAborted(options.signal);
    const input = cropReplicate(image, left + tile.inputX, top + tile.inputY, tile.inputWidth, tile.inputHeight);
    const result = await infer({ modelId: model.id, variant: 'default', graph: 'forward' }, { [model.inputs[0]!.name]: { data: input.data, dims: [1, 1, tile.inputHeight, tile.inputWidth] } }, options.signal);
    const output = result.outputs[model.outputs[0]!.name];
    if (!output || output.data.length !== input.data.length) throw new StudioError('model/shape-mismatch', `${model.id} gave ${output?.dims.join('×') ?? 'nothing'}`);
    backend = result.backend;
    milliseconds += result.milliseconds;
    for (let y = 0; y < tile.height; y++) {
      for (let x = 0; x < tile.width; x++) {
        const sx = left + tile.x + x;
        const sy = top + tile.y + y;
        if (sx < Math.max(0, region.x) || sy < Math.max(0, region.y) || sx >= width || sy >= height) continue;
        const p = output.data[(tile.y + y - tile.inputY) * tile.inputWidth + (tile.x + x - tile.inputX)]!;
        if (!Number.isFinite(p)) throw new StudioError('model/bad-output', model.id);
        probability[sy * width + sx] = p;
      }
    }
    options.onProgress?.(done + 1, tiles.length);
  }
  return { probability: makeRaster(probability, width, height, 'map'), mask: Uint8Array.from(probability, (p) => (p >= 0.5 ? 1 : 0)), backend, milliseconds };
}
