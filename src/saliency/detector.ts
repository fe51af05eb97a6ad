/**
 * LAM's local gradient detector D: the sum over the region of √(∂x² + ∂y²) by forward differences (Gu and Dong, CVPR
 * 2021), and its own gradient with respect to the region's values. A difference needs both neighbours in the region.
 */
export function detectGradients(region: Float32Array, width: number, height: number): { value: number; cotangent: Float32Array } {
  const cotangent = new Float32Array(region.length);
  let value = 0;
  for (let y = 0; y + 1 < height; y++) for (let x = 0; x + 1 < width; x++) {
    const i = y * width + x;
    const dy = region[i]! - region[i + width]!, dx = region[i]! - region[i + 1]!;
    const size = Math.sqrt(dx * dx + dy * dy);
    value += size;
    if (size < 1e-9) continue;
    cotangent[i]! += (dx + dy) / size;
    cotangent[i + 1]! -= dx / size;
    cotangent[i + width]! -= dy / size;
  }
  return { value, cotangent };
}
