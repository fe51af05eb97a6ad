/** How files without a field for it say that they are synthetic: NIfTI `descrip`, a PNG's text chunk `Comment`, NumPy's `notice`. */
const SYNTHETIC_MARK = 'synthetic data, not for diagnosis';
/** Of what was copied or converted, not made: a label, a map, a real slice. */
const PLAIN_MARK = 'not for diagnosis';

export const markOf = (synthetic: boolean): string => (synthetic ? SYNTHETIC_MARK : PLAIN_MARK);

/** Whether a description or comment is the mark. Older sets said "synthetic, not for diagnosis" of real slices too: that counts for nothing. */
export const saysSynthetic = (text: string): boolean => text.startsWith(SYNTHETIC_MARK);
