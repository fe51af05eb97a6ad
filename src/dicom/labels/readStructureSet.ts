import { itemsOf, numberOf, numbersOf, stringOf, type DicomAttributes } from '../../core/dicomJson';
import { StudioError } from '../../core/errors';
import type { LabelClass } from '../../core/slice';

/** One contour: x, y, z triples (LPS, mm), the polygon closes itself. */
export interface Contour {
  readonly points: Float64Array;
}

/** One region of interest with its closed planar contours. */
export interface StructureRoi extends LabelClass {
  readonly contours: readonly Contour[];
}

/** An RT Structure Set (PS3.3 A.19), not yet drawn on any series. */
export interface StructureSet {
  readonly kind: 'rtstruct';
  readonly name: string;
  readonly frameOfReferenceUid: string | undefined;
  readonly referencedSeriesUids: readonly string[];
  /** SOP Instance UIDs of the images that contours were drawn on. */
  readonly contourImageUids: readonly string[];
  /** SOP Instance UIDs of all images of the referenced series that are listed. */
  readonly referencedInstanceUids: readonly string[];
  readonly rois: readonly StructureRoi[];
  readonly notes: readonly string[];
}

/** Geometric types that enclose an area; points and open lines do not and are told in the notes. */
const CLOSED = new Set(['CLOSED_PLANAR', 'CLOSEDPLANAR_XOR', 'INTERPOLATED_PLANAR']);

/** What a Contour Image Sequence names. */
const imagesOf = (item: DicomAttributes): string[] => itemsOf(item, '30060016').flatMap((image) => stringOf(image, '00081155') ?? []);

/** Reads contours, names and colours. ROI numbers above 255 or doubled are renumbered, which the notes tell. */
export function readStructureSet(a: DicomAttributes, name = ''): StructureSet {
  const frameRefs = itemsOf(a, '30060010');
  const series = frameRefs.flatMap((f) => itemsOf(f, '30060012').flatMap((s) => itemsOf(s, '30060014')));
  const drawn = new Map(itemsOf(a, '30060039').map((item) => [numberOf(item, '30060084'), item]));
  const notes: string[] = [];
  const rois: StructureRoi[] = [];
  for (const item of itemsOf(a, '30060020')) {
    const number = numberOf(item, '30060022');
    const label = stringOf(item, '30060026') || `ROI ${number}`;
    const contourItem = drawn.get(number);
    let open = 0;
    const contours = itemsOf(contourItem, '30060040').flatMap((c): Contour[] => {
      const type = stringOf(c, '30060042') ?? 'CLOSED_PLANAR';
      const data = numbersOf(c, '30060050');
      if (!CLOSED.has(type)) {
        open++;
        return [];
      }
      if (data.length % 3 !== 0 || data.length < 9 || !data.every(Number.isFinite)) {
        throw new StudioError('label/invalid', `${label}: a contour with ${data.length} coordinates`);
      }
      return [{ points: Float64Array.from(data) }];
    });
    if (open > 0) notes.push(`${label}: ${open} points or open lines enclose nothing and were left out.`);
    if (contours.length === 0) continue;
    let id = number ?? 0;
    if (!Number.isInteger(id) || id < 1 || id > 255 || rois.some((r) => r.id === id)) {
      id = 1;
      while (rois.some((r) => r.id === id)) id++;
      notes.push(`${label}: ROI number ${number} became class ${id}.`);
    }
    const rgb = numbersOf(contourItem, '3006002A');
    rois.push({ id, name: label, contours, ...(rgb.length === 3 ? { color: [rgb[0]!, rgb[1]!, rgb[2]!] as const } : {}) });
  }
  if (rois.length === 0) throw new StudioError('label/invalid', 'the structure set draws no closed contour');
  return {
    kind: 'rtstruct',
    name: name || stringOf(a, '30060002') || stringOf(a, '0008103E') || 'structures',
    frameOfReferenceUid: frameRefs.flatMap((f) => stringOf(f, '00200052') ?? [])[0] ?? stringOf(a, '00200052'),
    contourImageUids: [...new Set([...drawn.values()].flatMap((roi) => itemsOf(roi, '30060040').flatMap(imagesOf)))],
    referencedInstanceUids: [...new Set(series.flatMap(imagesOf))],
    referencedSeriesUids: series.flatMap((s) => stringOf(s, '0020000E') ?? []),
    rois,
    notes,
  };
}
