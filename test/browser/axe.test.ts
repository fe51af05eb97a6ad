import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { imageFile } from '../fixtures/dicom';
import { labelledChest } from '../fixtures/labelFiles';
import { smallSeries } from '../fixtures/smallSeries';
import { studioForEachTest } from './app';
import { scanner } from './axe';
import { enhanceSlice, openFiles, openMrSample } from './mainJob';

const open = studioForEachTest();
const menu = async (page: Page, item: string | RegExp, button = 'Menu'): Promise<void> => {
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByRole('menuitem', { name: item }).click();
};
const task = async (page: Page, name: string): Promise<void> => {
  await page.getByRole('tab', { name, exact: true }).click();
  await page.getByRole('tabpanel', { name, exact: true }).waitFor();
};

/** Clicks every button of a name; each has another one once it is clicked. */
async function unfold(where: Locator, name: string): Promise<void> {
  const buttons = where.getByRole('button', { name, exact: true });
  for (let n = await buttons.count(); n > 0; n--) {
    await buttons.first().click();
    await expect.poll(() => buttons.count()).toBe(n - 1);
  }
}

/** The screens and sheets that one does not pass on the way through the main job; those are in `everywhere.test.ts`. */
describe('axe finds nothing, in either theme', () => {
  it('on the key sheet, guide, gallery, comparison of methods, menus and reading', async () => {
    const page = await open();
    const { scan, found, looked } = await scanner(page);
    await page.getByRole('heading', { name: 'Open images' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('region', { name: 'Keyboard and mouse' }).waitFor();
    await scan('help on the start page');
    await page.keyboard.press('Escape');
    await openMrSample(page);
    await enhanceSlice(page);
    for (const name of ['Menu', 'Layout', 'Measure', 'Export']) {
      await page.getByRole('button', { name, exact: true }).click();
      await page.getByRole('menu').waitFor();
      await scan(`menu ${name}`);
      await page.keyboard.press('Escape');
      await expect.poll(() => page.getByRole('menu').count()).toBe(0);
    }
    await page.getByRole('combobox', { name: 'Model' }).click();
    await page.getByRole('listbox').waitFor();
    await scan('list of models');
    await page.keyboard.press('Escape');
    await menu(page, 'Short tour');
    await page.getByRole('region', { name: 'Guide' }).waitFor();
    await scan('guide');
    await page.getByRole('region', { name: 'Guide' }).getByRole('button', { name: 'Skip' }).click();
    await task(page, 'Explain');
    const panel = page.getByRole('tabpanel', { name: 'Explain' });
    await panel.getByRole('button', { name: 'Mark' }).click();
    const box = (await page.getByRole('img', { name: /^Generated/ }).boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.6);
    await panel.getByText('better than random').waitFor({ timeout: 60_000 });
    await scan('explained');
    await panel.getByRole('button', { name: 'Compare methods' }).click();
    await page.getByRole('img', { name: /^RISE/ }).first().waitFor({ timeout: 120_000 });
    await scan('comparison of methods');
    await panel.getByRole('button', { name: 'Back to the comparison' }).click();
    await task(page, 'Enhance');
    await page.getByRole('radio', { name: 'Degrade and recover' }).click();
    await page.getByRole('button', { name: 'Degrade and recover' }).click();
    await page.getByText('6 methods', { exact: false }).first().waitFor({ timeout: 60_000 });
    await scan('gallery');
    await menu(page, 'Real or generated?');
    await page.getByLabel('Reader', { exact: true }).fill('A');
    await page.getByRole('textbox', { name: 'Images' }).or(page.getByLabel('Images', { exact: true })).first().fill('2');
    await scan('reading');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByRole('img', { name: 'Real or generated?' }).waitFor();
    await scan('reading, an image');
    for (let i = 0; i < 2; i++) {
      await page.keyboard.press('r');
      await page.keyboard.press('3');
    }
    await page.getByRole('heading', { name: 'Result' }).waitFor();
    await scan('reading, the result');
    expect(found()).toEqual({});
    expect(looked).toHaveLength(26);
  });

  it('on the summary of an import, the notices, labels, model card and the offered session', async () => {
    const page = await open();
    const { scan, found, looked } = await scanner(page);
    const chest = labelledChest();
    const broken = imageFile({ rows: 32, columns: 32 }).slice(0, 700);
    await openFiles(page, [...smallSeries(2), chest.image, chest.seg, chest.nifti('moved_label.nii.gz', 0.8), { name: 'broken.dcm', bytes: broken }, { name: 'notes.txt', bytes: new TextEncoder().encode('no image') }, { name: 'b.zip', bytes: new TextEncoder().encode('PK\u0003\u0004 not an archive') }]);
    await page.getByRole('heading', { name: /series/ }).first().waitFor({ timeout: 60_000 });
    await scan('summary');
    await unfold(page.getByRole('main'), 'List');
    await scan('summary, all listed');
    await page.getByRole('button', { name: /^\d+ notices?$/ }).click();
    await page.getByRole('region', { name: 'Notices' }).waitFor();
    await scan('notices');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /Chest 5 mm/ }).first().click();
    await page.getByRole('region', { name: 'Labels' }).getByText('Old scar').first().waitFor({ timeout: 30_000 });
    await scan('labels');
    await task(page, 'Lesion');
    const panel = page.getByRole('tabpanel', { name: 'Lesion' });
    await panel.getByRole('button', { name: 'Propose' }).click();
    await expect.poll(() => panel.getByRole('button', { name: 'Add lesion' }).isEnabled(), { timeout: 60_000 }).toBe(true);
    await panel.getByRole('button', { name: 'Add lesion' }).click();
    await panel.getByText(/checked by segment-ct-nodule/).waitFor({ timeout: 90_000 });
    await scan('lesion added');
    await panel.getByRole('button', { name: 'Paint' }).click();
    await scan('lesion, brush');
    await panel.getByRole('radio', { name: 'Remove' }).click();
    await scan('lesion, remove');
    await panel.getByRole('radio', { name: 'Add', exact: true }).click();
    await panel.getByRole('button', { name: 'Model card' }).click();
    await page.getByRole('region', { name: 'Model card' }).waitFor();
    await scan('model card');
    await page.waitForTimeout(2_000);
    await page.reload();
    await page.getByRole('button', { name: 'Open it' }).waitFor();
    await scan('offered session');
    expect(found()).toEqual({});
    expect(looked).toHaveLength(18);
  });

  it('on the Dataset task with everything unfolded, the building, and the sign-off', async () => {
    const page = await open();
    const { scan, found, looked } = await scanner(page);
    await openFiles(page, smallSeries(3));
    await page.getByRole('img', { name: /^Original, / }).waitFor({ timeout: 60_000 });
    await task(page, 'Dataset');
    const panel = page.getByRole('tabpanel', { name: 'Dataset' });
    await panel.getByRole('combobox', { name: 'Recipe' }).click();
    await page.getByRole('option', { name: 'Classical' }).click();
    await panel.getByRole('button', { name: /^Build \d+/ }).waitFor({ timeout: 60_000 });
    await panel.getByRole('button', { name: 'Choose', exact: true }).click();
    await panel.getByRole('button', { name: /^Settings of / }).first().click();
    await unfold(panel, 'Change');
    await panel.getByRole('button', { name: 'See what goes' }).click();
    await scan('dataset, unfolded');
    await panel.getByRole('button', { name: 'Add step' }).click();
    await scan('add a step');
    await page.keyboard.press('Escape');
    await menu(page, 'Paste recipe text', 'More for recipes');
    await scan('paste a recipe');
    await panel.getByRole('radio', { name: 'ZIP' }).click();
    const [download] = await Promise.all([page.waitForEvent('download', { timeout: 120_000 }), panel.getByRole('button', { name: /^Build \d+/ }).click()]);
    await download.path();
    await scan('built');
    await panel.getByRole('button', { name: /^Review \d+/ }).click();
    await page.getByRole('listbox', { name: 'Sign-off' }).waitFor({ timeout: 30_000 });
    for (const key of ['a', 'x', 'f']) await page.keyboard.press(key);
    await scan('sign-off');
    await page.keyboard.press('c');
    await scan('sign-off, a comment');
    expect(found()).toEqual({});
    expect(looked).toHaveLength(12);
  });

  it('at 390 px: every height of the sheet, every task, swipe, keys, card and drawer', async () => {
    const page = await open({ width: 390, height: 844 });
    const { scan, found, looked } = await scanner(page);
    const fits = async (name: string): Promise<void> => {
      await scan(name);
      expect([name, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)]).toEqual([name, true]);
    };
    await fits('start');
    await openFiles(page, smallSeries(3));
    await page.getByRole('img', { name: /^Original, / }).waitFor({ timeout: 60_000 });
    await enhanceSlice(page);
    await fits('enhanced');
    const grip = page.getByRole('button', { name: /panel$/ });
    await grip.focus();
    await page.keyboard.press('Enter');
    await fits('sheet, full');
    await page.keyboard.press('Enter');
    await fits('sheet, peek');
    for (const name of ['Lesion', 'Explain', 'Dataset', 'Enhance']) {
      await task(page, name);
      await fits(name);
    }
    await page.getByRole('radio', { name: 'Swipe' }).click();
    await fits('swipe');
    await page.keyboard.press('?');
    await page.getByRole('region', { name: 'Keyboard and mouse' }).waitFor();
    await fits('keys');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Menu', exact: true }).click();
    await page.getByRole('menu').waitFor();
    await fits('menu');
    await page.getByRole('menuitem', { name: 'Teaching page' }).click();
    await page.getByRole('heading', { level: 1, name: 'For teaching' }).waitFor();
    await fits('teach');
    await menu(page, 'Real or generated?');
    await page.getByRole('heading', { level: 1, name: 'Real or generated?' }).waitFor();
    await fits('reading');
    expect(found()).toEqual({});
    expect(looked).toHaveLength(26);
  });

  it('in German', async () => {
    const page = await open();
    const { scan, found, looked } = await scanner(page);
    await menu(page, 'Deutsch');
    await page.getByRole('heading', { name: 'Bilder öffnen' }).waitFor();
    await scan('start');
    await openFiles(page, smallSeries(2), 'Dateien wählen');
    await page.getByRole('img', { name: /^Original, / }).waitFor({ timeout: 60_000 });
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      await page.waitForTimeout(800);
      await scan((await tab.innerText()).trim());
    }
    await page.getByRole('tab').first().click();
    await page.getByRole('button', { name: /auflösen/ }).first().click();
    await page.getByText(/^1 Schicht aufgelöst/).first().waitFor({ timeout: 60_000 });
    await scan('enhanced');
    await page.keyboard.press('?');
    await scan('keys');
    await page.keyboard.press('?');
    await page.getByRole('button', { name: 'Modellkarte' }).click();
    await page.getByRole('region', { name: 'Modellkarte' }).waitFor();
    await scan('card');
    expect(found()).toEqual({});
    expect(looked).toHaveLength(16);
  });
});
