import { StudioError } from '../core/errors';
import type { Plane } from '../core/kspace';
import type { Raster } from '../core/raster';
import { planTiles } from '../core/tile';
import type { Backend, Infer } from '../inference/protocol';
import { lesionPorts, type ModelEntry } from '../models';
import { boxAround, cutBox, type Explainable, type MethodHooks } from '../saliency';
import type { Box } from '../saliency';
import { makeReduction, pullBack } from '../synthesis/superResolution';
import { cellsOf, networkBox } from './networkBox';

/** Input pixels round the region within which a bicubic projection is carried out: beyond, its influence is below 1e-4. */
const PROJECTION_REACH = 10;

/**
 * Super-resolution (or any local network) as an Explainable. With `bicubic` consistency the projection is part of what is
 * explained; it is carried out on the surroundings of the region.
 */
export function imageTarget(frame: Raster, region: Box, model: ModelEntry, weights: ReadonlyMap<string, number>, consistent: 'bicubic' | null, infer: Infer): Explainable {
  const { scale } = model;
  const cells = cellsOf(region, scale, frame);
  const core = consistent ? boxAround(cells, PROJECTION_REACH, frame.width, frame.height) : cells;
  const net = networkBox(frame, core, model, weights, infer);
  const reduction = consistent && makeReduction('bicubic', scale, core.width, core.height);
  const wide = { width: core.width * scale, height: core.height * scale };
  const left = region.x - core.x * scale, top = region.y - core.y * scale;
  const inBox = { ...core, x: core.x - net.box.x, y: core.y - net.box.y };
  const coreOf = (image: Float32Array): Float64Array => Float64Array.from(cutBox({ data: image, width: net.box.width, height: net.box.height, unit: 'model' }, inBox));
  const shown = (output: Float64Array, image: Float32Array): Float32Array => {
    let data = output;
    if (reduction) {
      const reduced = reduction.reduce({ data: output, ...wide }), wanted = coreOf(image);
      const missing = reduction.pseudoInverse({ ...reduced, data: reduced.data.map((v, i) => wanted[i]! - v) });
      data = output.map((v, i) => v + missing.data[i]!);
    }
    return Float32Array.from({ length: region.width * region.height }, (_, i) => data[(top + Math.floor(i / region.width)) * wide.width + left + (i % region.width)]!);
  };
  const hasGradient = [...weights.keys()].every((v) => model.variants[v.split('~')[0]!]?.gradient);
  return {
    frame,
    box: net.box,
    region,
    backend: net.backend,
    forward: async (image, signal) => shown(await net.forward(image, signal), image),
    vjp: hasGradient
      ? async (image, cotangent, signal) => {
          const high = new Float64Array(wide.width * wide.height);
          cotangent.forEach((v, i) => (high[(top + Math.floor(i / region.width)) * wide.width + left + (i % region.width)] = v));
          const back = pullBack({ data: high, ...wide }, { perceptual: 0, consistent: reduction });
          const { gradient, output } = await net.vjp(image, back.output.data, signal);
          if (back.input) {
            for (let y = 0; y < core.height; y++) for (let x = 0; x < core.width; x++) {
              gradient[(inBox.y + y) * net.box.width + inBox.x + x]! += back.input.data[y * core.width + x]!;
            }
          }
          return { gradient, region: shown(output, image) };
        }
      : null,
  };
}

/**
 * Gradient of the region's sum through the k-space projection, which reaches over the whole slice: the cotangent is
 * pulled back over the full frame, then the backward graph runs tile by tile. Exact but for cotangents below 1e-5 of the
 * largest. Full-frame map.
 */
