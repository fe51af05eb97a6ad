import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStudio, type Studio } from './app';
import { enhanceSlice, openMrSample } from './mainJob';
import { corner, view } from './viewports';

const windowOf = (text: string): [number, number] => {
  const [, w, l] = /W ([\d−]+) L ([\d−]+)/.exec(text)!;
  return [Number(w!.replace('−', '-')), Number(l!.replace('−', '-'))];
};
const zoomOf = (text: string): number => Number(/([\d.]+)× (?:linear|nearest)/.exec(text)![1]);
const sliceOf = (text: string): number => Number(/(\d+) \/ \d+/.exec(text)![1]);

async function drag(page: Page, over: Locator, by: [number, number], button: 'left' | 'middle' | 'right' = 'left', key?: string): Promise<void> {
  const box = (await over.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  if (key) await page.keyboard.down(key);
  await page.mouse.move(x, y);
  await page.mouse.down({ button });
  await page.mouse.move(x + by[0] / 2, y + by[1] / 2);
  await page.mouse.move(x + by[0], y + by[1]);
  await page.mouse.up({ button });
  if (key) await page.keyboard.up(key);
}

/** Pixels of a viewport as they are on the screen. */
const pixels = async (over: Locator) => decode(await over.screenshot());

describe('the hands of the viewer', () => {
  let studio: Studio;
  let page: Page;
  beforeAll(async () => {
    studio = await openStudio();
    page = studio.page;
    await openMrSample(page);
    await enhanceSlice(page);
  });
  afterAll(async () => {
    expect(studio.errors).toEqual([]);
    await studio.close();
  });

  it('opens at the middle slice with both sides painted, and says what each is', async () => {
    expect(await corner(page, 'Original')).toContain('256 × 256, 0.86 mm');
    expect(await corner(page, 'Generated')).toContain('512 × 512, 0.43 mm');
    expect(sliceOf(await corner(page, 'Original'))).toBe(10);
    for (const name of ['Original', 'Generated'] as const) {
      const { data } = await pixels(view(page, name));
      expect(data.some((v) => v > 180)).toBe(true);
    }
  });

  it('the two sides lie on each other in millimetres', async () => {
    const [a, b] = [await pixels(view(page, 'Original')), await pixels(view(page, 'Generated'))];
    const right = (image: typeof a) => {
      // Column where the head begins, in the middle row, left of the orientation letter's plate.
      const y = Math.floor(image.height * 0.42);
      for (let x = 12; x < image.width; x++) if (image.data[(y * image.width + x) * image.channels]! > 90) return x;
      return -1;
    };
    expect(Math.abs(right(a) - right(b))).toBeLessThanOrEqual(2);
  });

  it('keys turn the slices', async () => {
    const at = async () => sliceOf(await corner(page, 'Original'));
    for (const [key, slice] of [['ArrowDown', 11], ['ArrowUp', 10], ['PageDown', 15], ['PageUp', 10], ['Home', 1], ['End', 20]] as const) {
      await page.keyboard.press(key);
      await expect.poll(at).toBe(slice);
    }
    await page.getByRole('button', { name: 'Slice 10, generated' }).click();
    await expect.poll(at).toBe(10);
  });

  it('the wheel turns one slice a notch; with Ctrl it zooms both sides', async () => {
    await view(page, 'Original').hover();
    await page.mouse.wheel(0, 100);
    await expect.poll(async () => sliceOf(await corner(page, 'Original'))).toBe(11);
    await page.mouse.wheel(0, -100);
    await expect.poll(async () => sliceOf(await corner(page, 'Original'))).toBe(10);
    const before = zoomOf(await corner(page, 'Original'));
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -400);
    await page.keyboard.up('Control');
    await expect.poll(async () => zoomOf(await corner(page, 'Original'))).toBeGreaterThan(before * 1.3);
    expect(zoomOf(await corner(page, 'Generated'))).toBeCloseTo(zoomOf(await corner(page, 'Original')) / 2, 0);
    await page.keyboard.press('=');
    await expect.poll(async () => zoomOf(await corner(page, 'Original'))).toBe(before);
  });

  it('left drag changes the window on both sides, right drag zooms, middle and Shift + left pan, Space resets', async () => {
    const start = await corner(page, 'Original');
    await drag(page, view(page, 'Generated'), [60, 30]);
    const [w, l] = windowOf(await corner(page, 'Original'));
    expect(w).toBeGreaterThan(windowOf(start)[0]);
    expect(l).toBeGreaterThan(windowOf(start)[1]);
    expect(windowOf(await corner(page, 'Generated'))).toEqual([w, l]);
    await drag(page, view(page, 'Original'), [0, -120], 'right');
    expect(zoomOf(await corner(page, 'Original'))).toBeGreaterThan(zoomOf(start) * 1.3);
    for (const [button, key] of [['middle', undefined], ['left', 'Shift']] as const) {
      const before = await pixels(view(page, 'Original'));
      await drag(page, view(page, 'Original'), [40, 25], button, key);
      await page.waitForTimeout(100);
      const after = await pixels(view(page, 'Original'));
      expect(after.data.some((v, i) => v !== before.data[i])).toBe(true);
    }
    await view(page, 'Original').hover();
    await page.keyboard.press(' ');
    await expect.poll(async () => windowOf(await corner(page, 'Original'))).toEqual(windowOf(start));
    expect(zoomOf(await corner(page, 'Original'))).toBe(zoomOf(start));
  });

  it('invert, flips and turns move the letters with the image', async () => {
    const letters = async () => (await corner(page, 'Original')).match(/\b[APRLHF]\b/g)!.slice(-4).join('');
    await page.mouse.move(4, 4);
    const start = await letters();
    await page.keyboard.press('h');
    await expect.poll(letters).not.toBe(start);
    await page.keyboard.press('h');
    await page.keyboard.press('r');
    await expect.poll(letters).not.toBe(start);
    for (let i = 0; i < 3; i++) await page.keyboard.press('r');
    await expect.poll(letters).toBe(start);
    const before = await pixels(view(page, 'Original'));
    await page.keyboard.press('i');
    await page.waitForTimeout(150);
    const after = await pixels(view(page, 'Original'));
    const at = (Math.floor(before.height / 2) * before.width + Math.floor(before.width / 2)) * before.channels;
    expect(before.data[at]! + after.data[at]!).toBeGreaterThan(230);
    expect(before.data[at]! + after.data[at]!).toBeLessThan(280);
    await page.keyboard.press('i');
  });

  it('unlinked, a side goes its own way; linked again, both follow', async () => {
    await page.keyboard.press('l');
    await view(page, 'Generated').hover();
    const before = zoomOf(await corner(page, 'Original'));
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -300);
    await page.keyboard.up('Control');
    await expect.poll(async () => zoomOf(await corner(page, 'Generated'))).toBeGreaterThan(before / 2);
    expect(zoomOf(await corner(page, 'Original'))).toBe(before);
    await page.keyboard.press('l');
    await page.keyboard.press('=');
  });

  it('the probe reads the same place on both sides', async () => {
    const box = (await view(page, 'Original').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const read = async (name: 'Original' | 'Generated') => /x (\d+) y (\d+) ([\d−.]+)/.exec(await corner(page, name))!.slice(1, 4).map((v) => Number(v.replace('−', '-')));
    await expect.poll(() => corner(page, 'Original')).toMatch(/x \d+ y \d+/);
    const [a, b] = [await read('Original'), await read('Generated')];
    expect(Math.abs(b[0]! / 2 - a[0]!)).toBeLessThanOrEqual(1);
    expect(Math.abs(b[1]! / 2 - a[1]!)).toBeLessThanOrEqual(1);
    expect(Math.abs(b[2]! - a[2]!)).toBeLessThan(120);
  });

  it('length, angle and region statistics are drawn on both sides and can be undone', async () => {
    await page.getByRole('button', { name: 'Measure' }).click();
    await page.getByRole('menuitem', { name: 'Length' }).click();
    await drag(page, view(page, 'Original'), [100, 0]);
    const length = Number(/([\d.]+) mm/.exec(await corner(page, 'Original'))?.[1] ?? NaN);
    const zoom = zoomOf(await corner(page, 'Original'));
    expect(Math.abs(length - (100 / zoom) * 0.859)).toBeLessThan(2.5);
    expect((await corner(page, 'Generated')).match(/[\d.]+ mm/g)!.length).toBeGreaterThanOrEqual(3);
    await page.getByRole('button', { name: 'Measure' }).click();
    await page.getByRole('menuitem', { name: 'Region statistics' }).click();
    await drag(page, view(page, 'Original'), [60, 60]);
    for (const name of ['Original', 'Generated'] as const) expect(await corner(page, name)).toMatch(/mean \d+, SD [\d.]+, \d+ mm²/);
    await page.keyboard.press('Control+z');
    await expect.poll(() => corner(page, 'Original')).not.toMatch(/mean/);
    await page.keyboard.press('Control+y');
    await expect.poll(() => corner(page, 'Original')).toMatch(/mean/);
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    await page.keyboard.press('w');
  });

  it('double-click maximises and gives back', async () => {
    await view(page, 'Generated').dblclick();
    await expect.poll(() => view(page, 'Original').count()).toBe(0);
    await view(page, 'Generated').dblclick();
    await expect.poll(() => view(page, 'Original').count()).toBe(1);
  });

  it('swipe, blink and difference by key and by control; the divider moves by arrows', async () => {
    await page.keyboard.press('s');
    const divider = page.getByRole('slider', { name: 'Divider' });
    await divider.focus();
    await page.keyboard.press('Shift+ArrowRight');
    expect(await divider.getAttribute('aria-valuenow')).toBe('60');
    await page.getByRole('radio', { name: 'Blink' }).click();
    const visible = () => page.evaluate(() => getComputedStyle(document.querySelector('[aria-label^="Generated"]')!.parentElement!).visibility);
    const seen = new Set<string>();
    await expect.poll(async () => seen.add(await visible()).size, { timeout: 10_000 }).toBe(2);
    await page.getByRole('radio', { name: 'Difference' }).click();
    await view(page, 'Difference').waitFor();
    await expect.poll(() => view(page, 'Difference').innerText()).toMatch(/generated − original/);
    await page.getByRole('radio', { name: 'Side by side' }).click();
  });

  it('a scripted run of 500 events leaves the two sides at the same place', async () => {
    const drift = await page.evaluate(async () => {
      const target = document.querySelector<HTMLElement>('[data-cell]')!;
      const box = target.getBoundingClientRect();
      let worst = 0;
      const shown = () => [...document.querySelectorAll<HTMLElement>('[data-cell]')].map((c) => c.dataset.slice);
      for (let i = 0; i < 500; i++) {
        const kind = i % 3;
        const at = { clientX: box.left + 100 + (i % 90), clientY: box.top + 100 + (i % 70), bubbles: true, pointerId: 1, pointerType: 'mouse' };
        if (kind === 0) target.dispatchEvent(new WheelEvent('wheel', { ...at, deltaY: i % 2 ? 100 : -100, cancelable: true }));
        if (kind === 1) target.dispatchEvent(new WheelEvent('wheel', { ...at, deltaY: i % 4 ? 30 : -30, ctrlKey: true, cancelable: true }));
        if (kind === 2) target.dispatchEvent(new PointerEvent('pointermove', at));
        await new Promise(requestAnimationFrame);
        const [a, b] = shown();
        if (b !== undefined && a !== b) worst++;
      }
      return worst;
    });
    expect(drift).toBe(0);
    await page.keyboard.press('=');
  });

  it('the key list opens without stopping the keys, lights up what is pressed, and can be searched', async () => {
    await page.mouse.move(4, 4);
    await page.keyboard.press('?');
    const sheet = page.getByRole('region', { name: 'Keyboard and mouse' });
    await sheet.waitFor();
    const slice = sliceOf(await corner(page, 'Original'));
    await page.keyboard.press('ArrowDown');
    await expect.poll(async () => sliceOf(await corner(page, 'Original'))).toBe(slice + 1);
    await sheet.getByRole('searchbox').fill('invert');
    expect(await sheet.getByRole('listitem').count()).toBe(1);
    await sheet.getByRole('button', { name: 'Close' }).click();
    await page.keyboard.press('ArrowUp');
  });

  it('the picture of the comparison is a PNG with what the stage shows', async () => {
    await page.getByRole('button', { name: 'Slice 10, generated' }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save picture of the comparison' }).click()]);
    const image = decode(readFileSync(await download.path()));
    const box = (await view(page, 'Original').boundingBox())!;
    expect(image.width).toBeGreaterThan(box.width * 1.9);
    expect(image.data.filter((_, i) => i % 4 === 0).some((v) => v > 200)).toBe(true);
  });

  it('a removed result comes back with undo', async () => {
    const row = page.getByRole('button', { name: /^×2, faithful/ });
    await row.hover();
    await page.getByRole('button', { name: 'Remove ×2, faithful' }).click();
    await expect.poll(() => row.count()).toBe(0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => row.count()).toBe(1);
    await row.click();
    await view(page, 'Generated').waitFor();
  });

  it('marking a region gives a map over the original, with numbers on its scale and its faithfulness', async () => {
    await page.getByRole('tab', { name: 'Explain' }).click();
    const panel = page.getByRole('tabpanel', { name: 'Explain' });
    await panel.getByRole('button', { name: 'Mark' }).click();
    const box = (await view(page, 'Generated').boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.6);
    await expect.poll(() => panel.innerText(), { timeout: 60_000 }).toMatch(/-?\d+ %\s*better than random/);
    await page.getByRole('img', { name: /^LAM: 0.06 to 1.00/ }).waitFor();
    expect(await corner(page, 'Original')).toContain('LAM, relative to maximum');
    const [download] = await Promise.all([page.waitForEvent('download'), panel.getByRole('button', { name: 'Export map' }).click()]);
    expect(download.suggestedFilename()).toBe('map-lam.zip');
    await page.getByRole('tab', { name: 'Enhance' }).click();
    await expect.poll(() => page.getByRole('img', { name: /^LAM/ }).count()).toBe(0);
  });
});

describe('CT', () => {
  it('opens in the lung window, and the number keys set the presets', async () => {
    const studio = await openStudio();
    await studio.page.getByRole('button', { name: 'Open sample CT chest' }).click();
    await expect.poll(() => view(studio.page, 'Original').innerText().catch(() => ''), { timeout: 60_000 }).toMatch(/W 1500 L −600/);
    for (const [key, text] of [['1', 'W 400 L 40'], ['3', 'W 2500 L 480'], ['4', 'W 80 L 40'], ['2', 'W 1500 L −600']] as const) {
      await studio.page.keyboard.press(key);
      await expect.poll(() => corner(studio.page, 'Original')).toContain(text);
    }
    await view(studio.page, 'Original').hover();
    await expect.poll(() => corner(studio.page, 'Original')).toMatch(/x \d+ y \d+ −?\d+ HU/);
    await studio.close();
  });
});
