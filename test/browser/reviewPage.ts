import type { Page } from 'playwright-core';

/** Opens the contact sheet of a built set that lies in a folder. */
export async function openReviewOf(page: Page, folder: string): Promise<void> {
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('menuitem', { name: 'Sign-off' }).click();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Open a built set' }).click()]);
  await chooser.setFiles(folder);
  await page.getByRole('listbox', { name: 'Sign-off' }).waitFor({ timeout: 60_000 });
}
