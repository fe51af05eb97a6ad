import type { ModelEntry } from './manifest';

/** Shapes of a small input for every input of a graph: for warm-up, backend comparison and trial runs. */
export function trialShapes(entry: ModelEntry, graph: 'forward' | 'gradient'): Record<string, number[]> {
  const side = entry.patch ?? Math.ceil(24 / entry.multipleOf) * entry.multipleOf;
  const shapeOf = (shape: readonly (number | string)[], scale: number): number[] => shape.map((s) => (typeof s === 'number' ? s : side * scale));
  const shapes: Record<string, number[]> = {};
  for (const input of entry.inputs) shapes[input.name] = shapeOf(input.shape, 1);
  if (graph === 'gradient') shapes.cotangent = shapeOf(entry.outputs[0]!.shape, entry.scale);
  return shapes;
}
