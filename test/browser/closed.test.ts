import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openClosed, type ClosedStudio } from './closedBrowser';
import { enhanceSlice, exportDicom, openMrSample } from './mainJob';

describe('closed to the outside', () => {
  let studio: ClosedStudio;
  beforeAll(async () => {
    studio = await openClosed(inject('address'));
  });
  afterAll(() => studio?.close());

  it('does the whole main job with no request to another origin, no violation of the policy and no console error', async () => {
    const { page, proxy, foreign, errors } = studio;
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await openMrSample(page);
    await enhanceSlice(page);
    const file = await exportDicom(page);
    expect(new TextDecoder('latin1').decode(file.bytes.subarray(128, 132))).toBe('DICM');
    await page.reload();
    await openMrSample(page);
    expect(foreign).toEqual([]);
    expect(proxy.outside).toEqual([]);
    expect(proxy.violations).toEqual([]);
    expect(errors).toEqual([]);
    expect(proxy.inside()).toBeGreaterThan(20);
  });

  it('would have noticed: what is refused is refused, and each way of noticing works', async () => {
    const { page, proxy, foreign } = studio;
    const seen = { proxy: proxy.violations.length, foreign: foreign.length };
    const outcome = await page.evaluate(async () => {
      const attempt = async (what: () => unknown) => {
        try {
          await what();
          return 'done';
        } catch (error) {
          return (error as Error).name;
        }
      };
      return {
        fetch: await attempt(() => fetch('http://verisim-egress.invalid/a')),
        socket: await attempt(() => new Promise((open, fail) => { const s = new WebSocket('ws://verisim-egress.invalid/'); s.onopen = open; s.onerror = () => fail(new TypeError()); })),
        html: await attempt(() => { document.createElement('div').innerHTML = '<b>x</b>'; }),
        worker: await attempt(() => new Worker('data:text/javascript,1')),
        code: await attempt(() => (0, eval)('1')),
        peer: await attempt(() => new (globalThis as unknown as { RTCPeerConnection: new () => unknown }).RTCPeerConnection()),
      };
    });
    expect(outcome).toEqual({ fetch: 'TypeError', socket: expect.stringMatching(/Error/), html: 'TypeError', worker: 'TypeError', code: 'EvalError', peer: 'TypeError' });
    const image = await page.evaluate(() => new Promise((done) => { const img = new Image(); img.onload = () => done('loaded'); img.onerror = () => done('refused'); img.src = 'http://verisim-egress.invalid/b.png'; }));
    expect(image).toBe('refused');
    await expect.poll(() => proxy.violations.length).toBeGreaterThan(seen.proxy);
    expect(foreign.length).toBeGreaterThan(seen.foreign);
    // The policy stands before the network: nothing of this reached the proxy.
    expect(proxy.outside).toEqual([]);
  });

  it('a request that the policy does not see would reach the proxy and be logged', async () => {
    const { context, proxy } = studio;
    const plain = await context.newPage();
    await plain.goto('http://verisim-egress.invalid/').catch(() => undefined);
    expect(proxy.outside.some((url) => url.includes('verisim-egress.invalid'))).toBe(true);
    await plain.close();
  });
});
