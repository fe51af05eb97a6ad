import type { ModelEntry } from './manifest';

/** Shapes of a small input for every input of a graph: for warm-up, backend comparison and trial runs. */
export function trialShapes(entry: ModelEntry, graph: 'forward' | 'gradient'): Record<string, number[]> {
  const side = entry.patch ?? Math.ceil(24 / entry.multipleOf) * entry.multipleOf;
  const shapes: Record<string, number[]> = {};
  for (const input of entry.inputs) shapes[input.name] = input.shape.map((s) => sizeOf(s, side, 1));
  if (graph === 'gradient') shapes.cotangent = entry.outputs[0]!.shape.map((s) => sizeOf(s, side, entry.scale));
  return shapes;
}

/** A declared size for inputs of this side: a number, `H`, `2W`, `H/4`; other names stand for side × scale. */
function sizeOf(size: number | string, side: number, scale: number): number {
  if (typeof size === 'number') return size;
  const match = /^(\d*)[HW](?:\/(\d+))?$/.exec(size);
  return match ? (side * Number(match[1] || 1)) / Number(match[2] ?? 1) : side * scale;
}
