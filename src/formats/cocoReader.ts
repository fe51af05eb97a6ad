import { StudioError } from '../core/errors';
import { packLayers } from '../core/labelSet';
import type { LabelClass } from '../core/slice';
import { fillCocoPolygon } from './cocoPolygon';
import { cocoRuns, fillRuns } from './cocoRle';
import { cleanPath, pathsBeside, type PictureLabel } from './pictureLabel';

type Json = Readonly<Record<string, unknown>>;
type Shape = (mask: Uint8Array, width: number, height: number) => void;

interface Image {
  readonly fileName: string;
  readonly width: number;
  readonly height: number;
  readonly parts: { readonly category: number; readonly shape: Shape }[];
  boxes: number;
}

/** True for a JSON that has the three lists of a COCO data set. */
export const isCoco = (json: unknown): json is Json =>
  typeof json === 'object' && json !== null && ['images', 'annotations', 'categories'].every((k) => Array.isArray((json as Json)[k]));

const bad = (path: string, detail: string): StudioError => new StudioError('label/invalid', `${path}: ${detail}`);
const whole = (v: unknown): v is number => typeof v === 'number' && Number.isInteger(v);
const objects = (v: unknown): Json[] => (v as unknown[]).filter((e): e is Json => typeof e === 'object' && e !== null);

/**
 * Labels of a COCO data set (cocodataset.org, format-data): one for each image that bears a mask. RLE compressed and as
 * numbers, and polygons, filled as pycocotools does. Category ids stay class ids where all lie in 1…255; else they are
 * numbered anew in their order, with a note. A box holds no mask: it is counted in a note. Classes that overlap lie in planes of their own.
 * Throws `label/invalid` with the annotation that contradicts itself: nothing of such a file is used.
 */
export function readCoco(json: Json, path: string): PictureLabel[] {
  const { classes, idOf, notes } = categories(json, path);
  const images = new Map<unknown, Image>();
  for (const i of objects(json.images)) {
    if (typeof i.file_name !== 'string' || !whole(i.width) || !whole(i.height) || i.width < 1 || i.height < 1) throw bad(path, `image ${String(i.id)} lacks name or size`);
    if (images.has(i.id)) throw bad(path, `image ${String(i.id)} comes twice`);
    images.set(i.id, { fileName: i.file_name, width: i.width, height: i.height, parts: [], boxes: 0 });
  }
  let boxes = 0;
  for (const a of objects(json.annotations)) {
    const what = `annotation ${String(a.id)}`;
    const image = images.get(a.image_id);
    if (!image) throw bad(path, `${what} speaks of image ${String(a.image_id)}, which is not listed`);
    const category = idOf.get(a.category_id);
    if (category === undefined) throw bad(path, `${what} has category ${String(a.category_id)}, which is not listed`);
    const shape = shapeOf(a.segmentation, image, path, what);
    if (shape) image.parts.push({ category, shape });
    else {
      image.boxes++;
      boxes++;
    }
  }
  const labels = [...images.values()].filter((i) => i.parts.length > 0).map((i) => labelOf(i, path, classes, notes));
  if (labels.length === 0 && boxes > 0) throw bad(path, `${boxes} boxes and no mask; a box does not say which pixels are meant`);
  return labels;
}

function categories(json: Json, path: string): { classes: LabelClass[]; idOf: ReadonlyMap<unknown, number>; notes: string[] } {
  const list = objects(json.categories);
  if (new Set(list.map((c) => c.id)).size < list.length) throw bad(path, 'two categories have the same id');
  if (list.length > 255) throw bad(path, `${list.length} categories; a label holds 255`);
  const stay = list.every((c) => whole(c.id) && c.id >= 1 && c.id <= 255);
  const named = list.map((c, i) => ({ from: c.id, id: stay ? (c.id as number) : i + 1, name: String(c.name ?? `Class ${String(c.id)}`) }));
  return {
    classes: named.map(({ id, name }) => ({ id, name })).sort((a, b) => a.id - b.id),
    idOf: new Map(named.map(({ from, id }) => [from, id])),
    notes: stay ? [] : [`Its category ids do not all lie in 1 to 255; they were numbered anew from 1.`],
  };
}

function labelOf(image: Image, path: string, classes: readonly LabelClass[], notes: readonly string[]): PictureLabel {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const imageName = cleanPath(image.fileName);
  // A list without a folder says nothing of where its pictures lie.
  const alone = !path.includes('/');
  const folder = alone ? null : path.split('/').slice(0, -2).map((f) => `${f}/`).join('');
  return {
    kind: 'picture', name: `${image.fileName} of ${file}`, source: `COCO, ${file}`, imagePaths: [...pathsBeside(path, imageName), ...(alone ? [imageName.slice(imageName.lastIndexOf('/') + 1)] : [])],
    folder, imageName,
    width: image.width, height: image.height, classes: classes.filter((c) => image.parts.some((p) => p.category === c.id)),
    planes: (width, height) => {
      const masks = new Map<number, Uint8Array>();
      for (const { category, shape } of image.parts) {
        const mask = masks.get(category) ?? new Uint8Array(width * height);
        shape(mask, width, height);
        masks.set(category, mask);
      }
      return packLayers([...masks].sort(([a], [b]) => a - b).map(([id, mask]) => ({ id, planes: [mask] })), 1).map(([plane]) => plane!);
    },
    notes: image.boxes ? [...notes, `${image.boxes} of its annotations are boxes without a mask; they were left out.`] : notes,
  };
}

/** Checks a segmentation and gives what draws it; null where there is none. */
function shapeOf(segmentation: unknown, { width, height }: Image, path: string, what: string): Shape | null {
  if (segmentation === undefined || segmentation === null || (Array.isArray(segmentation) && segmentation.length === 0)) return null;
  if (Array.isArray(segmentation)) {
    const rings = (segmentation as unknown[]).map((ring) => {
      if (!Array.isArray(ring) || ring.length < 6 || ring.length % 2 || !ring.every((v) => typeof v === 'number' && Math.abs(v) <= 1e6)) throw bad(path, `${what} has a polygon that is none`);
      return ring as number[];
    });
    return (mask, w, h) => rings.forEach((ring) => fillCocoPolygon(ring, w, h, mask));
  }
  const { size, counts } = segmentation as Json;
  if (!Array.isArray(size) || size[0] !== height || size[1] !== width) throw bad(path, `${what} is ${String(size)}, its image ${height},${width} (rows, columns)`);
  const runs = cocoRuns(counts);
  if (!runs) throw bad(path, `${what} has runs that cannot be read`);
  const sum = runs.reduce((n, r) => n + r, 0);
  if (sum !== width * height) throw bad(path, `${what} has runs of ${sum} pixels for an image of ${width * height}`);
  return (mask, _, h) => fillRuns(runs, mask, h);
}
