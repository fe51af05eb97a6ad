import { pictureFacts, type PictureFacts } from '../../formats/pictureFacts';
import type { Decoder } from '../decode/protocol';
import type { OtherFile } from './otherFile';
import type { Found } from './plainSeries';

const MASK_FOLDER = /(^|\/)masks\/([^/]+)\.png$/i;

/**
 * Pictures that are the masks of others: an 8-bit PNG in `masks` beside `images` with a picture of its name in it. Its
 * values are class ids. Without that picture it stays an image.
 */
export function pictureMasks(files: readonly Found[], decoder: Decoder): { images: Found[]; masks: { file: Found; mask: OtherFile }[] } {
  const byStem = new Map(files.map((f) => [f.ref.path.replace(/\.[^./]*$/, ''), f]));
  const images: Found[] = [];
  const masks: { file: Found; mask: OtherFile }[] = [];
  for (const file of files) {
    const { ref, probe } = file;
    const at = probe.what === 'png' && probe.bits === 8 ? MASK_FOLDER.exec(ref.path) : null;
    const image = at ? byStem.get(`${ref.path.slice(0, at.index)}${at[1]}images/${at[2]}`) : undefined;
    if (!image || probe.what !== 'png') {
      images.push(file);
      continue;
    }
    const slice = { id: ref.path, name: ref.path, modality: 'OT', slice: 0, volume: 0 };
    const load = async (): Promise<ArrayLike<number>> => (await decoder.run('pictureSlice', { file: await ref.open(), what: 'png', slice })).raster.data;
    masks.push({ file, mask: { kind: 'mask', path: ref.path, image: image.ref.path, width: probe.width, height: probe.height, load } });
  }
  return { images, masks };
}

/** What `pictures.json` and COCO lists of ours say of the pictures that came with them, by path; `pictures.json` knows all. */
export function factsOfPictures(images: readonly Found[], others: readonly OtherFile[]): ReadonlyMap<string, PictureFacts> {
  const lists = others.flatMap((o) => (o.kind === 'coco' || o.kind === 'pictures' ? [o] : []));
  const paths = new Set(images.filter((f) => f.probe.what === 'png').map((f) => f.ref.path));
  return new Map(lists.sort((a, b) => (a.kind < b.kind ? -1 : 1)).flatMap((o) => [...pictureFacts(o.json, o.path, paths)]));
}
