import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/dataset/manifest';
import { decodeRle, encodeRle } from '../../src/formats/cocoRle';
import { nativeValues, sliceAffine } from '../../src/formats/niftiWriter';
import { writeNpz } from '../../src/formats/npz';
import { writePng16 } from '../../src/formats/pngWriter';
import { labelledChest, type TestFile } from '../fixtures/labelFiles';
import { openStudio } from './app';
import { noticeTexts, openFiles } from './mainJob';

const chest = labelledChest();
const dir = mkdtempSync(join(tmpdir(), 'verisim-labels-'));
afterAll(() => rmSync(dir, { recursive: true }));

const labels = (page: Page) => page.getByRole('region', { name: 'Labels' });

/** Opens files and puts the first series on the stage. */
async function open(page: Page, files: readonly TestFile[], series: RegExp): Promise<void> {
  await openFiles(page, files);
  const open = page.getByRole('button', { name: series }).first();
  await open.waitFor({ timeout: 60_000 });
  await open.click();
  await page.getByRole('tab', { name: 'Lesion' }).waitFor({ timeout: 60_000 });
}

async function save(page: Page, click: () => Promise<void>): Promise<Record<string, Uint8Array>> {
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: 200_000 }), click()]);
  return unzipSync(new Uint8Array(readFileSync(await download.path())));
}

const manifestOf = (files: Record<string, Uint8Array>): { manifest: Manifest; base: string } => {
  const path = Object.keys(files).find((f) => f.endsWith('manifest.json'))!;
  return { manifest: JSON.parse(new TextDecoder().decode(files[path]!)) as Manifest, base: path.slice(0, -'manifest.json'.length) };
};

