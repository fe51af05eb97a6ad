import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureChromium } from '../../scripts/chromium.mjs';
import { serveTestPage } from './testPage';
import type { Agreement } from './pages/agree';


/** Every graph of every shipped model on WebGPU (Chromium's software adapter) against WASM, in the same worker code. */
describe('WebGPU computes what WASM computes', { timeout: 900_000 }, () => {
  let server: Awaited<ReturnType<typeof serveTestPage>>;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await serveTestPage('agree');
    // A software adapter on a busy machine can take longer over one run than the watchdog's ten seconds.
    browser = await chromium.launch({ executablePath: ensureChromium(), args: ['--no-sandbox', '--enable-unsafe-webgpu', '--disable-gpu-watchdog', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
    page = await browser.newPage();
    await page.goto(server.address);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const run = (tasks: string[]): Promise<Agreement[]> => page.evaluate((t) => (globalThis as unknown as { agree(tasks: string[]): Promise<Agreement[]> }).agree(t), tasks);
  function expectAgreement(results: Agreement[]): void {
    for (const { graph, ran, reason, difference } of results) {
      console.log(`${graph}: ${difference.toPrecision(2)} of the difference allowed`);
      expect(ran, `${graph}: ${reason}`).toEqual(['webgpu', 'wasm']);
      expect(difference, graph).toBeLessThanOrEqual(1);
    }
  }

  it('super-resolution and its gradients', async () => {
    const results = await run(['super-resolution']);
    expect(results.length).toBeGreaterThan(0);
    expectAgreement(results);
  });

  it('segmentation and realism', async () => {
    expectAgreement(await run(['segmentation', 'realism']));
  });

  it('lesion insertion and removal', async () => {
    expectAgreement(await run(['lesion-insert', 'lesion-remove']));
  });
});
