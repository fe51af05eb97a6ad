import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answersFromCsv, readerResult } from '../../src/audit/readerStudy';
import { openStudio } from './app';
import { enhanceSlice, openMrSample } from './mainJob';

describe('real or generated?', () => {
  it('a scripted reader: nothing tells the answer, the figures are those of the answers given', async () => {
    const { page, errors, close } = await openStudio();
    await openMrSample(page);
    await enhanceSlice(page);
    await page.keyboard.press('ArrowDown');
    await page.waitForTimeout(500);
    await enhanceSlice(page);
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('menuitem', { name: 'Real or generated?' }).click();
    await page.getByLabel('Reader', { exact: true }).fill('Scripted');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByText('1 of 4').waitFor({ timeout: 60_000 });
    const canvas = page.getByRole('img', { name: 'Real or generated?' });
    const pixels = () => canvas.evaluate((c: HTMLCanvasElement) => c.toDataURL());
    const again = async (): Promise<void> => {
      await page.reload();
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('menuitem', { name: 'Real or generated?' }).click();
    };
    for (let n = 0; n < 4; n++) {
      if (n === 2) {
        // Broken off by a reload, without the images being opened again: it goes on where it was, with the same image.
        const before = await pixels();
        await again();
        await page.getByText('The reading of Scripted was broken off after 2 of 4.').waitFor({ timeout: 30_000 });
        await page.getByRole('button', { name: 'Go on', exact: true }).click();
        await page.getByText('3 of 4').waitFor();
        expect(await pixels()).toBe(before);
      }
      const body = await page.locator('main').innerText();
      expect(body).not.toMatch(/SYNTHETIC|derived|\.dcm|seed/i);
      expect(await canvas.evaluate((c: HTMLCanvasElement) => [c.width, c.height])).toEqual([256, 256]);
      await page.keyboard.press(n % 2 ? 'g' : 'r');
      await page.keyboard.press(String(n + 1));
    }
    await page.getByRole('heading', { name: 'Result' }).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV', exact: true }).click()]);
    const answers = answersFromCsv(readFileSync(await download.path(), 'utf8'));
    expect(answers.map((a) => [a.reader, a.answer, a.confidence])).toEqual([['Scripted', 'real', 1], ['Scripted', 'generated', 2], ['Scripted', 'real', 3], ['Scripted', 'generated', 4]]);
    expect(answers.filter((a) => a.truth === 'real')).toHaveLength(2);
    // readerResult itself is held against SciPy, scikit-learn and statsmodels in test/unit/audit.
    const want = readerResult('Scripted', answers);
    const shown = await page.getByRole('region', { name: 'Scripted' }).innerText();
    expect(shown).toContain(`${(100 * want.accuracy.value).toFixed(1)} %`);
    expect(shown).toContain(`${(100 * want.accuracy.low).toFixed(1)}–${(100 * want.accuracy.high).toFixed(1)} %`);
    expect(shown).toContain(want.roc.auc.toFixed(2));
    expect(shown).toContain(want.pAgainstChance.toFixed(3));

    // The answers are there again after a reload, until they are deleted.
    const answer = page.getByRole('region', { name: 'Scripted' });
    await again();
    await answer.waitFor();
    expect(await page.getByRole('button', { name: 'Go on', exact: true }).count()).toBe(0);
    expect(await answer.innerText()).toBe(shown);
    await page.getByRole('button', { name: 'Delete answers' }).click();
    await again();
    await page.getByRole('heading', { name: 'Real or generated?' }).waitFor();
    expect(await answer.count()).toBe(0);
    expect(errors).toEqual([]);
    await close();
  });
});
