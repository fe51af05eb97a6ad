import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { openStudio } from './app';
import { violations } from './axe';
import { enhanceSlice, openMrSample } from './mainJob';

const menu = async (page: Page, item: string): Promise<void> => {
  await page.getByRole('button', { name: 'Menu', exact: true }).click();
  await page.getByRole('menuitem', { name: item }).click();
};

/** The screens and sheets that one does not pass on the way through the main job; those are in `viewer.test.ts`. */
it('axe finds nothing on the key sheet, guide, gallery and reading, in either theme', async () => {
  const studio = await openStudio();
  const { page } = studio;
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const found: Record<string, string[]> = {};
  const scan = async (name: string) => {
    for (const theme of ['light', 'dark']) {
      await page.evaluate((value) => (document.documentElement.dataset.theme = value), theme);
      await page.waitForTimeout(150);
      found[`${name}, ${theme}`] = await violations(page);
    }
  };
  await page.getByRole('heading', { name: 'Open images' }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('region', { name: 'Keyboard and mouse' }).waitFor();
  await scan('help on the start page');
  await page.keyboard.press('Escape');
  await openMrSample(page);
  await enhanceSlice(page);
  await menu(page, 'Short tour');
  await page.getByRole('region', { name: 'Guide' }).waitFor();
  await scan('guide');
  await page.getByRole('region', { name: 'Guide' }).getByRole('button', { name: 'Skip' }).click();
  await page.getByRole('tab', { name: 'Enhance' }).click();
  await page.getByRole('radio', { name: 'Degrade and recover' }).click();
  await page.getByRole('button', { name: 'Degrade and recover' }).click();
  await page.getByRole('img', { name: /^Perceptual|^Faithful/ }).first().waitFor({ timeout: 60_000 });
  await page.getByText('6 methods', { exact: false }).first().waitFor({ timeout: 60_000 });
  await scan('gallery');
  await menu(page, 'Real or generated?');
  await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
  await scan('reading');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.getByText('Real or generated?').first().waitFor();
  await scan('reading, an image');
  expect(Object.fromEntries(Object.entries(found).filter(([, v]) => v.length > 0))).toEqual({});
  expect(Object.keys(found).length).toBe(10);
  await studio.close();
});
