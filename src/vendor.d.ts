/** Packages that ship no types of their own. */
declare module 'cornerstone-core';
declare module '@stdlib/math-base-special-exp' { export default function exp(x: number): number; }
declare module '@stdlib/math-base-special-ln' { export default function ln(x: number): number; }
declare module '@stdlib/math-base-special-pow' { export default function pow(x: number, y: number): number; }
declare module '@stdlib/math-base-special-sin' { export default function sin(x: number): number; }
declare module '@stdlib/math-base-special-cos' { export default function cos(x: number): number; }
