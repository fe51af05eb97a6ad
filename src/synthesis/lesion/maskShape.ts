import { cos, sin } from '../../core/math';
import { makeRandom } from '../../core/random';
import { rasterisePolygons } from '../../core/rasterisePolygons';

/** A lesion mask to be drawn. */
export interface MaskShape {
  /** Column and row of the centre, pixels. */
  readonly x: number;
  readonly y: number;
  /** Diameter of the circle of the same area, mm (pixels where no spacing is known). */
  readonly diameter: number;
  /** 0 a circle … 1 strongly lobed. */
  readonly irregularity: number;
  readonly seed: number | string;
}

const STEPS = 180;
const TURN = 6.283185307179586;
/** Swing of harmonics 2…6 at full irregularity: outlines of real nodules and gliomas are lobed, seldom spiked. */
const AMPLITUDES = [0.3, 0.2, 0.1, 0.06, 0.04];

/**
 * The outline as polygon points in pixels: a circle whose radius swings by five harmonics (2…6) whose amplitudes fall
 * with their order, drawn from the seed, then scaled to the area of the wanted circle. Same seed, same outline.
 */
export function shapeOutline(shape: MaskShape, spacingMm: readonly [number, number] | null): Float64Array {
  const random = makeRandom(`lesion-shape/${shape.seed}`);
  const harmonics = AMPLITUDES.map((amplitude, i) => ({ k: i + 2, a: random.normal() * amplitude * shape.irregularity, phase: random.uniform(0, TURN) }));
  const radii = new Float64Array(STEPS);
  let area = 0;
  for (let i = 0; i < STEPS; i++) {
    const angle = (TURN * i) / STEPS;
    let r = 1;
    for (const { k, a, phase } of harmonics) r += a * cos(k * angle + phase);
    radii[i] = Math.min(1.8, Math.max(0.35, r));
    area += radii[i]! * radii[i]! * 0.5 * (TURN / STEPS);
  }
  const scale = (shape.diameter / 2) * Math.sqrt(TURN / 2 / area);
  const [row, column] = spacingMm ?? [1, 1];
  const points = new Float64Array(STEPS * 2);
  for (let i = 0; i < STEPS; i++) {
    const angle = (TURN * i) / STEPS;
    points[2 * i] = shape.x + (radii[i]! * scale * cos(angle)) / column;
    points[2 * i + 1] = shape.y + (radii[i]! * scale * sin(angle)) / row;
  }
  return points;
}

/** The shape as a mask (0/1) of `width` × `height`; a pixel belongs to it when its centre lies inside. */
export function drawShape(shape: MaskShape, width: number, height: number, spacingMm: readonly [number, number] | null): Uint8Array {
  return rasterisePolygons([shapeOutline(shape, spacingMm)], width, height);
}
