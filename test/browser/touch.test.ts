import type { CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStudio, type Studio } from './app';
import { openMrSample } from './mainJob';
import { corner, view } from './viewports';

type Finger = { x: number; y: number };

describe('touch', () => {
  let studio: Studio;
  let page: Page;
  let session: CDPSession;
  beforeAll(async () => {
    studio = await openStudio({ width: 820, height: 1100 });
    page = studio.page;
    session = await studio.context.newCDPSession(page);
    await session.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 5 });
    await openMrSample(page);
  });
  afterAll(() => studio.close());

  /** Fingers put down together, moved in ten steps, and lifted. */
  async function move(from: Finger[], to: Finger[]): Promise<void> {
    const points = (t: number) => from.map((f, id) => ({ id, x: f.x + (to[id]!.x - f.x) * t, y: f.y + (to[id]!.y - f.y) * t }));
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: points(0) });
    for (let i = 1; i <= 10; i++) {
      await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: points(i / 10) });
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  }
  const zoom = async () => Number(/([\d.]+)× linear/.exec(await corner(page))![1]);
  const slice = async () => Number(/(\d+) \/ 20/.exec(await corner(page))![1]);
  const window = async () => Number(/W (\d+)/.exec(await corner(page))![1]);
  const middle = async (): Promise<Finger> => {
    const box = (await view(page, 'Original').boundingBox())!;
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };

  it('one finger is the tool: the window', async () => {
    const m = await middle();
    const [w, z, s] = [await window(), await zoom(), await slice()];
    await move([m], [{ x: m.x + 60, y: m.y }]);
    await expect.poll(window).toBeGreaterThan(w);
    expect([await zoom(), await slice()]).toEqual([z, s]);
  });

  it('two fingers zoom and leave window and slice alone', async () => {
    const m = await middle();
    const [w, z, s] = [await window(), await zoom(), await slice()];
    await move([{ x: m.x - 30, y: m.y }, { x: m.x + 30, y: m.y }], [{ x: m.x - 75, y: m.y }, { x: m.x + 75, y: m.y }]);
    await expect.poll(zoom).toBeGreaterThan(z * 1.8);
    expect([await window(), await slice()]).toEqual([w, s]);
  });

  it('three fingers turn the slices', async () => {
    const m = await middle();
    const [w, s] = [await window(), await slice()];
    const fingers = [-40, 0, 40].map((dx) => ({ x: m.x + dx, y: m.y }));
    await move(fingers, fingers.map((f) => ({ x: f.x, y: f.y + 66 })));
    await expect.poll(slice).toBe(s + 4);
    expect(await window()).toBe(w);
  });
});
