import { StudioError } from '../../core/errors';
import { isCoco } from '../../formats/cocoReader';
import { isPictureList } from '../../formats/pictureFacts';
import { readYolo } from '../../formats/yolo';
import type { OtherFile } from './otherFile';
import type { FileOutcome } from './outcome';

/** What a file of words comes to: its outcome, and what it is to labels and cases. */
export interface Words {
  readonly outcome: FileOutcome;
  readonly other?: OtherFile;
}

/** YOLO labels or names of classes. Throws StudioError `input/not-an-image` for any other text. */
export function readTextFile(path: string, text: string): Words {
  const read = readYolo(text);
  if (!read) throw new StudioError('input/not-an-image', 'a text file');
  if (read.what === 'objects' && read.polygons.length === 0) {
    return { outcome: { path, status: 'skipped', kind: 'label', code: 'input/not-an-image', message: `${read.boxes} YOLO boxes. A box does not say which pixels are meant, so it becomes no mask.` } };
  }
  const names = read.what === 'names';
  return { other: { kind: 'yolo', path, text: read }, outcome: { path, status: 'shown', kind: names ? 'list' : 'label', message: names ? 'Names of classes.' : 'A label.' } };
}

/** COCO, `pictures.json`, nnU-Net's and MONAI's lists. Throws StudioError `input/not-an-image` for any other JSON. */
export function readJsonFile(path: string, text: string): Words {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new StudioError('input/not-an-image', 'a text file');
  }
  const listed = (other: OtherFile, message: string): Words => ({ other, outcome: { path, status: 'shown', kind: 'list', message } });
  if (isCoco(json)) return listed({ kind: 'coco', path, json }, 'A COCO list of pictures and masks.');
  if (isPictureList(json)) return listed({ kind: 'pictures', path, json }, 'A list of what pictures and masks mean.');
  const list = typeof json === 'object' && json !== null && ['training', 'channel_names', 'numTraining', 'validation'].some((k) => k in json);
  if (!list) throw new StudioError('input/not-an-image', 'a JSON file');
  return listed({ kind: 'list', path, json }, 'A list of images and labels.');
}
