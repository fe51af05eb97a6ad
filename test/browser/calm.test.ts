import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { studioForEachTest } from './app';
import { enhanceSlice, openMrSample } from './mainJob';

const open = studioForEachTest();

/** Role and name of what has the focus, and whether one sees that it has it. */
const focused = (page: Page): Promise<{ name: string; seen: boolean }> =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    // Past the last control Tab leaves the page for a moment.
    if (element === document.body) return { name: '(page)', seen: true };
    const rings = [element, ...element.querySelectorAll<HTMLElement>('*')].map((e) => getComputedStyle(e));
    const seen = rings.some((s) => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== 'none');
    // The ring of a slider is drawn by its thumb, whose style cannot be asked for: its rule is looked up.
    const thumb = (rule: CSSRule): boolean => rule instanceof CSSStyleRule && rule.style.boxShadow !== '' && rule.selectorText.split(',').some((s) => s.endsWith(':focus-visible::-webkit-slider-thumb') && element.matches(s.trim().replace('::-webkit-slider-thumb', '')));
    const slider = element.matches('input[type=range]') && [...document.styleSheets].some((sheet) => [...sheet.cssRules].some(thumb));
    return { name: (element.getAttribute('aria-label') || element.textContent || element.outerHTML.slice(0, 120)).replace(/\s+/g, ' ').trim(), seen: seen || slider };
  });

/** Presses Tab until the control of this name has the focus; every stop on the way must be visible. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    expect(now).toMatchObject({ name: now.name, seen: true });
    if (name.test(now.name)) return;
  }
  throw new Error(`Tab does not come to ${name}.`);
}

describe('calm, and for every hand', () => {
  it('the main job by keyboard alone, with a visible focus at every stop', async () => {
    const page = await open();
    await page.getByRole('heading', { name: 'Open images' }).waitFor();
    await tabTo(page, /^Open the sample study$/);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Enhance slice' }).waitFor({ timeout: 60_000 });
    await tabTo(page, /^Enhance slice/);
    await page.keyboard.press('Enter');
    await page.getByText(/Enhanced 1 slice/).first().waitFor({ timeout: 120_000 });
    await tabTo(page, /^Export$/);
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'DICOM, this slice' }).waitFor();
    await expect.poll(async () => {
      if (!(await page.getByRole('menuitem', { name: 'DICOM, this slice' }).evaluate((e) => e === document.activeElement))) await page.keyboard.press('ArrowDown');
      return page.getByRole('menuitem', { name: 'DICOM, this slice' }).evaluate((e) => e === document.activeElement);
    }).toBe(true);
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    expect(download.suggestedFilename()).toMatch(/\.dcm$/);
  });

  it.each([[1280, 800], [390, 844]])('%i px wide: nothing moves from the first paint to a result, nor when the last session is offered', async (width, height) => {
    const init = `globalThis.moved = 0; new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) moved += e.value; }).observe({ type: 'layout-shift', buffered: true });`;
    const page = await open({ width, height, init });
    const moved = () => page.evaluate(() => (globalThis as unknown as { moved: number }).moved);
    await page.getByRole('heading', { name: 'Open images' }).waitFor();
    // Nothing that can be pressed is cut off.
    for (const button of await page.getByRole('main').getByRole('button').all()) {
      const box = (await button.boundingBox())!;
      expect([box.x >= 0, box.x + box.width <= width]).toEqual([true, true]);
    }
    await openMrSample(page);
    await enhanceSlice(page);
    await page.waitForTimeout(1500);
    expect(await moved()).toBeLessThan(0.001);
    await page.reload();
    await page.getByRole('button', { name: 'Open it' }).waitFor();
    await page.waitForTimeout(300);
    expect(await moved()).toBeLessThan(0.001);
  });

  it('when results come nothing on the stage moves, next to nothing beside it, and the images stay where they are from task to task', async () => {
    const page = await open();
    await page.getByRole('heading', { name: 'Open images' }).waitFor();
    await openMrSample(page);
    await page.waitForTimeout(1_500);
    await page.evaluate(() => {
      const kept = window as unknown as { shifted: { value: number; stage: boolean }[] };
      kept.shifted = [];
      // What follows a click within half a second is an answer to it; everything later would be a surprise.
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node: Node | null }[] })[]) {
          if (!entry.hadRecentInput) kept.shifted.push({ value: entry.value, stage: entry.sources.some((s) => document.querySelector('main')!.contains(s.node)) });
        }
      }).observe({ type: 'layout-shift', buffered: false });
    });
    await enhanceSlice(page);
    await page.waitForTimeout(500);
    await page.getByRole('tab', { name: 'Explain' }).click();
    const panel = page.getByRole('tabpanel', { name: 'Explain' });
    await panel.getByRole('button', { name: 'Mark' }).click();
    const box = (await page.getByRole('img', { name: /^Generated/ }).boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.6);
    await expect.poll(() => panel.innerText(), { timeout: 150_000 }).toMatch(/\d+ %\s*better than random/);
    await page.waitForTimeout(500);
    const shifted = await page.evaluate(() => (window as unknown as { shifted: { value: number; stage: boolean }[] }).shifted);
    // 0.0005 is a corner text that grows by a letter.
    expect(shifted.filter((s) => s.stage && s.value > 0.0005)).toEqual([]);
    // 0.1 is what is called good; this is far below.
    expect(shifted.reduce((sum, s) => sum + s.value, 0)).toBeLessThan(0.02);
    // The images stay where they are from task to task.
    const place = async () => {
      const b = (await page.getByRole('img', { name: /^Original/ }).boundingBox())!;
      return [Math.round(b.x), Math.round(b.y), Math.round(b.width), Math.round(b.height)];
    };
    const before = await place();
    for (const task of ['Dataset', 'Enhance', 'Explain']) {
      await page.getByRole('tab', { name: task }).click();
      await page.waitForTimeout(600);
      expect([task, await place()]).toEqual([task, before]);
    }
  });

  it('with reduced motion nothing is animated', async () => {
    const page = await open();
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await openMrSample(page);
    await page.keyboard.press('?');
    await page.getByRole('region', { name: 'Keyboard and mouse' }).waitFor();
    const moving = () => page.evaluate(() => [...document.querySelectorAll('*')].flatMap((e) => {
      const s = getComputedStyle(e);
      const longest = Math.max(...[...s.transitionDuration.split(','), ...(s.animationName === 'none' ? [] : s.animationDuration.split(','))].map((d) => parseFloat(d)));
      return longest > 0 ? [`${e.className}: ${longest} s`] : [];
    }));
    expect(await moving()).toEqual([]);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    expect((await moving()).length).toBeGreaterThan(0);
  });
});
