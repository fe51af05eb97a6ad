/** Longest value of a text VR in characters (PS3.5 table 6.2-1). */
const LONGEST: Record<string, number> = { AE: 16, LO: 64, LT: 10240, PN: 64 * 3 + 2, SH: 16, ST: 1024, UC: 0xfffffffe, UT: 0xfffffffe };
 
const FORM: Record<string, RegExp> = {
  AS: /^\d{3}[DWMY]$/,
  CS: /^[A-Z0-9 _]{0,16}$/,
  DA: /^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/,
  DS: /^(?=.{1,16}$)[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/,
  DT: /^\d{4}(\d{2}){0,5}(\.\d{1,6})?([+-]\d{4})?$/,
  IS: /^[+-]?\d{1,11}$/,
  TM: /^([01]\d|2[0-3])([0-5]\d(([0-5]\d|60)(\.\d{1,6})?)?)?$/,
  UI: /^(?=.{1,64}$)(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/,
};
const CONTROL = /[\x00-\x1f\x7f]/;

/** Whether `text` is a legal value of `vr` (PS3.5 6.2); an empty one is. */
export function isValidText(vr: string, text: string): boolean {
  if (text === '') return true;
  const form = FORM[vr];
  if (form) return form.test(text);
  const longest = LONGEST[vr];
  if (longest === undefined) return Number.isFinite(Number(text));
  if (vr === 'LT' || vr === 'ST' || vr === 'UT') return text.length <= longest;
  return text.length <= longest && !CONTROL.test(text) && !text.includes('\\');
}

/** `text` as a legal LO/SH/CS of at most `longest` characters: control characters and backslashes become spaces. */
export function fitText(text: string, longest: number): string {
  return text.replace(/[\x00-\x1f\x7f\\]+/g, ' ').trim().slice(0, longest).trim();
}
 

/** `text` as a Code String: upper case, letters, digits, space and underscore, at most 16. */
export function codeString(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9 _]+/g, '_').slice(0, 16).trim();
}
