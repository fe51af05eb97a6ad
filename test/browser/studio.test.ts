import dicomParser from 'dicom-parser';
import { decode } from 'fast-png';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { openStudio, type Studio } from './app';
import { backend, enhanceSlice, exportDicom, openMrSample } from './mainJob';

const sample = (n: number) => readFileSync(resolve(import.meta.dirname, `../../public/samples/mr-brain/${String(n).padStart(3, '0')}.dcm`));
const numbers = (text: string | undefined) => (text ?? '').split('\\').map(Number);

/** What a viewport shows: how much of it is not black, and how many pixels have a colour. */
async function painted(page: Page, name: RegExp): Promise<{ width: number; height: number; bright: number; coloured: number }> {
  const box = (await page.getByRole('img', { name }).boundingBox())!;
  // The middle of the viewport, clear of corner texts, legend and border.
  const clip = { x: box.x + box.width * 0.15, y: box.y + box.height * 0.2, width: box.width * 0.6, height: box.height * 0.6 };
  const { data, width, height, channels } = decode(await page.screenshot({ clip }));
  let bright = 0;
  let coloured = 0;
  for (let i = 0; i < width * height; i++) {
    const [r, g, b] = [data[i * channels]!, data[i * channels + 1]!, data[i * channels + 2]!];
    if (r + g + b > 90) bright++;
    if (Math.max(r, g, b) - Math.min(r, g, b) > 40) coloured++;
  }
  return { width, height, bright: bright / (width * height), coloured };
}

describe('the main job: open the sample, enhance, see why, export', () => {
  let studio: Studio;
  beforeAll(async () => {
    studio = await openStudio();
  });
  afterAll(() => studio?.close());

  it('opens the sample at its middle slice with a window in which something is seen', async () => {
    const { page } = studio;
    await openMrSample(page);
    await page.getByRole('img', { name: 'Original, slice 10 of 20' }).waitFor();
    await expect.poll(async () => (await painted(page, /^Original/)).bright).toBeGreaterThan(0.5);
  });

  it('wheel scrolls, left drag changes the window, keys work', async () => {
    const { page } = studio;
    const box = (await page.getByRole('img', { name: /^Original/ }).boundingBox())!;
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    await page.mouse.move(middle.x, middle.y);
    await page.mouse.wheel(0, 120);
    await page.getByRole('img', { name: 'Original, slice 11 of 20' }).waitFor();
    const windowText = async () => /W (\d+) L [−-]?(\d+)/.exec(await page.getByRole('main').innerText())?.[0];
    const before = await windowText();
    await page.mouse.down();
    await page.mouse.move(middle.x + 80, middle.y + 40, { steps: 6 });
    await page.mouse.up();
    await expect.poll(windowText).not.toBe(before);
    await page.keyboard.press('Home');
    await page.getByRole('img', { name: 'Original, slice 1 of 20' }).waitFor();
    await page.keyboard.press('End');
    await page.getByRole('img', { name: 'Original, slice 20 of 20' }).waitFor();
    for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowUp');
    await page.getByRole('img', { name: 'Original, slice 10 of 20' }).waitFor();
    await page.keyboard.press('Space');
    await expect.poll(windowText).toBe(before);
  });

  it('enhances and names the backend that ran; both sides are painted', async () => {
    const { page } = studio;
    await enhanceSlice(page);
    expect(await backend(page)).toMatch(/^WASM, \d+ threads?$/);
    await expect.poll(async () => (await painted(page, /^Generated/)).bright).toBeGreaterThan(0.5);
    expect((await painted(page, /^Original/)).bright).toBeGreaterThan(0.5);
    const text = await page.getByRole('main').innerText();
    expect(text).toContain('256 × 256');
    expect(text).toContain('512 × 512');
  });

  it('shows the exact input gradient of a marked region over the original', async () => {
    const { page } = studio;
    expect((await painted(page, /^Original/)).coloured).toBe(0);
    await page.getByRole('tab', { name: 'Explain' }).click();
    const panel = page.getByRole('tabpanel', { name: 'Explain' });
    await panel.getByRole('combobox', { name: 'Method' }).click();
    await page.getByRole('option', { name: /^Gradient/ }).click();
    await panel.getByRole('button', { name: 'Mark' }).click();
    const box = (await page.getByRole('img', { name: /^Generated/ }).boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5 + 40, box.y + box.height * 0.5 + 40, { steps: 4 });
    await page.mouse.up();
    await expect.poll(async () => (await painted(page, /^Original/)).coloured, { timeout: 60_000 }).toBeGreaterThan(60);
    await expect.poll(() => panel.innerText(), { timeout: 90_000 }).toMatch(/\d+ %\s+better than random/);
  });

  it('exports DICOM: rows doubled, Pixel Spacing halved, position by the half-pixel rule, 16 bits, SYNTHETIC', async () => {
    const { page } = studio;
    await page.getByRole('tab', { name: 'Enhance' }).click();
    const { bytes } = await exportDicom(page);
    const made = dicomParser.parseDicom(bytes);
    const source = Array.from({ length: 20 }, (_, i) => dicomParser.parseDicom(sample(i + 1))).find((s) => s.string('x00080018') === made.elements.x00082112?.items?.[0]?.dataSet?.string('x00081155'));
    const reference = source ?? nearest(made);
    expect(made.uint16('x00280010')).toBe(512);
    expect(made.uint16('x00280011')).toBe(512);
    expect(made.uint16('x00280100')).toBe(16);
    const spacing = numbers(reference.string('x00280030'));
    numbers(made.string('x00280030')).forEach((v, i) => expect(v).toBeCloseTo(spacing[i]! / 2, 6));
    const iop = numbers(reference.string('x00200037'));
    const ipp = numbers(reference.string('x00200032'));
    numbers(made.string('x00200032')).forEach((v, i) => expect(v).toBeCloseTo(ipp[i]! - 0.25 * (spacing[1]! * iop[i]! + spacing[0]! * iop[3 + i]!), 3));
    expect(made.string('x0008001c')).toBe('YES');
    expect(made.string('x00080008')).toMatch(/^DERIVED\\SECONDARY/);
    expect(made.string('x0008103e')).toMatch(/^SYNTHETIC/);
    const pixels = new Int16Array(bytes.slice(made.elements.x7fe00010!.dataOffset).buffer, 0, 512 * 512);
    expect(new Set(pixels).size).toBeGreaterThan(256);
  });

  it('exports PNG', async () => {
    const { page } = studio;
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /^PNG/ }).first().click()]);
    const png = decode(readFileSync(await download.path()));
    expect([png.width, png.height]).toEqual([512, 512]);
  });

  it('did all of it without an error and without leaving this origin', () => {
    expect(studio.errors).toEqual([]);
    expect(studio.foreign).toEqual([]);
  });
});

/** The sample slice in whose plane the exported one lies (de-identified exports refer to no original UID). */
function nearest(made: dicomParser.DataSet): dicomParser.DataSet {
  const z = numbers(made.string('x00200032'))[2]!;
  return Array.from({ length: 20 }, (_, i) => dicomParser.parseDicom(sample(i + 1))).sort((a, b) => Math.abs(numbers(a.string('x00200032'))[2]! - z) - Math.abs(numbers(b.string('x00200032'))[2]! - z))[0]!;
}
