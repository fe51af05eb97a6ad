import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openReviewOf } from '../test/browser/reviewPage';
import { writeLargeSet } from '../test/fixtures/largeSet';

interface Scrolled { readonly times: number[]; readonly nodes: number }

/** Times of `count` frames on the sheet of 10,000 items; `step` moves it before each, and the page is left to itself where there is none. */
function frames(page: Page, step: 'idle' | 'wheel' | 'jump', count = 240): Promise<Scrolled> {
  return page.evaluate(
    async ({ step, count }) => {
      const list = document.querySelector('.contact-sheet') as HTMLElement;
      const times: number[] = [];
      let nodes = 0;
      let before = await new Promise<number>((done) => requestAnimationFrame(done));
      for (let i = 1; i <= count; i++) {
        if (step === 'wheel') list.scrollTop += i <= count / 2 ? 120 : -120;
        if (step === 'jump') list.scrollTop = ((i * 37) % count / count) * (list.scrollHeight - list.clientHeight);
        const now = await new Promise<number>((done) => requestAnimationFrame(done));
        times.push(now - before);
        before = now;
        nodes = Math.max(nodes, list.querySelectorAll('*').length);
      }
      return { times: times.sort((a, b) => a - b), nodes };
    },
    { step, count },
  );
}

/** Milliseconds from a key to the frame that shows the next item, the median of 20. */
function keyTime(page: Page, key: string): Promise<number> {
  return page.evaluate(async (key) => {
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[10]!;
  }, key);
}

/** The contact sheet of 10,000 items: frame times while it scrolls, against the same page at rest; its elements; a decision. */
export async function benchContactSheet(page: Page): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'verisim-bench-'));
  try {
    await writeLargeSet(folder, 10_000);
    const start = performance.now();
    await openReviewOf(page, folder);
    console.log(`contact sheet of 10,000 items open ${(performance.now() - start).toFixed(0)} ms after the menu`);
    await page.waitForTimeout(1500);
    const idle = await frames(page, 'idle');
    const row = (what: string, { times, nodes }: Scrolled): void => {
      const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
      console.log(`${what.padEnd(46)} p50 ${at(0.5).toFixed(1).padStart(5)}  p95 ${at(0.95).toFixed(1).padStart(5)}  worst ${at(1).toFixed(1).padStart(6)} ms   ${(at(0.95) / idle.times[Math.floor(0.95 * idle.times.length)]!).toFixed(2)} × at rest, ${nodes} elements`);
    };
    row('contact sheet of 10,000, at rest', idle);
    row('contact sheet of 10,000, scrolling', await frames(page, 'wheel'));
    row('contact sheet of 10,000, jumping to and fro', await frames(page, 'jump'));
    console.log(`contact sheet of 10,000: a decision by key to the next frame ${(await keyTime(page, 'a')).toFixed(0)} ms (two frames at rest ${(2 * idle.times[120]!).toFixed(0)} ms)`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
