import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

/** Opens the MR sample from the start page and waits until a slice is painted. */
export async function openMrSample(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Open sample MR brain' }).click();
  await page.getByRole('tab', { name: 'Enhance' }).waitFor({ timeout: 60_000 });
  await page.waitForFunction(() => [...document.querySelectorAll('canvas')].some((canvas) => canvas.width > 200), undefined, { timeout: 60_000 });
}

/** Enhances the slice on the stage and waits until the job is done. */
export async function enhanceSlice(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Enhance' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Enhance' });
  await panel.getByRole('radio', { name: 'This slice' }).click();
  await panel.getByRole('button', { name: 'Enhance slice' }).click();
  await page.getByText('SYNTHETIC').first().waitFor({ timeout: 120_000 });
  await page.getByText(/Enhanced 1 slice/).first().waitFor({ timeout: 120_000 });
}

/** Exports the generated slice as DICOM and returns the file. */
export async function exportDicom(page: Page): Promise<{ name: string; bytes: Uint8Array }> {
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: 60_000 }), page.getByRole('menuitem', { name: 'DICOM, this slice' }).click()]);
  return { name: download.suggestedFilename(), bytes: new Uint8Array(readFileSync(await download.path())) };
}

/** Text of all notices that are posted; the list is closed again. */
export async function noticeTexts(page: Page): Promise<string> {
  const button = page.getByRole('button', { name: /^(\d+ notices?|No notices)$/ });
  if (await button.isDisabled()) return '';
  if ((await button.getAttribute('aria-expanded')) !== 'true') await button.click();
  const text = (await page.getByRole('region', { name: 'Notices' }).innerText()).replace(/\s+/g, ' ');
  await button.click();
  return text;
}

/** Opens files through the start page's "Choose files". */
export async function openFiles(page: Page, files: readonly { name: string; bytes: Uint8Array }[], button = 'Choose files'): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: button }).click()]);
  await chooser.setFiles(files.map(({ name, bytes }) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) })));
}

/** The backend that the top bar names: `WASM, 1 thread`. */
export async function backend(page: Page): Promise<string> {
  const text = await page.getByRole('banner').innerText();
  return /(WASM, \d+ threads?|WebGPU|no model run yet)/.exec(text)?.[1] ?? text;
}
