import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openClosed, type ClosedStudio } from './closedBrowser';
import { derivedDicom } from '../../src/dicom/write';
import { makeSlice } from '../fixtures/scannerSlices';
import { enhanceSlice, exportDicom, openFiles, openMrSample } from './mainJob';

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
    await page.getByRole('tab', { name: 'Dataset' }).click();
    await page.getByRole('combobox', { name: 'Recipe' }).click();
    await page.getByRole('option', { name: 'Classical' }).click();
    await page.getByRole('textbox', { name: 'Copies a slice' }).fill('1');
    await page.getByRole('radio', { name: 'ZIP' }).click();
    const set = page.waitForEvent('download', { timeout: 120_000 });
    await page.getByRole('button', { name: 'Build 40 images' }).click({ timeout: 60_000 });
    expect((await set).suggestedFilename()).toBe('classical.zip');
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

  it('text of a DICOM file is text, never markup', async () => {
    const { page, errors, foreign } = studio;
    const attack = '<img src=x onerror=document.title=1>';
    const slice = makeSlice({ attributes: { '00100010': { vr: 'PN', Value: [attack] }, '00081030': { vr: 'LO', Value: [attack] }, '00204000': { vr: 'LT', Value: [`${attack}<script>document.title=1</script>`] } } });
    const seen = { errors: errors.length, foreign: foreign.length };
    await page.goto(new URL('/', page.url()).href);
    const title = await page.title();
    await openFiles(page, [{ name: `${attack}.dcm`, bytes: derivedDicom(slice, { softwareVersion: '0.1.0', info: null, seriesDescription: attack }).bytes }]);
    await page.getByRole('tab', { name: 'Enhance' }).waitFor({ timeout: 60_000 });
    await page.getByText(attack).first().waitFor();
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(await page.title()).toBe(title);
    expect(errors.slice(seen.errors)).toEqual([]);
    expect(foreign.slice(seen.foreign)).toEqual([]);
  });
});
