import { maskWhere } from './mask';

/** One connected region (4-neighbours). */
export interface Component {
  readonly label: number;
  readonly pixels: number;
  /** Mean column and row. */
  readonly centre: readonly [number, number];
  readonly touchesEdge: boolean;
}

/** Labels the connected regions of a mask, 1…n in scan order, with their size and centre. */
export function labelComponents(mask: ArrayLike<number>, width: number, height: number): { labels: Int32Array; components: Component[] } {
  const labels = new Int32Array(width * height);
  const stack = new Int32Array(width * height);
  const components: Component[] = [];
  for (let start = 0; start < labels.length; start++) {
    if (!mask[start] || labels[start]) continue;
    const label = components.length + 1;
    let size = 1;
    stack[0] = start;
    labels[start] = label;
    let pixels = 0;
    let sx = 0;
    let sy = 0;
    let touchesEdge = false;
    const push = (i: number): void => {
      if (mask[i] && !labels[i]) {
        labels[i] = label;
        stack[size++] = i;
      }
    };
    while (size > 0) {
      const i = stack[--size]!;
      const y = Math.floor(i / width);
      const x = i - y * width;
      pixels++;
      sx += x;
      sy += y;
      touchesEdge ||= x === 0 || y === 0 || x === width - 1 || y === height - 1;
      if (x > 0) push(i - 1);
      if (x < width - 1) push(i + 1);
      if (y > 0) push(i - width);
      if (y < height - 1) push(i + width);
    }
    components.push({ label, pixels, centre: [sx / pixels, sy / pixels], touchesEdge });
  }
  return { labels, components };
}

/** The largest region of a mask, alone; all zero where the mask is empty. */
export function largestComponent(mask: ArrayLike<number>, width: number, height: number): Uint8Array {
  const { labels, components } = labelComponents(mask, width, height);
  const best = components.reduce((a, c) => (c.pixels > a.pixels ? c : a), { label: -1, pixels: 0 });
  return maskWhere(labels.length, (i) => labels[i] === best.label);
}

/** Fills the holes of a mask: what is not reached from the frame's edge belongs to it. */
export function fillHoles(mask: ArrayLike<number>, width: number, height: number): Uint8Array {
  const outside = new Uint8Array(width * height);
  for (let i = 0; i < outside.length; i++) outside[i] = mask[i] ? 0 : 1;
  const { labels, components } = labelComponents(outside, width, height);
  return maskWhere(labels.length, (i) => labels[i] === 0 || !components[labels[i]! - 1]!.touchesEdge);
}
