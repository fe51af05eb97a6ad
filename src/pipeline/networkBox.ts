import { StudioError } from '../core/errors';
import type { Raster } from '../core/raster';
import type { Backend, Infer, InferResult } from '../inference/protocol';
import type { ModelEntry } from '../models';
import type { Box } from '../saliency';

/** A network, restricted to the outputs over `core` (input pixels), as a function of the input pixels that reach them. */
export interface NetworkBox {
  /** Input pixels that can matter: core ± halo (on the model's grid), inside the frame. */
  readonly box: Box;
  readonly core: Box;
  /** Weighted sum of the variants' outputs over the core, scale² values per core pixel. */
  forward(image: Float32Array, signal?: AbortSignal): Promise<Float64Array>;
  /** Cotangent over the core's outputs → gradient over the box, and the outputs. */
  vjp(image: Float32Array, cotangent: ArrayLike<number>, signal?: AbortSignal): Promise<{ gradient: Float32Array; output: Float64Array; raw: InferResult }>;
  backend(): Backend;
}

/**
 * The network is fed core ± halo, edges of the frame replicated as everywhere; what reaches beyond the frame is folded
 * back to the edge pixels (the adjoint of replication). `weights`: variant → its weight in the blend. Throws
 * `model/shape-mismatch` where a network of a fixed size cannot take that much at once.
 */
export function networkBox(frame: Raster, core: Box, model: ModelEntry, weights: ReadonlyMap<string, number>, infer: Infer): NetworkBox {
  const { scale, halo, multipleOf: m, patch } = model;
  const left = Math.floor((core.x - halo) / m) * m, top = Math.floor((core.y - halo) / m) * m;
  const needed = [Math.ceil((core.x + core.width + halo - left) / m) * m, Math.ceil((core.y + core.height + halo - top) / m) * m] as const;
  if (patch && Math.max(...needed) > patch) throw new StudioError('model/shape-mismatch', `${model.id} takes ${patch} × ${patch}; with its halo this region needs ${needed.join(' × ')}`);
  const [width, height] = patch ? [patch, patch] : needed;
  const x0 = Math.max(0, left), y0 = Math.max(0, top);
  const box: Box = { x: x0, y: y0, width: Math.min(frame.width, left + needed[0]) - x0, height: Math.min(frame.height, top + needed[1]) - y0 };
  const source = new Int32Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const bx = Math.min(box.width - 1, Math.max(0, left + x - box.x)), by = Math.min(box.height - 1, Math.max(0, top + y - box.y));
    source[y * width + x] = by * box.width + bx;
  }
  const image = model.inputs[0]!.name, output = model.outputs[0]!.name;
  const outWidth = width * scale, coreWidth = core.width * scale, coreHeight = core.height * scale;
  const offset = (core.y - top) * scale * outWidth + (core.x - left) * scale;
  let backend: Backend = 'wasm';

  const feed = (values: Float32Array) => ({ data: Float32Array.from(source, (i) => values[i]!), dims: [1, 1, height, width] });
  const read = (result: InferResult, weight: number, into: Float64Array): void => {
    const tensor = result.outputs[output];
    if (tensor?.data.length !== width * height * scale * scale) throw new StudioError('model/shape-mismatch', `${model.id} gave ${tensor?.dims.join(' × ') ?? 'nothing'}`);
    for (let y = 0; y < coreHeight; y++) for (let x = 0; x < coreWidth; x++) into[y * coreWidth + x]! += weight * tensor.data[offset + y * outWidth + x]!;
    backend = result.backend;
  };
  return {
    box,
    core,
    backend: () => backend,
    async forward(values, signal) {
      const out = new Float64Array(coreWidth * coreHeight);
      for (const [variant, weight] of weights) read(await infer({ modelId: model.id, variant, graph: 'forward' }, { [image]: feed(values) }, signal), weight, out);
      return out;
    },
    async vjp(values, cotangent, signal) {
      const gradient = new Float32Array(box.width * box.height), out = new Float64Array(coreWidth * coreHeight);
      let raw: InferResult | null = null;
      for (const [variant, weight] of weights) {
        const wide = new Float32Array(width * height * scale * scale);
        for (let y = 0; y < coreHeight; y++) for (let x = 0; x < coreWidth; x++) wide[offset + y * outWidth + x] = weight * cotangent[y * coreWidth + x]!;
        raw = await infer({ modelId: model.id, variant, graph: 'gradient' }, { [image]: feed(values), cotangent: { data: wide, dims: [1, 1, height * scale, outWidth] } }, signal);
        const back = raw.outputs[`grad_${image}`];
        if (back?.data.length !== source.length) throw new StudioError('model/shape-mismatch', `the gradient graph of ${model.id} gave no grad_${image}`);
        for (let i = 0; i < source.length; i++) gradient[source[i]!]! += back.data[i]!;
        read(raw, weight, out);
      }
      return { gradient, output: out, raw: raw! };
    },
  };
}

/** The input pixels under a region of the output. */
export function cellsOf(region: Box, scale: number, frame: Raster): Box {
  const x = Math.max(0, Math.floor(region.x / scale)), y = Math.max(0, Math.floor(region.y / scale));
  return {
    x, y,
    width: Math.min(frame.width, Math.ceil((region.x + region.width) / scale)) - x,
    height: Math.min(frame.height, Math.ceil((region.y + region.height) / scale)) - y,
  };
}

