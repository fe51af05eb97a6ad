import { pixelToPatient } from '../core/geometry';
import { cos, sin } from '../core/math';
import type { Random } from '../core/random';
import { drawFrom, drawInteger, type AugmentState, type Range, type StepResult, type Streams, type Warp } from './state';
import { addWarp, affineWarp, gridSize, settle } from './warp';

/**
 * Geometric steps: content moves over a grid that stays (TorchIO's RandomFlip, RandomAffine,
 * RandomElasticDeformation), except `crop`, which keeps the content and cuts the grid.
 */
export interface FlipStep {
  readonly type: 'flip';
  /** Horizontal mirrors left and right of the picture. Each axis is mirrored with probability `each`. */
  readonly axes: readonly ('horizontal' | 'vertical')[];
  readonly each: number;
}
export interface RotateStep {
  readonly type: 'rotate';
  readonly degrees: Range;
}
export interface ScaleStep {
  readonly type: 'scale';
  /** Above 1 the content grows. Both axes share the factor unless `anisotropic`. */
  readonly factor: Range;
  readonly anisotropic: boolean;
}
export interface TranslateStep {
  readonly type: 'translate';
  /** mm (pixels where no spacing is known), drawn for each axis. */
  readonly mm: Range;
}
export interface ElasticStep {
  readonly type: 'elastic';
  /** Control points a side, at least 4. */
  readonly controlPoints: number;
  /** Largest displacement of a control point, mm; at most half their distance is used, so that nothing folds. */
  readonly maxDisplacementMm: Range;
  /** Border rows of control points that do not move, 0…2; fewer where none would be left to move. */
  readonly lockedBorders: number;
}
export interface CropStep {
  readonly type: 'crop';
  /** Rows and columns to keep, as a share of what is there … */
  readonly fraction?: Range;
  /** … or in pixels; what is there is the most. */
  readonly rows?: number;
  readonly columns?: number;
  /** `label`: so that the label's centre is inside, where there is one. */
  readonly centre: 'middle' | 'random' | 'label';
}

export function flip(state: AugmentState, step: FlipStep, { values }: Streams): StepResult {
  const { width, height } = gridSize(state);
  const horizontal = step.axes.includes('horizontal') && values.next() < step.each;
  const vertical = step.axes.includes('vertical') && values.next() < step.each;
  const warp = affineWarp(width, height, [horizontal ? -1 : 1, 0, horizontal ? width - 1 : 0, 0, vertical ? -1 : 1, vertical ? height - 1 : 0]);
  return { state: horizontal || vertical ? addWarp(state, warp) : state, values: { horizontal, vertical } };
}

export function rotate(state: AugmentState, step: RotateStep, { values }: Streams): StepResult {
  const degrees = drawFrom(values, step.degrees);
  return { state: addWarp(state, linearWarp(state, degrees, 1, 1)), values: { degrees } };
}

export function scale(state: AugmentState, step: ScaleStep, { values }: Streams): StepResult {
  const x = drawFrom(values, step.factor);
  const y = step.anisotropic ? drawFrom(values, step.factor) : x;
  return { state: addWarp(state, linearWarp(state, 0, x, y)), values: step.anisotropic ? { factor: [x, y] } : { factor: x } };
}

export function translate(state: AugmentState, step: TranslateStep, { values }: Streams): StepResult {
  const { width, height } = gridSize(state);
  const mm = [drawFrom(values, step.mm), drawFrom(values, step.mm)] as const;
  const [row, column] = state.pixelSpacingMm ?? [1, 1];
  return { state: addWarp(state, affineWarp(width, height, [1, 0, -mm[0] / column, 0, 1, -mm[1] / row])), values: { mm: [...mm] } };
}

/** Rotation (degrees, clockwise on the screen) and scaling about the image's centre, true in millimetres. */
export function linearWarp(state: Pick<AugmentState, 'pixelSpacingMm' | 'pending' | 'raster'>, degrees: number, scaleX: number, scaleY: number, shiftMm: readonly [number, number] = [0, 0]): Warp {
  const { width, height } = state.pending.at(-1) ?? state.raster;
  const [row, column] = state.pixelSpacingMm ?? [1, 1];
  const [c, s] = exactTurn(degrees);
  // Output → input, in mm about the centre: undo the shift, turn back, undo the scale.
  const [a, b, d, e] = [c / scaleX, s / scaleX, -s / scaleY, c / scaleY];
  const [px, py] = [(width - 1) / 2, (height - 1) / 2];
  const [m00, m01, m10, m11] = [a, (b * row) / column, (d * column) / row, e];
  const [ox, oy] = [px + shiftMm[0] / column, py + shiftMm[1] / row];
  return affineWarp(width, height, [m00, m01, px - m00 * ox - m01 * oy, m10, m11, py - m10 * ox - m11 * oy]);
}

