import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { decode } from 'fast-png';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { openStudio } from './app';
import { enhanceSlice, openMrSample } from './mainJob';

/**
 * How the main screens look, as 48 × 30 mean colours (so that glyph edges do not matter, but a panel that moved, a theme
 * that broke or an image that is missing does). UPDATE_GOLDEN=1 writes them anew; look at `npm run screens` before.
 */
const GOLDEN = resolve(import.meta.dirname, '../golden/screens.json');
const [COLUMNS, ROWS] = [48, 30];
const golden: Record<string, number[]> = existsSync(GOLDEN) ? JSON.parse(readFileSync(GOLDEN, 'utf8')) : {};

async function look(page: Page): Promise<number[]> {
  await page.mouse.move(1, 1);
  await page.waitForTimeout(700);
  const { width, height, channels, data } = decode(await page.screenshot());
  const cells: number[] = [];
  for (let r = 0; r < ROWS; r++) {
    for (let c = 0; c < COLUMNS; c++) {
      const [x0, x1] = [Math.floor((c * width) / COLUMNS), Math.floor(((c + 1) * width) / COLUMNS)];
      const [y0, y1] = [Math.floor((r * height) / ROWS), Math.floor(((r + 1) * height) / ROWS)];
      const sum = [0, 0, 0];
      for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) for (let k = 0; k < 3; k++) sum[k]! += data[(y * width + x) * channels + k]!;
      for (const s of sum) cells.push(Math.round(s / ((x1 - x0) * (y1 - y0))));
    }
  }
  return cells;
}

async function compare(page: Page, name: string): Promise<void> {
  const cells = await look(page);
  if (process.env.UPDATE_GOLDEN) {
    golden[name] = cells;
    writeFileSync(GOLDEN, `{\n${Object.keys(golden).sort().map((key) => `${JSON.stringify(key)}: [${golden[key]!.join(',')}]`).join(',\n')}\n}\n`);
    return;
  }
  const wanted = golden[name];
  expect(wanted, `${name} has no golden picture`).toBeDefined();
  let total = 0;
  let off = 0;
  cells.forEach((v, i) => {
    const d = Math.abs(v - wanted![i]!);
    total += d;
    if (d > 24) off++;
  });
  expect([name, total / cells.length < 3, off / cells.length < 0.02]).toEqual([name, true, true]);
}

describe('the main screens look as they did', () => {
  it.each([
    ['dark', 1440, 900],
    ['light', 1440, 900],
    ['dark', 1280, 800],
    ['light', 1280, 800],
    ['dark', 1920, 1080],
    ['light', 1920, 1080],
    ['dark', 390, 844],
    ['light', 390, 844],
  ] as const)('%s, %i × %i', async (theme, width, height) => {
    const studio = await openStudio({ width, height });
    const { page } = studio;
    await page.evaluate((wanted) => localStorage.setItem('verisim.settings', JSON.stringify({ theme: wanted })), theme);
    await page.reload();
    await page.getByRole('heading', { name: 'Open images' }).waitFor();
    await compare(page, `start-${theme}-${width}`);
    await openMrSample(page);
    await page.waitForTimeout(1500);
    await compare(page, `stage-${theme}-${width}`);
    expect(await page.evaluate(() => [document.documentElement.scrollWidth <= innerWidth, document.body.scrollLeft])).toEqual([true, 0]);
    if (width === 1440) {
      await page.keyboard.press('?');
      await page.getByRole('region', { name: 'Keyboard and mouse' }).waitFor();
      await compare(page, `keys-${theme}-${width}`);
      await page.keyboard.press('?');
      await enhanceSlice(page);
      await compare(page, `enhanced-${theme}-${width}`);
      for (const [item, name] of [['Teaching page', 'teach'], ['Real or generated?', 'reading']] as const) {
        await page.getByRole('button', { name: 'Menu', exact: true }).click();
        await page.getByRole('menuitem', { name: item }).click();
        await page.getByRole('heading', { level: 1 }).waitFor();
        await compare(page, `${name}-${theme}-${width}`);
      }
    }
    await studio.close();
  });
});
