import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ensureChromium } from '../../scripts/chromium.mjs';
import { serve } from '../../scripts/serve.mjs';
import { derivedDicom } from '../../src/dicom/write';
import { makeSlice } from '../fixtures/scannerSlices';
import { backend, enhanceSlice, exportDicom, noticeTexts, openFiles, openMrSample } from './mainJob';

const ARGS = ['--no-sandbox', '--no-first-run', '--disable-background-networking'];
const browsers = new Map<string, Promise<Browser>>();

function browser(...args: string[]): Promise<Browser> {
  const key = args.join(' ');
  let running = browsers.get(key);
  if (!running) browsers.set(key, (running = chromium.launch({ executablePath: ensureChromium(), args: [...ARGS, ...args] })));
  return running;
}

async function open(address: string, args: string[] = [], serviceWorkers: 'allow' | 'block' = 'allow') {
  const context = await (await browser(...args)).newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, locale: 'en-GB', serviceWorkers });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(address);
  return { page, context, errors };
}

/** Opens the sample, enhances the slice shown, and gives the exported file. */
async function job(page: Page): Promise<Uint8Array> {
  await openMrSample(page);
  await enhanceSlice(page);
  return (await exportDicom(page)).bytes;
}

/** The 512 × 512 stored values at the end of the exported file. */
const pixels = (file: Uint8Array): Int16Array => new Int16Array(file.slice(file.length - 512 * 512 * 2).buffer);

function largestDifference(a: Int16Array, b: Int16Array): number {
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
  return worst;
}

let undisturbed: Uint8Array;
/** Every stored value is the same. (UIDs, and with them the length, differ: they hang on a key that each session draws.) */
function expectSame(file: Uint8Array): void {
  expect(largestDifference(pixels(file), pixels(undisturbed))).toBe(0);
}

beforeAll(async () => {
  const { page, context } = await open(inject('address'));
  undisturbed = await job(page);
  expect(pixels(undisturbed).some((v) => v > 300)).toBe(true);
  await context.close();
});
afterAll(async () => {
  for (const running of browsers.values()) await (await running).close();
});

/** A worker that ends while it is asked, or is deep in a run, may never answer. */
const soon = <T>(answer: Promise<T>): Promise<T | undefined> =>
  Promise.race([answer.catch(() => undefined), new Promise<undefined>((done) => setTimeout(done, 5000))]);

/** Ends every worker that runs networks, by what `end` does in it, and waits until they are gone. */
async function endInference(page: Page, end: () => void): Promise<void> {
  const closed: Promise<unknown>[] = [];
  for (const worker of page.workers()) {
    const inference = await soon(worker.evaluate(() => self.name === 'inference' || self.name.startsWith('series')));
    if (!inference) continue;
    closed.push(new Promise((done) => worker.once('close', done)));
    await soon(worker.evaluate(end));
  }
  expect(closed.length).toBeGreaterThan(0);
  await Promise.all(closed);
}

