import type { DicomAttributes } from '../../core/dicomJson';
import type { ErrorCode } from '../../core/errors';
import type { Slice } from '../../core/slice';
import type { SliceRequest } from '../../dicom/decode/slice';
import type { ImageHeader, OtherHeader } from '../../dicom/read/header';
import type { NiftiHeader } from '../../formats/niftiReader';
import type { PictureFacts } from '../../formats/pictureFacts';

/** Bytes of a file, or of a part of it. In Node a blob that lies on disk travels as its path (`file`). */
export interface WireFile {
  /** Equal for equal bytes: the worker keeps the index of the last few files by it. */
  readonly key: string;
  readonly blob?: Blob;
  readonly file?: string;
  readonly from: number;
  readonly to: number;
}

/** Stored values of frame 0, before any table: what `verisim inspect` prints. */
export interface FrameStats {
  readonly dtype: string;
  readonly rows: number;
  readonly columns: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** SHA-256 of the little-endian values, row-major, colour interleaved by pixel. */
  readonly sha256: string;
}

/** What a file turned out to be. Containers are opened by whoever asked. */
export type Probe =
  /** `failed`: the header could be read, frame 0 could not be decoded. */
  | { readonly what: 'dicom'; readonly header: ImageHeader; readonly stats?: FrameStats; readonly failed?: { readonly code: ErrorCode; readonly detail: string } }
  | { readonly what: 'seg'; readonly header: OtherHeader; readonly frames: number; readonly rows: number; readonly columns: number; readonly stats?: FrameStats }
  | { readonly what: 'rtstruct'; readonly header: OtherHeader }
  | { readonly what: 'directory'; readonly references: readonly string[] }
  /** `holes`: some of its values are no numbers. */
  | { readonly what: 'nifti'; readonly header: NiftiHeader; readonly stats?: FrameStats; readonly holes?: boolean }
  /** `synthetic`: the file says so. */
  | { readonly what: 'png' | 'jpeg'; readonly width: number; readonly height: number; readonly bits: 8 | 16; readonly synthetic?: true; readonly stats?: FrameStats }
  | { readonly what: 'json' | 'text'; readonly text: string }
  | { readonly what: 'zip' }
  /** The beginning of a packed file promises an image, but only the whole tells. */
  | { readonly what: 'promising' }
  | { readonly what: 'gzip' };

/** Pixels and attributes of a DICOM segmentation, for whoever reads labels. */
export interface SegmentationData {
  readonly attributes: DicomAttributes;
  readonly rows: number;
  readonly columns: number;
  /** Frame after frame, one byte a pixel. */
  readonly pixels: Uint8Array;
}

/** Which slice of a file that is not DICOM. */
export interface PlainSlice {
  readonly id: string;
  readonly name: string;
  readonly modality: string;
  readonly slice: number;
  readonly volume: number;
  /** What a list beside a picture says of it. */
  readonly facts?: PictureFacts;
}

/** Request → response, for each message kind the decode worker understands. */
export interface DecodeProtocol {
  /** `partial`: the bytes are only the beginning of a packed file. */
  probe: { request: { file: WireFile; stats: boolean; partial?: boolean }; response: Probe };
  dicomSlice: { request: { file: WireFile; slice: SliceRequest }; response: Slice };
  niftiSlice: { request: { file: WireFile; header: NiftiHeader; slice: PlainSlice }; response: Slice };
  pictureSlice: { request: { file: WireFile; what: 'png' | 'jpeg'; slice: PlainSlice }; response: Slice };
  attributes: { request: { file: WireFile }; response: DicomAttributes };
  segmentation: { request: { file: WireFile }; response: SegmentationData };
}

export type DecodeKind = keyof DecodeProtocol;
export type DecodeMessage = { [K in DecodeKind]: { id: number; kind: K; request: DecodeProtocol[K]['request'] } }[DecodeKind];
export type DecodeReply = { id: number; ok: true; value: unknown } | { id: number; ok: false; code: ErrorCode; detail: string };

/** Anything that decodes: a pool of workers, or the same functions in this thread. */
export interface Decoder {
  run<K extends DecodeKind>(kind: K, request: DecodeProtocol[K]['request'], options?: RunOptions): Promise<DecodeProtocol[K]['response']>;
  /** How many requests make sense at once. */
  readonly width: number;
  /** Decode what nobody asked for yet, while it is idle: for a session, not for a batch. */
  readonly background?: boolean;
  dispose(): void;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Lower runs first. 0: someone waits for it; 1: import; 2: in the background. */
  readonly priority?: 0 | 1 | 2;
}
