/**
 * Transcendental functions whose every bit is the same in every JavaScript engine: pure-JavaScript ports of
 * FreeBSD's msun. Math.exp and the like may differ in the last bit between V8 builds, and a recipe promises bytes.
 */
import stdExp from '@stdlib/math-base-special-exp';
import stdLn from '@stdlib/math-base-special-ln';
import stdPow from '@stdlib/math-base-special-pow';
import stdSin from '@stdlib/math-base-special-sin';
import stdCos from '@stdlib/math-base-special-cos';

export const exp: (x: number) => number = stdExp;
export const ln: (x: number) => number = stdLn;
export const pow: (x: number, y: number) => number = stdPow;
export const sin: (x: number) => number = stdSin;
export const cos: (x: number) => number = stdCos;
const LN10 = 2.302585092994046;
export const log10 = (x: number): number => stdLn(x) / LN10;
