/** Geometry of slices in DICOM patient coordinates (LPS, millimetres; PS3.3 C.7.6.2). */

export type Vec3 = readonly [number, number, number];
/** [distance between rows, distance between columns], as Pixel Spacing (0028,0030). */
export type PixelSpacingMm = readonly [row: number, column: number];

/** Where a slice lies: Image Position (Patient) and Image Orientation (Patient). */
export interface SliceGeometry {
  /** Centre of the first voxel, LPS, mm. */
  readonly positionMm: Vec3;
  /** IOP[0..2]: direction in which the column index grows. */
  readonly rowDirection: Vec3;
  /** IOP[3..5]: direction in which the row index grows. */
  readonly columnDirection: Vec3;
  readonly frameOfReferenceUid?: string;
}

/** 4 × 4, row-major. */
export type Affine = readonly [Row4, Row4, Row4, Row4];
export type Row4 = readonly [number, number, number, number];

export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const addScaled = (a: Vec3, b: Vec3, s: number): Vec3 => [a[0] + b[0] * s, a[1] + b[1] * s, a[2] + b[2] * s];
export const subtract = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const norm = (a: Vec3): number => Math.sqrt(dot(a, a));

/** Normal of the slice plane: row direction × column direction. */
export const sliceNormal = (g: SliceGeometry): Vec3 => cross(g.rowDirection, g.columnDirection);

/** Patient position (LPS, mm) of the pixel at column `x`, row `y` (centres at integers). */
export function pixelToPatient(g: SliceGeometry, spacing: PixelSpacingMm, x: number, y: number): Vec3 {
  return addScaled(addScaled(g.positionMm, g.rowDirection, x * spacing[1]), g.columnDirection, y * spacing[0]);
}

/**
 * Position after resampling on the half-pixel grid: the new first sample lies `offset` old pixels from the
 * old first sample along rows and columns. Enlarging by s: offset = 1/(2s) − 1/2; reducing by s: (s − 1)/2.
 */
export function shiftPosition(g: SliceGeometry, spacing: PixelSpacingMm, offset: number): SliceGeometry {
  return { ...g, positionMm: pixelToPatient(g, spacing, offset, offset) };
}

/** Geometry and spacing of a slice enlarged by the integer factor `scale`. */
export function enlargedGeometry(g: SliceGeometry, spacing: PixelSpacingMm, scale: number): { geometry: SliceGeometry; pixelSpacingMm: PixelSpacingMm } {
  return { geometry: shiftPosition(g, spacing, 1 / (2 * scale) - 0.5), pixelSpacingMm: [spacing[0] / scale, spacing[1] / scale] };
}

/** Geometry and spacing of a slice reduced by the integer factor `scale`. */
export function reducedGeometry(g: SliceGeometry, spacing: PixelSpacingMm, scale: number): { geometry: SliceGeometry; pixelSpacingMm: PixelSpacingMm } {
  return { geometry: shiftPosition(g, spacing, (scale - 1) / 2), pixelSpacingMm: [spacing[0] * scale, spacing[1] * scale] };
}

/**
 * Voxel (column, row, slice) → RAS millimetres, as NIfTI has it: the LPS affine with x and y negated.
 * `sliceStep` is the vector (LPS, mm) from one slice to the next.
 */
export function affineRas(g: SliceGeometry, spacing: PixelSpacingMm, sliceStep: Vec3): Affine {
  const row = (i: 0 | 1 | 2, sign: number): Row4 => [
    sign * g.rowDirection[i] * spacing[1],
    sign * g.columnDirection[i] * spacing[0],
    sign * sliceStep[i],
    sign * g.positionMm[i],
  ];
  return [row(0, -1), row(1, -1), row(2, 1), [0, 0, 0, 1]];
}
