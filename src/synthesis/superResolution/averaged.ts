import type { Backend, Infer, Tensor } from '../../inference/protocol';

/** The orientations of an image under quarter turns and mirroring. */
export const ORIENTATIONS = 8;

/**
 * An image-to-image network's mean over the eight orientations of its input: each run is eight runs, turned there and
 * back (geometric self-ensemble: Timofte et al., CVPR 2016; Lim et al., EDSR, CVPRW 2017). Every tensor of shape
 * [1, 1, H, W] is turned, so that a gradient graph gives the gradient of the mean. Sums run in a fixed order in float64.
 * `onRun` is called after each of the eight.
 */
export function averagedInfer(infer: Infer, onRun?: () => void): Infer {
  return async (ref, inputs, signal) => {
    const sums = new Map<string, { sum: Float64Array; dims: readonly number[] }>();
    let backend: Backend = 'wasm', reason: string | undefined, milliseconds = 0;
    for (let k = 0; k < ORIENTATIONS; k++) {
      const result = await infer(ref, Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, turn(tensor, k)])), signal);
      for (const [name, tensor] of Object.entries(result.outputs)) {
        if (!isImage(tensor)) continue;
        const [height, width] = sidesOf(tensor, k);
        const from = placesOf(k, height, width);
        let entry = sums.get(name);
        if (!entry) sums.set(name, (entry = { sum: new Float64Array(height * width), dims: [1, 1, height, width] }));
        for (let i = 0; i < from.length; i++) entry.sum[from[i]!]! += tensor.data[i]!;
      }
      ({ backend, reason } = result);
      milliseconds += result.milliseconds;
      onRun?.();
    }
    const outputs = Object.fromEntries([...sums].map(([name, { sum, dims }]) => [name, { data: Float32Array.from(sum, (v) => v / ORIENTATIONS), dims }]));
    return { outputs, backend, milliseconds, ...(reason === undefined ? {} : { reason }) };
  };
}

const isImage = ({ dims }: Tensor): boolean => dims.length === 4 && dims[0] === 1 && dims[1] === 1;

/** Height and width that a tensor has (k = 0), or had before it was turned. */
function sidesOf({ dims }: Tensor, k: number): [number, number] {
  const [height, width] = [dims[2]!, dims[3]!];
  return k & 4 ? [width, height] : [height, width];
}

function turn(tensor: Tensor, k: number): Tensor {
  if (k === 0 || !isImage(tensor)) return tensor;
  const [, , height, width] = tensor.dims as [number, number, number, number];
  return { data: Float32Array.from(placesOf(k, height, width), (i) => tensor.data[i]!), dims: [1, 1, ...(k & 4 ? [width, height] : [height, width])] };
}

/** For each pixel of the turned image, where it lies in the [height, width] original. Bits of k: 1 and 2 mirror, 4 transposes. */
function placesOf(k: number, height: number, width: number): Int32Array {
  const [rows, columns] = k & 4 ? [width, height] : [height, width];
  const places = new Int32Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    const sy = k & 1 ? rows - 1 - y : y;
    for (let x = 0; x < columns; x++) {
      const sx = k & 2 ? columns - 1 - x : x;
      places[y * columns + x] = k & 4 ? sx * width + sy : sy * width + sx;
    }
  }
  return places;
}
