import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { smallSeries } from '../fixtures/smallSeries';
import { studioForEachTest } from './app';
import { violations } from './axe';
import { enhanceSlice, openFiles } from './mainJob';

const open = studioForEachTest();
const images = (page: Page): Locator => page.getByRole('main').getByRole('img', { name: /^(Original|Generated), / });
const panel = (page: Page): Locator => page.getByRole('tabpanel', { name: 'Enhance' });
const keep = (page: Page): Locator => panel(page).getByRole('button', { name: 'Keep this result' });
const current = (page: Page): Locator => page.getByRole('navigation', { name: 'Library' }).locator('button[aria-current=true]');
/** What each cell says of itself: its title, and how it was made. */
const said = async (page: Page): Promise<string[]> =>
  Promise.all((await images(page).all()).map(async (i) => (await i.innerText()).split('\n').filter((line) => /^(Original|Generated|×\d|sr-)/.test(line)).join(' | ')));
/** Grey values that a cell paints, as one number. */
const painted = (image: Locator): Promise<number> =>
  image.evaluate((cell) => {
    const canvas = cell.querySelector('canvas')!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return data.reduce((sum, v, i) => (Math.imul(sum, 31) + v + i) | 0, 7);
  });
const FAITHFUL = 'Generated | ×2, faithful | sr-mr-x2, data-consistent';
const PERCEPTUAL = 'Generated | ×2, perceptual 0.30 | sr-mr-x2, data-consistent';
const FREE = 'Generated | ×2, perceptual 0.30, free | sr-mr-x2, no data consistency';

async function twoBlends(page: Page): Promise<void> {
  await openFiles(page, smallSeries(2));
  await images(page).first().waitFor({ timeout: 60_000 });
  await enhanceSlice(page);
  await keep(page).click();
  expect(await keep(page).getAttribute('aria-pressed')).toBe('true');
  await page.getByText('the next result stands here, beside it').waitFor();
  for (let i = 0; i < 3; i++) await panel(page).getByRole('slider', { name: 'Blend' }).press('Shift+ArrowRight');
  await expect.poll(() => said(page), { timeout: 60_000 }).toEqual(['Original', FAITHFUL, PERCEPTUAL]);
}

