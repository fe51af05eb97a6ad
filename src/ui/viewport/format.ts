/** Numbers as they stand on the stage: minus is U+2212. */
export function number(value: number, digits = 0): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** As many digits as say something: 0.0034, 0.86, 12.3, 1204. */
export function figure(value: number): string {
  const size = Math.abs(value);
  return number(value, size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.01 ? 2 : 4);
}
