import type { DicomAttributes } from './dicomJson';
import type { Affine, PixelSpacingMm, SliceGeometry } from './geometry';
import type { Raster } from './raster';

/** A lookup table of the file: entry = `values[clamp(value − first)]`. */
export interface Lut {
  readonly first: number;
  readonly values: Uint16Array;
  /** Bits of an entry: what the descriptor says, unless the entries need more. */
  readonly bits: number;
  readonly explanation?: string;
}

/** VOI: how values become grey (PS3.3 C.11.2). MONOCHROME1 is inverted after it (`Slice.inverted`). */
export interface VoiWindow {
  readonly center: number;
  readonly width: number;
  readonly function: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
  readonly explanation?: string;
  /** A VOI LUT of the file decides the grey; centre and width then only span its range. */
  readonly lut?: Lut;
}

/** A window as a person or a preset gives it; LINEAR where no function is named. */
export type WindowSetting = Pick<VoiWindow, 'center' | 'width'> & Partial<VoiWindow>;

/** Values as they stand in the file, kept so that what is not changed goes out bit for bit. */
export interface StoredPixels {
  readonly data: Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;
  readonly bitsStored: number;
  /** Modality LUT: modality value = stored × slope + intercept (identity when a LUT or none applies). */
  readonly slope: number;
  readonly intercept: number;
  /** Pixel Padding Value (0028,0120), or the range up to Pixel Padding Range Limit, in stored values. */
  readonly padding: { readonly low: number; readonly high: number } | null;
}

export interface LabelClass {
  /** 1…255; 0 is background. */
  readonly id: number;
  readonly name: string;
  /** sRGB 0…255. */
  readonly color?: readonly [number, number, number];
}

/** One class of one label source: several files may count from 1. */
export interface ClassRef {
  readonly id: number;
  /** `LabelMap.source` of the map that has it; absent: the first that has the id. */
  readonly source?: string;
}

/** Class ids of each pixel of a slice. It goes through every geometric step with its slice. */
export interface LabelMap {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly classes: readonly LabelClass[];
  /** Where it came from, in words: file kind and name, or "inserted". */
  readonly source: string;
}

/** Where the pixels came from, with what an export needs of it. */
export type SliceSource =
  | { readonly kind: 'dicom'; readonly attributes: DicomAttributes; readonly frame: number; /** Of a mosaic, whose tiles are slices. */ readonly tile?: number; readonly transferSyntax: string; readonly lossy: boolean }
  | { readonly kind: 'nifti'; readonly name: string }
  | { readonly kind: 'image'; readonly name: string; readonly bits: 8 | 16 }
  | { readonly kind: 'generated'; readonly from: SliceSource; readonly augmentation: AugmentationInfo };

/** One decoded slice. `raster` is after the Modality LUT (unit HU for CT, else modality). */
export interface Slice {
  readonly id: string;
  readonly raster: Raster;
  readonly stored: StoredPixels | null;
  readonly pixelSpacingMm: PixelSpacingMm | null;
  readonly modality: string;
  readonly window: VoiWindow;
  /** All windows and VOI LUTs that the file offers; the first is `window`. */
  readonly windows?: readonly VoiWindow[];
  readonly inverted?: boolean;
  /** sRGB bytes (width × height × 3) of a colour image; `raster` then is its luminance. */
  readonly rgb?: Uint8Array;
  readonly geometry: SliceGeometry | null;
  readonly sliceThicknessMm?: number;
  readonly labels?: readonly LabelMap[];
  readonly source: SliceSource;
}

/** What is known of a slice before its pixels are decoded. */
export interface SliceHeader {
  readonly id: string;
  readonly rows: number;
  readonly columns: number;
  readonly pixelSpacingMm: PixelSpacingMm | null;
  readonly geometry: SliceGeometry | null;
  readonly sopInstanceUid?: string;
  readonly instanceNumber?: number;
  readonly frame?: number;
  /** The file says that it is synthetic: Synthetic Data (0008,001C) is YES, or Verisim's mark in a NIfTI or PNG. */
  readonly synthetic?: true;
}

/** Something the person should know about a series; the sentence is made from the code. */
export interface SeriesWarning {
  readonly code:
    | 'gantry-tilt' | 'missing-slices' | 'missing-frames' | 'contradictory-header' | 'duplicate-slices' | 'uneven-spacing' | 'mixed-orientations' | 'several-volumes'
    | 'no-geometry' | 'no-position' | 'colour' | 'lossy-source' | 'interpolated-matrix' | 'localizer' | 'overlays-ignored' | 'already-high-resolution' | 'eight-bit' | 'not-numbers';
  readonly detail: string;
}

/** One volume (stack of slices of one orientation, one echo, one time) as the library shows it. */
export interface Series {
  /** Unique in the library. */
  readonly id: string;
  readonly seriesUid: string;
  readonly studyUid: string;
  readonly modality: string;
  readonly description: string;
  /** Shown only where the user asks: identifiers are hidden by default. */
  readonly patient?: { readonly name?: string; readonly id?: string; readonly birthDate?: string };
  readonly studyDescription?: string;
  readonly slices: readonly SliceHeader[];
  readonly rows: number;
  readonly columns: number;
  readonly pixelSpacingMm: PixelSpacingMm | null;
  readonly sliceSpacingMm: number | null;
  /** Voxel (column, row, slice) → RAS mm; null without geometry. */
  readonly affine: Affine | null;
  readonly warnings: readonly SeriesWarning[];
  /** Bytes of its files as they lie, packed or not, where it lies in files. */
  readonly bytes?: number;
  /** CT whose values are not Hounsfield units, by its Rescale Type: perfusion and material maps. */
  readonly notHounsfield?: true;
  /** For a generated series: what it was made from, and how. */
  readonly derived?: { readonly sourceId: string; readonly info: AugmentationInfo };
}

/** Provenance of a generated raster; it travels with the pixels. */
export interface AugmentationInfo {
  readonly kind: 'super-resolution' | 'lesion-insert' | 'lesion-remove' | 'recipe' | 'degrade';
  readonly model: { readonly id: string; readonly variant: string; readonly sha256: string; readonly license: string } | null;
  readonly backend: 'webgpu' | 'wasm' | 'none';
  readonly seed: number | null;
  /** Settings and measured figures as they were used: normalisation, blend, mask bounds, meter… */
  readonly parameters: Readonly<Record<string, string | number | boolean | readonly number[] | null>>;
  readonly softwareVersion: string;
  readonly milliseconds?: number;
}

/** A generated slice with its provenance. */
export interface Augmentation {
  readonly id: string;
  readonly sourceId: string;
  readonly slice: Slice;
  readonly info: AugmentationInfo;
  /** What is labelled. */
  readonly mask?: LabelMap;
  /** What the model filled (0/1, the slice's size), where that is not what is labelled; of several lesions, the last. */
  readonly filled?: Uint8Array;
  /** What the last lesion was painted into, where that is not the source: the lesions before it are in there, or out of it. */
  readonly paintedInto?: Slice;
}