/** Cosine and sine of an angle in degrees, exact at right angles. */
function exactTurn(degrees: number): [number, number] {
  const turn = ((degrees % 360) + 360) % 360;
  const quarter = [0, 90, 180, 270].indexOf(turn);
  if (quarter >= 0) return ([[1, 0], [0, 1], [-1, 0], [0, -1]] as const)[quarter]!.slice() as [number, number];
  const angle = (turn * 3.141592653589793) / 180;
  return [cos(angle), sin(angle)];
}

export function elastic(state: AugmentState, step: ElasticStep, { values }: Streams): StepResult {
  const { width, height } = gridSize(state);
  const [row, column] = state.pixelSpacingMm ?? [1, 1];
  const n = step.controlPoints;
  const spacingMm = Math.min((width * column) / (n - 3), (height * row) / (n - 3));
  const wanted = drawFrom(values, step.maxDisplacementMm);
  const maxMm = Math.min(wanted, spacingMm / 2);
  const grid = controlGrid(values, n, Math.min(step.lockedBorders, Math.floor((n - 1) / 2)), maxMm / column, maxMm / row);
  return { state: addWarp(state, splineWarp(width, height, n, grid)), values: { maxDisplacementMm: maxMm, controlPoints: n } };
}

/** Displacements in pixels: n × n pairs, borders locked. */
function controlGrid(random: Random, n: number, locked: number, maxX: number, maxY: number): Float64Array {
  const grid = new Float64Array(n * n * 2);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      const x = random.uniform(-maxX, maxX);
      const y = random.uniform(-maxY, maxY);
      if (i < locked || j < locked || i >= n - locked || j >= n - locked) continue;
      grid[(j * n + i) * 2] = x;
      grid[(j * n + i) * 2 + 1] = y;
    }
  }
  return grid;
}

/** Free-form deformation by a cubic B-spline over the image (Rueckert 1999; SimpleITK's BSplineTransform). */
function splineWarp(width: number, height: number, n: number, grid: Float64Array): Warp {
  const mesh = n - 3;
  const bx = new Float64Array(4);
  const by = new Float64Array(4);
  return {
    width,
    height,
    map(x, y, out) {
      const i = basis(((x + 0.5) / width) * mesh, mesh, bx);
      const j = basis(((y + 0.5) / height) * mesh, mesh, by);
      let dx = 0;
      let dy = 0;
      for (let r = 0; r < 4; r++) {
        for (let c = 0; c < 4; c++) {
          const w = by[r]! * bx[c]!;
          const at = ((j + r) * n + i + c) * 2;
          dx += w * grid[at]!;
          dy += w * grid[at + 1]!;
        }
      }
      out[0] = x + dx;
      out[1] = y + dy;
    },
  };
}

/** Uniform cubic B-spline weights at `u` of a mesh of `cells`; returns the cell, clamped to the mesh. */
function basis(u: number, cells: number, out: Float64Array): number {
  const v = u < 0 ? 0 : u > cells ? cells : u;
  const cell = Math.min(cells - 1, Math.floor(v));
  const t = v - cell;
  const r = 1 - t;
  out[0] = (r * r * r) / 6;
  out[1] = (3 * t * t * t - 6 * t * t + 4) / 6;
  out[2] = (-3 * t * t * t + 3 * t * t + 3 * t + 1) / 6;
  out[3] = (t * t * t) / 6;
  return cell;
}

export function crop(state: AugmentState, step: CropStep, { values }: Streams): StepResult {
  const grid = gridSize(state);
  const share = step.fraction === undefined ? null : drawFrom(values, step.fraction);
  const side = (pixels: number, given: number | undefined): number =>
    Math.max(1, Math.min(pixels, given ?? (share === null ? pixels : Math.round(share * pixels))));
  const width = side(grid.width, step.columns);
  const height = side(grid.height, step.rows);
  // Only looked at: the image is still sampled once, at the end.
  const target = step.centre === 'label' ? labelCentre(settle(state)) : null;
  const place = (room: number, centre: number | undefined, size: number): number => {
    const drawn = drawInteger(values, [0, room]);
    if (step.centre === 'middle') return Math.floor(room / 2);
    if (centre === undefined) return drawn;
    // Anywhere that keeps the label's centre inside.
    const low = Math.max(0, Math.ceil(centre) - size + 1);
    const high = Math.min(room, Math.floor(centre));
    return Math.max(low, Math.min(high, drawn));
  };
  const x = place(grid.width - width, target?.x, width);
  const y = place(grid.height - height, target?.y, height);
  const geometry = state.geometry && state.pixelSpacingMm
    ? { ...state.geometry, positionMm: pixelToPatient(state.geometry, state.pixelSpacingMm, x, y) }
    : state.geometry;
  const next = addWarp({ ...state, geometry }, affineWarp(width, height, [1, 0, x, 0, 1, y]), false);
  return { state: next, values: { x, y, columns: width, rows: height } };
}

function labelCentre(state: AugmentState): { x: number; y: number } | null {
  let [sx, sy, count] = [0, 0, 0];
  for (const map of state.labels) {
    map.data.forEach((id, i) => {
      if (!id) return;
      sx += i % map.width;
      sy += Math.floor(i / map.width);
      count++;
    });
  }
  return count ? { x: sx / count, y: sy / count } : null;
}
