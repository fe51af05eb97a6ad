/** Names of what is no medical image the studio knows, for the reason that is shown. */

/** First bytes (Latin-1) → what begins so. */
const SIGNATURES: readonly (readonly [begins: RegExp, what: string])[] = [
  [/^%PDF/, 'a PDF document'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer, not the file itself'],
  [/^(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml)/i, 'a web or XML page'],
  [/^GIF8/, 'a GIF picture'],
  [/^BM/, 'a BMP picture'],
  [/^(II\*\0|MM\0\*)/, 'a TIFF picture'],
  [/^RIFF....WEBP/s, 'a WebP picture'],
  [/^....ftyp/s, 'a video or a HEIF picture'],
  [/^7z\xbc\xaf/, 'a 7z archive'],
  [/^Rar!/, 'a RAR archive'],
  [/^BZh[1-9]/, 'a bzip2 file'],
  [/^\xfd7zXZ/, 'an xz file'],
  [/^\x28\xb5\x2f\xfd/, 'a Zstandard file'],
  [/^.{257}ustar/s, 'a TAR archive'],
  [/^\x89HDF/, 'an HDF5 file'],
  [/^\x93NUMPY/, 'a NumPy array; in an .npz archive it could be opened'],
  [/^NRRD000/, 'an NRRD file'],
  [/^(ObjectType|NDims|Comment)\s*=/, 'a MetaImage file'],
  [/^MATLAB 5/, 'a MATLAB file'],
  [/^(MZ|\x7fELF)/, 'a program'],
  [/^\xd0\xcf\x11\xe0/, 'an old Office document or a list of thumbnails'],
  [/^\0\0\0\x01Bud1/, 'a folder note of macOS'],
  [/^\0\x05\x16[\x07\0]/, 'a resource file of macOS'],
];

/** What the first bytes of a file say it is. */
export function foreignKind(head: Uint8Array): string {
  const text = String.fromCharCode(...head.subarray(0, 512));
  return SIGNATURES.find(([begins]) => begins.test(text))?.[1] ?? (isText(head.subarray(0, 512)) ? 'a text file' : 'no known signature');
}

/** Files that would pass for DICOM, since their first bytes could be an element. */
export const isAppleDouble = (b: Uint8Array): boolean => b[0] === 0 && b[1] === 5 && b[2] === 0x16 && b[3] === 7;

function isText(bytes: Uint8Array): boolean {
  const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  try {
    const text = new TextDecoder(wide ? (bytes[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8', { fatal: true }).decode(bytes, { stream: true });
    return text.length > 0 && [...text].every((c) => c >= ' ' || c === '\n' || c === '\r' || c === '\t');
  } catch {
    return false;
  }
}
