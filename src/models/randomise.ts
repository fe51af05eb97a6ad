import { cos, ln } from '../core/math';
import { hashString } from '../core/random';
import { inspectOnnx, ONNX_FLOAT, ONNX_FLOAT16, type OnnxWeight } from './onnx';

/**
 * The sanity check of Adebayo et al. (NeurIPS 2018): weights replaced by noise, from the output backwards. A map that
 * stays the same does not explain the model.
 *
 * A gradient graph holds each kernel a second time, flipped and with channels swapped. Therefore the noise is a
 * function of the stored value and the layer, not of the place: both copies change alike, and the gradient graph stays
 * the gradient of the forward graph. Layers are recognised by their values, in the order in which they appear.
 */
export function randomiseWeights(file: Uint8Array, fraction: number, seed: number): Uint8Array {
  const out = file.slice();
  const view = new DataView(out.buffer);
  const layers = layersOf(out, view);
  const first = layers.length - Math.round(Math.min(1, Math.max(0, fraction)) * layers.length);
  layers.slice(first).forEach((layer, k) => {
    const noise = makeNoise(`${seed}/${first + k}`);
    for (const weight of layer.copies) {
      const half = weight.dataType === ONNX_FLOAT16;
      for (let at = weight.start; at < weight.end; at += half ? 2 : 4) {
        if (half) view.setUint16(at, toHalf(noise(view.getUint16(at, true)) * layer.deviation), true);
        else view.setFloat32(at, noise(view.getUint32(at, true)) * layer.deviation, true);
      }
    }
  });
  return out;
}

interface Layer {
  readonly copies: OnnxWeight[];
  readonly deviation: number;
}

function layersOf(bytes: Uint8Array, view: DataView): Layer[] {
  const kernels = inspectOnnx(bytes).weights.filter((w) => w.dims.length >= 2 && w.start >= 0 && (w.dataType === ONNX_FLOAT || w.dataType === ONNX_FLOAT16));
  // Where learned weights are stored as float16, float32 ones are fixed filters (the bicubic skip).
  const learned = kernels.some((w) => w.dataType === ONNX_FLOAT16) ? kernels.filter((w) => w.dataType === ONNX_FLOAT16) : kernels;
  const layers = new Map<string, Layer>();
  for (const weight of learned) {
    const values = valuesOf(view, weight);
    // One-hot kernels move pixels and learn nothing.
    if (values.every((v) => v === 0 || v === 1)) continue;
    const key = `${values.length}:${hashString(Float32Array.from(values).sort().join())}`;
    const known = layers.get(key);
    if (known) {
      known.copies.push(weight);
      continue;
    }
    let sum = 0, squares = 0;
    for (const v of values) {
      sum += v;
      squares += v * v;
    }
    const mean = sum / values.length;
    layers.set(key, { copies: [weight], deviation: Math.sqrt(Math.max(0, squares / values.length - mean * mean)) });
  }
  return [...layers.values()];
}

function valuesOf(view: DataView, w: OnnxWeight): number[] {
  const out: number[] = [];
  for (let at = w.start; at < w.end; at += w.dataType === ONNX_FLOAT16 ? 2 : 4) {
    out.push(w.dataType === ONNX_FLOAT16 ? fromHalf(view.getUint16(at, true)) : view.getFloat32(at, true));
  }
  return out;
}

/** Standard normal noise as a fixed function of a bit pattern. */
function makeNoise(key: string): (bits: number) => number {
  const salt = hashString(key);
  const mixBits = (h: number): number => {
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
  const known = new Map<number, number>();
  return (bits) => {
    let value = known.get(bits);
    if (value === undefined) {
      const a = mixBits((bits + 1) ^ salt), b = mixBits(Math.imul(bits + 1, 0x9e3779b9) ^ ~salt);
      value = Math.sqrt(-2 * ln((a + 1) / 4294967297)) * cos((6.283185307179586 * b) / 4294967296);
      known.set(bits, value);
    }
    return value;
  };
}

/** IEEE 754 binary16 → number. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 5.960464477539063e-8;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  let power = 1;
  for (let i = 15; i < exponent; i++) power *= 2;
  for (let i = exponent; i < 15; i++) power /= 2;
  return sign * power * (1 + fraction / 1024);
}

/** Number → IEEE 754 binary16, to the nearest; beyond its range the largest finite value. */
export function toHalf(value: number): number {
  const sign = value < 0 ? 0x8000 : 0;
  let v = Math.abs(value);
  if (!(v < 65504)) return sign | 0x7bff;
  let exponent = 15;
  while (v >= 2) {
    v /= 2;
    exponent++;
  }
  while (v < 1 && exponent > 1) {
    v *= 2;
    exponent--;
  }
  if (v < 1) return sign | Math.round(v * 1024);
  const fraction = Math.round((v - 1) * 1024);
  return sign | ((exponent << 10) + fraction);
}
