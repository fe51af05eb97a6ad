import { StudioError } from '../core/errors';
import { readFields, type Field } from './protobuf';

/** ONNX element types that matter here (TensorProto.DataType). */
export const ONNX_FLOAT = 1;
export const ONNX_FLOAT16 = 10;

/** A port of the graph; sizes that are free have their name, or '?'. */
export interface OnnxPort {
  readonly name: string;
  readonly elementType: number;
  readonly dims: readonly (number | string)[];
}

/** A weight: where its raw bytes lie in the file. */
export interface OnnxWeight {
  readonly name: string;
  readonly dataType: number;
  readonly dims: readonly number[];
  /** Offset of raw_data; −1 where values are stored otherwise. */
  readonly start: number;
  readonly end: number;
}

export interface OnnxSummary {
  readonly opset: number;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly weights: readonly OnnxWeight[];
  readonly operators: ReadonlySet<string>;
  /** True when weights lie in other files, which are never read. */
  readonly externalData: boolean;
}

/** Reads what must be known of an ONNX file (onnx.proto, IR 10) without running it. Throws `model/invalid`. */
export function inspectOnnx(bytes: Uint8Array): OnnxSummary {
  const text = (f: Field) => new TextDecoder().decode(bytes.subarray(f.start, f.end));
  const inside = (f: Field) => readFields(bytes, f.start, f.end);
  const inputs: OnnxPort[] = [], outputs: OnnxPort[] = [], weights: OnnxWeight[] = [];
  const operators = new Set<string>();
  let opset = 0, externalData = false, graphs = 0;

  const weight = (f: Field): OnnxWeight => {
    let name = '', dataType = 0, start = -1, end = -1;
    const dims: number[] = [];
    for (const t of inside(f)) {
      if (t.number === 1 && t.wire === 0) dims.push(t.value);
      else if (t.number === 1) for (let at = t.start; at < t.end; ) [at] = pushVarint(bytes, at, t.end, dims);
      else if (t.number === 2) dataType = t.value;
      else if (t.number === 8) name = text(t);
      else if (t.number === 9) [start, end] = [t.start, t.end];
      else if (t.number === 13 || (t.number === 14 && t.value === 1)) externalData = true;
    }
    return { name, dataType, dims, start, end };
  };
  const port = (f: Field): OnnxPort => {
    let name = '', elementType = 0;
    const dims: (number | string)[] = [];
    for (const v of inside(f)) {
      if (v.number === 1) name = text(v);
      if (v.number !== 2) continue;
      for (const type of inside(v)) for (const tensor of type.number === 1 ? inside(type) : []) {
        if (tensor.number === 1) elementType = tensor.value;
        if (tensor.number !== 2) continue;
        for (const dim of inside(tensor)) {
          let size: number | string = '?';
          for (const d of inside(dim)) size = d.number === 1 ? d.value : d.number === 2 ? text(d) : size;
          dims.push(size);
        }
      }
    }
    return { name, elementType, dims };
  };
  const graph = (f: Field, outer: boolean): void => {
    if (++graphs > 64) throw new StudioError('model/invalid', 'too many nested graphs');
    for (const g of inside(f)) {
      if (g.number === 1) {
        for (const n of inside(g)) {
          if (n.number === 4) operators.add(text(n));
          // Attributes may hold tensors (5) and graphs (6), which may name other files too.
          if (n.number === 5) for (const a of inside(n)) {
            if (a.number === 5) weight(a);
            if (a.number === 6) graph(a, false);
          }
        }
      } else if (g.number === 5) {
        const w = weight(g);
        if (outer) weights.push(w);
      } else if (outer && g.number === 11) inputs.push(port(g));
      else if (outer && g.number === 12) outputs.push(port(g));
    }
  };
  for (const f of readFields(bytes, 0, bytes.length)) {
    if (f.number === 7 && f.wire === 2) graph(f, true);
    if (f.number === 8 && f.wire === 2) {
      let domain = '', version = 0;
      for (const o of inside(f)) {
        if (o.number === 1) domain = text(o);
        if (o.number === 2) version = o.value;
      }
      if (domain === '' || domain === 'ai.onnx') opset = version;
    }
  }
  if (graphs === 0 || outputs.length === 0) throw new StudioError('model/invalid', 'this is not an ONNX file');
  const stored = new Set(weights.map((w) => w.name));
  return { opset, inputs: inputs.filter((p) => !stored.has(p.name)), outputs, weights, operators, externalData };
}

function pushVarint(bytes: Uint8Array, at: number, end: number, to: number[]): [number] {
  let value = 0, factor = 1;
  while (at < end) {
    const byte = bytes[at++]!;
    value += (byte & 127) * factor;
    if (byte < 128) break;
    factor *= 128;
  }
  to.push(value);
  return [at];
}
