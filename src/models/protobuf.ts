import { StudioError } from '../core/errors';

/** One field of a protobuf message: a varint, or the bounds of its bytes. */
export interface Field {
  readonly number: number;
  readonly wire: number;
  /** Varint value (wire 0); fixed-width values are given as bytes. */
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** Reads the fields of the message at bytes[start, end). Throws `model/invalid` where they do not fit. */
export function* readFields(bytes: Uint8Array, start: number, end: number): Generator<Field> {
  let at = start;
  const varint = (): number => {
    let value = 0, factor = 1;
    for (let i = 0; i < 10; i++) {
      if (at >= end) throw new StudioError('model/invalid', 'the ONNX file ends early');
      const byte = bytes[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    throw new StudioError('model/invalid', 'this is not an ONNX file');
  };
  while (at < end) {
    const tag = varint();
    const number = Math.floor(tag / 8), wire = tag % 8;
    let value = 0, from = at;
    if (wire === 0) value = varint();
    else if (wire === 1 || wire === 5) at += wire === 1 ? 8 : 4;
    else if (wire === 2) {
      const length = varint();
      from = at;
      at += length;
    } else throw new StudioError('model/invalid', 'this is not an ONNX file');
    if (at > end || number === 0) throw new StudioError('model/invalid', 'the ONNX file ends early');
    yield { number, wire, value, start: from, end: at };
  }
}
