import type { LabelClass, LabelMap } from './slice';

/** Class ids of one slice, row-major, 0 = background. */
export type LabelPlane = Uint8Array;

/**
 * A label attached to a series. Segments that overlap lie in different layers, so that no pixel has to choose:
 * `layers[l][s]` are the class ids of slice `s` in layer `l`, null where the slice bears nothing.
 */
export interface LabelSet {
  readonly id: string;
  readonly seriesId: string;
  /** File kind and name, as shown: `DICOM SEG, Liver`. */
  readonly source: string;
  readonly kind: 'seg' | 'rtstruct' | 'nifti' | 'picture' | 'painted' | 'generated';
  readonly width: number;
  readonly height: number;
  readonly classes: readonly LabelClass[];
  readonly layers: readonly (readonly (LabelPlane | null)[])[];
  /** What was assumed or left out on the way, one sentence each. */
  readonly notes: readonly string[];
  /** The file it was read from, as whoever opened it knows it. */
  readonly from?: string;
}

/** One segment over a series: a binary plane (0/1) for each slice, null where empty. */
export interface SegmentPlanes {
  readonly id: number;
  readonly planes: readonly (Uint8Array | null)[];
}

/** Puts segments into as few layers as their overlaps allow; first fit, in the order given. */
export function packLayers(segments: readonly SegmentPlanes[], sliceCount: number): LabelPlane[][] {
  const layers: (LabelPlane | null)[][] = [];
  for (const segment of segments) {
    let layer = layers.find((candidate) => !overlaps(candidate, segment.planes));
    if (!layer) {
      layer = new Array<LabelPlane | null>(sliceCount).fill(null);
      layers.push(layer);
    }
    for (let s = 0; s < sliceCount; s++) {
      const plane = segment.planes[s];
      if (!plane) continue;
      const target = (layer[s] ??= new Uint8Array(plane.length));
      for (let i = 0; i < plane.length; i++) if (plane[i]) target[i] = segment.id;
    }
  }
  return layers as LabelPlane[][];
}

function overlaps(layer: readonly (LabelPlane | null)[], planes: readonly (Uint8Array | null)[]): boolean {
  return planes.some((plane, s) => {
    const taken = layer[s];
    if (!plane || !taken) return false;
    for (let i = 0; i < plane.length; i++) if (plane[i] && taken[i]) return true;
    return false;
  });
}

/** The label maps of slice `index`, one a layer that bears something there. */
export function labelsOfSlice(set: LabelSet, index: number): LabelMap[] {
  const maps: LabelMap[] = [];
  for (const layer of set.layers) {
    const data = layer[index];
    if (data) maps.push({ data, width: set.width, height: set.height, classes: set.classes, source: set.source });
  }
  return maps;
}

/** The binary plane of one class on one slice, over all layers; null where it is empty. */
export function classPlane(set: LabelSet, classId: number, index: number): Uint8Array | null {
  let out: Uint8Array | null = null;
  for (const layer of set.layers) {
    const data = layer[index];
    if (!data) continue;
    for (let i = 0; i < data.length; i++) {
      if (data[i] === classId) (out ??= new Uint8Array(data.length))[i] = 1;
    }
  }
  return out;
}

/** Colours for classes that bring none: distinct, never a token colour of the interface (pink, blue, amber, red). */
const PALETTE: readonly (readonly [number, number, number])[] = [
  [102, 194, 165], [166, 216, 84], [141, 211, 199], [199, 180, 120], [120, 200, 120], [190, 186, 218], [0, 158, 115], [210, 210, 130],
];

/** sRGB colour of a class: its own, else one of the palette by id. */
export function classColor(label: LabelClass): readonly [number, number, number] {
  return label.color ?? PALETTE[(label.id - 1) % PALETTE.length]!;
}
