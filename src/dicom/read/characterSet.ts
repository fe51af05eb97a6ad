/**
 * Text of a data set, decoded by its Specific Character Set (0008,0005): PS3.3 C.12.1.1.2, PS3.5 6.1 and Annexes H–K.
 * ISO 2022 escapes switch G0/G1; delimiters (CR, LF, FF, TAB, and `\`, `^`, `=` in names) switch back to the first set.
 */

/** Defined term → label of the Encoding standard, for sets without escapes. */
const SINGLE: Readonly<Record<string, string>> = {
  '': 'windows-1252', 'ISO_IR 6': 'windows-1252', 'ISO_IR 100': 'iso-8859-1', 'ISO_IR 101': 'iso-8859-2', 'ISO_IR 109': 'iso-8859-3', 'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5', 'ISO_IR 127': 'iso-8859-6', 'ISO_IR 126': 'iso-8859-7', 'ISO_IR 138': 'iso-8859-8', 'ISO_IR 148': 'iso-8859-9',
  'ISO_IR 203': 'iso-8859-15', 'ISO_IR 166': 'windows-874', 'ISO_IR 13': 'shift_jis', 'ISO_IR 192': 'utf-8', GB18030: 'gb18030', GBK: 'gbk',
  // Sets that are entered by an escape; some writers leave it out.
  'ISO_IR 149': 'euc-kr', 'ISO_IR 58': 'gbk',
};

interface Code {
  readonly label: string;
  /** Which bytes the code takes: the low half (G0), the high half (G1). */
  readonly half: 'G0' | 'G1';
  /** Bytes a character; G0 pairs are lifted to the high half before they are decoded. */
  readonly lift: 0 | 1 | 2 | 3;
}

/** Escape sequence (after ESC) → what it switches on. */
const ESCAPES: readonly (readonly [string, Code])[] = [
  ['(B', { label: 'windows-1252', half: 'G0', lift: 0 }],
  ['(J', { label: 'shift_jis', half: 'G0', lift: 0 }],
  [')I', { label: 'shift_jis', half: 'G1', lift: 0 }],
  ['-A', { label: 'iso-8859-1', half: 'G1', lift: 0 }],
  ['-B', { label: 'iso-8859-2', half: 'G1', lift: 0 }],
  ['-C', { label: 'iso-8859-3', half: 'G1', lift: 0 }],
  ['-D', { label: 'iso-8859-4', half: 'G1', lift: 0 }],
  ['-L', { label: 'iso-8859-5', half: 'G1', lift: 0 }],
  ['-G', { label: 'iso-8859-6', half: 'G1', lift: 0 }],
  ['-F', { label: 'iso-8859-7', half: 'G1', lift: 0 }],
  ['-H', { label: 'iso-8859-8', half: 'G1', lift: 0 }],
  ['-M', { label: 'iso-8859-9', half: 'G1', lift: 0 }],
  ['-b', { label: 'iso-8859-15', half: 'G1', lift: 0 }],
  ['-T', { label: 'windows-874', half: 'G1', lift: 0 }],
  ['$@', { label: 'euc-jp', half: 'G0', lift: 2 }],
  ['$B', { label: 'euc-jp', half: 'G0', lift: 2 }],
  ['$(D', { label: 'euc-jp', half: 'G0', lift: 3 }],
  ['$)C', { label: 'euc-kr', half: 'G1', lift: 0 }],
  ['$)A', { label: 'gbk', half: 'G1', lift: 0 }],
];

const decoders = new Map<string, TextDecoder>();
function decode(label: string, bytes: Uint8Array): string {
  let decoder = decoders.get(label);
  if (!decoder) decoders.set(label, (decoder = new TextDecoder(label)));
  return decoder.decode(bytes);
}

/** `ISO 2022 IR 100` and the common misspellings (`ISO-IR 100`, `ISO_IR_100`, `UTF8`) → `ISO_IR 100`. */
const canonical = (term: string): string => {
  const t = term.trim().toUpperCase().replace(/^ISO[ _-]?2022[ _-](IR[ _-])?(?=\d)/, 'ISO_IR ').replace(/^ISO[ _-]?2022[ _-]/, '').replace(/^ISO[ _-]IR[ _-]?/, 'ISO_IR ');
  return /^UTF[ _-]?8$/.test(t) ? 'ISO_IR 192' : t;
};

/**
 * The set of bytes that follow no escape: the first term's. Where that is ASCII, which has no high half, the first of the
 * others that has one: names are seen without their escape.
 */
function initial(terms: readonly string[]): string {
  const first = canonical(terms[0] ?? '');
  const named = first === '' || first === 'ISO_IR 6' ? terms.slice(1).flatMap((t) => SINGLE[canonical(t)] ?? [])[0] : SINGLE[first];
  return named ?? 'windows-1252';
}

/** Sets whose bytes are never switched by escapes. */
const WHOLE = new Set(['utf-8', 'gb18030']);

/** Decodes `bytes`. `terms`: the values of Specific Character Set, the first of which may be empty. */
export function decodeText(bytes: Uint8Array, terms: readonly string[], personName = false): string {
  const first = initial(terms);
  return WHOLE.has(first) || !bytes.includes(0x1b) ? decode(first, bytes) : decodeEscaped(bytes, first, personName);
}

function decodeEscaped(bytes: Uint8Array, first: string, personName: boolean): string {
  let out = '';
  let g0: Code | null = null;
  let g1: string = first;
  let from = 0;
  const flush = (to: number): void => {
    if (to <= from) return;
    out += g0 && g0.lift > 0 ? liftAndDecode(bytes.subarray(from, to), g0, g1) : decode(g1, bytes.subarray(from, to));
    from = to;
  };
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i]!;
    if (b === 0x1b) {
      flush(i);
      const found = ESCAPES.find(([text]) => [...text].every((c, k) => bytes[i + 1 + k] === c.charCodeAt(0)));
      from = i + 1 + (found ? found[0].length : 0);
      if (found) {
        if (found[1].half === 'G0') g0 = found[1];
        else g1 = found[1].label;
      }
      i = from - 1;
    } else if (b === 0x0a || b === 0x0c || b === 0x0d || b === 0x09 || ((!g0 || g0.lift === 0) && (b === 0x5c || (personName && (b === 0x5e || b === 0x3d))))) {
      flush(i);
      g0 = null;
      g1 = first;
      out += String.fromCharCode(b);
      from = i + 1;
    }
  }
  flush(bytes.length);
  return out;
}

/** Two-byte G0 codes (JIS X 0208, 0212): in EUC-JP the same pairs with their high bits set, 0212 behind 0x8F. */
function liftAndDecode(bytes: Uint8Array, code: Code, g1: string): string {
  const lifted: number[] = [];
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    if (bytes[i]! & 0x80) return decode(g1, bytes);
    if (code.lift === 3) lifted.push(0x8f);
    lifted.push(bytes[i]! | 0x80, bytes[i + 1]! | 0x80);
  }
  return decode(code.label, Uint8Array.from(lifted));
}
