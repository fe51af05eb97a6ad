import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, expect, inject } from 'vitest';
import { ensureChromium } from '../../scripts/chromium.mjs';

const ARGS = [
  '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
const browsers = new Map<string, Promise<Browser>>();

/** A browser shared by the tests of a file; `webgpu` adds the software adapter. */
function browserFor(webgpu: boolean): Promise<Browser> {
  const key = String(webgpu);
  let browser = browsers.get(key);
  if (!browser) {
    browser = chromium.launch({ executablePath: ensureChromium(), args: webgpu ? [...ARGS, '--enable-unsafe-webgpu'] : ARGS });
    browsers.set(key, browser);
  }
  return browser;
}

export interface Studio {
  page: Page;
  context: BrowserContext;
  /** Requests that left the studio's own origin. */
  foreign: string[];
  /** Errors of the page's console and uncaught exceptions. */
  errors: string[];
  close(): Promise<void>;
}

/** Opens the built studio in a fresh profile and records what must never happen. `init`: script that runs in the page before all others. */
export async function openStudio(options: { webgpu?: boolean; query?: string; width?: number; height?: number; dark?: boolean; path?: string; init?: string } = {}): Promise<Studio> {
  const address = inject('address');
  const browser = await browserFor(options.webgpu ?? false);
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 }, acceptDownloads: true,
    colorScheme: options.dark === false ? 'light' : 'dark', locale: 'en-GB',
  });
  const foreign: string[] = [];
  const errors: string[] = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (!['blob:', 'data:'].includes(url.protocol) && url.origin !== new URL(address).origin) foreign.push(request.url());
  });
  if (options.init) await context.addInitScript(options.init);
  const page = await context.newPage();
  page.on('websocket', (socket) => foreign.push(socket.url()));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(`${address}${options.path ?? ''}${options.query ? `?${options.query}` : ''}`);
  return { page, context, foreign, errors, close: () => context.close() };
}

/**
 * For a file in which every test opens a studio of its own: gives the function that opens it. After each test it is
 * closed, and what must never happen must not have happened.
 */
export function studioForEachTest(): (options?: Parameters<typeof openStudio>[0]) => Promise<Page> {
  let studio: Studio | null = null;
  afterEach(async () => {
    const { errors, foreign } = studio ?? { errors: [], foreign: [] };
    await studio?.close();
    studio = null;
    expect({ errors, foreign }).toEqual({ errors: [], foreign: [] });
  });
  return async (options) => (studio = await openStudio(options)).page;
}

afterAll(async () => {
  for (const browser of browsers.values()) await (await browser).close();
  browsers.clear();
});
