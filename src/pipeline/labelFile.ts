import type { GridDifference } from '../core/gridDifference';
import type { LabelSet } from '../core/labelSet';
import type { Segmentation } from '../dicom/labels/readSegmentation';
import type { StructureSet } from '../dicom/labels/readStructureSet';
import type { LabelVolume } from '../formats/labelVolume';
import type { PictureLabel } from '../formats/pictureLabel';

/** A label as it came from its file, before it is known whose it is. `from` goes along to where it is attached (LabelSet). */
export type LabelFile = (Segmentation | StructureSet | LabelVolume | PictureLabel) & { readonly from?: string };

/** What became of a label. Only `attached` shows on images; the others wait in the library with their reason. */
export type AttachResult =
  | {
      readonly status: 'attached';
      readonly set: LabelSet;
      /** The same label on the other channels of its case (nnU-Net: `case_0001`, `case_0002`…). */
      readonly channels?: readonly LabelSet[];
    }
  /** Its images are not loaded. */
  | { readonly status: 'waiting'; readonly words: string }
  /** Its images seem to be loaded, but it does not lie on them. */
  | { readonly status: 'mismatch'; readonly words: string; readonly seriesId: string; readonly difference?: GridDifference }
  /** It lies on several series and nothing tells which one it was drawn on; a person has to choose. */
  | { readonly status: 'ambiguous'; readonly words: string; readonly seriesIds: readonly string[] };

export interface AttachChoice {
  /** The series a person chose; only this one is tried. */
  readonly seriesId?: string;
  /** True when a person agreed to read a label whose axes are stored in another order by its affine. */
  readonly reorder?: boolean;
}
