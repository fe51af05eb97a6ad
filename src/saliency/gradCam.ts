/**
 * Grad-CAM (Selvaraju et al., 2017): feature maps weighted by the mean gradient of the score, negative parts cut off.
 * `features` and `gradients` are [1, C, h, w]; the result has h × w cells, nothing interpolated.
 */
export function gradCam(features: Float32Array, gradients: Float32Array, channels: number): Float32Array {
  const cells = features.length / channels;
  const map = new Float64Array(cells);
  for (let c = 0; c < channels; c++) {
    let mean = 0;
    for (let i = 0; i < cells; i++) mean += gradients[c * cells + i]!;
    mean /= cells;
    for (let i = 0; i < cells; i++) map[i]! += mean * features[c * cells + i]!;
  }
  return Float32Array.from(map, (v) => Math.max(0, v));
}
