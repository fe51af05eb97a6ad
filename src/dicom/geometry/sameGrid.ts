import { numbersOf, type DicomAttributes } from '../../core/dicomJson';
import { dot, subtract, type SliceGeometry, type Vec3 } from '../../core/geometry';

/** Direction cosines whose sum of squared differences stays below this are one orientation: scanners round them. */
const SAME_DIRECTION = 1e-4;

const distance2 = (a: Vec3, b: Vec3): number => {
  const d = subtract(a, b);
  return dot(d, d);
};

type Directions = Pick<SliceGeometry, 'rowDirection' | 'columnDirection'>;
export const sameOrientation = (a: Directions, b: Directions): boolean =>
  distance2(a.rowDirection, b.rowDirection) < SAME_DIRECTION && distance2(a.columnDirection, b.columnDirection) < SAME_DIRECTION;

/** Within a thousandth. */
export const sameSpacing = (a: readonly number[], b: readonly number[]): boolean => Math.abs(a[0]! - b[0]!) <= 1e-3 * a[0]! && Math.abs(a[1]! - b[1]!) <= 1e-3 * a[1]!;

/** Whether two written images have one size, spacing and orientation, by the measure that makes volumes of slices. */
export function sameGrid(a: DicomAttributes, b: DicomAttributes): boolean {
  if (['00280010', '00280011'].some((tag) => numbersOf(a, tag)[0] !== numbersOf(b, tag)[0])) return false;
  const [mine, theirs] = [numbersOf(a, '00280030'), numbersOf(b, '00280030')];
  if (mine.length !== theirs.length || (mine.length === 2 && !sameSpacing(mine, theirs))) return false;
  const [from, to] = [directions(a), directions(b)];
  return from && to ? sameOrientation(from, to) : from === to;
}

function directions(a: DicomAttributes): Directions | null {
  const v = numbersOf(a, '00200037');
  return v.length === 6 ? { rowDirection: [v[0]!, v[1]!, v[2]!], columnDirection: [v[3]!, v[4]!, v[5]!] } : null;
}
