import { readFileSync } from 'node:fs';
import dicomParser from 'dicom-parser';
import { unzipSync } from 'fflate';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { studioForEachTest } from './app';

const open = studioForEachTest();

/** Pixels of the segment in the SEG of "Export with mask". */
async function labelledPixels(page: Page): Promise<number> {
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: 60_000 }), page.getByRole('button', { name: 'Export with mask' }).click()]);
  const files = unzipSync(new Uint8Array(readFileSync(await download.path())));
  for (const bytes of Object.values(files)) {
    const set = dicomParser.parseDicom(bytes);
    if (set.string('x00080060') !== 'SEG') continue;
    const { dataOffset, length } = set.elements.x7fe00010!;
    return bytes.subarray(dataOffset, dataOffset + length).reduce((n, byte) => n + byte.toString(2).replaceAll('0', '').length, 0);
  }
  throw new Error('no SEG in the ZIP');
}

/** A proposed nodule in the sample CT; the panel of the lesion tool. */
async function addNodule(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Open sample CT chest' }).click();
  await page.getByRole('tab', { name: 'Lesion' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Lesion' });
  await panel.getByRole('button', { name: 'Propose' }).click({ timeout: 60_000 });
  await panel.getByRole('button', { name: 'Add lesion' }).click({ timeout: 60_000 });
  return panel;
}

describe('the lesion that is there follows the sliders', () => {
  it('contrast and rim: variations too, and the exported label ends inside the painted mask', async () => {
    const page = await open();
    const panel = await addNodule(page);
    const meanInside = async () => Number(/Mean inside, ring\s*([−\d]+)/.exec(await panel.innerText())?.[1]?.replace('−', '-'));
    const slide = async (name: string, keys: readonly string[]) => {
      await panel.getByRole('slider', { name }).focus();
      for (const key of keys) await page.keyboard.press(key);
    };
    const pick = (seed: number) => page.getByRole('button', { name: `Seed ${seed}`, exact: true }).click({ timeout: 60_000 });
    await pick(3);
    await expect.poll(meanInside).not.toBeNaN();
    const before = await meanInside(), whole = await labelledPixels(page);

    await slide('Contrast', Array<string>(6).fill('Shift+ArrowLeft'));
    await expect.poll(meanInside, { timeout: 30_000 }).toBeLessThan(before - 20);
    const fainter = await meanInside();
    await pick(4);
    await expect.poll(meanInside, { timeout: 30_000 }).not.toBe(fainter);
    await pick(3);
    await expect.poll(meanInside, { timeout: 30_000 }).toBe(fainter);

    await slide('Rim outside the label', ['ArrowRight', 'ArrowRight']);
    await expect.poll(() => labelledPixels(page), { timeout: 60_000 }).toBeLessThan(0.8 * whole);
    const inner = await labelledPixels(page);
    expect(inner).toBeGreaterThan(0);
    await pick(4);
    await expect.poll(meanInside, { timeout: 30_000 }).not.toBe(fainter);
    expect(await labelledPixels(page)).toBe(inner);
  });
});

describe('several lesions on a slice', () => {
  it('are all in the exported label; undo and redo take one at a time', async () => {
    const page = await open();
    const panel = await addNodule(page);
    const added = () => page.getByRole('button', { name: 'Seed 3', exact: true }).waitFor({ timeout: 60_000 });
    await added();
    const one = await labelledPixels(page);
    await panel.getByRole('button', { name: 'Propose', exact: true }).click();
    await panel.getByRole('button', { name: 'Add one more' }).click({ timeout: 60_000 });
    await expect.poll(() => labelledPixels(page), { timeout: 60_000 }).toBeGreaterThan(one);
    await added();
    const two = await labelledPixels(page);
    await page.keyboard.press('Control+z');
    expect(await labelledPixels(page)).toBe(one);
    await page.keyboard.press('Control+y');
    expect(await labelledPixels(page)).toBe(two);
    // The second lesion, its proposed place, the first.
    for (let k = 0; k < 3; k++) await page.keyboard.press('Control+z');
    await expect.poll(() => page.getByRole('button', { name: 'Export with mask' }).isDisabled()).toBe(true);
  });
});

describe('where a lesion looks false', () => {
  it('the critic of its painter scores it cell by cell, with the mean in words; nothing else of the slice is covered', async () => {
    const page = await open();
    await addNodule(page);
    await page.getByRole('button', { name: 'Seed 3', exact: true }).waitFor({ timeout: 60_000 });
    await page.getByRole('tab', { name: 'Explain' }).click();
    const panel = page.getByRole('tabpanel', { name: 'Explain' });
    await panel.getByRole('combobox', { name: 'Method' }).click();
    await page.getByRole('option', { name: /^Realism/ }).click();
    await panel.getByText(/Mean score −?[\d.]+: above 0/).waitFor({ timeout: 60_000 });
    await page.getByText('Realism by realism-lesion-ct').first().waitFor();
    const covered = await page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('canvas.map-overlay')!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((v, i) => i % 4 === 3 && v > 0).length / (canvas.width * canvas.height);
    });
    expect(covered).toBeGreaterThan(0);
    expect(covered).toBeLessThan(0.1);
  });
});

describe('a place that is refused', () => {
  it('the notice with its three ways out stays inside the panel', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Open sample CT chest' }).click();
    await page.getByRole('tab', { name: 'Lesion' }).click();
    const panel = page.getByRole('tabpanel', { name: 'Lesion' });
    await panel.getByRole('button', { name: 'Place' }).click({ timeout: 60_000 });
    const box = (await page.getByRole('img', { name: /^Original/ }).boundingBox())!;
    await page.mouse.click(box.x + 0.5 * box.width, box.y + 0.62 * box.height);
    await panel.getByRole('button', { name: 'Dismiss' }).waitFor({ timeout: 60_000 });
    const body = page.locator('#task-body');
    expect(await body.evaluate((e) => e.scrollWidth - e.clientWidth)).toBe(0);
  });
});