export async function gradientThroughKspace(frame: Raster, region: Box, model: ModelEntry, weights: ReadonlyMap<string, number>, infer: Infer, hooks: MethodHooks): Promise<{ map: Float32Array; backend: Backend }> {
  const { scale } = model, width = frame.width * scale, height = frame.height * scale;
  const ones: Plane = { data: new Float64Array(width * height), width, height };
  for (let y = 0; y < region.height; y++) ones.data.fill(1, (region.y + y) * width + region.x, (region.y + y) * width + region.x + region.width);
  const back = pullBack(ones, { perceptual: 0, consistent: makeReduction('kspace', scale, frame.width, frame.height) });
  const map = Float32Array.from(back.input!.data);
  const floor = 1e-5 * back.output.data.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  let backend: Backend = 'wasm';
  const tiles = planTiles(frame.width, frame.height, { tile: 128, halo: model.halo, multipleOf: model.multipleOf, patch: model.patch });
  for (const [done, core] of tiles.entries()) {
    await hooks.gate?.();
    const cotangent = new Float64Array(core.width * core.height * scale * scale);
    for (let y = 0; y < core.height * scale; y++) {
      const from = (core.y * scale + y) * width + core.x * scale;
      cotangent.set(back.output.data.subarray(from, from + core.width * scale), y * core.width * scale);
    }
    if (!cotangent.some((v) => Math.abs(v) > floor)) continue;
    const net = networkBox(frame, core, model, weights, infer);
    const { gradient } = await net.vjp(cutBox(frame, net.box), cotangent, hooks.signal);
    for (let y = 0; y < net.box.height; y++) for (let x = 0; x < net.box.width; x++) map[(net.box.y + y) * frame.width + net.box.x + x]! += gradient[y * net.box.width + x]!;
    backend = net.backend();
    if (done + 1 < tiles.length) hooks.onUpdate?.(map.slice(), done + 1, tiles.length);
  }
  return { map, backend };
}

/**
 * An inserter or remover on its one patch: what of the surroundings (and of the old tissue) made the region. `insideOnly`:
 * pixels of the region outside the mask, which the model passes on as they are, do not count.
 */
export function lesionTarget(patch: Raster, mask: Raster, z: Float32Array | undefined, region: Box, insideOnly: boolean, model: ModelEntry, variant: string, infer: Infer): Explainable {
  const { width, height } = patch;
  if (model.patch && (model.patch !== width || model.patch !== height)) throw new StudioError('model/shape-mismatch', `${model.id} takes ${model.patch} × ${model.patch}`);
  let backend: Backend = 'wasm';
  const dims = [1, 1, height, width];
  const ports = lesionPorts(model);
  const inputs = (image: Float32Array) => ({ [ports.image]: { data: image, dims }, [ports.mask]: { data: mask.data, dims }, ...(z && ports.z ? { [ports.z.name]: { data: z, dims: [1, z.length] } } : {}) });
  const inside = insideOnly ? cutBox(mask, region) : null;
  const cut = (tensor: Float32Array): Float32Array => {
    const values = cutBox({ data: tensor, width, height, unit: 'model' }, region);
    return inside ? values.map((v, i) => (inside[i]! > 0 ? v : 0)) : values;
  };
  const outputName = model.outputs[0]!.name;
  return {
    frame: patch,
    box: { x: 0, y: 0, width, height },
    region,
    backend: () => backend,
    async forward(image, signal) {
      const result = await infer({ modelId: model.id, variant, graph: 'forward' }, inputs(image), signal);
      backend = result.backend;
      return cut(result.outputs[outputName]!.data);
    },
    vjp: model.variants[variant.split('~')[0]!]?.gradient
      ? async (image, cotangent, signal) => {
          const wide = new Float32Array(width * height);
          cotangent.forEach((v, i) => (wide[(region.y + Math.floor(i / region.width)) * width + region.x + (i % region.width)] = inside && inside[i]! <= 0 ? 0 : v));
          const result = await infer({ modelId: model.id, variant, graph: 'gradient' }, { ...inputs(image), cotangent: { data: wide, dims } }, signal);
          backend = result.backend;
          return { gradient: result.outputs[`grad_${ports.image}`]!.data, region: cut(result.outputs[outputName]!.data) };
        }
      : null,
  };
}

