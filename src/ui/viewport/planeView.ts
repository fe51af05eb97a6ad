import type { Slice } from '../../core/slice';
import { addScaled, dot, subtract } from '../../core/geometry';
import type { Box } from '../../state/bodyBox';
import type { Camera } from '../../state/view';

/** 2-D affine map as CSS writes it: x' = a·x + c·y + e, y' = b·x + d·y + f. */
export interface Matrix {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

/** Where an image lies in the plane of the original: all in mm (pixels where no spacing is known), edges not centres. */
export interface Placement {
  readonly width: number;
  readonly height: number;
  /** Size of a pixel along x (columns) and y (rows). */
  readonly sx: number;
  readonly sy: number;
  /** Outer corner of its first pixel, relative to that of the original. */
  readonly ox: number;
  readonly oy: number;
}

/** Placement of `slice` in the plane of `reference`; side by side in mm whatever the two matrices are. */
export function placeSlice(slice: Slice, reference: Slice | null): Placement {
  const [sy, sx] = slice.pixelSpacingMm ?? scaleTo(slice, reference);
  const size = { width: slice.raster.width, height: slice.raster.height, sx, sy };
  if (!reference || reference === slice) return { ...size, ox: 0, oy: 0 };
  const g = slice.geometry;
  const r = reference.geometry;
  const refSpacing = reference.pixelSpacingMm;
  if (!g || !r || !refSpacing) return { ...size, ox: 0, oy: 0 };
  const corner = (geometry: typeof g, dx: number, dy: number) =>
    addScaled(addScaled(geometry.positionMm, geometry.rowDirection, -dx / 2), geometry.columnDirection, -dy / 2);
  const offset = subtract(corner(g, sx, sy), corner(r, refSpacing[1], refSpacing[0]));
  return { ...size, ox: dot(offset, r.rowDirection), oy: dot(offset, r.columnDirection) };
}

/** Without spacing the two images are taken to cover the same field. */
function scaleTo(slice: Slice, reference: Slice | null): readonly [number, number] {
  if (!reference) return [1, 1];
  const [ry, rx] = reference.pixelSpacingMm ?? [1, 1];
  return [(reference.raster.height * ry) / slice.raster.height, (reference.raster.width * rx) / slice.raster.width];
}

/** Share of the cell that the fitted box takes; the rest is room for the corner texts. */
const FILL = 0.92;

/** CSS pixels per mm when fitted. */
export function fitScale(box: Box, width: number, height: number, camera: Camera): number {
  const turned = camera.rotation === 90 || camera.rotation === 270;
  const [w, h] = turned ? [box.height, box.width] : [box.width, box.height];
  return Math.max(1e-6, Math.min((FILL * width) / w, (FILL * height) / h));
}

/** Everything a cell needs to draw: CSS pixels per mm and the centre of the view in the reference plane. */
export interface PlaneView {
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly scale: number;
  readonly centerX: number;
  readonly centerY: number;
  readonly camera: Camera;
}

export function planeView(box: Box, cellWidth: number, cellHeight: number, camera: Camera): PlaneView {
  return {
    cellWidth,
    cellHeight,
    scale: fitScale(box, cellWidth, cellHeight, camera) * camera.zoom,
    centerX: box.x + box.width / 2 + camera.dx,
    centerY: box.y + box.height / 2 + camera.dy,
    camera,
  };
}

/** Rotation after flip: 2 × 2, image directions → screen directions. */
export function turn(camera: Camera): readonly [number, number, number, number] {
  const [cos, sin] = { 0: [1, 0], 90: [0, 1], 180: [-1, 0], 270: [0, -1] }[camera.rotation] as [number, number];
  const fx = camera.flipH ? -1 : 1;
  const fy = camera.flipV ? -1 : 1;
  return [cos * fx, sin * fx, -sin * fy, cos * fy];
}

/** Reference plane (mm) → CSS pixels of the cell. */
export function planeToCell(view: PlaneView): Matrix {
  const [a, b, c, d] = turn(view.camera).map((v) => v * view.scale) as [number, number, number, number];
  return {
    a, b, c, d,
    e: view.cellWidth / 2 - a * view.centerX - c * view.centerY,
    f: view.cellHeight / 2 - b * view.centerX - d * view.centerY,
  };
}

/** Pixels of an image (edges) → CSS pixels of the cell. */
export function imageToCell(view: PlaneView, place: Placement): Matrix {
  const m = planeToCell(view);
  return {
    a: m.a * place.sx, b: m.b * place.sx, c: m.c * place.sy, d: m.d * place.sy,
    e: m.e + m.a * place.ox + m.c * place.oy,
    f: m.f + m.b * place.ox + m.d * place.oy,
  };
}

export const apply = (m: Matrix, x: number, y: number): readonly [number, number] => [m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f];

export function applyInverse(m: Matrix, x: number, y: number): readonly [number, number] {
  const det = m.a * m.d - m.b * m.c;
  const dx = x - m.e;
  const dy = y - m.f;
  return [(m.d * dx - m.c * dy) / det, (m.a * dy - m.b * dx) / det];
}

/** A grid of `width` × `height` that covers the same field as the image. */
export const gridMatrix = (m: Matrix, place: Placement, width: number, height: number): Matrix => ({
  ...m,
  a: (m.a * place.width) / width,
  b: (m.b * place.width) / width,
  c: (m.c * place.height) / height,
  d: (m.d * place.height) / height,
});

export const cssMatrix = (m: Matrix): string => `matrix(${m.a},${m.b},${m.c},${m.d},${m.e},${m.f})`;

/**
 * The same view in cornerstone's words: `scale` is canvas pixels per row (or column, where that is the smaller spacing),
 * `translation` comes before rotation is undone. `ratio` is the device pixel ratio.
 */
export function cornerstoneView(view: PlaneView, place: Placement, ratio: number) {
  const unit = Math.min(place.sx, place.sy);
  const dx = place.width / 2 + (place.ox - view.centerX) / place.sx;
  const dy = place.height / 2 + (place.oy - view.centerY) / place.sy;
  const [a, b, c, d] = turn(view.camera);
  return {
    scale: view.scale * unit * ratio,
    translation: { x: a * dx + c * dy, y: b * dx + d * dy },
    rotation: view.camera.rotation,
    hflip: view.camera.flipH,
    vflip: view.camera.flipV,
  };
}

/** The two ends of each patient axis, positive first (x to the left, y to the back, z to the head). */
export const LETTERS = [['L', 'R'], ['P', 'A'], ['H', 'F']] as const;

/** Orientation letters at the four edges of the cell, from Image Orientation (Patient); '' without geometry. */
export function edgeLetters(slice: Slice, camera: Camera): { top: string; right: string; bottom: string; left: string } {
  const g = slice.geometry;
  if (!g) return { top: '', right: '', bottom: '', left: '' };
  const [a, b, c, d] = turn(camera);
  // Screen directions expressed in image axes: the inverse (here the transpose) of the turn.
  const along = (ix: number, iy: number) => name([0, 1, 2].map((k) => ix * g.rowDirection[k]! + iy * g.columnDirection[k]!));
  return { right: along(a, c), left: along(-a, -c), bottom: along(b, d), top: along(-b, -d) };
}

/** Largest component first; a second letter where it counts. */
function name(v: number[]): string {
  return v
    .map((value, axis) => ({ size: Math.abs(value), letter: LETTERS[axis]![value > 0 ? 0 : 1] }))
    .sort((p, q) => q.size - p.size)
    .filter((p, i) => p.size > (i === 0 ? 0 : 0.35))
    .slice(0, 2)
    .map((p) => p.letter)
    .join('');
}

/** 1, 2 or 5 × 10ⁿ whose length on screen lies between 60 and 200 CSS pixels. */
export function scaleBar(pixelsPerMm: number): { mm: number; pixels: number } {
  for (let exponent = -3; exponent < 6; exponent++) {
    for (const digit of [1, 2, 5]) {
      const mm = digit * 10 ** exponent;
      const pixels = mm * pixelsPerMm;
      if (pixels >= 72) return { mm, pixels };
    }
  }
  return { mm: 1e6, pixels: 200 };
}
