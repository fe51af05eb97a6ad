import { decode } from 'fast-png';
import { chromium, type Browser, type Page } from 'playwright-core';
import { ensureChromium } from '../../scripts/chromium.mjs';
import { serveOhif } from '../../scripts/ohif.mjs';

/** What OHIF made of the files it was given. */
export interface OhifView {
  page: Page;
  /** Series in its browser: modality, description, and the number of instances or frames it counts. */
  series(): Promise<{ modality: string; description: string; count: number }[]>;
  /** Double-clicks the series of this modality and waits for its image. */
  open(modality: string): Promise<void>;
  /**
   * Shares of the middle of the viewport (0…1): pixels brighter than 24, and clearly coloured ones (an overlay).
   * `centre`: of the coloured ones, from the middle of the viewport, in heights of the viewport.
   */
  painted(): Promise<{ grey: number; coloured: number; centre: { x: number; y: number } }>;
  /** Names of the segments in its segmentation panel. */
  segments(): Promise<string[]>;
  /** Text in the corners of the viewport. */
  corners(): Promise<string>;
  /** Uncaught exceptions, errors of the console, and error boxes on the page. */
  errors: string[];
  close(): Promise<void>;
}

const ARGS = ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist', '--disable-quic', '--no-first-run', '--disable-background-networking'];
let shared: Promise<{ address: string; browser: Browser; close(): Promise<void> }> | null = null;

async function start() {
  const server = await serveOhif();
  const browser = await chromium.launch({ executablePath: ensureChromium(), args: ARGS });
  return { address: server.address, browser, close: async () => { await browser.close(); await server.close(); } };
}

export async function stopOhif(): Promise<void> {
  const running = shared;
  shared = null;
  await (await running)?.close();
}

/** Opens files in OHIF's basic viewer, as a person would through its "Load files" button. */
export async function openInOhif(files: readonly { name: string; bytes: Uint8Array }[]): Promise<OhifView> {
  shared ??= start();
  const { address, browser } = await shared;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  // The route whose files go straight to the basic viewer; `local` stops at the study list.
  await page.goto(`${address}localbasic`);
  const input = page.locator('input[type=file]').first();
  await input.waitFor({ state: 'attached' });
  await input.setInputFiles(files.map(({ name, bytes }) => ({ name, mimeType: 'application/dicom', buffer: Buffer.from(bytes) })));
  await page.waitForURL(/viewer/, { timeout: 60_000 });
  const pane = page.locator('[data-cy="viewport-pane"]').first();
  await pane.waitFor();

  const painted = async () => {
    const box = await pane.boundingBox();
    if (!box) return { grey: 0, coloured: 0, centre: { x: 0, y: 0 } };
    // The middle only: its corner texts are blue.
    const clip = { x: box.x + box.width * 0.15, y: box.y + box.height * 0.15, width: box.width * 0.7, height: box.height * 0.7 };
    const { data, channels, width, height } = decode(await page.screenshot({ clip }));
    let grey = 0;
    let coloured = 0;
    const sum = { x: 0, y: 0 };
    for (let p = 0; p < width * height; p++) {
      const [r, g, b] = [data[p * channels]!, data[p * channels + 1]!, data[p * channels + 2]!];
      const low = Math.min(r, g, b);
      if (Math.max(r, g, b) - low > 40) {
        coloured++;
        sum.x += (p % width) + 0.5;
        sum.y += Math.floor(p / width) + 0.5;
      } else if (low > 24) grey++;
    }
    const from = (total: number, size: number) => (coloured ? (total / coloured - size / 2) / box.height : 0);
    return { grey: grey / (width * height), coloured: coloured / (width * height), centre: { x: from(sum.x, width), y: from(sum.y, height) } };
  };
  const waitPainted = async () => {
    for (let tries = 0; tries < 60; tries++) {
      if ((await painted()).grey > 0.02) return;
      await page.waitForTimeout(500);
    }
  };
  await waitPainted();

  return {
    page, errors, painted,
    async series() {
      return page.locator('[data-cy^="study-browser-thumbnail"]').evaluateAll((nodes) => nodes.map((node) => {
        const text = (selector: string) => node.querySelector(`[data-cy="${selector}"]`)?.textContent?.trim() ?? '';
        const numbers = /(\d+)\s*$/.exec((node as HTMLElement).innerText.trim());
        return { modality: text('series-modality-label'), description: text('series-description-label'), count: Number(numbers?.[1] ?? 0) };
      }));
    },
    async open(modality) {
      const thumb = page.locator('[data-cy^="study-browser-thumbnail"]').filter({ has: page.locator('[data-cy="series-modality-label"]', { hasText: modality }) }).first();
      await thumb.dblclick();
      await page.waitForTimeout(1000);
      await waitPainted();
    },
    async segments() {
      await page.locator('[data-cy="panelSegmentation-btn"]').click();
      await page.locator('[data-cy="data-row-title"]').first().waitFor({ timeout: 30_000 });
      return page.locator('[data-cy="data-row-title"]').allInnerTexts();
    },
    corners: () => pane.innerText(),
    close: () => context.close(),
  };
}
