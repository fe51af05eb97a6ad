import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseRecipe } from '../../../src/dataset/recipe';
import { buildDataset } from '../../../src/pipeline/buildDataset';
import { createMemorySink } from '../../../src/storage/memorySink';
import { createNodeSink } from '../../../src/storage/nodeSink.node.ts';
import { makeDatasetSource } from '../../fixtures/datasetSources';

const folder = mkdtempSync(join(tmpdir(), 'verisim-sink-'));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A file system of 400 kB, where this may be mounted. */
const small = join(folder, 'small');
const mounted = spawnSync('sh', ['-c', `mkdir -p ${small} && mount -t tmpfs -o size=400k tmpfs ${small}`]).status === 0;
if (!mounted) console.warn('skipped: a small file system to fill cannot be mounted here');
afterAll(() => {
  if (mounted) spawnSync('umount', [small]);
  rmSync(folder, { recursive: true, force: true });
});

describe('createNodeSink', () => {
  it('writes, reads, lists and removes below its folder only', async () => {
    const sink = createNodeSink(join(folder, 'a'));
    await sink.write('x/y.txt', bytes('one'));
    await sink.write('x/y.txt', bytes('two'));
    expect(new TextDecoder().decode((await sink.read('x/y.txt'))!)).toBe('two');
    expect(await sink.size('x/y.txt')).toBe(3);
    expect(await sink.list('x')).toEqual(['y.txt']);
    expect([await sink.read('none'), await sink.size('none'), await sink.list('none')]).toEqual([null, null, []]);
    await sink.remove('x/y.txt');
    await sink.remove('x/y.txt');
    expect(await sink.list('x')).toEqual([]);
    for (const path of ['../out', '/etc/x', 'a//b', '', 'a/../../b', 'a\\b']) await expect(sink.write(path, bytes(''))).rejects.toMatchObject({ code: 'storage/failed' });
  });

  it('leaves nothing, or the old file, when a write breaks off', async () => {
    const sink = createNodeSink(join(folder, 'b'));
    await sink.write('old', bytes('old'));
    async function* breaking(): AsyncIterable<Uint8Array> {
      yield bytes('half');
      throw new Error('pulled out');
    }
    await expect(sink.write('new', breaking())).rejects.toMatchObject({ code: 'storage/failed' });
    await expect(sink.write('old', breaking())).rejects.toMatchObject({ code: 'storage/failed' });
    expect(existsSync(join(folder, 'b/new'))).toBe(false);
    expect(readFileSync(join(folder, 'b/old'), 'utf8')).toBe('old');
    expect(readdirSync(join(folder, 'b/.verisim/partial'))).toEqual([]);
  });

  it('writes whole what comes in parts, though the system takes less than it is given', async () => {
    // A nearly full disk takes a part of the last chunk and reports no error.
    const program = `
      import { createNodeSink } from './src/storage/nodeSink.node.ts';
      async function* parts() { yield new Uint8Array(300_000); yield new Uint8Array(300_000); }
      await createNodeSink(process.argv[1]).write('list', parts()).then(() => console.log('written'), (error) => console.log(error.code));`;
    const root = join(folder, 'limited');
    // 500 KiB: one part and a piece of the next.
    const { stdout } = spawnSync('bash', ['-c', `trap '' XFSZ; ulimit -f 500; exec "$0" "$@"`, process.execPath, '--import', 'tsx', '--input-type=module', '-e', program, root], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('storage/full');
    expect(existsSync(join(root, 'list'))).toBe(false);
  });

  it('removes its own leftovers, not those of another writer', async () => {
    const root = join(folder, 'c');
    const [one, two] = [createNodeSink(root, 'one'), createNodeSink(root, 'two')];
    await one.write('a', bytes('a'));
    await two.write('b', bytes('b'));
    writeFileSync(join(root, '.verisim/partial/one/9.partial'), 'x');
    writeFileSync(join(root, '.verisim/partial/two/9.partial'), 'x');
    await one.removeLeftovers();
    expect(existsSync(join(root, '.verisim/partial/one'))).toBe(false);
    expect(existsSync(join(root, '.verisim/partial/two/9.partial'))).toBe(true);
    await createNodeSink(root).removeLeftovers();
    expect(existsSync(join(root, '.verisim/partial'))).toBe(false);
  });

  it.skipIf(!mounted)('names a full disk, keeps only whole files, and goes on when there is room', async () => {
    const recipe = parseRecipe({ verisim: 'recipe', version: 1, name: 'full', seed: 1, copies: 2, steps: [{ type: 'rotate' }], outputs: [{ format: 'dicom' }, { format: 'npz' }] });
    const input = { recipe, sources: ['P1', 'P2'].map((p) => makeDatasetSource(p)), key: new Uint8Array(32), softwareVersion: '0' };
    const whole = createMemorySink();
    const { contentSha256 } = await buildDataset(input, { sink: whole });
    const sink = createNodeSink(small);
    expect(await sink.room()).toBeGreaterThan(300_000);
    writeFileSync(join(small, 'ballast'), new Uint8Array(200_000));
    await expect(buildDataset(input, { sink })).rejects.toMatchObject({ code: 'storage/full' });
    for (const entry of readdirSync(small, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath, entry.name).slice(small.length + 1);
      if (!entry.isFile() || path === 'ballast') continue;
      expect(statSync(join(small, path)).size, path).toBe(whole.files.get(path)?.length);
    }
    rmSync(join(small, 'ballast'));
    spawnSync('mount', ['-o', 'remount,size=8m', small]);
    expect((await buildDataset(input, { sink })).contentSha256).toBe(contentSha256);
  });
});
