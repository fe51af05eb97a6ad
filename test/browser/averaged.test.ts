import { describe, expect, it } from 'vitest';
import { studioForEachTest } from './app';

const open = studioForEachTest();

describe('the average of eight orientations', () => {
  it('is a run of its own beside the plain result, and the methods text tells of it', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Open sample MR brain' }).click();
    const panel = page.getByRole('tabpanel', { name: 'Enhance' });
    const enhance = () => panel.getByRole('button', { name: 'Enhance slice' }).click({ timeout: 60_000 });
    const named = (name: string) => page.getByRole('button', { name: new RegExp(`^${name}`) }).first().waitFor({ timeout: 120_000 });
    await enhance();
    await named('×2, faithful');
    await panel.getByText('Advanced').click();
    await panel.getByRole('switch', { name: 'Average of 8 orientations' }).click();
    await enhance();
    await named('×2, faithful, averaged');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Methods text' }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText()), { timeout: 30_000 }).toMatch(/mean over orientations 8/);
  });
});
