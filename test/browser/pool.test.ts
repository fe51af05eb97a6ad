import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { smallSeries } from '../fixtures/smallSeries';
import { studioForEachTest } from './app';
import { backend, openFiles } from './mainJob';

const open = studioForEachTest();
const SLICES = 5;

interface Seen { readonly name: string; readonly answers: number; readonly ended: boolean }

/** A machine of so many cores, whose page writes down which workers were made, how often they answered and which were ended. */
const machine = (cores: number): string => `
  Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { get: () => ${cores} });
  globalThis.seenWorkers = [];
  globalThis.Worker = class extends Worker {
    constructor(url, options) {
      super(url, options);
      this.seen = { name: options?.name ?? '', answers: 0, ended: false };
      seenWorkers.push(this.seen);
      this.addEventListener('message', () => this.seen.answers++);
    }
    terminate() { this.seen.ended = true; super.terminate(); }
  };`;

/** Enhances a whole small series; SHA-256 of the NIfTI of the result, and the workers that the page made. */
async function run(page: Page): Promise<{ hash: string; threads: string; workers: Seen[] }> {
  await openFiles(page, smallSeries(SLICES));
  const panel = page.getByRole('tabpanel', { name: 'Enhance' });
  await panel.getByRole('radio', { name: /^Series/ }).click();
  await panel.getByRole('button', { name: 'Enhance series' }).click();
  await page.getByText(`Enhanced ${SLICES} slices`).first().waitFor({ timeout: 120_000 });
  const workers = await page.evaluate(() => structuredClone((globalThis as unknown as { seenWorkers: Seen[] }).seenWorkers));
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /NIfTI/ }).click()]);
  const bytes = gunzipSync(new Uint8Array(readFileSync(await download.path())));
  expect(bytes.length).toBeGreaterThan(SLICES * 128 * 96 * 2);
  const threads = await backend(page);
  await page.context().close();
  return { hash: createHash('sha256').update(bytes).digest('hex'), threads, workers };
}

describe('a series on several workers', () => {
  it('four cores: three workers of one thread share the slices and are ended; the bytes are those of one worker', async () => {
    const one = await run(await open({ query: 'backend=wasm', init: machine(2) }));
    expect(one.threads).toBe('WASM, 1 thread');
    expect(one.workers.filter((w) => w.name === 'inference')).toHaveLength(1);
    expect(one.workers.filter((w) => w.name.startsWith('series'))).toEqual([]);

    const several = await run(await open({ query: 'backend=wasm', init: machine(4) }));
    expect(several.threads).toBe('WASM, 3 threads');
    const lanes = several.workers.filter((w) => w.name.startsWith('series'));
    expect(lanes.map((w) => w.name)).toEqual(['series 1', 'series 2', 'series 3']);
    // A worker answers once when it is ready, once when a graph is loaded, then once a run.
    for (const lane of lanes) expect(lane.answers).toBeGreaterThan(2);
    expect(lanes.every((w) => w.ended)).toBe(true);
    expect(several.hash).toBe(one.hash);
  });
});
