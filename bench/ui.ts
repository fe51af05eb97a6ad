/**
 * The interface in the built studio (`npm run build` first): frame times of window/level drag, scrolling and swipe against
 * an idle page in the same run, also with an overlay and while a model runs; drop to first image; first paint; the
 * contact sheet of 10,000 items.
 */
import { chromium, type Page } from 'playwright-core';
import { ensureChromium } from '../scripts/chromium.mjs';
import { serve } from '../scripts/serve.mjs';
import { benchContactSheet } from './contactSheet';

type Gesture = 'idle' | 'drag' | 'wheel' | 'divider';
interface Frames { p50: number; p95: number; worst: number }

/** Times of 240 animation frames while one event a frame is sent to the middle of a viewport. */
function frames(page: Page, gesture: Gesture, name: string): Promise<Frames> {
  return page.evaluate(
    async ({ gesture, name }) => {
      const divider = document.querySelector<HTMLElement>('.swipe-divider');
      if (gesture === 'divider' && !divider) throw new Error('no divider to drag');
      const target = gesture === 'divider' ? divider! : (document.querySelector(`[role="img"][aria-label^="${name}"]`) as HTMLElement);
      const box = target.getBoundingClientRect();
      const hit = gesture === 'divider' ? target : (document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) ?? target);
      // An event made by script has no pointer that could be captured.
      if (gesture === 'divider') Object.assign(hit, { setPointerCapture: () => undefined, hasPointerCapture: () => true });
      const pulled = gesture === 'drag' || gesture === 'divider';
      const places = new Set<string | null>();
      const at = (i: number) => ({ clientX: box.x + box.width / 2 + 60 * Math.sin(i / 9), clientY: box.y + box.height / 2 + 40 * Math.cos(i / 7), bubbles: true, cancelable: true, pointerId: 1, isPrimary: true, button: 0, buttons: 1, pointerType: 'mouse' });
      if (pulled) hit.dispatchEvent(new PointerEvent('pointerdown', at(0)));
      const times: number[] = [];
      let before = await new Promise<number>((done) => requestAnimationFrame(done));
      for (let i = 1; i <= 240; i++) {
        if (pulled) hit.dispatchEvent(new PointerEvent('pointermove', at(i)));
        if (gesture === 'wheel' && i % 2 === 0) hit.dispatchEvent(new WheelEvent('wheel', { ...at(0), deltaY: i % 40 < 20 ? 100 : -100 }));
        const now = await new Promise<number>((done) => requestAnimationFrame(done));
        times.push(now - before);
        if (gesture === 'divider') places.add(hit.getAttribute('aria-valuenow'));
        before = now;
      }
      if (pulled) hit.dispatchEvent(new PointerEvent('pointerup', { ...at(240), buttons: 0 }));
      if (gesture === 'divider' && places.size < 5) throw new Error('the divider did not move');
      times.sort((a, b) => a - b);
      return { p50: times[120]!, p95: times[228]!, worst: times[239]! };
    },
    { gesture, name },
  );
}

const report = (what: string, f: Frames, idle: Frames): void =>
  console.log(`${what.padEnd(46)} p50 ${f.p50.toFixed(1).padStart(5)}  p95 ${f.p95.toFixed(1).padStart(5)}  worst ${f.worst.toFixed(1).padStart(6)} ms   ${(f.p95 / idle.p95).toFixed(2)} × idle page`);

/** Drops the 20 files of the sample on the window; milliseconds until the first slice is named, and until all thumbnails stand. */
function dropToFirstImage(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const names = Array.from({ length: 20 }, (_, i) => `samples/mr-brain/${String(i + 1).padStart(3, '0')}.dcm`);
    const files = await Promise.all(names.map(async (n) => new File([await (await fetch(n)).blob()], n.split('/').pop()!)));
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    const began = performance.now();
    for (const kind of ['dragenter', 'dragover', 'drop']) document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    for (;;) {
      const painted = [...document.querySelectorAll('canvas')].some((canvas) => canvas.width > 200);
      if (painted && document.querySelector('[role="img"][aria-label^="Original"]')) return performance.now() - began;
      await new Promise((done) => requestAnimationFrame(done));
    }
  });
}

