import type { Slice } from '../core/slice';
import { encodeRle, maskBox } from '../formats/cocoRle';
import { classNameInSet } from './className';
import type { ItemLabel } from './manifest';

/** Binary masks of a slice by the set's class ids, over all label maps; classes without pixels are left out. */
export function classMasks(slice: Slice, classes: ReadonlyMap<string, number>): Map<number, Uint8Array> {
  const masks = new Map<number, Uint8Array>();
  for (const map of slice.labels ?? []) {
    const target = new Map(map.classes.map((c) => [c.id, classes.get(classNameInSet(c.name)) ?? 0]));
    map.data.forEach((id, i) => {
      const to = id ? target.get(id) : 0;
      if (!to) return;
      let mask = masks.get(to);
      if (!mask) masks.set(to, (mask = new Uint8Array(map.data.length)));
      mask[i] = 1;
    });
  }
  return new Map([...masks].sort(([a], [b]) => a - b));
}

/** One plane of class ids: where classes overlap, the higher id is on top (lesions come after organs). */
export function labelPlane(masks: ReadonlyMap<number, Uint8Array>, length: number): Uint8Array {
  const plane = new Uint8Array(length);
  for (const [id, mask] of masks) mask.forEach((v, i) => v && (plane[i] = id));
  return plane;
}

/** What manifest, COCO and SEG keep of the masks. */
export function itemLabels(masks: ReadonlyMap<number, Uint8Array>, width: number, height: number, classes: ReadonlyMap<string, number>): ItemLabel[] {
  const names = new Map([...classes].map(([name, id]) => [id, name]));
  const out: ItemLabel[] = [];
  for (const [id, mask] of masks) {
    const box = maskBox(mask, width, height);
    if (box) out.push({ class: id, name: names.get(id)!, pixels: mask.reduce((n, v) => n + v, 0), box, rle: encodeRle(mask, width, height) });
  }
  return out;
}
