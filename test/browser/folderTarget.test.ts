import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { openStudio, type Studio } from './app';
import { noticeTexts, openMrSample } from './mainJob';

let studio: Studio | null = null;
afterEach(async () => {
  await studio?.close();
  studio = null;
});

/** What the person does in the browser's dialogue. */
type Pick = 'folder' | 'refuse' | 'close' | 'folder that refuses';

async function willPick(page: Page, pick: Pick): Promise<void> {
  await page.evaluate(async (what) => {
    // A folder of the origin's private file system has the interface of one that a person chose.
    const chosen = await (await navigator.storage.getDirectory()).getDirectoryHandle('chosen', { create: true });
    const refusal = () => Promise.reject(new DOMException('The request is not allowed by the user agent.', 'NotAllowedError'));
    if (what === 'folder that refuses') chosen.getDirectoryHandle = refusal;
    const choose = () => (what === 'refuse' ? refusal() : what === 'close' ? Promise.reject(new DOMException('The user aborted a request.', 'AbortError')) : Promise.resolve(chosen));
    Object.assign(globalThis, { showDirectoryPicker: choose });
  }, pick);
}

/** The Dataset task with the classical preset, one copy, written to a folder. */
async function open(): Promise<Page> {
  studio = await openStudio();
  const { page } = studio;
  await willPick(page, 'folder');
  await openMrSample(page);
  await page.getByRole('tab', { name: 'Dataset' }).click();
  await page.getByRole('combobox', { name: 'Recipe' }).click();
  await page.getByRole('option', { name: 'Classical' }).click();
  await page.getByRole('textbox', { name: 'Copies a slice' }).fill('1');
  await page.getByRole('radio', { name: 'Folder' }).click();
  await page.getByRole('button', { name: 'Build 40 images' }).waitFor({ timeout: 60_000 });
  return page;
}

/** Paths below the chosen folder with the SHA-256 of each file. */
const written = (page: Page): Promise<Record<string, string>> =>
  page.evaluate(async () => {
    const found: Record<string, string> = {};
    const walk = async (folder: FileSystemDirectoryHandle, prefix: string): Promise<void> => {
      for await (const [name, entry] of (folder as unknown as { entries(): AsyncIterable<[string, FileSystemHandle]> }).entries()) {
        if (entry.kind === 'directory') await walk(entry as FileSystemDirectoryHandle, `${prefix}${name}/`);
        else {
          const digest = await crypto.subtle.digest('SHA-256', await (await (entry as FileSystemFileHandle).getFile()).arrayBuffer());
          found[prefix + name] = [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, '0')).join('');
        }
      }
    };
    await walk(await (await navigator.storage.getDirectory()).getDirectoryHandle('chosen', { create: true }), '');
    return found;
  });

describe('a set written into a folder that the person chose', () => {
  it('lies there whole, each file with the hash its manifest names, and nothing is downloaded', async () => {
    const page = await open();
    let downloads = 0;
    page.on('download', () => downloads++);
    await page.getByRole('button', { name: 'Build 40 images' }).click();
    await page.getByText(/Built .*: 40 images/).first().waitFor({ timeout: 60_000 });
    const files = await written(page);
    const manifestPath = Object.keys(files).find((p) => p.endsWith('/manifest.json'))!;
    const root = manifestPath.replace('manifest.json', '');
    const manifest = await page.evaluate(async ([path]) => {
      let folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('chosen');
      const parts = path!.split('/');
      for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part);
      return JSON.parse(await (await (await folder.getFileHandle(parts.at(-1)!)).getFile()).text()) as { items: { files: { path: string; sha256: string }[] }[] };
    }, [manifestPath]);
    const named = manifest.items.flatMap((i) => i.files);
    expect(named.length).toBeGreaterThanOrEqual(40);
    for (const { path, sha256 } of named) expect([path, files[root + path]]).toEqual([path, sha256]);
    expect(downloads).toBe(0);
    expect(studio!.errors).toEqual([]);
  });

  it.each<Pick>(['refuse', 'folder that refuses'])('without the permission (%s): that is said, and nothing is written', async (pick) => {
    const page = await open();
    await willPick(page, pick);
    await page.getByRole('button', { name: 'Build 40 images' }).click();
    await expect.poll(() => noticeTexts(page)).toMatch(/Permission to write was not given\. Choose the folder again and allow writing\./);
    expect(await written(page)).toEqual({});
    await page.getByRole('button', { name: 'Build 40 images' }).waitFor();
  });

  it('a dialogue that is closed is no error; no room is said before the start', async () => {
    const page = await open();
    await willPick(page, 'close');
    await page.getByRole('button', { name: 'Build 40 images' }).click();
    await page.waitForTimeout(500);
    expect(await noticeTexts(page)).toBe('');
    await page.getByRole('button', { name: 'Build 40 images' }).waitFor();
    await willPick(page, 'folder');
    const session = await studio!.context.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin, quotaSize: 1_500_000 });
    await page.getByRole('button', { name: 'Build 40 images' }).click();
    await expect.poll(() => noticeTexts(page), { timeout: 30_000 }).toMatch(/no room left to write/i);
    expect(Object.keys(await written(page)).filter((p) => !p.includes('.verisim'))).toEqual([]);
  });
});
