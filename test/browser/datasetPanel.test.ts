import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { strFromU8, unzipSync } from 'fflate';
import type { Download, Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { openStudio, type Studio } from './app';
import { noticeTexts, openMrSample } from './mainJob';

let studio: Studio | null = null;
afterEach(async () => {
  await studio?.close();
  studio = null;
});

async function open(): Promise<Page> {
  studio = await openStudio();
  await openDataset(studio.page);
  return studio.page;
}

/** Opens the sample and the Dataset task with the classical preset, one copy, ZIP. */
async function openDataset(page: Page): Promise<void> {
  await openMrSample(page);
  await chooseClassical(page);
}

async function chooseClassical(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Dataset' }).click({ timeout: 60_000 });
  await page.getByRole('combobox', { name: 'Recipe' }).click();
  await page.getByRole('option', { name: 'Classical' }).click();
  await page.getByRole('textbox', { name: 'Copies a slice' }).fill('1');
  await page.getByRole('radio', { name: 'ZIP' }).click();
  await page.getByRole('button', { name: 'Build 40 images' }).waitFor({ timeout: 60_000 });
}

interface SetFiles {
  files: Record<string, Uint8Array>;
  manifest: { contentSha256: string; items: { kind: string; files: { path: string; sha256: string }[] }[]; files: { path: string; sha256: string }[]; deidentified: boolean };
}

async function unpack(download: Download): Promise<SetFiles> {
  const packed = unzipSync(readFileSync(await download.path()));
  const name = download.suggestedFilename().replace(/\.zip$/, '');
  const files = Object.fromEntries(Object.entries(packed).map(([path, bytes]) => [path.replace(`${name}/`, ''), bytes]));
  return { files, manifest: JSON.parse(strFromU8(files['manifest.json']!)) as SetFiles['manifest'] };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('Dataset panel', () => {
  it('builds a set as a ZIP that says what it is, each file with its hash', async () => {
    const page = await open();
    const download = page.waitForEvent('download', { timeout: 120_000 });
    await page.getByRole('button', { name: 'Build 40 images' }).click();
    const { files, manifest } = await unpack(await download);
    expect(manifest.items.filter((i) => i.kind === 'generated')).toHaveLength(20);
    expect(manifest.items.filter((i) => i.kind === 'original')).toHaveLength(20);
    expect(manifest.deidentified).toBe(true);
    const listed = [...manifest.files, ...manifest.items.flatMap((i) => i.files)];
    for (const { path, sha256: hash } of listed) expect(sha256(files[path]!), path).toBe(hash);
    expect(Object.keys(files).filter((path) => path.startsWith('.verisim'))).toEqual([]);
    expect(Object.keys(files).length).toBe(new Set(listed.map((f) => f.path)).size + 1);
    await page.getByRole('img', { name: /Progress of the items: 40 written/ }).waitFor();
    // On to the contact sheet, with the generated half of the set.
    await page.getByRole('button', { name: 'Review 20' }).click();
    await page.getByText('0 of 20 reviewed').waitFor({ timeout: 30_000 });
    await page.keyboard.press('a');
    await page.getByText('1 of 20 reviewed').waitFor();
    expect(studio!.errors).toEqual([]);
    expect(studio!.foreign).toEqual([]);
  });

  it('a reload in the middle is resumed, and the set is the same to the byte', async () => {
    const page = await open();
    let download = page.waitForEvent('download', { timeout: 120_000 });
    await page.getByRole('button', { name: 'Build 40 images' }).click();
    const undisturbed = await unpack(await download);

    await page.getByRole('button', { name: 'Build 40 images' }).click();
    // Stopped and let go again, so that a fast machine is not done before the page goes.
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByText('paused').waitFor();
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.reload();
    await page.getByRole('button', { name: 'Open it' }).click({ timeout: 30_000 });
    await page.getByRole('tab', { name: 'Dataset' }).click({ timeout: 60_000 });
    await page.getByText(/stopped at \d+ of 40/).waitFor({ timeout: 30_000 });
    download = page.waitForEvent('download', { timeout: 120_000 });
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    const resumed = await unpack(await download);
    expect(resumed.manifest.contentSha256).toBe(undisturbed.manifest.contentSha256);
    for (const [path, bytes] of Object.entries(undisturbed.files)) expect(sha256(resumed.files[path]!), path).toBe(sha256(bytes));
    expect(studio!.errors).toEqual([]);
  });

  it('two workers build the same bytes as one', async () => {
    const page = await open();
    let download = page.waitForEvent('download', { timeout: 120_000 });
    await page.getByRole('button', { name: 'Build 40 images' }).click();
    const one = await unpack(await download);
    await page.addInitScript(() => Object.defineProperty(navigator, 'hardwareConcurrency', { get: () => 3 }));
    await page.reload();
    await page.getByRole('button', { name: 'Open it' }).click({ timeout: 30_000 });
    await chooseClassical(page);
    download = page.waitForEvent('download', { timeout: 120_000 });
    await page.getByRole('button', { name: 'Build 40 images' }).click();
    const two = await unpack(await download);
    expect(page.workers().length).toBeGreaterThan(2);
    expect(two.manifest.contentSha256).toBe(one.manifest.contentSha256);
    expect(studio!.errors).toEqual([]);
  });

  it('pauses, goes on, and is cancelled; what is done can be resumed or discarded', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Build 40 images' }).click();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByText('paused').waitFor();
    const done = async () => Number(/(\d+) written/.exec((await page.getByRole('img', { name: /Progress of the items/ }).getAttribute('aria-label')) ?? '')?.[1] ?? -1);
    await page.waitForTimeout(800);
    const before = await done();
    await page.waitForTimeout(800);
    expect(await done()).toBe(before);
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await expect.poll(done, { timeout: 60_000 }).toBeGreaterThan(before);
    await page.getByRole('button', { name: 'Cancel Building classical' }).click();
    await page.getByText(/stopped at \d+ of 40/).waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByText(/stopped at/).waitFor({ state: 'detached' });
    expect(await page.evaluate(async () => {
      const sets = await (await navigator.storage.getDirectory()).getDirectoryHandle('verisim-sets');
      const names: string[] = [];
      for await (const name of (sets as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(name);
      return names;
    })).toEqual([]);
  });

  it('says before the start when there is no room', async () => {
    const page = await open();
    const session = await studio!.context.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin, quotaSize: 1_500_000 });
    await page.getByRole('button', { name: 'Build 40 images' }).click();
    await expect.poll(() => noticeTexts(page), { timeout: 30_000 }).toMatch(/no room left to write/i);
  });

  it('steps are moved by keyboard, switched off, edited, added, undone', async () => {
    const page = await open();
    const order = () => page.getByRole('button', { name: /^Settings of / }).allInnerTexts().then((all) => all.map((text) => text.split('\n')[0]));
    expect((await order()).slice(0, 3)).toEqual(['Flip', 'Rotate', 'Scale']);
    await page.getByRole('button', { name: /^Move Rotate, 2 of/ }).press('ArrowUp');
    expect((await order()).slice(0, 3)).toEqual(['Rotate', 'Flip', 'Scale']);
    await page.getByRole('button', { name: /^Move Rotate, 1 of/ }).press('End');
    expect((await order()).at(-1)).toBe('Rotate');
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    expect((await order()).slice(0, 3)).toEqual(['Flip', 'Rotate', 'Scale']);
    await page.getByRole('switch', { name: 'Use Flip' }).click();
    await page.getByRole('button', { name: 'Settings of Rotate' }).click();
    await page.getByRole('textbox', { name: 'Angle, from' }).fill('-30');
    await page.getByRole('button', { name: 'Settings of Rotate' }).getByText('−30 to 10°').waitFor();
    const drawn = page.getByRole('region', { name: 'Drawn for this copy' });
    await expect.poll(() => drawn.innerText(), { timeout: 30_000 }).not.toMatch(/flip/);
    await page.getByRole('button', { name: 'Add step' }).click();
    await page.getByRole('menuitem', { name: 'Bias field' }).click();
    expect((await order()).at(-1)).toBe('Bias field');
  });

  it('steps are dragged by the grip', async () => {
    const page = await open();
    const names = () => page.getByRole('button', { name: /^Settings of / }).allInnerTexts().then((all) => all.map((text) => text.split('\n')[0]));
    const from = (await page.getByRole('button', { name: /^Move Flip, 1 of/ }).boundingBox())!;
    const to = (await page.getByRole('button', { name: /^Move Scale, 3 of/ }).boundingBox())!;
    await page.mouse.move(from.x + 8, from.y + from.height / 2);
    await page.mouse.down();
    for (let y = from.y + from.height / 2; y <= to.y + to.height; y += 6) await page.mouse.move(from.x + 8, y);
    await page.mouse.up();
    expect((await names()).slice(0, 3)).toEqual(['Rotate', 'Scale', 'Flip']);
  });

  it('a recipe goes out as text and comes back; a mistake is named by its field', async () => {
    const page = await open();
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save recipe' }).click()]);
    const text = readFileSync(await saved.path(), 'utf8');
    const recipe = JSON.parse(text) as { name: string; copies: number };
    expect(recipe).toMatchObject({ name: 'classical', copies: 1 });
    const paste = async (value: string) => {
      await page.getByRole('button', { name: 'More for recipes' }).click();
      await page.getByRole('menuitem', { name: 'Paste recipe text' }).click();
      await page.getByRole('textbox', { name: 'Paste recipe text' }).fill(value);
      await page.getByRole('button', { name: 'Use this text' }).click();
    };
    await paste(text.replace('"rotate"', '"rotat"'));
    await page.getByRole('alert').getByText(/steps\[\d\].*rotat.*did you mean rotate/).waitFor();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await paste(JSON.stringify({ ...recipe, name: 'shared', copies: 2 }));
    await page.getByRole('button', { name: 'Build 60 images' }).waitFor({ timeout: 30_000 });
    await expect.poll(() => page.getByRole('combobox', { name: 'Recipe' }).innerText()).toContain('shared');
  });

  it('shows what de-identification takes away before anything is built', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'See what goes' }).click();
    const region = page.getByRole('region', { name: 'See what goes' });
    await region.getByText(/Patient('s)? ?(Name|ID)/i).first().waitFor({ timeout: 30_000 });
    expect(await region.innerText()).not.toContain('MR-BRAIN');
  });
});
