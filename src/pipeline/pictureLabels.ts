import { StudioError } from '../core/errors';
import type { LabelPlane, LabelSet } from '../core/labelSet';
import type { Series } from '../core/slice';
import { readCoco } from '../formats/cocoReader';
import { maskClassNames } from '../formats/pictureFacts';
import { makeLabelVolume } from '../formats/labelVolume';
import type { PictureLabel } from '../formats/pictureLabel';
import { yoloLabel } from '../formats/yolo';
import type { AttachChoice, AttachResult, LabelFile } from './labelFile';
import type { OtherFile } from './import/otherFile';

const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** The labels of a file that speaks of pictures. Throws `label/invalid`. */
export async function openPictureLabels(other: Extract<OtherFile, { kind: 'mask' | 'coco' | 'yolo' }>, others: readonly OtherFile[]): Promise<PictureLabel[]> {
  switch (other.kind) {
    case 'coco':
      return readCoco(other.json, other.path);
    case 'mask':
      return maskOf(other, maskNames(other.path, others));
    case 'yolo':
      return other.text.what === 'objects' ? [yoloLabel(other.text, other.path, yoloNames(other.path, others))] : [];
  }
}

async function maskOf({ path, image, width, height, load }: Extract<OtherFile, { kind: 'mask' }>, names: ReadonlyMap<number, string> | undefined): Promise<PictureLabel[]> {
  const name = fileName(path);
  const unit = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] as const;
  const { data, classes } = makeLabelVolume(name, { dims: [width, height, 1], affine: unit }, await load(), names);
  if (classes.length === 0) return [];
  return [{ kind: 'picture', name: path, source: `Mask, ${name}`, imagePaths: [image], folder: null, imageName: '', width, height, classes, planes: () => [data], notes: [] }];
}

/** Class names of the nearest `pictures.json` above. */
function maskNames(path: string, others: readonly OtherFile[]): ReadonlyMap<number, string> | undefined {
  const above = others.flatMap((o) => (o.kind === 'pictures' && path.startsWith(folderOf(o.path)) ? [o] : []));
  const nearest = above.sort((a, b) => b.path.length - a.path.length)[0];
  return nearest && maskClassNames(nearest.json);
}

/** Class names of the nearest `data.yaml` above. */
function yoloNames(path: string, others: readonly OtherFile[]): ReadonlyMap<number, string> | undefined {
  const above = others.flatMap((o) => (o.kind === 'yolo' && o.text.what === 'names' && path.startsWith(folderOf(o.path)) ? [{ path: o.path, names: o.text.names }] : []));
  return above.sort((a, b) => b.path.length - a.path.length)[0]?.names;
}

/** A set may say the same thing thrice: COCO holds most (names, overlaps), then the mask, then polygons. `paths`: all that were opened. */
export function preferOne(labels: readonly LabelFile[], paths: readonly string[]): LabelFile[] {
  const here = new Set(paths);
  const rank = (l: PictureLabel): number => ['COCO', 'Mask', 'YOLO'].findIndex((s) => l.source.startsWith(s));
  const imageOf = (l: PictureLabel): string | undefined => l.imagePaths.find((p) => here.has(p));
  const best = new Map<string, number>();
  for (const l of labels) {
    const image = l.kind === 'picture' ? imageOf(l) : undefined;
    if (l.kind === 'picture' && image) best.set(image, Math.min(best.get(image) ?? 3, rank(l)));
  }
  return labels.filter((l) => l.kind !== 'picture' || rank(l) <= (best.get(imageOf(l) ?? '') ?? 3));
}

/**
 * Lays a label on the picture it names. The path decides: beside the label's file, or the only one of that name below
 * the same folder. A picture of that name elsewhere is offered to a person, never taken. The size has to agree.
 */
export function attachPicture(label: PictureLabel, library: readonly Series[], choice: AttachChoice): AttachResult {
  const pictures = library.filter((s) => s.id.startsWith('image:') && !s.derived);
  const pathOf = (s: Series): string => s.id.slice('image:'.length);
  const named = pictures.filter((s) => label.imagePaths.includes(pathOf(s)));
  const ending = `/${label.imageName}`;
  const below = label.folder === null ? [] : pictures.filter((s) => pathOf(s).startsWith(label.folder!) && `/${pathOf(s)}`.endsWith(ending));
  const wanted = fileName(label.imageName || label.imagePaths[0]!);
  const elsewhere = pictures.filter((s) => fileName(pathOf(s)) === wanted);
  const found = choice.seriesId ? pictures : named.length > 0 ? named : below;
  if (found.length === 1) return lay(label, found[0]!);
  const asked = found.length > 1 ? found : elsewhere;
  if (asked.length === 0) return { status: 'waiting', words: `The images of ${label.name} are not loaded. It waits in the library and attaches itself when they come.` };
  return { status: 'ambiguous', words: `${label.name} names a picture that lies ${found.length > 1 ? 'in several places' : 'in another folder'}. Choose the one it was drawn on.`, seriesIds: asked.map((s) => s.id) };
}

function lay(label: PictureLabel, s: Series): AttachResult {
  if (label.width > 0 && (label.width !== s.columns || label.height !== s.rows)) {
    const words = `${label.name} has another size (${label.width} × ${label.height}, not ${s.columns} × ${s.rows}) against ${s.description || 'the series'}. It waits in the library until its images come.`;
    return { status: 'mismatch', seriesId: s.id, words };
  }
  const planes = label.planes(s.columns, s.rows);
  if (planes.some((p) => p.length !== s.columns * s.rows)) throw new StudioError('internal', 'a label plane of another size');
  const layers: (LabelPlane | null)[][] = planes.map((p) => [p]);
  const set: LabelSet = { id: `${s.id}/${label.source}`, seriesId: s.id, source: label.source, kind: 'picture', width: s.columns, height: s.rows, classes: label.classes, layers, notes: label.notes };
  return { status: 'attached', set };
}
