import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeRandom } from '../../../src/core/random';
import { writeDicomFolder } from '../../fixtures/dicomFolder';

/** 1000 items and ten kills with VERISIM_LONG=1; a short form otherwise. */
const long = process.env.VERISIM_LONG === '1';
const COPIES = long ? 24 : 7;
const KILLS = long ? 10 : 3;

function start(args: string[]): { done: Promise<number | null>; kill: () => void } {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'augment', ...args], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const done = new Promise<number | null>((resolve, reject) =>
    child.on('exit', (code) => (code !== null && code > 0 ? reject(new Error(errors)) : resolve(code))));
  // The whole group: the worker processes too, as when a machine goes down.
  return { done, kill: () => process.kill(-child.pid!, 'SIGKILL') };
}

const hashes = (root: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root, { withFileTypes: true, recursive: true })
      .filter((e) => e.isFile())
      .map((e) => join(e.parentPath, e.name))
      .map((f) => [relative(root, f), createHash('sha256').update(readFileSync(f)).digest('hex')]),
  );
const journalled = (root: string): number => {
  try {
    return readdirSync(join(root, '.verisim/items')).length;
  } catch {
    return 0;
  }
};

describe('verisim augment, killed', () => {
  it('at random moments and run again, ends in the same files as if nothing had happened', { timeout: 1_200_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'verisim-kill-'));
    writeDicomFolder(join(folder, 'in'), ['P1', 'P2', 'P3', 'P4'], 10);
    const recipe = { verisim: 'recipe', version: 1, name: 'kill', seed: 1, copies: COPIES, steps: [{ type: 'rotate' }, { type: 'noise-rician' }], outputs: [{ format: 'dicom' }, { format: 'npz' }] };
    writeFileSync(join(folder, 'recipe.json'), JSON.stringify(recipe));
    writeFileSync(join(folder, 'key'), '07'.repeat(32));
    const args = (out: string, jobs: number) => ['--recipe', join(folder, 'recipe.json'), join(folder, 'in'), '--out', join(folder, out), '--key-file', join(folder, 'key'), '--jobs', String(jobs)];
    await start(args('calm', 1)).done;
    const calm = hashes(join(folder, 'calm'));
    expect(journalled(join(folder, 'calm'))).toBe(40 * (COPIES + 1));

    const random = makeRandom('kills');
    const out = join(folder, 'killed');
    for (let k = 0; k < KILLS; k++) {
      const before = journalled(out);
      const { done, kill } = start(args('killed', 1 + (k % 2)));
      const goal = before + random.integer(1, Math.floor((40 * COPIES) / KILLS));
      let ended = false;
      // One that fails ends too; the error comes with `done`.
      done.then(() => (ended = true), () => (ended = true));
      while (!ended && journalled(out) < goal) await new Promise((r) => setTimeout(r, random.integer(1, 40)));
      if (!ended) kill();
      await done;
    }
    expect(journalled(out)).toBeLessThan(40 * (COPIES + 1));
    await start([...args('killed', 2), '--resume']).done;
    expect(hashes(out)).toEqual(calm);
    const stamp = JSON.stringify(hashes(out));
    await start(args('killed', 1)).done;
    expect(JSON.stringify(hashes(out))).toBe(stamp);
    await start([...args('killed', 1), '--verify']).done;
  });
});
