// Pictures of the real studio for docs/screens.md: `npm run build && node scripts/screens.mjs [--out DIR]`.
// Everything in them is computed while they are taken: sample images, the shipped models, the figures of this machine.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { ensureChromium } from './chromium.mjs';
import { serve } from './serve.mjs';

const at = process.argv.indexOf('--out');
const out = at > 0 ? resolve(process.argv[at + 1]) : resolve(import.meta.dirname, '../docs/screens');
const server = await serve({ port: 0 });
const browser = await chromium.launch({ executablePath: ensureChromium(), args: ['--no-sandbox', '--disable-quic', '--no-first-run'] });
mkdirSync(out, { recursive: true });
const taken = [];

async function open({ width = 1440, height = 900, touch = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, hasTouch: touch, isMobile: touch, serviceWorkers: 'block', locale: 'en-GB', reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(server.address);
  await page.waitForTimeout(600);
  return page;
}
async function take(page, name, words) {
  await page.mouse.move(2, 2);
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(out, `${name}.jpg`), type: 'jpeg', quality: 86 });
  taken.push({ name, words });
}
async function sample(page, name) {
  await page.getByRole('button', { name: `Open sample ${name}` }).click();
  await page.locator('[data-painted]').first().waitFor({ timeout: 60_000 });
  await page.waitForTimeout(1200);
}
async function enhance(page) {
  await page.getByRole('button', { name: 'Enhance slice' }).click();
  await page.getByText('SYNTHETIC').first().waitFor({ timeout: 120_000 });
  await page.getByText(/Enhanced 1 slice/).first().waitFor({ timeout: 120_000 });
}

const page = await open();
await take(page, 'start', 'The start page.');
await sample(page, 'MR brain');
await enhance(page);
await take(page, 'enhance-dark', 'A slice enhanced, side by side with its original.');
await page.getByRole('button', { name: 'Light theme' }).click();
await take(page, 'enhance-light', 'The same in the light theme; the stage stays black.');
await page.getByRole('button', { name: 'Dark theme' }).click();
await page.getByRole('radio', { name: 'Swipe' }).click();
await take(page, 'swipe', 'Swipe.');
await page.getByRole('radio', { name: 'Difference' }).click();
await page.waitForTimeout(1500);
await take(page, 'difference', 'Signed difference, zero is black.');
await page.getByRole('radio', { name: 'Side by side' }).click();
await page.getByRole('tab', { name: 'Explain' }).click();
await page.getByRole('button', { name: 'Mark', exact: true }).click();
for (let i = 0; i < 5; i++) await page.keyboard.press('+');
const box = await page.getByRole('img', { name: /^Generated/ }).boundingBox();
await page.mouse.click(box.x + box.width * 0.52, box.y + box.height * 0.3);
await page.waitForFunction(() => /\d %/.test(document.querySelector('.figure')?.textContent ?? ''), undefined, { timeout: 120_000 });
await take(page, 'explain', 'Which input pixels made the marked region, and how faithful the map is.');
await page.getByRole('tab', { name: 'Enhance' }).click();
await page.keyboard.press(' ');
await page.getByRole('radio', { name: 'Degrade and recover' }).click();
await page.getByRole('button', { name: 'Degrade and recover' }).click();
await page.getByText(/6 methods in|4 methods in/).first().waitFor({ timeout: 120_000 });
await take(page, 'degrade', 'Degrade and recover: reference, input, four classical methods, two networks.');
await page.getByRole('button', { name: 'Back to the comparison' }).click();
await page.getByRole('tab', { name: 'Dataset' }).click();
await page.waitForTimeout(6000);
await take(page, 'dataset', 'A training set from a recipe.');
await page.keyboard.press('?');
await take(page, 'keys', 'All keys; they go on working while the list is open.');
await page.context().close();

const chest = await open();
await sample(chest, 'CT chest');
await chest.getByRole('tab', { name: 'Lesion' }).click();
await chest.getByRole('button', { name: 'Propose' }).click();
await chest.waitForTimeout(5000);
await chest.getByRole('button', { name: 'Add lesion' }).click();
await chest.getByText('SYNTHETIC').first().waitFor({ timeout: 120_000 });
await chest.waitForTimeout(3000);
await take(chest, 'lesion', 'A synthetic nodule with its mask, checked by a segmenter.');
await chest.context().close();

for (const [width, height] of [[1920, 1080], [1280, 800]]) {
  const wide = await open({ width, height });
  await sample(wide, 'MR brain');
  await enhance(wide);
  await take(wide, `enhance-${width}`, `${width} pixels wide.`);
  await wide.context().close();
}
const phone = await open({ width: 390, height: 844, touch: true });
await sample(phone, 'MR brain');
await enhance(phone);
await take(phone, 'phone', '390 pixels wide: one image at a time, tasks in a sheet.');

writeFileSync(
  join(out, '../screens.md'),
  `# Screens\n\nTaken by \`npm run screens\` from the built studio; nothing is drawn by hand.\n\n${taken.map(({ name, words }) => `## ${words}\n\n![${words}](screens/${name}.jpg)\n`).join('\n')}`,
);
console.log(`${taken.length} pictures in ${out}`);
await browser.close();
await server.close();
