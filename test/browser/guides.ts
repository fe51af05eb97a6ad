import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { openStudio, type Studio } from './app';

export interface Demonstration {
  readonly studio: Studio;
  readonly page: Page;
  readonly guide: Locator;
  /** Goes on to a step, as soon as the one before is ready. */
  next(step: number): Promise<void>;
  /** Ends the last step and closes the studio: no error, no notice, nothing from elsewhere. */
  end(check?: () => Promise<void>): Promise<void>;
}

/** Starts one of the teaching page's demonstrations. */
export async function startDemonstration(name: string): Promise<Demonstration> {
  const studio = await openStudio();
  const { page } = studio;
  await page.getByRole('button', { name: 'Three guided demonstrations for teaching' }).click();
  await page.getByRole('button', { name: `Start: ${name}` }).click();
  const guide = page.getByRole('region', { name: 'Guide' });
  await guide.getByText('1 of 4').waitFor({ timeout: 60_000 });
  return {
    studio, page, guide,
    next: async (step) => {
      await guide.getByRole('button', { name: 'Next' }).click({ timeout: 60_000 });
      await guide.getByText(`${step} of 4`).waitFor({ timeout: 60_000 });
    },
    end: async (check) => {
      await guide.getByRole('button', { name: 'End' }).click({ timeout: 60_000 });
      await expect.poll(() => guide.count()).toBe(0);
      await check?.();
      expect(await page.getByRole('button', { name: /^\d+ notices?$/ }).count()).toBe(0);
      expect([studio.errors, studio.foreign]).toEqual([[], []]);
      await studio.close();
    },
  };
}