describe('recovery, with results equal to an undisturbed run', () => {
  it('the inference worker dies in the middle of a series: it is said, and the next run is whole', async () => {
    const { page, context } = await open(inject('address'));
    await openMrSample(page);
    const panel = page.getByRole('tabpanel', { name: 'Enhance' });
    const choose = async (scale: string) => {
      await panel.getByRole('combobox', { name: 'Model' }).click();
      await page.getByRole('option', { name: new RegExp(`MR ×${scale}`) }).click();
    };
    await choose('4'); // The slow one: a fast machine must not be done before the worker is killed.
    await panel.getByRole('radio', { name: 'Series, 20' }).click();
    await panel.getByRole('button', { name: 'Enhance series' }).click();
    await page.getByRole('button', { name: /Slice \d+, generated/ }).first().waitFor({ timeout: 60_000 });
    await endInference(page, () => void setTimeout(() => { throw new Error('killed by the test'); }));
    // In the middle of a run the job ends and says so; between two runs the next one gets a new worker and nothing is lost.
    const said = async () => `${await noticeTexts(page)} ${await page.getByRole('contentinfo').innerText()}`;
    await expect.poll(said, { timeout: 150_000, interval: 1000 }).toMatch(/worker stopped|Enhanced 20 slices/i);
    await choose('2');
    await panel.getByRole('radio', { name: 'This slice' }).click();
    await panel.getByRole('button', { name: 'Enhance slice' }).click({ timeout: 60_000 });
    await page.getByText(/Enhanced 1 slice/).first().waitFor({ timeout: 60_000 });
    expectSame((await exportDicom(page)).bytes);
    await context.close();
  });

  it('a worker that ends without a word, while it is asked, is noticed long before the time limit of a run', async () => {
    const { page, context } = await open(inject('address'));
    await openMrSample(page);
    const panel = page.getByRole('tabpanel', { name: 'Enhance' });
    await panel.getByRole('radio', { name: 'Series, 20' }).click();
    await panel.getByRole('combobox', { name: 'Model' }).click();
    await page.getByRole('option', { name: /MR ×4/ }).click();
    await panel.getByRole('button', { name: 'Enhance series' }).click();
    await page.getByRole('button', { name: /Slice \d+, generated/ }).first().waitFor({ timeout: 60_000 });
    // Deaf first, so that something is surely waiting for it; then gone, with no error that the page could hear.
    await endInference(page, () => {
      self.onmessage = null;
      setTimeout(() => self.close(), 3_000);
    });
    // The limit is 120 s; without the lock nothing would go on, and nothing be said, before it.
    const generated = () => page.getByRole('button', { name: /Slice \d+, generated/ }).count();
    const before = await generated();
    await expect.poll(async () => (await generated()) > before || /worker stopped/i.test(await noticeTexts(page)), { timeout: 60_000, interval: 500 }).toBe(true);
    const cancel = panel.getByRole('button', { name: 'Cancel' });
    if (await cancel.count()) await cancel.click();
    await panel.getByRole('radio', { name: 'This slice' }).click();
    await panel.getByRole('combobox', { name: 'Model' }).click();
    await page.getByRole('option', { name: /MR ×2/ }).click();
    await panel.getByRole('button', { name: 'Enhance slice' }).click({ timeout: 60_000 });
    await page.getByText(/Enhanced 1 slice/).first().waitFor({ timeout: 60_000 });
    expectSame((await exportDicom(page)).bytes);
    await context.close();
  });

  it('WebGL is absent', async () => {
    const { page, context, errors } = await open(inject('address'), ['--disable-3d-apis']);
    expect(await page.evaluate(() => document.createElement('canvas').getContext('webgl2'))).toBeNull();
    expectSame(await job(page));
    expect(errors).toEqual([]);
    await context.close();
  });

  it('threads are absent: no isolation, no service worker', async () => {
    const plain = await serve({ port: 0, plain: true });
    const { page, context, errors } = await open(plain.address, [], 'block');
    expect(await page.evaluate(() => [crossOriginIsolated, typeof SharedArrayBuffer])).toEqual([false, 'undefined']);
    expectSame(await job(page));
    expect(await backend(page)).toBe('WASM, 1 thread');
    expect(errors).toEqual([]);
    await context.close();
    await plain.close();
  });

  it.each(['no-adapter', 'session-fails'])('WebGPU wished for, but %s: WASM does it and is named', async (what) => {
    const { page, context } = await open(`${inject('address')}?backend=webgpu&softwareGpu&simulate=${what}`, ['--enable-unsafe-webgpu']);
    expectSame(await job(page));
    expect(await backend(page)).toMatch(/^WASM/);
    await context.close();
  });

  it('the graphics device is lost in the middle: the job ends on WASM and says so', async () => {
    // The software adapter is some fifty times slower than WASM, so the slice is small.
    const slice = makeSlice({ width: 40, height: 32 });
    const file = { name: 'small.dcm', bytes: derivedDicom(slice, { softwareVersion: '0.1.0', info: null }).bytes };
    const run = async (query: string) => {
      const { page, context } = await open(`${inject('address')}?${query}`, ['--enable-unsafe-webgpu']);
      await openFiles(page, [file]);
      await page.getByRole('tab', { name: 'Enhance' }).waitFor({ timeout: 60_000 });
      // A blend needs two runs even of one tile: the device goes between them.
      const blend = page.getByRole('tabpanel', { name: 'Enhance' }).getByRole('slider', { name: 'Blend' });
      await expect.poll(() => blend.isEnabled(), { timeout: 60_000 }).toBe(true);
      await blend.press('Shift+ArrowRight');
      await expect.poll(() => blend.inputValue()).toBe('0.1');
      await enhanceSlice(page);
      const result = { ran: await backend(page), notices: await noticeTexts(page), bytes: (await exportDicom(page)).bytes };
      await context.close();
      return result;
    };
    const lost = await run('backend=webgpu&softwareGpu&simulate=device-lost');
    const calm = await run('backend=wasm');
    expect(lost.ran).toMatch(/^WASM/);
    expect(lost.notices).toMatch(/graphics device was lost|WebGPU/i);
    const values = (bytes: Uint8Array) => new Int16Array(bytes.slice(bytes.length - 80 * 64 * 2).buffer);
    // Tiles from before the loss may come from the other backend: at most one grey level.
    expect(largestDifference(values(lost.bytes), values(calm.bytes))).toBeLessThanOrEqual(1);
  });

  it('the storage is full: keeping the studio offline says so, and the main job works', async () => {
    const { page, context } = await open(inject('address'));
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.reload();
    const session = await context.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin, quotaSize: 1_000_000 });
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('menuitem', { name: /Make available offline/ }).click();
    await expect.poll(() => noticeTexts(page), { timeout: 60_000 }).toMatch(/could (not )?be kept/i);
    expectSame(await job(page));
    await context.close();
  });

  it('the tab is reloaded in the middle: nothing is half there, and the same run gives the same file', async () => {
    const { page, context, errors } = await open(inject('address'));
    await openMrSample(page);
    await page.getByRole('tabpanel', { name: 'Enhance' }).getByRole('button', { name: 'Enhance slice' }).click();
    await page.reload();
    expectSame(await job(page));
    expect(errors).toEqual([]);
    await context.close();
  });
});
