import { decode } from 'fast-png';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallSeries } from '../fixtures/smallSeries';
import { openStudio, type Studio } from './app';
import { enhanceSlice, openFiles } from './mainJob';
import { corner, view } from './viewports';

describe('keys and tools', () => {
  let studio: Studio;
  let page: Page;
  beforeAll(async () => {
    studio = await openStudio();
    page = studio.page;
    await openFiles(page, smallSeries(12));
    await page.getByRole('img', { name: /^Original, / }).waitFor({ timeout: 60_000 });
    await enhanceSlice(page);
    await page.mouse.move(4, 4);
  });
  afterAll(async () => {
    expect(studio.errors).toEqual([]);
    await studio.close();
  });
  const slice = async (): Promise<number> => Number(/slice (\d+) of/.exec((await view(page, 'Original').getAttribute('aria-label'))!)![1]);
  const zoom = async (): Promise<number> => Number(/([\d.]+)× (?:linear|nearest)/.exec(await corner(page))![1]);
  const letters = async (): Promise<string> => (await corner(page)).match(/\b[APRLHF]\b/g)!.slice(-4).join('');
  const pressed = (name: string) => page.getByRole('button', { name, exact: true }).getAttribute('aria-pressed');
  const checked = (name: string) => page.getByRole('radio', { name, exact: true }).getAttribute('aria-checked');
  const press = (key: string) => page.keyboard.press(key);

  it('every key that the list names is the one that does it', async () => {
    await press('?');
    const sheet = page.getByRole('region', { name: 'Keyboard and mouse' });
    await sheet.waitFor();
    const rows = Object.fromEntries(await Promise.all((await sheet.getByRole('listitem').all()).map(async (row) => {
      const [name, ...keys] = (await row.innerText()).split('\n').map((s) => s.trim()).filter(Boolean);
      return [name!, keys.join(' ')] as const;
    })));
    expect(rows).toMatchObject({
      'Previous, next slice': '↑ ↓', 'Jump 5 slices': 'PgUp PgDn', 'First, last slice': 'Home End', 'Reset view': 'Space', Fit: '=', 'Zoom in, out': '+ −',
      Invert: 'I', 'Flip across, down': 'H V', Rotate: 'R', Cine: 'C', 'Soft tissue 400 / 40': '1', 'Lung 1500 / −600': '2', 'Bone 2500 / 480': '3', 'Brain 80 / 40': '4',
      'Brush, eraser': 'B E', 'Brush size': '[ ]', 'Undo, redo': 'Ctrl Z or Ctrl Y', Cancel: 'Esc', 'This list': '?',
      Swipe: 'S', Blink: 'K', Difference: 'D', 'Link, unlink': 'L', 'Window, pan, zoom': 'W P Z', Probe: 'Q', 'Mark a region': 'M', 'Linear, nearest': 'N',
    });
    await press('Escape');
    await expect.poll(() => sheet.count()).toBe(0);
  });

  it('slices: arrows, Page, Home and End', async () => {
    const at = await slice();
    for (const [key, wanted] of [['ArrowDown', at + 1], ['ArrowUp', at], ['PageDown', at + 5], ['PageUp', at], ['Home', 1], ['End', 12]] as const) {
      await press(key);
      await expect.poll(slice).toBe(wanted);
    }
    while ((await slice()) > at) await press('ArrowUp');
  });

  it('view: + − = zoom, h v r turn the letters, n the pixels, Space sets all back', async () => {
    const [z, l] = [await zoom(), await letters()];
    await press('+');
    await expect.poll(zoom).toBeGreaterThan(z);
    await press('-');
    await expect.poll(zoom).toBe(z);
    await press('+');
    await press('=');
    await expect.poll(zoom).toBe(z);
    for (const [key, times] of [['h', 2], ['v', 2], ['r', 4]] as const) {
      await press(key);
      await expect.poll(letters).not.toBe(l);
      for (let i = 1; i < times; i++) await press(key);
      await expect.poll(letters).toBe(l);
    }
    await press('n');
    await expect.poll(() => corner(page)).toContain('nearest');
    await press('n');
    await expect.poll(() => corner(page)).toContain('linear');
    const middle = async () => {
      const { data, width, height, channels } = decode(await view(page, 'Original').screenshot());
      return data[(Math.floor(height / 2) * width + Math.floor(width / 2)) * channels]!;
    };
    const before = await middle();
    await press('i');
    await expect.poll(async () => Math.abs((await middle()) + before - 255)).toBeLessThan(30);
    for (const key of ['+', 'r', 'h']) await press(key);
    await press(' ');
    await expect.poll(async () => [await zoom(), await letters(), Math.abs((await middle()) - before) < 30]).toEqual([z, l, true]);
  });

  it('comparing: s k d choose and give back, l unlinks', async () => {
    for (const [key, name] of [['s', 'Swipe'], ['k', 'Blink'], ['d', 'Difference']] as const) {
      await press(key);
      await expect.poll(() => checked(name)).toBe('true');
      await press(key);
      await expect.poll(() => checked('Side by side')).toBe('true');
    }
    await press('l');
    await expect.poll(() => pressed('Link views')).toBe('false');
    await press('l');
    await expect.poll(() => pressed('Link views')).toBe('true');
  });

  it('tools: w p z q, m opens Explain with its tool, b and e open Lesion with theirs, [ ] the size, Esc gives the window back', async () => {
    for (const [key, name] of [['p', 'Pan'], ['z', 'Zoom'], ['q', 'Probe'], ['w', 'Window and level']] as const) {
      await press(key);
      await expect.poll(() => pressed(name)).toBe('true');
    }
    const task = (name: string) => page.getByRole('tab', { name, exact: true }).getAttribute('aria-selected');
    await press('m');
    await expect.poll(() => task('Explain')).toBe('true');
    await expect.poll(() => pressed('Mark a region')).toBe('true');
    await press('Escape');
    await expect.poll(() => pressed('Window and level')).toBe('true');
    await press('b');
    await expect.poll(() => task('Lesion')).toBe('true');
    const panel = page.getByRole('tabpanel', { name: 'Lesion' });
    const size = panel.getByRole('slider', { name: 'Brush' });
    await size.waitFor();
    expect(await panel.getByRole('button', { name: 'Paint' }).getAttribute('aria-pressed')).toBe('true');
    const millimetres = async () => Number(/[\d.]+/.exec((await size.getAttribute('aria-valuetext'))!)![0]);
    const before = await millimetres();
    await press(']');
    await expect.poll(millimetres).toBeGreaterThan(before);
    await press('[');
    await expect.poll(millimetres).toBeCloseTo(before, 1);
    await press('e');
    await expect.poll(() => panel.getByRole('radio', { name: 'Erase' }).getAttribute('aria-checked')).toBe('true');
    await press('Escape');
    await expect.poll(() => pressed('Window and level')).toBe('true');
    await page.getByRole('tab', { name: 'Enhance' }).click();
  });

  it('the probe says pixel, value and place in the patient, on both sides; in the difference, the difference', async () => {
    const box = (await view(page, 'Original').boundingBox())!;
    const at = { x: box.x + box.width * 0.42, y: box.y + box.height * 0.47 };
    await page.mouse.move(at.x, at.y);
    const read = async (name: 'Original' | 'Generated') => {
      const text = await corner(page, name);
      const [, x, y, value] = /x (\d+) y (\d+) ([\d.−]+)/.exec(text)!;
      const [, lr, px, pa, py, , pz] = /([LR]) ([\d.]+) ([PA]) ([\d.]+) ([HF]) ([\d.]+) mm/.exec(text)!;
      return { x: Number(x), y: Number(y), value: Number(value!.replace('−', '-')), mm: [Number(px) * (lr === 'L' ? 1 : -1), Number(py) * (pa === 'P' ? 1 : -1), Number(pz)] };
    };
    await expect.poll(() => corner(page)).toMatch(/x \d+ y \d+/);
    const [a, b] = [await read('Original'), await read('Generated')];
    // Position (−120, −110, 5 n) mm, pixels of 0.8 × 0.9 mm; the generated ones are half as large, on the half-pixel grid.
    expect(a.mm[0]).toBeCloseTo(-120 + 0.8 * a.x, 1);
    expect(a.mm[1]).toBeCloseTo(-110 + 0.9 * a.y, 1);
    expect(a.mm[2]).toBe(((await slice()) - 1) * 5);
    expect(b.mm[0]).toBeCloseTo(-120 - 0.2 + 0.4 * b.x, 1);
    expect(b.mm[1]).toBeCloseTo(-110 - 0.225 + 0.45 * b.y, 1);
    await press('d');
    await page.mouse.move(at.x + 1, at.y);
    await view(page, 'Difference').waitFor();
    await page.mouse.move(at.x, at.y + 1);
    await expect.poll(() => corner(page, 'Difference')).toMatch(/x \d+ y \d+ −?[\d.]+/);
    // All of it is far smaller than the values themselves.
    const seen: number[] = [];
    for (let i = 0; i < 12; i++) {
      await page.mouse.move(at.x + i * 9, at.y + i * 5);
      const found = /x \d+ y \d+ (−?[\d.]+)/.exec(await corner(page, 'Difference'));
      if (found) seen.push(Number(found[1]!.replace('−', '-')));
    }
    expect(seen.length).toBeGreaterThan(6);
    expect(seen.some((v) => v < 0)).toBe(true);
    expect((await corner(page, 'Difference')).match(/\b[APRLHF]\b/g)!.length).toBeGreaterThanOrEqual(4);
    await press('d');
    await page.mouse.move(4, 4);
  });

  it('length, angle and region statistics say the same on both sides, and undo takes them back one by one', async () => {
    const box = (await view(page, 'Original').boundingBox())!;
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const tool = async (name: string): Promise<void> => {
      await page.getByRole('button', { name: 'Measure' }).click();
      await page.getByRole('menuitem', { name }).click();
    };
    const drag = async (from: [number, number], to: [number, number]): Promise<void> => {
      await page.mouse.move(middle.x + from[0], middle.y + from[1]);
      await page.mouse.down();
      await page.mouse.move(middle.x + to[0], middle.y + to[1], { steps: 4 });
      await page.mouse.up();
    };
    await tool('Length');
    await drag([-60, -90], [60, -90]);
    await tool('Angle');
    await drag([80, 0], [0, 0]);
    await drag([0, 70], [0, 70]);
    await tool('Region statistics');
    await drag([-40, -40], [40, 40]);
    await page.mouse.move(4, 4);
    const said: string[][] = [];
    for (const name of ['Original', 'Generated'] as const) {
      const text = await corner(page, name);
      said.push([/([\d.]+) mm(?!²)/.exec(text)![1]!, /([\d.]+)°/.exec(text)![1]!, /(\d+) mm²/.exec(text)![1]!, /mean ([\d.]+)/.exec(text)![1]!, /SD ([\d.]+)/.exec(text)![1]!]);
    }
    const [a, b] = said as [string[], string[]];
    // 120 CSS pixels at the zoom said, of pixels 0.8 mm wide.
    expect(Number(a[0])).toBeCloseTo((120 / (await zoom())) * 0.8, 0);
    expect(b[0]).toBe(a[0]);
    expect(Math.abs(Number(a[1]) - 90)).toBeLessThan(1);
    expect(b[1]).toBe(a[1]);
    expect(Math.abs(Number(b[2]) - Number(a[2]))).toBeLessThan(0.05 * Number(a[2]));
    expect(Math.abs(Number(b[3]) - Number(a[3]))).toBeLessThan(0.05 * Number(a[3]));
    expect(Number(a[4])).toBeGreaterThan(0);
    await press('Control+z');
    await expect.poll(() => corner(page, 'Generated')).not.toMatch(/mean/);
    await press('Control+z');
    await expect.poll(() => corner(page, 'Generated')).not.toMatch(/°/);
    await press('Control+y');
    await expect.poll(() => corner(page, 'Generated')).toMatch(/°/);
    await press('Control+z');
    await press('Control+z');
    await expect.poll(() => corner(page, 'Original')).not.toMatch(/°|mean/);
    await press('w');
  });
});
