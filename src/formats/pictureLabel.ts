import type { LabelClass } from '../core/slice';

/** A label of one picture (COCO, YOLO polygons, a mask beside the picture), which names its image by path, not by geometry. */
export interface PictureLabel {
  readonly kind: 'picture';
  /** As shown: the file and the picture it speaks of. */
  readonly name: string;
  /** File kind and name, as the label set will say. */
  readonly source: string;
  /** The paths at which its image may lie, any of which says so beyond doubt. */
  readonly imagePaths: readonly string[];
  /** Below this folder the image may also lie under any path that ends with `imageName`; null: nowhere else. */
  readonly folder: string | null;
  readonly imageName: string;
  /** Size that the file states; 0 where it states none. */
  readonly width: number;
  readonly height: number;
  readonly classes: readonly LabelClass[];
  /**
   * Class ids of a picture of this size, in as few planes as overlaps allow. Made when it is attached, so that thousands
   * that wait cost no more than their file.
   */
  readonly planes: (width: number, height: number) => readonly Uint8Array[];
  readonly notes: readonly string[];
}

/** A path as other programs write it, with our separators and without a beginning that says nothing. */
export const cleanPath = (path: string): string => path.replaceAll('\\', '/').replace(/^(\.?\/)+/, '');

/** `a/b/c.json` and `images/x.png` → `a/b/images/x.png`, `a/images/x.png`, `images/x.png`. */
export function pathsBeside(file: string, image: string): string[] {
  const folders = file.split('/').slice(0, -1);
  return [...folders.map((_, i) => `${folders.slice(0, folders.length - i).join('/')}/${image}`), image];
}
