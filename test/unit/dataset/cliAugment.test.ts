import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { nativeValues, sliceAffine, sliceVolume, writeNifti, writeNiftiGz } from '../../../src/formats/niftiWriter';
import { makeSlice } from '../../fixtures/scannerSlices';
import { writeDicomFolder } from '../../fixtures/dicomFolder';

const folder = mkdtempSync(join(tmpdir(), 'verisim-cli-'));
const at = (...parts: string[]): string => join(folder, ...parts);
const recipe = { verisim: 'recipe', version: 1, name: 'cli', seed: 1, copies: 1, steps: [{ type: 'flip', each: 1 }], outputs: [{ format: 'dicom' }, { format: 'npz' }] };

function augment(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'augment', ...args], { encoding: 'utf8', env: { ...process.env, XDG_CONFIG_HOME: at('config') } });
}

beforeAll(() => {
  writeDicomFolder(at('in'), ['P1', 'P2'], 3);
  writeFileSync(at('recipe.json'), JSON.stringify(recipe));
  writeFileSync(at('bad.json'), JSON.stringify({ ...recipe, steps: [{ type: 'rotate', degrees: 'many' }] }));
});

describe('verisim augment', () => {
  it('ends with 2 and says what is missing when the command line is wrong', () => {
    for (const args of [[], ['--recipe', at('recipe.json'), at('in')], ['--recipe', at('none.json'), at('in'), '--out', at('o')], ['--recipe', at('recipe.json'), at('in'), '--out', at('o'), '--shard', '3/2'], ['--recipe', at('recipe.json'), '--out', at('o')]]) {
      const { status, stderr } = augment(...args);
      expect(status, stderr).toBe(2);
      expect(stderr).toContain('cli/usage');
    }
  });

  it('names the field of a recipe that is wrong', () => {
    const { status, stderr } = augment('--recipe', at('bad.json'), at('in'), '--out', at('o'));
    expect(status).toBe(1);
    expect(stderr).toMatch(/recipe\/invalid.*steps\[0\]\.degrees/s);
  });

  it('says what it would make, and makes nothing', () => {
    const { status, stdout } = augment('--recipe', at('recipe.json'), at('in'), '--out', at('estimate'), '--estimate', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ items: 12, generated: 6, originals: 6, patients: 2 });
    expect(readdirSync(folder)).not.toContain('estimate');
  });

  it('builds with labels that lie beside the images, keeps its key to itself, and refuses another recipe in the same folder', () => {
    mkdirSync(at('labels'));
    const slices = [0, 1, 2].map((index) => makeSlice({ width: 64, height: 64, index, patient: 'P1' }));
    const data = new Uint8Array(64 * 64 * 3);
    slices.forEach((s, i) => data.set(s.labels![0]!.data, i * 64 * 64));
    const [x0, y0, z0] = slices[0]!.geometry!.positionMm;
    const [x1, y1, z1] = slices[1]!.geometry!.positionMm;
    writeFileSync(at('labels/P1_seg.nii'), writeNifti({ data, size: [64, 64, 3], affine: sliceAffine(slices[0]!, [x1 - x0, y1 - y0, z1 - z0]) }));
    expect(nativeValues(slices[0]!)).toBeInstanceOf(Int16Array);
    const { status, stdout, stderr } = augment('--recipe', at('recipe.json'), at('in/P1'), at('labels'), '--out', at('labelled'), '--json');
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ planned: 6, made: 6, complete: true });
    const manifest = JSON.parse(readFileSync(at('labelled/manifest.json'), 'utf8')) as { classes: unknown[]; items: { labels: { pixels: number }[] }[] };
    expect(manifest.classes).toHaveLength(2);
    expect(manifest.items.every((i) => i.labels.length === 1 && i.labels[0]!.pixels > 50)).toBe(true);
    const key = readFileSync(at('config/verisim/project.key'), 'utf8').trim();
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    for (const e of readdirSync(at('labelled'), { withFileTypes: true, recursive: true })) {
      if (e.isFile()) expect(readFileSync(join(e.parentPath, e.name)).includes(key)).toBe(false);
    }
    writeFileSync(at('other.json'), JSON.stringify({ ...recipe, seed: 2 }));
    const refused = augment('--recipe', at('other.json'), at('in/P1'), at('labels'), '--out', at('labelled'));
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('dataset/other-set');
  });

  it('ends with 1 when a label attached to nothing, and says which series count as background', () => {
    mkdirSync(at('astray'));
    writeFileSync(at('astray/P3_T1.nii.gz'), writeNiftiGz(sliceVolume(makeSlice({ width: 40, height: 40, patient: 'P3' }))));
    writeFileSync(at('astray/P4_seg.nii'), writeNifti({ data: new Uint8Array(9 * 9 * 3).fill(1), size: [9, 9, 3], affine: sliceAffine(makeSlice({ width: 9, height: 9 }), [0, 0, 5]) }));
    const { status, stdout, stderr } = augment('--recipe', at('recipe.json'), at('in/P1'), at('labels'), at('astray'), '--out', at('astray-set'), '--json');
    expect(status, stderr).toBe(1);
    const result = JSON.parse(stdout) as { notes: string[] };
    expect(result).toMatchObject({ unattached: 1, unreadable: 0, failed: [], complete: true });
    expect(result.notes).toContain('1 series bear no label although others do; they count as background.');
    expect(stderr).toContain('label P4_seg.nii');
  });

  it('finds a changed file with --verify, and ends with 1', () => {
    const file = readdirSync(at('labelled/npz'))[0]!;
    writeFileSync(at('labelled/npz', file), 'x');
    const { status, stdout } = augment('--recipe', at('recipe.json'), at('in/P1'), at('labels'), '--out', at('labelled'), '--verify', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ checked: 6, differences: [{ path: `npz/${file}`, what: 'changed' }] });
  });

  it('makes files and lists again with --resume, as --verify then finds; verifies a folder that is not there without making it', () => {
    rmSync(at('labelled/recipe.json'));
    const same = ['--recipe', at('recipe.json'), at('in/P1'), at('labels'), '--json', '--out'];
    const { status, stdout, stderr } = augment(...same, at('labelled'), '--resume', '--jobs', '2');
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ made: 1, alreadyDone: 5, complete: true });
    expect(augment(...same, at('labelled'), '--verify').status).toBe(0);
    expect(augment(...same, at('nothing'), '--verify').status).toBe(1);
    expect(existsSync(at('nothing'))).toBe(false);
  });

  it('leaves out a volume whose data are damaged, and says so on every run', () => {
    mkdirSync(at('damaged'));
    for (const name of ['a', 'b']) writeFileSync(at('damaged', `${name}_T1.nii.gz`), writeNiftiGz(sliceVolume(makeSlice({ width: 320, height: 320, patient: name }))));
    const bytes = readFileSync(at('damaged/b_T1.nii.gz'));
    bytes.fill(0xff, bytes.length - 2000, bytes.length - 1900); // beyond what is looked at when it is opened
    writeFileSync(at('damaged/b_T1.nii.gz'), bytes);
    for (const counts of [{ made: 2, alreadyDone: 0 }, { made: 0, alreadyDone: 2 }]) {
      const { status, stdout, stderr } = augment('--recipe', at('recipe.json'), at('damaged'), '--out', at('partly'), '--json');
      expect(status, stderr).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({ ...counts, complete: true, failed: [], skipped: [{ code: 'gzip/corrupt' }, { code: 'gzip/corrupt' }] });
      expect(stderr).toContain('2 left out');
    }
  });
});
