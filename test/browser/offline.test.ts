import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ensureChromium } from '../../scripts/chromium.mjs';
import { serve } from '../../scripts/serve.mjs';
import { backend, enhanceSlice, exportDicom, noticeTexts, openMrSample } from './mainJob';

let browser: Promise<Browser> | null = null;
const start = () => (browser ??= chromium.launch({ executablePath: ensureChromium(), args: ['--no-sandbox', '--no-first-run', '--disable-background-networking'] }));
let running: { close(): Promise<void> } | null = null;

async function open(options: { plain?: boolean; dist?: string; dev?: boolean } = {}) {
  const server = await serve({ port: 0, ...options });
  running = server;
  const context = await (await start()).newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, locale: 'en-GB' });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(server.address);
  return { server, context, page, errors };
}

afterEach(async () => {
  await running?.close().catch(() => undefined); // The test may have stopped it.
  running = null;
});
afterAll(async () => {
  await (await browser)?.close();
});

describe('without a server', () => {
  it('the whole main job works after "Make available offline" and the end of the server, also in a new tab', async () => {
    const { server, context, page, errors } = await open();
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('menuitem', { name: /Make available offline/ }).click();
    await expect.poll(() => page.evaluate(async () => {
      const [name] = (await caches.keys()).filter((n) => n.startsWith('verisim-'));
      const kept = (await (await caches.open(name!)).keys()).map((r) => new URL(r.url).pathname);
      return [kept.some((p) => p.endsWith('.onnx')), kept.some((p) => p.endsWith('.wasm')), kept.some((p) => p.endsWith('020.dcm'))].every(Boolean);
    }), { timeout: 120_000, interval: 500 }).toBe(true);
    // All of it: the menu no longer offers it.
    await expect.poll(async () => {
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Menu' }).click();
      return page.getByRole('menuitem', { name: /Make available offline/ }).count();
    }, { timeout: 60_000, interval: 1000 }).toBe(0);
    await server.close();
    running = null;

    const second = await context.newPage();
    second.on('pageerror', (error) => errors.push(String(error)));
    await second.goto(server.address);
    expect(await second.evaluate(() => crossOriginIsolated)).toBe(true);
    await openMrSample(second);
    await enhanceSlice(second);
    const file = await exportDicom(second);
    expect(file.bytes.length).toBeGreaterThan(512 * 512 * 2);
    expect(errors).toEqual([]);
    await context.close();
  });

  it('what was not kept is named, not hung on', async () => {
    const { server, context, page } = await open();
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.reload();
    await server.close();
    running = null;
    await page.reload();
    await page.getByRole('button', { name: 'Open sample MR brain' }).click();
    await expect.poll(() => noticeTexts(page), { timeout: 30_000 }).toMatch(/samples.index.json|mr-brain|504|offline/i);
    await context.close();
  });
});

describe('a host that sends no headers', () => {
  it('is isolated after one reload, which is offered and not forced', async () => {
    const { context, page } = await open({ plain: true });
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await expect.poll(() => noticeTexts(page), { timeout: 30_000 }).toContain('Models run on one thread here.');
    await page.getByRole('button', { name: /^\d+ notices?$/ }).click();
    await page.getByRole('button', { name: 'Reload', exact: true }).click();
    await expect.poll(() => page.evaluate(() => crossOriginIsolated).catch(() => false), { timeout: 30_000 }).toBe(true);
    await openMrSample(page);
    await enhanceSlice(page);
    await context.close();
  });

  it('works before that reload too, on one thread', async () => {
    const { context, page } = await open({ plain: true });
    await openMrSample(page);
    await enhanceSlice(page);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    expect(await backend(page)).toBe('WASM, 1 thread');
    await context.close();
  });
});

describe('a new version', () => {
  it('is offered while the old one goes on, and taken only when asked for', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'verisim-update-'));
    cpSync(resolve(process.env.VERISIM_DIST ?? resolve(import.meta.dirname, '../../dist')), copy, { recursive: true });
    for (const packed of ['sw.js.br', 'sw.js.gz']) rmSync(join(copy, packed), { force: true });
    const { context, page } = await open({ dist: copy, dev: true });
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.reload();
    await openMrSample(page);
    const names = () => page.evaluate(async () => (await caches.keys()).filter((n) => n.startsWith('verisim-')));
    const [before] = await names();

    const script = readFileSync(join(copy, 'sw.js'), 'utf8');
    const version = before!.replace('verisim-', '');
    expect(script).toContain(version);
    writeFileSync(join(copy, 'sw.js'), script.replaceAll(version, 'f00dfeedf00d'));
    await page.evaluate(() => navigator.serviceWorker.getRegistration().then((r) => r!.update().then(() => undefined)));
    await expect.poll(() => noticeTexts(page), { timeout: 30_000 }).toContain('A new version is ready.');
    // Nothing was taken away: the sample is still on the stage, and the old cache is still there.
    await page.getByRole('tab', { name: 'Enhance' }).waitFor();
    expect(await names()).toContain(before);

    await page.getByRole('button', { name: /^\d+ notices?$/ }).click();
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Reload with it' }).click()]);
    await expect.poll(() => names().catch(() => []), { timeout: 30_000 }).toEqual(['verisim-f00dfeedf00d']);
    await context.close();
    rmSync(copy, { recursive: true, force: true });
  });
});
