import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { run as inspect } from '../../../src/cli/inspect';
import { run } from '../../../src/cli/lesion';
import { sliceVolume, writeNiftiGz } from '../../../src/formats/niftiWriter';
import { chestSlice } from '../../fixtures/chest';
import { hasShipped } from '../../fixtures/models';

const dir = mkdtempSync(join(tmpdir(), 'verisim-lesion-'));
afterAll(() => rmSync(dir, { recursive: true }));

const chest = chestSlice();
const input = join(dir, 'chest_CT.nii.gz');
writeFileSync(input, writeNiftiGz(sliceVolume(chest)));

async function json<T>(command: (args: readonly string[]) => Promise<number>, args: string[]): Promise<{ code: number; out: T }> {
  const chunks: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => chunks.push(String(chunk)) > 0);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  try {
    const code = await command([...args, '--json']);
    return { code, out: JSON.parse(chunks.join('')) as T };
  } finally {
    write.mockRestore();
    vi.restoreAllMocks();
  }
}
interface Out {
  made: { status: string; code?: string; image: string; mask: string; changedOutside: number; seed: number }[];
}
const files = (folder: string) => Object.fromEntries(readdirSync(folder).sort().map((f) => [f, readFileSync(join(folder, f)).toString('base64')]));

describe.skipIf(!hasShipped('lesion-insert-ct-nodule.onnx'))('verisim lesion', () => {
  it('writes image and mask, byte-identical for the same seed, other for another; both open again and fit', async () => {
    const args = (out: string, seed: string) => [input, '--model', 'lesion-insert-ct-nodule', '--seed', seed, '--count', '2', '--out', join(dir, out)];
    const first = await json<Out>(run, args('a', '7'));
    expect(first.code).toBe(0);
    expect(first.out.made.map((m) => [m.status, m.seed, m.changedOutside])).toEqual([['ok', 7, 0], ['ok', 8, 0]]);
    await json(run, args('b', '7'));
    expect(files(join(dir, 'b'))).toEqual(files(join(dir, 'a')));
    await json(run, args('c', '9'));
    expect(Object.values(files(join(dir, 'c')))).not.toContain(Object.values(files(join(dir, 'a')))[0]);
    const { image, mask } = first.out.made[0]!;
    const again = await json<{ series: { labels: { classes: { voxels: number }[] }[] }[] }>(inspect, [join(dir, 'a', image), join(dir, 'a', mask)]);
    expect(again.out.series[0]!.labels[0]!.classes[0]!.voxels).toBeGreaterThan(100);
  });

  it('takes a mask file; says why a slice was refused, with exit code 1', async () => {
    const mask = new Float32Array(chest.raster.data.length).fill(1);
    const file = join(dir, 'whole_mask.nii.gz');
    writeFileSync(file, writeNiftiGz(sliceVolume(chest, Uint8Array.from(mask))));
    const { code, out } = await json<Out>(run, [input, '--model', 'lesion-insert-ct-nodule', '--mask', file, '--out', join(dir, 'd')]);
    expect(code).toBe(1);
    expect(out.made).toMatchObject([{ status: 'error', code: 'lesion/outside-body' }]);
  });

  it('misuse is exit code 2', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await run([])).toBe(2);
    expect(await run([input, '--model', 'x'])).toBe(2);
    expect(await run([input, '--model', 'x', '--out', dir, '--size', '-1'])).toBe(2);
  });
});
