import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openStudio } from './app';
import { violations } from './axe';
import { enhanceSlice, openMrSample } from './mainJob';
import { corner, view } from './viewports';

describe('everywhere', () => {
  it.each([true, false])('axe finds nothing on any screen (dark: %s)', async (dark) => {
    const studio = await openStudio();
    const { page } = studio;
    // No colour half way between two states while it is measured.
    await page.emulateMedia({ reducedMotion: 'reduce' });
    if (!dark) await page.getByRole('button', { name: 'Light theme' }).click();
    const found: Record<string, string[]> = {};
    const scan = async (name: string) => {
      await page.waitForTimeout(300);
      found[name] = await violations(page);
    };
    await scan('start');
    await openMrSample(page);
    await scan('stage');
    await enhanceSlice(page);
    await scan('enhanced');
    for (const task of ['Lesion', 'Explain', 'Dataset', 'Enhance']) {
      await page.getByRole('tab', { name: task }).click();
      await scan(task);
    }
    await page.getByRole('button', { name: 'Model card' }).click();
    await page.getByRole('region', { name: 'Model card' }).waitFor();
    await scan('card');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('region', { name: 'Keyboard and mouse' }).waitFor();
    await scan('help');
    await page.keyboard.press('?');
    for (const mode of ['Swipe', 'Difference', 'Side by side']) {
      await page.getByRole('radio', { name: mode }).click();
      await scan(mode);
    }
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menu').waitFor();
    await scan('more');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('menuitem', { name: 'Teaching page' }).click();
    await scan('teach');
    expect(Object.fromEntries(Object.entries(found).filter(([, v]) => v.length > 0))).toEqual({});
    await studio.close();
  });

  it('works on a phone: one image at a time, tasks in a sheet, library as a drawer; axe finds nothing', async () => {
    const studio = await openStudio({ width: 390, height: 844 });
    const { page } = studio;
    expect(await violations(page)).toEqual([]);
    await openMrSample(page);
    await page.getByRole('button', { name: 'Enhance slice' }).click();
    await view(page, 'Generated').waitFor({ timeout: 60_000 });
    expect(await view(page, 'Original').count()).toBe(0);
    await page.getByRole('radio', { name: 'Original' }).click();
    await view(page, 'Original').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Library' }).click();
    await page.getByRole('navigation', { name: 'Library' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: /^×2, faithful/ }).click();
    await expect.poll(() => page.getByRole('navigation', { name: 'Library' }).count()).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await studio.close();
  });

  it('the language changes at once, and the page says which it is', async () => {
    const studio = await openStudio();
    await studio.page.getByRole('button', { name: 'Menu' }).click();
    await studio.page.getByRole('menuitem', { name: 'Deutsch' }).click();
    await studio.page.getByRole('heading', { name: 'Bilder öffnen' }).waitFor();
    expect(await studio.page.evaluate(() => document.documentElement.lang)).toBe('de');
    await studio.close();
  });

  it('the session is offered after a reload and comes back as it was', async () => {
    const studio = await openStudio();
    const { page } = studio;
    await openMrSample(page);
    await enhanceSlice(page);
    await page.keyboard.press('l');
    await page.waitForTimeout(2500);
    await page.reload();
    await page.getByRole('button', { name: 'Open it' }).click();
    await view(page, 'Generated').waitFor({ timeout: 60_000 });
    expect(await corner(page, 'Generated')).toContain('×2, faithful');
    expect(await page.getByRole('button', { name: 'Link views' }).getAttribute('aria-pressed')).toBe('false');
    await expect.poll(() => page.getByRole('tabpanel', { name: 'Enhance' }).innerText(), { timeout: 30_000 }).toContain('256² → 512²');
    await studio.close();
  });

  it('a session saved to a file opens in another profile', async () => {
    const studio = await openStudio();
    await openMrSample(studio.page);
    await enhanceSlice(studio.page);
    await studio.page.getByRole('tab', { name: 'Dataset' }).click();
    await studio.page.getByRole('textbox', { name: 'Copies a slice' }).fill('7');
    await studio.page.getByRole('textbox', { name: 'Copies a slice' }).press('Enter');
    await studio.page.getByRole('button', { name: 'Menu' }).click();
    const [download] = await Promise.all([studio.page.waitForEvent('download'), studio.page.getByRole('menuitem', { name: 'Save session' }).click()]);
    const path = await download.path();
    const other = await openStudio();
    await other.page.getByRole('button', { name: 'Menu' }).click();
    const [chooser] = await Promise.all([other.page.waitForEvent('filechooser'), other.page.getByRole('menuitem', { name: 'Open session' }).click()]);
    await chooser.setFiles({ name: 'session.verisim', mimeType: 'application/octet-stream', buffer: readFileSync(path) });
    await view(other.page, 'Generated').waitFor({ timeout: 60_000 });
    await other.page.getByRole('tab', { name: 'Dataset' }).click();
    await expect.poll(() => other.page.getByRole('textbox', { name: 'Copies a slice' }).inputValue(), { timeout: 30_000 }).toBe('7');
    await studio.close();
    await other.close();
  });
});
