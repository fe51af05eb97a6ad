import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureChromium } from '../../scripts/chromium.mjs';
import { serveTestPage } from './testPage';
import { parseRecipe, type RecipeInput } from '../../src/dataset/recipe';
import { createNodeInfer } from '../../src/inference/node';
import { loadManifest } from '../../src/models';
import { buildDataset, makeModelSteps } from '../../src/pipeline/buildDataset';
import { createMemorySink } from '../../src/storage/memorySink';
import { ALL_STEPS, WITH_MODEL } from '../fixtures/datasetRecipes';
import { makeDatasetSource } from '../fixtures/datasetSources';
import type { PageResult } from './pages/dataset';

const root = resolve(import.meta.dirname, '../..');
type Scope = { build(folder: string, recipe: RecipeInput, hangAt?: number): Promise<PageResult>; list(folder: string): Promise<string[]>; hanging: boolean };

/** The same recipe in Node. */
async function inNode(recipe: RecipeInput): Promise<{ hash: string | null; files: string[] }> {
  const sources = ['P1', 'P2'].map((p) => makeDatasetSource(p));
  const models = await loadManifest(async (name) => new Uint8Array(await readFile(resolve(root, 'public/models', name))));
  const engine = { infer: createNodeInfer(models), models, softwareVersion: '0.1.0' };
  const sink = createMemorySink();
  const { contentSha256 } = await buildDataset({ recipe: parseRecipe(recipe), sources, key: new Uint8Array(32).fill(6), softwareVersion: '0.1.0', models, runModel: makeModelSteps(sources, engine) }, { sink });
  return { hash: contentSha256, files: [...sink.files].map(([path, bytes]) => `${path} ${bytes.length}`).sort() };
}

describe('a set built in the browser', () => {
  let server: Awaited<ReturnType<typeof serveTestPage>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    server = await serveTestPage('dataset');
    browser = await chromium.launch({ executablePath: ensureChromium(), args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
    context = await browser.newContext();
    page = await context.newPage();
    await page.goto(server.address);
    await page.waitForFunction(() => 'build' in globalThis);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const run = (folder: string, recipe: RecipeInput, hangAt?: number): Promise<PageResult> => page.evaluate(([f, r, at]) => (globalThis as unknown as Scope).build(f, r, at), [folder, recipe, hangAt] as const);
  const list = (folder: string): Promise<string[]> => page.evaluate((f) => (globalThis as unknown as Scope).list(f), folder);

  it('has the bytes that Node gives: every step, every format', async () => {
    const here = await run('all', ALL_STEPS);
    const there = await inNode(ALL_STEPS);
    expect(here).toMatchObject({ error: null, made: 18, hash: there.hash });
    expect((await list('all')).sort()).toEqual(there.files);
  });

  it('has the bytes that Node gives: with a model on WASM', async () => {
    const here = await run('model', WITH_MODEL);
    expect(here).toMatchObject({ error: null, hash: (await inNode(WITH_MODEL)).hash });
  });

  it('goes on after reloads in the middle, without doing work twice', async () => {
    const whole = await list('all');
    // Each time the page goes while a file is half written: the plan, a file of an item, or its entry in the journal.
    for (const write of [1, 7, 33]) {
      void run('reloaded', ALL_STEPS, write).catch(() => undefined);
      await page.waitForFunction(() => (globalThis as unknown as Scope).hanging);
      await page.reload();
      await page.waitForFunction(() => 'build' in globalThis);
    }
    const rest = await run('reloaded', ALL_STEPS);
    expect(rest.error, JSON.stringify(rest)).toBeNull();
    expect(rest.alreadyDone).toBeGreaterThan(0);
    expect(rest.made).toBeGreaterThan(0);
    expect(rest.made + rest.alreadyDone).toBe(18);
    expect(await list('reloaded')).toEqual(whole);
    expect(await run('reloaded', ALL_STEPS)).toMatchObject({ made: 0, alreadyDone: 18, hash: rest.hash });
  });

  it('names a full disk, leaves nothing half-written, and goes on when there is room', async () => {
    const session = await context.newCDPSession(page);
    const origin = new URL(server.address).origin;
    const { usage } = await page.evaluate(async () => ({ usage: (await navigator.storage.estimate()).usage ?? 0 }));
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 60_000 });
    expect((await run('full', ALL_STEPS)).error).toBe('storage/full');
    const sizes = new Map((await list('all')).map((line) => line.split(' ') as [string, string]));
    for (const line of await list('full')) {
      const [path, size] = line.split(' ') as [string, string];
      expect(size, path).toBe(sizes.get(path));
    }
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    expect(await run('full', ALL_STEPS)).toMatchObject({ error: null, hash: (await run('all', ALL_STEPS)).hash });
  });
});
