import { describe, expect, it } from 'vitest';
import { startDemonstration } from './guides';

describe('the demonstration of saliency goes through to its end', () => {
  it('which pixels made this: a marked edge, its map and faithfulness, then shuffled weights', async () => {
    const { page, next, end } = await startDemonstration('Which pixels made this?');
    await page.getByRole('img', { name: /^Generated, synthetic/ }).waitFor({ timeout: 60_000 });
    await next(2);
    const panel = page.getByRole('tabpanel', { name: 'Explain' });
    await expect.poll(() => panel.innerText(), { timeout: 60_000 }).toMatch(/8 × 8 px at/);
    await expect.poll(() => panel.innerText(), { timeout: 60_000 }).toMatch(/\d+ %\s+better than random/);
    await next(3);
    await next(4);
    expect(await panel.getByRole('switch', { name: /Shuffle the weights/ }).getAttribute('aria-checked')).toBe('true');
    await end(async () => {
      expect(await panel.getByRole('switch', { name: /Shuffle the weights/ }).getAttribute('aria-checked')).toBe('false');
    });
  });
});
