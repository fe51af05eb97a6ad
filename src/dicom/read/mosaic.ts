import type { DataSet } from 'dicom-parser';
import { addScaled, cross, dot, pixelToPatient, type PixelSpacingMm, type SliceGeometry, type Vec3 } from '../../core/geometry';
import type { PixelModule } from './pixelModule';
import { numberOfElement, numbersOfElement, textOf, textsOf } from './values';

/** A Siemens mosaic: all slices of a volume as tiles of one image. */
export interface MosaicLayout {
  readonly tiles: number;
  readonly perSide: number;
  readonly rows: number;
  readonly columns: number;
  readonly sliceStepMm: number;
  readonly normal: Vec3 | null;
}

/**
 * Tiles of a mosaic, or null for an ordinary image. The number of tiles is private (0019,100A), else Number of Images in
 * Mosaic of the CSA header, else what Acquisition Matrix leaves room for.
 */
export function mosaicLayout(ds: DataSet, pixel: PixelModule, warnings: string[] = []): MosaicLayout | null {
  if (!textsOf(ds, 'x00080008').some((t) => t.toUpperCase() === 'MOSAIC') || pixel.frames !== 1 || pixel.samples !== 1) return null;
  const csa = csaValues(ds);
  const stated = numberOfElement(ds, 'x0019100a') ?? (csa.NumberOfImagesInMosaic ? Number(csa.NumberOfImagesInMosaic[0]) : undefined);
  const matrix = stated === undefined ? perSideByMatrix(ds, pixel) : undefined;
  const tiles = stated ?? (matrix ? matrix * matrix : 0);
  const perSide = Math.ceil(Math.sqrt(tiles));
  if (!Number.isInteger(tiles) || tiles < 1 || tiles > 4096 || pixel.rows % perSide !== 0 || pixel.columns % perSide !== 0) {
    warnings.push(`a mosaic that cannot be taken apart (${stated ?? 'unknown number of'} images in ${pixel.columns} × ${pixel.rows})`);
    return null;
  }
  if (matrix) warnings.push(`the mosaic does not say how many images it holds; ${tiles} follow from Acquisition Matrix, the last of which may be empty`);
  const step = numberOfElement(ds, 'x00180088') ?? numberOfElement(ds, 'x00180050') ?? 1;
  const n = csa.SliceNormalVector?.map(Number);
  const normal = n && n.length === 3 && n.every(Number.isFinite) ? ([n[0]!, n[1]!, n[2]!] as const) : null;
  return { tiles, perSide, rows: pixel.rows / perSide, columns: pixel.columns / perSide, sliceStepMm: Math.abs(step), normal };
}

/** Tiles a side that Acquisition Matrix (0018,1310), in whichever order, leaves room for; undefined when it does not fit. */
function perSideByMatrix(ds: DataSet, pixel: PixelModule): number | undefined {
  const acquired = numbersOfElement(ds, 'x00181310').filter((n) => n > 0);
  if (acquired.length !== 2) return undefined;
  for (const [rows, columns] of [[acquired[0]!, acquired[1]!], [acquired[1]!, acquired[0]!]] as const) {
    const perSide = pixel.rows / rows;
    if (Number.isInteger(perSide) && perSide > 1 && pixel.columns / columns === perSide) return perSide;
  }
  return undefined;
}

/**
 * Plane of tile `index`. Image Position (Patient) of a mosaic is that of a plane as large as the whole mosaic around
 * the same centre, so the first tile's corner lies half the difference further in.
 */
export function tilePosition(m: MosaicLayout, whole: SliceGeometry, spacing: PixelSpacingMm, index: number): SliceGeometry {
  const corner = pixelToPatient(whole, spacing, (m.columns * (m.perSide - 1)) / 2, (m.rows * (m.perSide - 1)) / 2);
  const plane = cross(whole.rowDirection, whole.columnDirection);
  const sign = m.normal && dot(m.normal, plane) < 0 ? -1 : 1;
  return { ...whole, positionMm: addScaled(corner, plane, sign * index * m.sliceStepMm) };
}

/** Text values of a Siemens CSA image header (0029,1010); empty when there is none. */
function csaValues(ds: DataSet): Record<string, string[]> {
  const e = ds.elements.x00291010;
  if (!e || e.length < 84 || !textOf(ds, 'x00290010')?.includes('SIEMENS')) return {};
  const bytes = (ds.byteArray as Uint8Array).subarray(e.dataOffset, e.dataOffset + e.length);
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== 'SV10') return {};
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number, length: number): string => {
    let out = '';
    for (let i = at; i < at + length && bytes[i]; i++) out += String.fromCharCode(bytes[i]!);
    return out.trim();
  };
  const out: Record<string, string[]> = {};
  let at = 16;
  const tags = Math.min(view.getUint32(8, true), 1000);
  for (let t = 0; t < tags && at + 84 <= bytes.length; t++) {
    const name = text(at, 64);
    const items = Math.min(view.getUint32(at + 76, true), 1000);
    at += 84;
    const values: string[] = [];
    for (let i = 0; i < items && at + 16 <= bytes.length; i++) {
      const length = view.getUint32(at + 4, true);
      at += 16;
      if (length > bytes.length - at) return out;
      if (length > 0) values.push(text(at, length));
      at += Math.ceil(length / 4) * 4;
    }
    out[name] = values;
  }
  return out;
}
