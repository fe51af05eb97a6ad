import { describe, expect, it } from 'vitest';
import { startDemonstration } from './guides';

describe('demonstrations go through to their end', () => {
  it('degrade and recover: six methods with figures, names hidden and shown', async () => {
    const { page, next, end } = await startDemonstration('Degrade and recover');
    await page.getByRole('img', { name: /^Original, slice 9 of 20/ }).waitFor();
    await next(2);
    const main = page.getByRole('main');
    await expect.poll(async () => (await main.innerText()).match(/\d\d\.\d\s*PSNR, dB/g)?.length ?? 0, { timeout: 60_000 }).toBe(6);
    for (const name of ['Reference', 'Bicubic', 'Faithful']) await page.getByRole('img', { name: new RegExp(`^${name}`) }).waitFor();
    await next(3);
    await expect.poll(() => page.getByRole('img', { name: /^Reference/ }).count()).toBe(0);
    expect(await main.innerText()).not.toMatch(/Bicubic|Faithful|SYNTHETIC/);
    await next(4);
    await page.getByRole('img', { name: /^Reference/ }).waitFor();
    await end();
  });

  it('plant a lesion and find it: proposed, added, found by the segmenter', async () => {
    const { page, next, end } = await startDemonstration('Plant a lesion and find it');
    await page.getByRole('img', { name: /^Original, slice 1 of 1/ }).waitFor();
    await next(2);
    const panel = page.getByRole('tabpanel', { name: 'Lesion' });
    await panel.getByRole('button', { name: 'Propose' }).click();
    await panel.getByRole('button', { name: 'Add lesion' }).click({ timeout: 60_000 });
    await page.getByRole('img', { name: /^Generated, synthetic/ }).waitFor({ timeout: 60_000 });
    await next(3);
    await next(4);
    await expect.poll(() => panel.innerText(), { timeout: 60_000 }).toMatch(/Found, Dice with the mask\s*0\.\d\d/);
    await end();
  });
});
