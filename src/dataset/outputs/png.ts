import { decodeRle, encodeRle, maskBox } from '../../formats/cocoRle';
import { pictureEntry } from '../../formats/pictureFacts';
import { writePng16, writePng8 } from '../../formats/pngWriter';
import { markOf } from '../../formats/syntheticMark';
import { labelPlane } from '../itemLabels';
import { isSynthetic, type ManifestItem } from '../manifest';
import type { RecipeOutput } from '../recipe';
import { greyScale, type GreyScale } from './greyScale';
import { jsonArray } from './jsonStream';
import { isMade, utf8, type BuiltItem, type Entries, type IndexContext, type JournalEntry, type OutFile, type SetContext } from './types';

type Options = Extract<RecipeOutput, { format: 'png' }>;
/**
 * 16-bit grey by `greyScale`. The label is an 8-bit picture of class ids; YOLO boxes lie beside it. What the values mean
 * stands in `pictures.json`.
 */
export function pngItem(item: BuiltItem, set: SetContext, options: Options): { files: OutFile[]; grey: GreyScale } {
  const { slice, planned, masks } = item;
  const { width, height, data } = slice.raster;
  const grey = greyScale(slice);
  const pixels = Uint16Array.from(data, (v) => Math.min(65535, Math.max(0, Math.floor((v - grey.intercept) / grey.slope + 0.5))));
  const files: OutFile[] = [
    { path: `png/images/${planned.id}.png`, role: 'image', bytes: writePng16(pixels, width, height, markOf(isMade(item))) },
    { path: `png/masks/${planned.id}.png`, role: 'label', bytes: writePng8(labelPlane(masks, data.length), width, height, markOf(isMade(item))) },
  ];
  if (options.yolo) files.push({ path: `png/labels/${planned.id}.txt`, role: 'label', bytes: utf8(yoloLines(item, set)) });
  return { files, grey };
}

/** `class x y w h`, centre and size as shares of the image; classes from 0. One line for each connected part. */
function yoloLines(item: BuiltItem, set: SetContext): string {
  const { width, height } = item.slice.raster;
  const lines: string[] = [];
  for (const id of set.classes.values()) {
    const mask = item.masks.get(id);
    if (!mask) continue;
    for (const part of maskParts(mask, width, height)) {
      const [x, y, w, h] = maskBox(part, width, height)!;
      lines.push([id - 1, ...[(x + w / 2) / width, (y + h / 2) / height, w / width, h / height].map((v) => v.toFixed(6))].join(' '));
    }
  }
  return lines.length ? `${lines.join('\n')}\n` : '';
}

/** The 8-connected parts of a mask, in reading order, as masks of their own: each is an object. */
export function maskParts(mask: Uint8Array, width: number, height: number): Uint8Array[] {
  const seen = new Uint8Array(mask.length);
  const parts: Uint8Array[] = [];
  for (let start = 0; start < mask.length; start++) {
    if (!mask[start] || seen[start]) continue;
    const part = new Uint8Array(mask.length);
    const stack = [start];
    seen[start] = 1;
    while (stack.length) {
      const i = stack.pop()!;
      part[i] = 1;
      const [x, y] = [i % width, Math.floor(i / width)];
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const n = ny * width + nx;
          if (!mask[n] || seen[n]) continue;
          seen[n] = 1;
          stack.push(n);
        }
      }
    }
    parts.push(part);
  }
  return parts;
}

type Part = 'train' | 'val' | 'test';

/** Fold 0 is validation (real cases only; its patients' copies are in no part). */
export function partOf(item: ManifestItem, folds: number): Part | null {
  if (item.split === 'test') return 'test';
  if (folds > 1 && item.fold === 0) return isSynthetic(item) ? null : 'val';
  return 'train';
}

/** `pictures.json` (what the values of pictures and masks mean), COCO annotations (one file a part; one annotation for each connected part of a class: RLE mask, box, area) and YOLO's lists. */
export async function* pngIndex(entries: Entries, set: IndexContext, options: Options): AsyncIterable<OutFile> {
  const parts: Part[] = ['train', 'val', 'test'];
  yield { path: 'png/pictures.json', role: 'index', bytes: pictures(entries, set) };
  if (options.coco) {
    for (const part of parts) yield { path: `png/annotations/${part}.json`, role: 'index', bytes: coco(entries, set, part) };
  }
  if (options.yolo) {
    const names = [...set.classes].map(([name, id]) => `  ${id - 1}: ${JSON.stringify(name)}`).join('\n');
    yield { path: 'png/data.yaml', role: 'index', bytes: utf8(`# Synthetic, not for diagnosis. 16-bit pictures.\ntrain: train.txt\nval: val.txt\ntest: test.txt\nnames:${names ? `\n${names}` : ' {}'}\n`) };
    for (const part of parts) yield { path: `png/${part}.txt`, role: 'index', bytes: list(entries, set.folds, part) };
  }
}

async function* list(entries: Entries, folds: number, part: Part): AsyncIterable<Uint8Array> {
  for await (const { item } of entries()) if (partOf(item, folds) === part) yield utf8(`./images/${item.id}.png\n`);
}

/** Values of the masks by name, and of each picture its grey scale, modality and spacing. */
function pictures(entries: Entries, set: IndexContext): AsyncIterable<Uint8Array> {
  const head = { verisim: 'pictures', version: 1, notice: 'synthetic, not for diagnosis', value: 'grey × slope + intercept', labels: { background: 0, ...Object.fromEntries(set.classes) } };
  return jsonArray(head, [['images', entries, ({ item, png }) => ({ file_name: `images/${item.id}.png`, mask: `masks/${item.id}.png`, ...facts(item, png) })]]);
}

const facts = (item: ManifestItem, png: JournalEntry['png']): object =>
  png ? pictureEntry({ ...png, modality: item.modality, ...(item.pixelSpacingMm ? { pixelSpacingMm: item.pixelSpacingMm } : {}) }) : {};

function coco(entries: Entries, set: IndexContext, part: Part): AsyncIterable<Uint8Array> {
  let imageId = 0;
  let annotationImage = 0;
  let annotationId = 0;
  const head = {
    info: { description: `${set.recipe.name}: synthetic, not for diagnosis`, version: set.softwareVersion, contributor: 'Verisim Studio' },
    licenses: [],
    categories: [...set.classes].map(([name, id]) => ({ id, name, supercategory: 'finding' })),
  };
  return jsonArray(head, [
    ['images', entries, ({ item, png }) => (partOf(item, set.folds) === part ? { id: ++imageId, file_name: `images/${item.id}.png`, width: item.size[0], height: item.size[1], synthetic: isSynthetic(item), ...facts(item, png) } : null)],
    [
      'annotations',
      entries,
      ({ item }) => {
        if (partOf(item, set.folds) !== part) return null;
        annotationImage++;
        const [width, height] = item.size;
        return item.labels.flatMap((label) =>
          maskParts(decodeRle(label.rle), width, height).map((mask) => ({
            id: ++annotationId,
            image_id: annotationImage,
            category_id: label.class,
            segmentation: encodeRle(mask, width, height),
            area: mask.reduce((n, v) => n + v, 0),
            bbox: maskBox(mask, width, height),
            iscrowd: 0,
          })),
        );
      },
    ],
  ]);
}
