import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { run as enhance } from '../../../src/cli/enhance';
import { run as inspect } from '../../../src/cli/inspect';
import { run as lesion } from '../../../src/cli/lesion';
import { sliceAffine, sliceVolume, writeNifti, writeNiftiGz } from '../../../src/formats/niftiWriter';
import { chestSlice } from '../../fixtures/chest';
import { hasShipped } from '../../fixtures/models';
import { makeSlice } from '../../fixtures/scannerSlices';

const dir = mkdtempSync(join(tmpdir(), 'verisim-failures-'));
afterAll(() => rmSync(dir, { recursive: true }));
afterEach(() => vi.restoreAllMocks());
const at = (name: string): string => join(dir, name);

const head = makeSlice({ modality: 'MR' });
const { width, height } = head.raster;
writeFileSync(at('head_T1.nii.gz'), writeNiftiGz(sliceVolume(head)));
writeFileSync(at('blank_T1.nii.gz'), writeNiftiGz(sliceVolume(head, new Uint8Array(width * height).fill(7))));
writeFileSync(at('head_T1_seg.nii'), writeNifti({ data: new Uint16Array(width * height).fill(300, 0, 9), size: [width, height, 1], affine: sliceAffine(head, [0, 0, 5]) }));

/** Runs a command; its exit code, what it says as JSON, and what it tells people. */
async function json<T>(command: (args: readonly string[]) => Promise<number>, ...args: string[]): Promise<{ code: number; value: T; told: string }> {
  let text = '';
  const told: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => ((text += String(chunk)), true));
  vi.spyOn(console, 'error').mockImplementation((line) => void told.push(String(line)));
  const code = await command([...args, '--json']);
  vi.restoreAllMocks();
  return { code, value: JSON.parse(text) as T, told: told.join('\n') };
}
interface Enhanced {
  made: { files: string[]; slices: number; failed: { slice: number | null; code: string }[] }[];
}
interface Lesions {
  made: { slice: number | null; status: string; code?: string; message?: string }[];
}

describe('a label that cannot be read', () => {
  it('makes inspect end with 1', async () => {
    const { code, value, told } = await json<{ labelsFailed: unknown[] }>(inspect, at('head_T1.nii.gz'), at('head_T1_seg.nii'));
    expect([code, value.labelsFailed.length]).toEqual([1, 1]);
    expect(told).toContain('head_T1_seg.nii: ');
  });

  it.skipIf(!hasShipped('sr-mr-x2.onnx'))('is told by enhance, which goes on and ends with 1', async () => {
    const { code, value, told } = await json<Enhanced>(enhance, at('head_T1.nii.gz'), at('head_T1_seg.nii'), '--model', 'sr-mr-x2', '--out', at('labelled'));
    expect([code, value.made.map((m) => m.slices)]).toEqual([1, [1]]);
    expect(told).toContain('head_T1_seg.nii: ');
  });

  it.skipIf(!hasShipped('lesion-insert-mr-glioma.onnx'))('is told by lesion, whose places it would have kept clear', async () => {
    const { code, told } = await json<Lesions>(lesion, at('head_T1.nii.gz'), at('head_T1_seg.nii'), '--slices', '7', '--model', 'lesion-insert-mr-glioma', '--out', at('lesions'));
    expect(code).toBe(1);
    expect(told).toContain('head_T1_seg.nii: ');
  });
});

it.skipIf(!hasShipped('sr-mr-x2.onnx'))('a series that cannot be enhanced does not stop the next', async () => {
  const { code, value } = await json<Enhanced>(enhance, at('blank_T1.nii.gz'), at('head_T1.nii.gz'), '--model', 'sr-mr-x2', '--out', at('enhanced'));
  expect(code).toBe(1);
  expect(value.made.map((m) => [m.slices, m.failed.map((f) => [f.slice, f.code])])).toEqual([[0, [[null, 'model/bad-output']]], [1, []]]);
  expect(readdirSync(at('enhanced'))).toEqual(value.made[1]!.files);
});

describe.skipIf(!hasShipped('lesion-insert-ct-nodule.onnx'))('verisim lesion', () => {
  const chest = chestSlice();
  const model = ['--model', 'lesion-insert-ct-nodule', '--out', at('lesions')];
  writeFileSync(at('small_CT.nii.gz'), writeNiftiGz(sliceVolume(makeSlice({ modality: 'CT' }))));
  writeFileSync(at('chest_CT.nii.gz'), writeNiftiGz(sliceVolume(chest)));
  writeFileSync(at('chest_mask.nii.gz'), writeNiftiGz(sliceVolume(chest, new Uint8Array(chest.raster.data.length).fill(1))));

  it('goes on where the mask misses the first series', async () => {
    const { code, value } = await json<Lesions>(lesion, at('small_CT.nii.gz'), at('chest_CT.nii.gz'), '--mask', at('chest_mask.nii.gz'), ...model);
    expect([code, value.made.map((m) => [m.slice, m.code])]).toEqual([1, [[null, 'label/mismatch'], [1, 'lesion/outside-body']]]);
  });

  it('says which slices there are not', async () => {
    const { code, value } = await json<Lesions>(lesion, at('chest_CT.nii.gz'), '--slices', '7', ...model);
    expect([code, value.made]).toMatchObject([1, [{ slice: null, status: 'error', code: 'cli/usage' }]]);
    expect(value.made[0]!.message).toContain('--slices 7-7: the series has 1 slice');
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await lesion([at('chest_CT.nii.gz'), '--slices', '3-1', ...model])).toBe(2);
  });
});
