/**
 * What a file may claim before it is stopped. Checked while the bytes are walked, before any value is read or any
 * codec is called, so that a hostile file costs no more than its own size.
 */
export const LIMITS = {
  /** Sequences inside sequences. Structured reports reach some twenty. */
  depth: 64,
  /** Attributes of one file, nested ones included. */
  elements: 500_000,
  /** Sequence items of one file. */
  items: 200_000,
  /** Bytes of a header (all before the pixels), also once inflated. */
  headerBytes: 64 * 1024 * 1024,
  /** Rows, Columns: 16 bit in DICOM. */
  side: 65_535,
  /** Pixels × samples of one frame. */
  frameSamples: 48 * 1024 * 1024,
  frames: 200_000,
  /** Bytes that one compressed frame may take. */
  encodedFrameBytes: 256 * 1024 * 1024,
  /** Bytes that a deflated data set may inflate to. */
  inflatedBytes: 192 * 1024 * 1024,
  /** Fragments of encapsulated pixel data. */
  fragments: 400_000,
} as const;
