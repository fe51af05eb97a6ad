import type { DicomAttributes } from '../../core/dicomJson';
import type { AugmentationInfo, Slice } from '../../core/slice';
import type { Rescale } from '../../dicom/write';
import type { ManifestItem } from '../manifest';
import type { PlannedItem } from '../plan';
import type { Recipe } from '../recipe';
import type { GreyScale } from './greyScale';

/** A file of the set before it is written. */
export interface OutFile {
  readonly path: string;
  readonly role: 'image' | 'label' | 'index' | 'card' | 'segmentation';
  readonly bytes: Uint8Array | AsyncIterable<Uint8Array>;
}

/** What holds for the whole set. */
export interface SetContext {
  readonly recipe: Recipe;
  readonly recipeSha256: string;
  /** Recipe, models and version in one: goes into UIDs. */
  readonly fingerprint: string;
  readonly softwareVersion: string;
  /** Class name → id, 1, 2, …. */
  readonly classes: ReadonlyMap<string, number>;
  readonly folds: number;
  readonly patients: readonly string[];
  /** nnU-Net's name of the one channel: `CT` only for HU, which it normalises by fixed values. */
  readonly channel: string;
  readonly key: Uint8Array;
  readonly nonCommercial: boolean;
}

/** What the indexes of a set need; a set that is opened again knows no more. */
export type IndexContext = Pick<SetContext, 'recipe' | 'softwareVersion' | 'classes' | 'folds' | 'channel'> & Partial<Pick<SetContext, 'key'>>;

/** One item with its pixels, for the writers of single files. */
export interface BuiltItem {
  readonly planned: PlannedItem;
  readonly slice: Slice;
  readonly masks: ReadonlyMap<number, Uint8Array>;
  /** BIDS suffix of its series, as far as the sequence is known. */
  readonly suffix: string;
  /** An original whose file says of itself that it is synthetic. */
  readonly syntheticSource: boolean;
  /** Provenance; null for an original. */
  readonly info: AugmentationInfo | null;
  readonly spatialLocationsPreserved: boolean;
  /** De-identified attributes of the source, where it is DICOM. */
  readonly sourceAttributes: DicomAttributes | undefined;
  readonly patientLabel: string;
  /** The grey grid of the series in DICOM, where its source has none. */
  readonly rescale?: Rescale;
  /** A head that nobody defaced: Recognizable Visual Features. */
  readonly head: boolean;
}

/** Made here, or made before it came here: what the item's files say of themselves. */
export const isMade = (item: Pick<BuiltItem, 'planned' | 'syntheticSource'>): boolean => item.planned.copy > 0 || item.syntheticSource;

/** What is kept of an item until the set is finished. */
export interface JournalEntry {
  readonly item: ManifestItem;
  /** Attributes that a segmentation takes from the written image; without pixels. */
  readonly dicom?: DicomAttributes;
  /** Grey values of the PNG: value = grey × slope + intercept. */
  readonly png?: GreyScale;
}

/** Journal entries in order of their ids; can be walked any number of times, one entry in memory. */
export type Entries = () => AsyncIterable<JournalEntry>;

const encoder = new TextEncoder();
export const utf8 = (text: string): Uint8Array => encoder.encode(text);
export const jsonBytes = (value: unknown): Uint8Array => utf8(`${JSON.stringify(value, null, 2)}\n`);
