import { describe, expect, it } from 'vitest';
import { studioForEachTest } from './app';
import { enhanceSlice, openMrSample } from './mainJob';

const open = studioForEachTest();

describe('what stays as it was left', () => {
  it('the offer of the last session hides no words of the start page, and the disclaimer can be read whole', async () => {
    const page = await open();
    await openMrSample(page);
    await page.waitForTimeout(1500);
    await page.reload();
    await page.getByRole('button', { name: 'Open it' }).waitFor();
    for (const width of [1440, 1024]) {
      await page.setViewportSize({ width, height: 800 });
      const about = (await page.locator('.start-about').boundingBox())!, offer = (await page.locator('.start-resume').boundingBox())!;
      expect(about.x + about.width).toBeLessThanOrEqual(offer.x);
      expect(await page.locator('.disclaimer').evaluate((e) => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight])).toEqual([0, 0]);
    }
  });

  it('the synthetic mark moves by drag and keys, stays in its image, and comes back with the session', async () => {
    const page = await open();
    await openMrSample(page);
    await enhanceSlice(page);
    const mark = page.getByRole('button', { name: /^Synthetic mark/ });
    const image = (await page.getByRole('img', { name: /^Generated/ }).boundingBox())!;
    const at = async () => (await mark.boundingBox())!;
    const before = await at();
    const figures = /W \d+ L/.exec(await page.getByRole('main').innerText())?.[0];
    await page.mouse.move(before.x + 10, before.y + 9);
    await page.mouse.down();
    await page.mouse.move(before.x - 90, before.y + 130, { steps: 5 });
    await page.mouse.up();
    const dragged = await at();
    expect(Math.abs(dragged.x - (before.x - 100))).toBeLessThan(2);
    expect(Math.abs(dragged.y - (before.y + 121))).toBeLessThan(2);
    // The window under it did not change.
    expect(/W \d+ L/.exec(await page.getByRole('main').innerText())?.[0]).toBe(figures);
    await mark.focus();
    await page.keyboard.press('ArrowLeft');
    expect((await at()).x).toBeLessThan(dragged.x);
    expect((await at()).y).toBeCloseTo(dragged.y, 0);
    for (let i = 0; i < 30; i++) await page.keyboard.press('Shift+ArrowDown');
    const low = await at();
    expect(low.y + low.height).toBeLessThanOrEqual(image.y + image.height + 0.5);
    expect(low.y).toBeGreaterThan(dragged.y);
    await page.waitForTimeout(1500);
    await page.reload();
    await page.getByRole('button', { name: 'Open it' }).click();
    await mark.waitFor({ timeout: 60_000 });
    await expect.poll(async () => Math.abs((await at()).y - low.y)).toBeLessThan(3);
    await mark.focus();
    await page.keyboard.press('Home');
    expect(Math.abs((await at()).y - before.y)).toBeLessThan(3);
  });

  it('the recipe draft is there after a reload', async () => {
    const page = await open();
    await openMrSample(page);
    await page.getByRole('tab', { name: 'Dataset' }).click();
    await page.getByRole('combobox', { name: 'Recipe' }).click();
    await page.getByRole('option', { name: 'Classical' }).click();
    await page.getByRole('textbox', { name: 'Copies a slice' }).fill('7');
    await page.getByRole('button', { name: /^Build \d+ images$/ }).waitFor({ timeout: 60_000 });
    const steps = await page.getByRole('button', { name: /^Settings of / }).allInnerTexts();
    await page.reload();
    await openMrSample(page);
    await page.getByRole('tab', { name: 'Dataset' }).click();
    await expect.poll(() => page.getByRole('textbox', { name: 'Copies a slice' }).inputValue(), { timeout: 30_000 }).toBe('7');
    expect(await page.getByRole('button', { name: /^Settings of / }).allInnerTexts()).toEqual(steps);
  });
});
