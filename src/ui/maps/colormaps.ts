import type { ColormapName } from '../../state/layers';
import { TABLES } from './tables';

/** RGB bytes of 256 steps. */
const expanded = new Map<ColormapName, Uint8Array>();

export function colormap(name: ColormapName): Uint8Array {
  let table = expanded.get(name);
  if (!table) {
    const hex = TABLES[name];
    table = new Uint8Array(768);
    for (let i = 0; i < 768; i++) table[i] = parseInt(hex.slice(i * 2, i * 2 + 2), 16);
    expanded.set(name, table);
  }
  return table;
}

interface MapStyle {
  readonly colormap: ColormapName;
  readonly range: readonly [number, number];
  /** 0…1 of the range below which the map is clear; null: opaque. */
  readonly threshold: number | null;
  readonly opacity: number;
}

/** Values → RGBA. Overlay: alpha = clamp((v − threshold) / 0.30, 0, 1)^0.8 × opacity. NaN is clear. */
export function paintMap(values: Float32Array, style: MapStyle, out: Uint8ClampedArray): void {
  const table = colormap(style.colormap);
  const [low, high] = style.range;
  const span = high - low || 1;
  for (let i = 0; i < values.length; i++) {
    const v = (values[i]! - low) / span;
    const at = Math.min(255, Math.max(0, Math.round(v * 255))) * 3;
    const ramp = style.threshold === null ? 1 : Math.min(1, Math.max(0, (v - style.threshold) / 0.3)) ** 0.8;
    out[i * 4] = table[at]!;
    out[i * 4 + 1] = table[at + 1]!;
    out[i * 4 + 2] = table[at + 2]!;
    out[i * 4 + 3] = Number.isNaN(v) ? 0 : ramp * style.opacity * 255;
  }
}

/** CSS gradient of a colormap for legends and swatches. */
export function cssGradient(name: ColormapName, direction = 'to right'): string {
  const table = colormap(name);
  const stops: string[] = [];
  for (let i = 0; i <= 16; i++) {
    const at = Math.min(255, i * 16) * 3;
    stops.push(`rgb(${table[at]},${table[at + 1]},${table[at + 2]})`);
  }
  return `linear-gradient(${direction},${stops.join(',')})`;
}
