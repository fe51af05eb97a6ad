import type { Page } from 'playwright-core';

export interface Step {
  /** Frames until each side had changed; -1 where it did not change at all. */
  readonly lags: readonly number[];
  /** Correlation of the two pictures, once both stand still. */
  readonly agreement: number;
}

/**
 * Sends `count` events to the first viewport, one after the other, and says for each in which frame after it the picture
 * on either side changed. Looked at are the painted canvases themselves, after every frame, reduced to 24 × 24: as the
 * two sides show one place in millimetres, they are alike whatever their matrices are.
 */
export function scriptedEvents(page: Page, count: number): Promise<Step[]> {
  return page.evaluate(async (total) => {
    const target = document.querySelector<HTMLElement>('[data-cell="original"]')!;
    const small = [0, 1].map(() => {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 24;
      return canvas.getContext('2d', { willReadFrequently: true })!;
    });
    const look = (side: number): number[] => {
      const canvas = document.querySelectorAll<HTMLCanvasElement>('[data-cell] .slice-canvas canvas')[side]!;
      const context = small[side]!;
      context.imageSmoothingQuality = 'high';
      context.clearRect(0, 0, 24, 24);
      context.drawImage(canvas, 0, 0, 24, 24);
      return [...context.getImageData(0, 0, 24, 24).data].filter((_, i) => i % 4 === 0);
    };
    // After the frame: every callback of it has run, so neither side is looked at half way.
    const frame = () => new Promise<void>((done) => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done();
      port2.postMessage(0);
    }));
    const differs = (a: number[], b: number[]) => a.some((v, i) => v !== b[i]);
    const correlation = (a: number[], b: number[]) => {
      const mean = (v: number[]) => v.reduce((s, x) => s + x, 0) / v.length;
      const [ma, mb] = [mean(a), mean(b)];
      let [ab, aa, bb] = [0, 0, 0];
      a.forEach((v, i) => {
        ab += (v - ma) * (b[i]! - mb);
        aa += (v - ma) ** 2;
        bb += (b[i]! - mb) ** 2;
      });
      return aa && bb ? ab / Math.sqrt(aa * bb) : Number(aa === bb);
    };
    const box = target.getBoundingClientRect();
    const at = (dx: number, dy: number) => ({ clientX: box.left + box.width / 2 + dx, clientY: box.top + box.height / 2 + dy, bubbles: true, cancelable: true, pointerId: 1, pointerType: 'mouse', isPrimary: true });
    const wheel = (deltaY: number, ctrlKey = false) => target.dispatchEvent(new WheelEvent('wheel', { ...at(40, 30), deltaY, ctrlKey }));
    const key = (name: string) => window.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));
    // A pointer made by script cannot be captured.
    target.setPointerCapture = () => undefined;
    const drag = (button: number, dx: number, dy: number) => {
      target.dispatchEvent(new PointerEvent('pointerdown', { ...at(0, 0), button, buttons: 1 }));
      target.dispatchEvent(new PointerEvent('pointermove', { ...at(dx, dy), button: -1, buttons: 1 }));
      target.dispatchEvent(new PointerEvent('pointerup', { ...at(dx, dy), button, buttons: 0 }));
    };
    const events: (() => void)[] = [
      () => wheel(100), () => wheel(-240, true), () => drag(0, 40, 12), () => wheel(100), () => drag(1, 21, -13),
      () => key('i'), () => wheel(-100), () => drag(2, 0, -30), () => key('i'), () => key('h'),
      () => wheel(240, true), () => drag(1, -21, 13), () => wheel(-100), () => key('r'), () => drag(0, -40, -12),
      () => key('h'), () => key('r'), () => key('ArrowDown'), () => key('ArrowUp'), () => key(' '),
    ];
    const steps: Step[] = [];
    for (let n = 0; n < total; n++) {
      let before = [look(0), look(1)];
      const lags = [-1, -1];
      events[n % events.length]!();
      let still = 0;
      for (let f = 1; f <= 40 && still < 2; f++) {
        await frame();
        const now = [look(0), look(1)];
        let moved = false;
        for (const side of [0, 1]) {
          if (!differs(now[side]!, before[side]!)) continue;
          moved = true;
          if (lags[side] === -1) lags[side] = f;
        }
        before = now;
        still = moved || lags.includes(-1) ? 0 : still + 1;
      }
      steps.push({ lags, agreement: correlation(before[0]!, before[1]!) });
    }
    return steps;
  }, count);
}
