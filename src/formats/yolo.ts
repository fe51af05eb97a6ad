import { StudioError } from '../core/errors';
import { packLayers } from '../core/labelSet';
import { fillCocoPolygon } from './cocoPolygon';
import type { PictureLabel } from './pictureLabel';

/** A text file of YOLO: what lies in one picture (`objects`), or the names of the classes (`names`); null for any other text. */
export type YoloText = { readonly what: 'objects'; readonly boxes: number; readonly polygons: readonly { readonly class: number; readonly xy: readonly number[] }[] } | { readonly what: 'names'; readonly names: ReadonlyMap<number, string> };

/**
 * Reads a YOLO label (`class x y w h` or `class x1 y1 x2 y2 …`, shares of width and height) or `data.yaml`. Throws
 * `label/invalid` for a file that begins as a label does and goes on as none.
 */
export function readYolo(text: string): YoloText | null {
  const lines = text.split(/\r?\n/).map((l) => l.trim()).filter(Boolean);
  if (!lines[0] || !/^\d{1,5}( +-?\d*\.?\d+(e-?\d+)?){4,}$/i.test(lines[0])) {
    const names = namesOf(text);
    return names.size > 0 ? { what: 'names', names } : null;
  }
  const rows = lines.map((line, i) => {
    const [id, ...values] = line.split(/\s+/).map(Number);
    const whole = Number.isInteger(id) && values.every((v) => v >= 0 && v <= 1);
    if (!whole || (values.length !== 4 && (values.length < 6 || values.length % 2))) throw new StudioError('label/invalid', `line ${i + 1} is neither box nor polygon`);
    return { class: id!, xy: values };
  });
  const polygons = rows.filter((r) => r.xy.length > 4);
  return { what: 'objects', boxes: rows.length - polygons.length, polygons };
}

/** Class names of a `data.yaml`: a list in one line, a list, or id: name. */
function namesOf(yaml: string): Map<number, string> {
  const names = new Map<number, string>();
  const at = /^names:[ \t]*(.*)$/m.exec(yaml);
  if (!at) return names;
  const plain = (s: string): string => s.trim().replace(/^(["'])(.*)\1$/, '$2');
  const inline = /^\[(.*)\]/.exec(at[1]!);
  if (inline) inline[1]!.split(',').forEach((n, i) => names.set(i, plain(n)));
  else {
    for (const line of yaml.slice(at.index + at[0].length).split(/\r?\n/).slice(1)) {
      const row = /^\s+(\d+)\s*:\s*(.+)$/.exec(line) ?? /^\s*(-)\s+(.+)$/.exec(line);
      if (!row) break;
      names.set(row[1] === '-' ? names.size : Number(row[1]), plain(row[2]!));
    }
  }
  return names;
}

const ENDINGS = ['png', 'jpg', 'jpeg'];

/**
 * The polygons of a YOLO label for the picture of the same name, beside it or in `images` where it lies in `labels`.
 * Class 0 is id 1, since 0 is the background. Throws `label/invalid` for classes above 254.
 */
export function yoloLabel(label: Extract<YoloText, { what: 'objects' }>, path: string, names: ReadonlyMap<number, string> = new Map()): PictureLabel {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const ids = [...new Set(label.polygons.map((p) => p.class))].sort((a, b) => a - b);
  if (ids.at(-1)! > 254) throw new StudioError('label/invalid', `${path}: class ${ids.at(-1)}; a label holds 255`);
  const at = path.split('/').lastIndexOf('labels');
  const beside = path.split('/').map((part, i) => (i === at ? 'images' : part)).join('/').replace(/\.[^./]*$/, '');
  return {
    kind: 'picture', name: file, source: `YOLO, ${file}`, imagePaths: ENDINGS.map((e) => `${beside}.${e}`), folder: null, imageName: '',
    width: 0, height: 0, classes: ids.map((id) => ({ id: id + 1, name: names.get(id) ?? `Class ${id}` })),
    planes: (width, height) => {
      const masks = new Map(ids.map((id) => [id + 1, new Uint8Array(width * height)]));
      for (const { class: id, xy } of label.polygons) fillCocoPolygon(xy.map((v, i) => v * (i & 1 ? height : width)), width, height, masks.get(id + 1)!);
      return packLayers([...masks].map(([id, mask]) => ({ id, planes: [mask] })), 1).map(([plane]) => plane!);
    },
    notes: [
      'Class 0 of the file is class 1 here, since 0 is the background.',
      ...(label.boxes ? [`${label.boxes} of its lines are boxes without a mask; they were left out.`] : []),
    ],
  };
}
