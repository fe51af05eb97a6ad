import type { DicomAttributes } from '../../core/dicomJson';
import type { NiftiHeader, NiftiValues } from '../../formats/niftiReader';
import type { YoloText } from '../../formats/yolo';
import type { SegmentationData } from '../decode/protocol';

/** A label, or a list that names images and labels: for whoever attaches them. */
export type OtherFile =
  | { readonly kind: 'seg'; readonly path: string; readonly blob: () => Promise<Blob>; readonly load: () => Promise<SegmentationData> }
  | { readonly kind: 'rtstruct'; readonly path: string; readonly blob: () => Promise<Blob>; readonly load: () => Promise<DicomAttributes> }
  /** `of`: the series in whose own file it lies; `classNames`: names that stand there too. */
  | { readonly kind: 'nifti'; readonly path: string; readonly blob: () => Promise<Blob>; readonly header: NiftiHeader; readonly load: () => Promise<NiftiValues>; readonly of?: string; readonly classNames?: ReadonlyMap<number, string> }
  /** A picture of class ids in a folder of masks; `image` is the path of its picture. */
  | { readonly kind: 'mask'; readonly path: string; readonly image: string; readonly width: number; readonly height: number; readonly load: () => Promise<ArrayLike<number>> }
  /** `pictures.json` of our sets: what the values of pictures and masks mean. */
  | { readonly kind: 'pictures'; readonly path: string; readonly json: Readonly<Record<string, unknown>> }
  | { readonly kind: 'coco'; readonly path: string; readonly json: Readonly<Record<string, unknown>> }
  | { readonly kind: 'yolo'; readonly path: string; readonly text: YoloText }
  | { readonly kind: 'list'; readonly path: string; readonly json: unknown };
