/** Faster than this (CSS pixels a millisecond) nobody looks at single cards. */
const FAST = 1;
const REST_MS = 120;

let fastAt = 0;
let last = { top: 0, at: 0 };
let timer: ReturnType<typeof setTimeout> | undefined;
const waiting = new Map<() => void, number>();

/** The contact sheet stands at `top` now. */
export function sheetScrolled(top: number): void {
  const at = performance.now();
  if (Math.abs(top - last.top) > FAST * Math.max(1, at - last.at)) fastAt = at;
  last = { top, at };
}

/** Does `job` once it has waited a moment and the sheet does not fly past. Returns how to give it up. */
export function whenStill(job: () => void): () => void {
  waiting.set(job, performance.now());
  timer ??= setTimeout(look, REST_MS);
  return () => waiting.delete(job);
}

function look(): void {
  const now = performance.now();
  timer = undefined;
  if (now - fastAt >= REST_MS) {
    for (const [job, since] of waiting) {
      if (now - since < REST_MS) continue;
      waiting.delete(job);
      job();
    }
  }
  if (waiting.size > 0) timer = setTimeout(look, REST_MS / 2);
}
