import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createInlineDecoder, fileBlob } from '../../../src/pipeline/decode/decoder.node.ts';
import { importFiles, type InputFile } from '../../../src/pipeline/importFiles';
import { asInput } from '../../fixtures/dicom';
import { HOSTILE } from '../../fixtures/hostile';
import { SHARED, skipWithoutShared } from '../../fixtures/shared';

const decoder = createInlineDecoder();
const MIB = 2 ** 20;

/** Each file by itself, pixels included; how far the peak of this process (a fresh one for this test file) rose above its input. */
async function growth(files: readonly InputFile[]): Promise<{ path: string; mib: number; seconds: number }[]> {
  const found = [];
  for (const file of files) {
    const before = process.memoryUsage().rss, peak = process.resourceUsage().maxRSS * 1024, start = performance.now();
    const { series } = await importFiles([file], { decoder, stats: true });
    for (const s of series) await s.loadSlice(0).catch(() => undefined);
    const now = process.resourceUsage().maxRSS * 1024;
    // The peak is that of the process: what lies below an earlier one is not above this file's start either.
    found.push({ path: file.path, mib: (now > peak ? now - before - file.blob.size : 0) / MIB, seconds: (performance.now() - start) / 1000 });
  }
  return found.sort((a, b) => b.mib - a.mib);
}

describe('a file that is refused takes at most 256 MiB over its own size', () => {
  it('hostile ones, built here', async () => {
    const rows = await growth(HOSTILE.map(({ name, make }) => asInput(name, make())));
    expect(rows).toHaveLength(HOSTILE.length);
    for (const { path, mib } of rows) expect(mib, path).toBeLessThan(256);
    const slowest = rows.reduce((a, b) => (b.seconds > a.seconds ? b : a));
    console.log(`most memory: ${rows[0]!.path}, ${rows[0]!.mib.toFixed(0)} MiB; slowest: ${slowest.path}, ${slowest.seconds.toFixed(2)} s`);
  });

  it.skipIf(skipWithoutShared('the DICOM corpus'))('those of the corpus', async () => {
    const dir = `${SHARED}/data/dicom/invalid`;
    const rows = await growth(await Promise.all(readdirSync(dir).map(async (n) => ({ path: n, blob: await fileBlob(join(dir, n)) }))));
    expect(rows.length).toBeGreaterThan(40);
    for (const { path, mib } of rows) expect(mib, path).toBeLessThan(256);
    const slowest = rows.reduce((a, b) => (b.seconds > a.seconds ? b : a));
    console.log(`most memory: ${rows[0]!.path}, ${rows[0]!.mib.toFixed(0)} MiB; slowest: ${slowest.path}, ${slowest.seconds.toFixed(2)} s`);
  });
});