describe('results that are kept', () => {
  it('two blends and one without data consistency stand side by side, each labelled; the kept ones do not change', async () => {
    const page = await open();
    await openFiles(page, smallSeries(2));
    await images(page).first().waitFor({ timeout: 60_000 });
    expect(await keep(page).isDisabled()).toBe(true);
    await enhanceSlice(page);
    await keep(page).click();
    await page.getByText('the next result stands here, beside it').waitFor();
    await expect.poll(() => said(page)).toEqual(['Original', FAITHFUL]);
    const faithful = await painted(images(page).nth(1));
    for (let i = 0; i < 3; i++) await panel(page).getByRole('slider', { name: 'Blend' }).press('Shift+ArrowRight');
    await expect.poll(() => said(page), { timeout: 60_000 }).toEqual(['Original', FAITHFUL, PERCEPTUAL]);
    expect(await page.getByRole('navigation', { name: 'Library' }).getByText('0 of').count()).toBe(0); // nothing of the positions passed
    expect(await violations(page)).toEqual([]);
    expect(await painted(images(page).nth(1))).toBe(faithful);
    expect(await painted(images(page).nth(2))).not.toBe(faithful);
    // The new one is the one that panels speak of; it is not kept yet, and follows the settings.
    expect(await keep(page).getAttribute('aria-pressed')).toBe('false');
    expect(await current(page).innerText()).toContain('×2, perceptual 0.30');
    await keep(page).click();
    await page.keyboard.press('Control+z');
    await expect.poll(() => keep(page).getAttribute('aria-pressed')).toBe('false');
    await page.keyboard.press('Control+y');
    await expect.poll(() => keep(page).getAttribute('aria-pressed')).toBe('true');
    await panel(page).getByRole('switch', { name: 'Data consistency' }).click();
    await expect.poll(() => said(page), { timeout: 60_000 }).toEqual(['Original', FAITHFUL, PERCEPTUAL, FREE]);
    // Back and forth through the history.
    await page.keyboard.press('Control+z');
    await expect.poll(() => said(page)).toEqual(['Original', FAITHFUL, PERCEPTUAL]);
    await page.keyboard.press('Control+y');
    await expect.poll(() => said(page)).toEqual(['Original', FAITHFUL, PERCEPTUAL, FREE]);
    // The result of another model takes the place of none that is kept.
    await panel(page).getByRole('switch', { name: 'Data consistency' }).click();
    await panel(page).getByRole('combobox', { name: 'Model' }).click();
    await page.getByRole('option', { name: /MR ×4/ }).click();
    await panel(page).getByRole('button', { name: 'Enhance slice' }).click();
    await expect.poll(() => current(page).innerText(), { timeout: 60_000 }).toContain('×4, perceptual 0.30');
    expect((await said(page)).slice(0, 3)).toEqual(['Original', FAITHFUL, PERCEPTUAL]);
  });

  it('each cell has a list of what it can show; a click on a result makes it the one that panels speak of; a reload brings all back', async () => {
    const page = await open();
    await twoBlends(page);
    const choose = async (from: string, to: string): Promise<void> => {
      await page.getByRole('button', { name: `Shown here: ${from}`, exact: true }).click();
      await expect.poll(() => page.getByRole('menuitemradio').count()).toBe(3);
      await page.getByRole('menuitemradio', { name: to }).click();
      await expect.poll(() => page.getByRole('menu').count()).toBe(0);
    };
    await choose('×2, faithful', '×2, perceptual 0.30');
    await expect.poll(() => said(page)).toEqual(['Original', PERCEPTUAL, FAITHFUL]);
    await choose('Original', '×2, faithful');
    await expect.poll(() => said(page)).toEqual([FAITHFUL, PERCEPTUAL, 'Original']);
    await page.keyboard.press('Control+z');
    await expect.poll(() => said(page)).toEqual(['Original', PERCEPTUAL, FAITHFUL]);
    await page.keyboard.press('Control+y');
    await expect.poll(() => said(page)).toEqual([FAITHFUL, PERCEPTUAL, 'Original']);
    // Swipe and difference take the first cell and the current result: here two blends.
    await page.getByRole('radio', { name: 'Swipe' }).click();
    await expect.poll(() => said(page)).toEqual([FAITHFUL, PERCEPTUAL]);
    await page.getByRole('radio', { name: 'Difference' }).click();
    await page.getByText('generated − ×2, faithful').waitFor();
    await page.getByRole('radio', { name: 'Side by side' }).click();
    await expect.poll(() => said(page)).toEqual([FAITHFUL, PERCEPTUAL, 'Original']);
    // By keyboard too.
    await page.getByRole('button', { name: 'Shown here: ×2, faithful', exact: true }).press('Enter');
    await page.getByRole('menuitemradio', { name: 'Original' }).waitFor();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await expect.poll(() => said(page)).toEqual(['Original', PERCEPTUAL, FAITHFUL]);
    expect(await current(page).innerText()).toContain('×2, perceptual 0.30');
    await images(page).nth(2).click();
    await expect.poll(() => current(page).innerText()).toContain('×2, faithful');
    expect(await said(page)).toEqual(['Original', PERCEPTUAL, FAITHFUL]);
    expect(await keep(page).getAttribute('aria-pressed')).toBe('true');
    await page.waitForTimeout(1500);
    await page.reload();
    await page.getByRole('button', { name: 'Open it' }).click();
    await expect.poll(() => said(page), { timeout: 60_000 }).toEqual(['Original', PERCEPTUAL, FAITHFUL]);
    expect(await keep(page).getAttribute('aria-pressed')).toBe('true');
  });
});