describe('labels in, through and out; a person signs off', () => {
  it('SEG, RTSTRUCT and NIfTI attach with areas and outlines; a shifted one waits with the reason', async () => {
    const { page, errors, close } = await openStudio();
    await open(page, [chest.image, chest.seg, chest.rtstruct, chest.nifti('scar_label.nii.gz'), chest.nifti('moved_label.nii.gz', 0.8)], /Chest 5 mm/);
    await labels(page).getByText('Old scar').first().waitFor({ timeout: 30_000 });
    const text = await labels(page).innerText();
    expect(text).toContain('DICOM SEG, scar-seg.dcm');
    expect(text).toContain('RT structure set, plan-rs.dcm');
    expect(text).toContain('NIfTI label, scar_label.nii.gz');
    // 21 × 21 pixels of 0.8 mm, 5 mm apart.
    expect(text).toContain('282 mm²');
    expect(text).toContain('1.41 ml');
    expect(text).toContain('moved_label.nii.gz is shifted by 0.80 mm along the left–right axis');
    expect(await noticeTexts(page)).toContain('A label fits nothing here.');
    const outlines = () => page.locator('.shapes path[stroke*="90"]').count();
    expect(await outlines()).toBeGreaterThan(0);
    await labels(page).getByRole('button', { name: 'Show Old scar' }).first().click();
    await expect.poll(outlines).toBe(0);
    expect(errors).toEqual([]);
    await close();
  });

  it('a label waits for its images and attaches when they come', async () => {
    const { page, close } = await openStudio();
    await openFiles(page, [chest.seg]);
    await page.getByText(/1 notice/).waitFor({ timeout: 30_000 });
    expect(await noticeTexts(page)).toContain('The images of scar-seg.dcm are not loaded.');
    await page.getByRole('button', { name: /start page/i }).click();
    await open(page, [chest.image], /Chest 5 mm/);
    await labels(page).getByText('Old scar').waitFor({ timeout: 30_000 });
    await close();
  });

  it('images and labels chosen before the studio had a quiet moment keep their labels and their place in the session', async () => {
    const { page, close } = await openStudio();
    // The quiet moment after the first paint in which the rest is made ready comes late, as on a slow machine.
    await page.addInitScript(() => {
      window.requestIdleCallback = (callback) => window.setTimeout(() => callback({ didTimeout: false, timeRemaining: () => 0 }), 8_000);
    });
    await page.reload();
    await open(page, [chest.image, chest.seg], /Chest 5 mm/);
    await labels(page).getByText('Old scar').first().waitFor({ timeout: 5_000 });
    await page.waitForTimeout(9_500);
    await page.reload();
    await page.getByRole('button', { name: 'Open it' }).waitFor({ timeout: 30_000 });
    await close();
  });

  it('an nnU-Net folder opens with its class names', async () => {
    const files: [string, Uint8Array][] = [
      ['imagesTr/case_001_0000.nii.gz', chest.imageNifti('').bytes],
      ['imagesTr/case_002_0000.nii.gz', chest.imageNifti('').bytes],
      ['labelsTr/case_001.nii.gz', chest.nifti('').bytes],
      ['dataset.json', new TextEncoder().encode(JSON.stringify({ channel_names: { 0: 'CT' }, labels: { background: 0, scar: 1 }, numTraining: 2, file_ending: '.nii.gz' }))],
    ];
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(dir, 'Dataset009_CT', path)), { recursive: true });
      writeFileSync(join(dir, 'Dataset009_CT', path), bytes);
    }
    const { page, close } = await openStudio();
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Open folder' }).first().click()]);
    await chooser.setFiles(join(dir, 'Dataset009_CT'));
    const first = page.getByRole('button', { name: /case_001/ }).first();
    await first.waitFor({ timeout: 60_000 });
    await first.click();
    await labels(page).getByText('scar', { exact: true }).waitFor({ timeout: 30_000 });
    expect(await labels(page).innerText()).toContain('282 mm²');
    await close();
  });

  it('a folder with NPZ, and with pictures and COCO, opens with its masks', async () => {
    const { width, height } = chest.slice.raster;
    const plane = { data: chest.mask, shape: [height, width] };
    const affine = { data: Float64Array.from(sliceAffine(chest.slice).flat()), shape: [4, 4] };
    const coco = { images: [{ id: 1, file_name: 'images/a.png', width, height }], categories: [{ id: 4, name: 'Old scar' }], annotations: [{ id: 1, image_id: 1, category_id: 4, segmentation: encodeRle(chest.mask, width, height) }] };
    const files: [string, Uint8Array][] = [
      ['npz/b.npz', writeNpz({ image: { data: nativeValues(chest.slice), shape: [height, width] }, label: plane, affine })],
      ['png/images/a.png', writePng16(Uint16Array.from(chest.slice.raster.data, (v) => v + 1024), width, height)],
      ['png/annotations/train.json', new TextEncoder().encode(JSON.stringify(coco))],
    ];
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(dir, 'two', path)), { recursive: true });
      writeFileSync(join(dir, 'two', path), bytes);
    }
    const { page, errors, close } = await openStudio();
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Open folder' }).first().click()]);
    await chooser.setFiles(join(dir, 'two'));
    // A picture without millimetres needs a look, so the summary stands first.
    await page.getByRole('button', { name: 'Open a.png' }).click({ timeout: 60_000 });
    await labels(page).getByText('COCO, train.json').waitFor({ timeout: 30_000 });
    expect(await labels(page).innerText()).toContain('Old scar');
    expect(await labels(page).innerText()).toContain('441 voxels');
    await page.getByRole('button', { name: /b\.npz/ }).first().click();
    await labels(page).getByText('NPZ label, b.npz').waitFor({ timeout: 30_000 });
    expect(await labels(page).innerText()).toContain('282 mm²');
    expect(errors).toEqual([]);
    await close();
  });

  it('insert a lesion → build → review by keys → export → load again: the same mask, bit for bit', async () => {
    const { page, errors, foreign, close } = await openStudio();
    await open(page, [chest.image, chest.seg], /Chest 5 mm/);
    await labels(page).getByText('Old scar').waitFor({ timeout: 30_000 });
    await page.getByRole('tab', { name: 'Lesion' }).click();
    const panel = page.getByRole('tabpanel', { name: 'Lesion' });
    await panel.getByRole('button', { name: 'Propose' }).click();
    await expect.poll(() => panel.getByRole('button', { name: 'Add lesion' }).isEnabled(), { timeout: 60_000 }).toBe(true);
    await panel.getByRole('button', { name: 'Add lesion' }).click();
    await page.getByText('SYNTHETIC').first().waitFor({ timeout: 90_000 });
    await panel.getByText(/checked by segment-ct-nodule/).waitFor({ timeout: 60_000 });
    expect(await panel.getByText('Changed outside the mask').locator('..').innerText()).toMatch(/\b0\s*px/);
    await expect.poll(() => page.getByRole('button', { name: /^Seed \d+/ }).count(), { timeout: 90_000 }).toBe(8);

    await page.getByRole('tab', { name: 'Dataset' }).click();
    const dataset = page.getByRole('tabpanel', { name: 'Dataset' });
    await dataset.getByRole('radio', { name: /ZIP/ }).click({ timeout: 60_000 });
    const build = dataset.getByRole('button', { name: /^Build \d+/ });
    await expect.poll(() => build.isEnabled(), { timeout: 60_000 }).toBe(true);
    const built = await save(page, () => build.click());
    const before = manifestOf(built);
    const generated = before.manifest.items.filter((i) => i.kind === 'generated');
    expect(generated.length).toBeGreaterThanOrEqual(3);
    expect(before.manifest.classes.map((c) => c.name)).toContain('Old scar');

    await dataset.getByRole('button', { name: /Review/ }).click();
    await page.getByRole('listbox', { name: 'Sign-off' }).waitFor({ timeout: 30_000 });
    await page.keyboard.press('a');
    await page.keyboard.press('x');
    await page.keyboard.press('f');
    await page.keyboard.press('z');
    await page.keyboard.press('c');
    await page.keyboard.type('edge too sharp');
    await page.keyboard.press('Enter');
    await page.getByText('2 of', { exact: false }).first().waitFor();
    expect(await page.getByRole('radio', { name: 'Rejected 1' }).count()).toBe(1);
    const out = await save(page, () => page.getByRole('button', { name: /^Export/ }).click());
    const { manifest, base } = manifestOf(out);
    expect(manifest.items).toHaveLength(before.manifest.items.length - 1);
    expect(manifest.review!.decisions.map((d) => d.verdict).sort()).toEqual(['accepted', null, 'rejected'].sort());
    expect(manifest.review!.decisions.some((d) => d.comment === 'edge too sharp')).toBe(true);
    const rejected = manifest.review!.decisions.find((d) => d.verdict === 'rejected')!.item;
    expect(Object.keys(out).some((f) => f.includes(rejected) && !f.includes('rejected/'))).toBe(false);

    // Loaded again: what the studio counts is what the manifest's masks hold.
    const item = manifest.items.find((i) => i.kind === 'generated')!;
    const file = (role: string) => item.files.find((f) => f.role === role && f.path.includes('nnunet'))!.path;
    const wanted = item.labels.map((l) => decodeRle(l.rle).reduce((n, v) => n + v, 0));
    expect(wanted).toEqual(item.labels.map((l) => l.pixels));
    const image = { name: 'again_CT_0000.nii.gz', bytes: out[base + file('image')]! };
    const label = { name: 'again_CT_label.nii.gz', bytes: out[base + file('label')]! };
    await page.getByRole('button', { name: /start page/i }).click();
    await open(page, [image, label], /again_CT_0000/);
    await labels(page).getByText('NIfTI label, again_CT_label.nii.gz').waitFor({ timeout: 30_000 });
    const mm2 = item.pixelSpacingMm![0] * item.pixelSpacingMm![1];
    const text = await labels(page).innerText();
    for (const pixels of wanted) expect(text).toContain(`${Math.round(pixels * mm2)} mm²`);
    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
    await close();
  });
});
