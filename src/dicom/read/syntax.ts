/** Transfer syntaxes (PS3.5 Annex A; PS3.6 Annex A) and how each is taken apart. */

export type Packing = 'native' | 'rle' | 'jpeg' | 'jpeg-lossless' | 'jpeg-ls' | 'jpeg-2000' | 'htj2k' | 'deflated-frame' | 'uncompressed-frame';

export interface TransferSyntax {
  readonly uid: string;
  readonly name: string;
  readonly packing: Packing;
  readonly explicit: boolean;
  readonly littleEndian: boolean;
  /** The data set behind the meta header is one raw deflate stream. */
  readonly deflated: boolean;
  /** Values may differ from those that were encoded. */
  readonly lossy: boolean;
}

const entry = (uid: string, name: string, packing: Packing, more: Partial<TransferSyntax> = {}): TransferSyntax => ({
  uid, name, packing, explicit: true, littleEndian: true, deflated: false, lossy: false, ...more,
});

export const IMPLICIT_LE = '1.2.840.10008.1.2';
export const EXPLICIT_LE = '1.2.840.10008.1.2.1';
export const EXPLICIT_BE = '1.2.840.10008.1.2.2';

/** Every syntax that is read. */
export const TRANSFER_SYNTAXES: readonly TransferSyntax[] = [
  entry(IMPLICIT_LE, 'Implicit VR Little Endian', 'native', { explicit: false }),
  entry(EXPLICIT_LE, 'Explicit VR Little Endian', 'native'),
  entry(EXPLICIT_BE, 'Explicit VR Big Endian (retired)', 'native', { littleEndian: false }),
  entry('1.2.840.10008.1.2.1.99', 'Deflated Explicit VR Little Endian', 'native', { deflated: true }),
  entry('1.2.840.10008.1.2.1.98', 'Encapsulated Uncompressed Explicit VR Little Endian', 'uncompressed-frame'),
  entry('1.2.840.10008.1.2.8.1', 'Deflated Image Frame Compression', 'deflated-frame'),
  entry('1.2.840.10008.1.2.5', 'RLE Lossless', 'rle'),
  entry('1.2.840.10008.1.2.4.50', 'JPEG Baseline (Process 1)', 'jpeg', { lossy: true }),
  entry('1.2.840.10008.1.2.4.51', 'JPEG Extended (Process 2 & 4)', 'jpeg', { lossy: true }),
  entry('1.2.840.10008.1.2.4.53', 'JPEG Spectral Selection (Process 6 & 8, retired)', 'jpeg', { lossy: true }),
  entry('1.2.840.10008.1.2.4.55', 'JPEG Full Progression (Process 10 & 12, retired)', 'jpeg', { lossy: true }),
  entry('1.2.840.10008.1.2.4.57', 'JPEG Lossless (Process 14)', 'jpeg-lossless'),
  entry('1.2.840.10008.1.2.4.70', 'JPEG Lossless SV1 (Process 14)', 'jpeg-lossless'),
  entry('1.2.840.10008.1.2.4.80', 'JPEG-LS Lossless', 'jpeg-ls'),
  entry('1.2.840.10008.1.2.4.81', 'JPEG-LS Near-lossless', 'jpeg-ls', { lossy: true }),
  entry('1.2.840.10008.1.2.4.90', 'JPEG 2000 Lossless', 'jpeg-2000'),
  entry('1.2.840.10008.1.2.4.91', 'JPEG 2000', 'jpeg-2000', { lossy: true }),
  entry('1.2.840.10008.1.2.4.201', 'HTJ2K Lossless', 'htj2k'),
  entry('1.2.840.10008.1.2.4.202', 'HTJ2K Lossless RPCL', 'htj2k'),
  entry('1.2.840.10008.1.2.4.203', 'HTJ2K', 'htj2k', { lossy: true }),
];

const byUid = new Map(TRANSFER_SYNTAXES.map((s) => [s.uid, s]));

export const transferSyntax = (uid: string): TransferSyntax | undefined => byUid.get(uid);

/** True where each frame is an item of its own behind the pixel data element. */
export const isEncapsulated = (s: TransferSyntax): boolean => s.packing !== 'native';
