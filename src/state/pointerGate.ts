/**
 * Work that runs tile by tile rests while a pointer is down: the drag has the machine for itself. Resolves at once when
 * none is down. Off the page (tests in Node) nothing is ever down.
 */
let down = 0;
const waiting = new Set<() => void>();

if (typeof window !== 'undefined') {
  const release = () => {
    down = Math.max(0, down - 1);
    if (down > 0) return;
    for (const go of waiting) go();
    waiting.clear();
  };
  window.addEventListener('pointerdown', () => down++, { capture: true, passive: true });
  window.addEventListener('pointerup', release, { capture: true, passive: true });
  window.addEventListener('pointercancel', release, { capture: true, passive: true });
  window.addEventListener('blur', () => {
    down = 1;
    release();
  });
}

export const pointerUp = (): Promise<void> => (down === 0 ? Promise.resolve() : new Promise((resolve) => waiting.add(resolve)));
