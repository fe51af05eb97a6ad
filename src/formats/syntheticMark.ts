/** How files without a field for it say that they are synthetic: NIfTI `descrip`, a PNG's text chunk `Comment`. */
export const SYNTHETIC_MARK = 'synthetic, not for diagnosis';
/** Of what was copied or converted, not made: a label, a map, a real slice. */
export const PLAIN_MARK = 'not for diagnosis';

export const markOf = (synthetic: boolean): string => (synthetic ? SYNTHETIC_MARK : PLAIN_MARK);

/** Whether a description or comment is the mark that Verisim writes ("SYNTHETIC. Not for diagnosis" before version 1.0). */
export const saysSynthetic = (text: string): boolean => /^synthetic[,.] not for diagnosis/i.test(text);