export async function run(): Promise<void> {
  const server = await serve({ port: 0 });
  const browser = await chromium.launch({ executablePath: ensureChromium(), args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, serviceWorkers: 'block' });
    const sheet = await context.newPage();
    await sheet.addInitScript('globalThis.__name = (f) => f');
    await sheet.goto(server.address);
    await benchContactSheet(sheet);
    await sheet.close();
    const page = await context.newPage();
    // The TypeScript runner names functions through a helper that the page does not have.
    await page.addInitScript('globalThis.__name = (f) => f');
    await page.addInitScript(() => {
      const seen = globalThis as unknown as { lcp: number; longest: number; what: string };
      seen.lcp = 0;
      seen.longest = 0;
      new PerformanceObserver((list) => { for (const e of list.getEntries()) seen.lcp = e.startTime; }).observe({ type: 'largest-contentful-paint', buffered: true });
      new PerformanceObserver((list) => { 
        for (const e of list.getEntries() as PerformanceEventTiming[]) {
          if (!e.interactionId || e.duration <= seen.longest) continue;
          seen.longest = e.duration;
          seen.what = `${e.name} on ${(e.target as Element | null)?.textContent?.slice(0, 30) || (e.target as Element | null)?.className || 'something gone'}, ${Math.round(e.processingStart - e.startTime)} ms until it was handled, ${Math.round(e.processingEnd - e.processingStart)} ms in its handlers`;
        }
      }).observe({ type: 'event', buffered: true, durationThreshold: 16 } as PerformanceObserverInit);
    });
    await page.goto(server.address);
    await page.waitForTimeout(1500);
    const paint = await page.evaluate(() => ({ first: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN, lcp: (globalThis as unknown as { lcp: number }).lcp }));
    console.log(`first contentful paint ${paint.first.toFixed(0)} ms, largest ${paint.lcp.toFixed(0)} ms (goal ≤ 600)`);
    console.log(`drop of 20 files to first image ${(await dropToFirstImage(page)).toFixed(0)} ms`);
    await page.waitForTimeout(1500);
    const idle = await frames(page, 'idle', 'Original');
    report('idle page (baseline)', idle, idle);
    report('window/level drag, one 256² viewport', await frames(page, 'drag', 'Original'), idle);
    report('scrolling', await frames(page, 'wheel', 'Original'), idle);
    await page.getByRole('button', { name: 'Enhance slice' }).click();
    await page.getByText(/Enhanced 1 slice/).first().waitFor({ timeout: 120_000 });
    report('the same pair at once, while second weights run', await frames(page, 'drag', 'Generated'), idle);
    await page.waitForTimeout(3000); // After the first result the studio runs the weights that the slider may ask for.
    report('window/level drag, 256² beside 512², linked', await frames(page, 'drag', 'Generated'), idle);
    await page.getByRole('radio', { name: 'Swipe' }).click();
    await page.waitForTimeout(300);
    report('divider drag in swipe', await frames(page, 'divider', ''), idle);
    await page.getByRole('radio', { name: 'Side by side' }).click();
    await page.getByRole('tab', { name: 'Explain' }).click();
    const explain = page.getByRole('tabpanel', { name: 'Explain' });
    await explain.getByRole('button', { name: 'Mark' }).click();
    const shown = (await page.getByRole('img', { name: /^Generated/ }).boundingBox())!;
    await page.mouse.click(shown.x + shown.width * 0.5, shown.y + shown.height * 0.6);
    await explain.getByText(/better than random/).first().waitFor({ timeout: 120_000 });
    await page.keyboard.press('Escape'); // Marking ends; the map stays.
    report('window/level drag, saliency overlay', await frames(page, 'drag', 'Original'), idle);
    await page.getByRole('tab', { name: 'Enhance' }).click();
    await page.getByRole('combobox', { name: 'Model' }).click();
    await page.getByRole('option', { name: /MR ×4/ }).click();
    await page.getByRole('radio', { name: 'Series, 20' }).click();
    await page.getByRole('button', { name: 'Enhance series' }).click();
    await page.waitForTimeout(2500);
    report('window/level drag while a model runs', await frames(page, 'drag', 'Original'), idle);
    const longest = await page.evaluate(() => {
      const { longest, what } = globalThis as unknown as { longest: number; what: string };
      return { longest, what };
    });
    console.log(`longest interaction (event timing) ${longest.longest.toFixed(0)} ms (goal ≤ 100): ${longest.what}`);
  } finally {
    await browser.close();
    await server.close();
  }
}
