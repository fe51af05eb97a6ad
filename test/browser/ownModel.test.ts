import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doublingModel, linearModel, onnxModel } from '../fixtures/onnx';
import { openStudio, type Studio } from './app';
import { openMrSample } from './mainJob';

const CONTRACT = {
  id: 'mine', task: 'super-resolution', modality: ['MR'], scale: 2, halo: 1,
  inputs: [{ name: 'image', shape: [1, 1, 'H', 'W'], range: [0, 1] }], outputs: [{ name: 'output', shape: [1, 1, '2H', '2W'] }],
  normalisation: { type: 'percentile', low: 0.5, high: 99.5, scope: 'series' },
};

/** Drops files anywhere on the page, as a person does. */
async function drop(page: Page, files: readonly { name: string; bytes: Uint8Array | string }[]): Promise<void> {
  const data = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes as Uint8Array).toString('base64') }));
  await page.evaluate((list) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of list) transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, data);
}

describe('a model of one’s own', () => {
  let studio: Studio;
  let page: Page;
  const models = async (): Promise<string[]> => {
    await page.getByRole('combobox', { name: 'Model' }).click();
    const names = await page.getByRole('option').allInnerTexts();
    await page.keyboard.press('Escape');
    return names;
  };
  beforeAll(async () => {
    studio = await openStudio();
    page = studio.page;
    await openMrSample(page);
    await page.getByRole('tabpanel', { name: 'Enhance' }).getByRole('button', { name: 'Enhance slice' }).waitFor();
  });
  afterAll(async () => {
    expect(studio.errors).toEqual([]);
    expect(studio.foreign).toEqual([]);
    await studio.close();
  });

  const external = onnxModel({ nodes: [{ op: 'Identity', inputs: ['image'], outputs: ['output'] }], weights: [{ name: 'w', dims: [1], values: [], external: true }], inputs: { image: [1, 1, 'H', 'W'] }, outputs: { output: [1, 1, 'H', 'W'] } });
  const INVALID = 'The model cannot be used.';
  const SHAPE = 'The image does not have the shape the model takes.';
  it.each<[string, Uint8Array | string, object | string | null, string, RegExp]>([
    ['is not ONNX', 'GIF89a, not a model', CONTRACT, INVALID, /it must be one ONNX file/i],
    ['brings no contract', doublingModel().forward, null, 'b.onnx comes without its contract.', /JSON of the same name/],
    ['brings a contract that is not JSON', doublingModel().forward, '{', INVALID, /the contract is not JSON/],
    ['names no task that there is', doublingModel().forward, { ...CONTRACT, task: 'magic' }, INVALID, /task/],
    ['has other inputs than promised', doublingModel().forward, { ...CONTRACT, inputs: [{ name: 'picture', shape: [1, 1, 'H', 'W'] }] }, SHAPE, /inputs are image; the contract says picture/],
    ['gives another size than promised', linearModel([1]).forward, CONTRACT, SHAPE, /a trial run gave 1 × 1 × 24 × 24; 1 × 1 × 48 × 48 was promised/],
    ['keeps its weights elsewhere', external, CONTRACT, INVALID, /keeps its weights in other files/],
  ])('is refused where it %s, with the reason, and not added', async (_, onnx, contract, happened, reason) => {
    await drop(page, [{ name: 'b.onnx', bytes: onnx }, ...(contract === null ? [] : [{ name: 'b.json', bytes: typeof contract === 'string' ? contract : JSON.stringify(contract) }])]);
    const button = page.getByRole('button', { name: /^\d+ notices?$/ });
    await button.waitFor({ timeout: 30_000 });
    if ((await button.getAttribute('aria-expanded')) !== 'true') await button.click();
    const notices = page.getByRole('region', { name: 'Notices' });
    await expect.poll(async () => (await notices.innerText()).replace(/\s+/g, ' '), { timeout: 30_000 }).toMatch(reason);
    expect(await notices.innerText()).toContain(happened);
    await notices.getByRole('button', { name: 'Dismiss' }).first().click();
    await expect.poll(() => notices.count(), { timeout: 10_000 }).toBe(0);
    expect((await models()).filter((m) => m.includes('own-'))).toEqual([]);
  });

  it('that keeps its contract is checked, listed, chosen, and makes a slice of twice the matrix', async () => {
    await drop(page, [{ name: 'mine.onnx', bytes: doublingModel().forward }, { name: 'mine.json', bytes: JSON.stringify(CONTRACT) }]);
    await page.getByText(/own-mine-[0-9a-f]{6} can be used/).first().waitFor({ timeout: 30_000 });
    await page.getByRole('combobox', { name: 'Model' }).click();
    await page.getByRole('option', { name: /own-mine-/ }).click();
    await page.getByRole('button', { name: 'Enhance slice' }).click();
    await page.getByText(/Enhanced 1 slice/).first().waitFor({ timeout: 60_000 });
    const panel = page.getByRole('tabpanel', { name: 'Enhance' });
    await expect.poll(() => panel.innerText()).toContain('256² → 512²');
    expect(await panel.innerText()).toMatch(/own-mine-[0-9a-f]{6}/);
  });
});
