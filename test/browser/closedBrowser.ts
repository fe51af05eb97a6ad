import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { ensureChromium } from '../../scripts/chromium.mjs';
import { startEgressProxy, type EgressProxy } from './egressProxy';

/** A browser whose every request passes a logging proxy, with everything recorded that must never happen. */
export interface ClosedStudio {
  page: Page;
  context: BrowserContext;
  browser: Browser;
  proxy: EgressProxy;
  /** Requests to another origin as the browser itself reports them, WebSockets, and peer connections. */
  foreign: string[];
  /** Errors of the console and uncaught exceptions. */
  errors: string[];
  close(): Promise<void>;
}

const ARGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-features=AutofillServerCommunication,OptimizationHints,MediaRouter,Translate,HttpsUpgrades'];

/** Opens the studio at `address` behind the proxy. The browser is its own and ends with `close`. */
export async function openClosed(address: string, options: { args?: string[]; serviceWorkers?: 'allow' | 'block' } = {}): Promise<ClosedStudio> {
  const proxy = await startEgressProxy(address);
  const browser = await chromium.launch({ executablePath: ensureChromium(), args: [...ARGS, ...(options.args ?? [])] });
  // The proxy of the context takes the page, its workers and the service worker, and not what Chromium itself asks for.
  const context = await browser.newContext({ proxy: { server: proxy.address, bypass: '<-loopback>' }, viewport: { width: 1440, height: 900 }, acceptDownloads: true, locale: 'en-GB', serviceWorkers: options.serviceWorkers ?? 'allow' });
  const foreign: string[] = [];
  const errors: string[] = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (!['blob:', 'data:'].includes(url.protocol) && url.origin !== new URL(address).origin) foreign.push(request.url());
  });
  await context.exposeBinding('__leak', (_source, what: string) => void foreign.push(what));
  await context.addInitScript(() => {
    // Neither policy nor proxy stops WebRTC, so its mere use counts.
    const leak = (globalThis as unknown as { __leak: (what: string) => void }).__leak;
    for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport'] as const) {
      if (name in globalThis) Object.defineProperty(globalThis, name, { get: () => void leak(name) });
    }
    addEventListener('securitypolicyviolation', (event) => leak(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  const page = await context.newPage();
  page.on('websocket', (socket) => foreign.push(socket.url()));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(address);
  return { page, context, browser, proxy, foreign, errors, close: async () => { await browser.close(); await proxy.close(); } };
}
