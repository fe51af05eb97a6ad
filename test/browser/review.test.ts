import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/dataset/manifest';
import { writeLargeSet } from '../fixtures/largeSet';
import { openReviewOf } from './reviewPage';
import { studioForEachTest } from './app';

const COUNT = 10_000;
const folder = mkdtempSync(join(tmpdir(), 'verisim-large-'));
let manifest: Manifest;
beforeAll(async () => {
  manifest = await writeLargeSet(folder, COUNT);
});
afterAll(() => rmSync(folder, { recursive: true }));
const open = studioForEachTest();

const cards = (page: Page) => page.getByRole('listbox', { name: 'Sign-off' }).getByRole('option');
const current = (page: Page) => page.getByRole('option', { selected: true });
const sort = async (page: Page, by: string): Promise<void> => {
  await page.getByRole('combobox', { name: 'Sorted by' }).click();
  await page.getByRole('option', { name: by, exact: true }).click();
};
/** Ids of the first cards, in reading order. */
const firstIds = (page: Page, n: number) => cards(page).evaluateAll((all, count) => all.map((e) => e.id.slice('card-'.length)).slice(0, count), n);

describe('a set of 10,000 items', () => {
  it('only what is in sight is drawn, from the first item to the last and back; keys work on the last; orders are right', async () => {
    const page = await open();
    await openReviewOf(page, folder);
    const generated = manifest.items.filter((i) => i.kind === 'generated');
    const by = (value: (i: (typeof generated)[number]) => number) => [...generated].sort((a, b) => value(b) - value(a) || (a.id < b.id ? -1 : 1)).map((i) => i.id);
    const worst = by((i) => i.meter ?? -1);
    await expect.poll(() => firstIds(page, 4)).toEqual(worst.slice(0, 4));
    await page.getByText(`0 of ${COUNT} reviewed`).waitFor();

    // Every step of the way, down and up.
    const list = page.getByRole('listbox', { name: 'Sign-off' });
    const most = await list.evaluate(async (element) => {
      let most = 0;
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      const goals = [...Array.from({ length: 60 }, (_, i) => (i + 1) / 60), ...Array.from({ length: 30 }, (_, i) => 1 - (i + 1) / 30)];
      for (const goal of goals) {
        element.scrollTop = goal * (element.scrollHeight - element.clientHeight);
        for (let k = 0; k < 2; k++) await frame();
        most = Math.max(most, element.querySelectorAll('*').length);
      }
      return most;
    });
    // 4 columns, the rows in sight and one before and after, about 14 elements a card.
    expect(most).toBeGreaterThan(50);
    expect(most).toBeLessThan(800);
    expect(await firstIds(page, 1)).toEqual([worst[0]]);

    await page.keyboard.press('End');
    await expect.poll(() => current(page).getAttribute('id')).toBe(`card-${worst[COUNT - 1]}`);
    await page.getByText(`${COUNT} of ${COUNT}`).waitFor();
    await page.keyboard.press('a');
    await page.getByText(`1 of ${COUNT} reviewed`).waitFor();
    await expect.poll(() => current(page).innerText()).toContain('Accepted');
    await page.keyboard.press('Home');
    await expect.poll(() => current(page).getAttribute('id')).toBe(`card-${worst[0]}`);
    // Its picture comes when the page rests.
    await expect.poll(() => cards(page).first().locator('canvas').nth(1).evaluate((c: HTMLCanvasElement) => c.getContext('2d')!.getImageData(c.width / 2, c.height / 2, 1, 1).data[3]), { timeout: 30_000 }).toBe(255);

    await sort(page, 'Segmenter disagreement');
    await page.keyboard.press('Home');
    await expect.poll(() => firstIds(page, 4)).toEqual(by((i) => -(i.agreement ?? 2)).slice(0, 4));
    await sort(page, 'Number');
    await page.keyboard.press('Home');
    await expect.poll(() => firstIds(page, 4)).toEqual(by(() => 0).slice(0, 4));
    await sort(page, 'Random order');
    await page.keyboard.press('Home');
    await expect.poll(() => firstIds(page, 4)).not.toEqual(by(() => 0).slice(0, 4));
  });

  it('decisions, the name and every undo are there after a reload', async () => {
    const page = await open();
    await openReviewOf(page, folder);
    await page.getByRole('textbox', { name: 'Signed by' }).fill('Dr. N');
    // A click puts the focus into the list: its keys are the page's.
    await cards(page).first().click();
    for (const key of ['a', 'x', 'f', 'x']) await page.keyboard.press(key);
    await page.keyboard.press('z');
    await page.getByText('1 accepted, 1 rejected, 1 flagged').waitFor();
    await page.reload();
    await openReviewOf(page, folder);
    await page.getByText('1 accepted, 1 rejected, 1 flagged').waitFor();
    expect(await page.getByRole('textbox', { name: 'Signed by' }).inputValue()).toBe('Dr. N');
    await page.getByRole('listbox', { name: 'Sign-off' }).focus();
    await page.keyboard.press('z');
    await page.getByText('1 accepted, 1 rejected, 0 flagged').waitFor();
    await page.keyboard.press('z');
    await page.keyboard.press('z');
    await page.getByText(`0 of ${COUNT} reviewed`).waitFor();
  });
});
