import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { imageFile } from '../fixtures/dicom';
import { labelledChest } from '../fixtures/labelFiles';
import { smallSeries } from '../fixtures/smallSeries';
import { studioForEachTest } from './app';
import { openFiles, openMrSample } from './mainJob';

const open = studioForEachTest();
const menu = async (page: Page, item: string | RegExp, button = 'Menu'): Promise<void> => {
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByRole('menuitem', { name: item }).click();
};
const sliceNumber = async (page: Page): Promise<number> => Number(/slice (\d+) of/.exec((await page.getByRole('img', { name: /^Original, slice/ }).getAttribute('aria-label'))!)![1]);

describe('cine, identifiers, tour, language', () => {
  it('c plays the slices one after the other and stops again', async () => {
    const page = await open();
    await openMrSample(page);
    const seen = new Set<number>([await sliceNumber(page)]);
    await page.keyboard.press('c');
    await expect.poll(async () => seen.add(await sliceNumber(page)).size, { interval: 40 }).toBeGreaterThan(3);
    // At 8 a second from slice 10 on: the last comes after 1.3 s, and the first after the last.
    await expect.poll(() => sliceNumber(page), { timeout: 10_000, interval: 30 }).toBe(20);
    await expect.poll(() => sliceNumber(page), { timeout: 5_000, interval: 30 }).toBeLessThan(5);
    await page.keyboard.press('c');
    await page.waitForTimeout(150);
    const stopped = await sliceNumber(page);
    await page.waitForTimeout(600);
    expect(await sliceNumber(page)).toBe(stopped);
  });

  it('identifiers are hidden until they are asked for, and the choice is kept', async () => {
    const page = await open();
    const file = imageFile({ rows: 32, columns: 32, more: [[0x00100010, 'PN', 'Doe^Jane'], [0x00100020, 'LO', 'ID-4711']] });
    await openFiles(page, [{ name: 'IM0001.dcm', bytes: file }]);
    await page.getByRole('img', { name: /^Original/ }).waitFor();
    const library = page.getByRole('navigation', { name: 'Library' });
    expect(await page.locator('body').innerText()).not.toMatch(/Doe|ID-4711/);
    await menu(page, 'Show identifiers');
    await expect.poll(() => library.innerText()).toMatch(/Doe.*Jane.*ID-4711/s);
    await page.reload();
    await page.getByRole('button', { name: 'Menu', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Hide identifiers' }).click();
    await openFiles(page, [{ name: 'IM0001.dcm', bytes: file }]);
    await page.getByRole('img', { name: /^Original/ }).waitFor();
    expect(await page.locator('body').innerText()).not.toMatch(/Doe|ID-4711/);
  });

  it('the tour starts, goes forth and back, can be skipped, and is not offered again', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Short tour' }).click();
    const guide = page.getByRole('region', { name: 'Guide' });
    await guide.getByText('1 of 5').waitFor();
    await page.getByRole('img', { name: /^Original/ }).waitFor();
    await guide.getByRole('button', { name: 'Next' }).click();
    await guide.getByText('2 of 5').waitFor();
    await guide.getByRole('button', { name: 'Back' }).click();
    await guide.getByText('1 of 5').waitFor();
    await guide.getByRole('button', { name: 'Skip' }).click();
    await expect.poll(() => guide.count()).toBe(0);
    await page.reload();
    await page.getByRole('button', { name: 'Three guided demonstrations for teaching' }).waitFor();
    expect(await page.getByRole('button', { name: 'Short tour' }).count()).toBe(0);
    // The menu still has it, and it ends at its last step.
    await menu(page, 'Short tour');
    for (let step = 2; step <= 5; step++) {
      await guide.getByRole('button', { name: 'Next' }).click();
      await guide.getByText(`${step} of 5`).waitFor();
    }
    await guide.getByRole('button', { name: 'End' }).click();
    await expect.poll(() => guide.count()).toBe(0);
  });

  it('in German the jobs, the errors and the key sheet are German too', async () => {
    const page = await open();
    await menu(page, 'Deutsch');
    await page.getByRole('heading', { name: 'Bilder öffnen' }).waitFor();
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Dateien wählen' }).click()]);
    await chooser.setFiles([{ name: 'bad.onnx', mimeType: 'application/octet-stream', buffer: Buffer.from('no model') }, { name: 'bad.json', mimeType: 'application/json', buffer: Buffer.from('{}') }]);
    await page.getByText('Das Modell kann nicht verwendet werden.', { exact: true }).waitFor();
    await page.getByText('bad.onnx wird geprüft', { exact: false }).first().waitFor();
    await page.keyboard.press('?');
    const sheet = page.getByRole('region', { name: 'Tastatur und Maus' });
    await sheet.getByText('Vorige, nächste Schicht').waitFor();
    expect(await sheet.innerText()).not.toMatch(/Previous|Double-click|Window and level|Wheel/);
  });

  it('in German the sentences of import, models, labels and maps are German too; a model card says that it is English', async () => {
    const page = await open();
    await menu(page, 'Deutsch');
    await page.getByRole('heading', { name: 'Bilder öffnen' }).waitFor();
    const chest = labelledChest();
    await openFiles(page, [chest.image, chest.nifti('moved_label.nii.gz', 0.8), { name: 'notes.txt', bytes: new TextEncoder().encode('no image') }, ...smallSeries(1, { width: 48 })], 'Dateien wählen');
    await page.getByRole('button', { name: 'Auflisten', exact: true }).first().click({ timeout: 60_000 });
    await page.getByRole('main').getByText(/Dies ist kein medizinisches Bild|Dies ist keine DICOM-Datei/).first().waitFor();
    await page.getByRole('button', { name: /Chest 5 mm/ }).first().click();
    await page.getByText(/moved_label\.nii\.gz ist um 0\.80 mm entlang der Achse links–rechts gegen .* verschoben/).first().waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: /AX FLAIR/ }).first().click();
    await page.getByRole('button', { name: 'Schicht auflösen' }).click();
    await page.getByText(/^1 Schicht aufgelöst/).first().waitFor({ timeout: 60_000 });
    expect(await page.getByRole('banner').getByTitle(/Rechenweg|kein WebGPU|hier gibt es kein|Software/).count()).toBe(1);
    await page.getByRole('tab', { name: 'Erklären' }).click();
    const panel = page.getByRole('tabpanel', { name: 'Erklären' });
    await panel.getByRole('button', { name: 'Markieren' }).click();
    const box = (await page.getByRole('img', { name: /^Erzeugt/ }).boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.5);
    await panel.getByText(/Löscht man, was die Karte markiert/).waitFor({ timeout: 60_000 });
    expect(await panel.innerText()).not.toMatch(/Deleting|shown image|network output|sooner|later/);
    await page.getByRole('tab', { name: 'Auflösen' }).click();
    await page.getByRole('button', { name: 'Modellkarte' }).click();
    const card = page.getByRole('region', { name: 'Modellkarte' });
    await card.getByText(/half-pixel grid/).waitFor();
    expect(await card.getByText(/half-pixel grid/).evaluate((e) => e.closest('[lang]')!.getAttribute('lang'))).toBe('en');
  });
});
