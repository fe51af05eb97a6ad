import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decode } from 'fast-png';
import fc from 'fast-check';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodeRle, encodeRle, maskBox, maskRuns } from '../../../src/formats/cocoRle';
import { writeNpz } from '../../../src/formats/npz';
import { writePng16 } from '../../../src/formats/pngWriter';
import { readZip } from '../../../src/formats/zipReader';
import { zipStream } from '../../../src/formats/zipStream';
import { hasProgram, runPython, skipWithoutPython } from '../../fixtures/validators';

const folder = mkdtempSync(join(tmpdir(), 'verisim-containers-'));

describe('COCO RLE', () => {
  const masks = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })).chain(([w, h]) =>
    fc.tuple(fc.constant(w), fc.constant(h), fc.array(fc.integer({ min: 0, max: 1 }), { minLength: w * h, maxLength: w * h })));

  it('decodes what it encodes, for any mask', () => {
    fc.assert(fc.property(masks, ([w, h, mask]) => {
      expect(Array.from(decodeRle(encodeRle(mask, w, h)))).toEqual(mask);
      expect(maskRuns(mask, w, h).reduce((a, b) => a + b, 0)).toBe(w * h);
    }), { seed: 1 });
  });

  it('finds the box', () => {
    const mask = new Uint8Array(12);
    mask[1 * 4 + 2] = 1;
    mask[2 * 4 + 3] = 1;
    expect(maskBox(mask, 4, 3)).toEqual([2, 1, 2, 2]);
    expect(maskBox(new Uint8Array(12), 4, 3)).toBeNull();
  });

  it.skipIf(skipWithoutPython('pycocotools'))('is what pycocotools encodes', () => {
    const samples = fc.sample(masks, { numRuns: 50, seed: 9 });
    const file = join(folder, 'masks.json');
    writeFileSync(file, JSON.stringify(samples));
    const code = `
import sys, json, numpy as np
from pycocotools import mask as m
print(json.dumps([m.encode(np.asfortranarray(np.array(v, np.uint8).reshape(h, w)))['counts'].decode() for w, h, v in json.load(open(sys.argv[1]))]))`;
    expect(JSON.parse(runPython('pycocotools', code, [file]))).toEqual(samples.map(([w, h, mask]) => encodeRle(mask, w, h).counts));
  });
});

describe('containers', () => {
  it('keep sixteen bits in a PNG', () => {
    const data = Uint16Array.from({ length: 12 }, (_, i) => i * 5957);
    const png = decode(writePng16(data, 4, 3));
    expect(png.depth).toBe(16);
    expect(Array.from(png.data)).toEqual(Array.from(data));
  });

  it.skipIf(skipWithoutPython('numpy'))('write NPZ that NumPy reads', () => {
    const file = join(folder, 'a.npz');
    writeFileSync(file, writeNpz({ image: { data: Float32Array.of(1.5, -2, 3, 4, 5, 6), shape: [2, 3] }, mask: { data: Uint8Array.of(0, 1), shape: [2] }, hu: { data: Int16Array.of(-1024), shape: [1] }, class_names: { data: ['background', 'Läsion 𝛼', ''], shape: [3] } }));
    const code = 'import sys,json,numpy as np\nz=np.load(sys.argv[1])\nprint(json.dumps({k:[str(z[k].dtype),z[k].tolist()] for k in z}))';
    expect(JSON.parse(runPython('numpy', code, [file]))).toEqual({ image: ['float32', [[1.5, -2, 3], [4, 5, 6]]], mask: ['uint8', [0, 1]], hu: ['int16', [-1024]], class_names: ['<U10', ['background', 'Läsion 𝛼', '']] });
  });

  it('stream a ZIP with the same bytes each time', async () => {
    const entries = ['a/1.txt', 'b.txt'].map((name) => ({ name, read: () => Promise.resolve(new TextEncoder().encode(name.repeat(100))) }));
    const bytes = async () => new Uint8Array(await new Response(zipStream(entries)).arrayBuffer());
    const first = await bytes();
    expect(await bytes()).toEqual(first);
    expect(Object.keys(unzipSync(first))).toEqual(['a/1.txt', 'b.txt']);
    expect(new TextDecoder().decode(unzipSync(first)['a/1.txt'])).toBe('a/1.txt'.repeat(100));
  });

  const list = 'import sys,json,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nbad=z.testzip() if len(sys.argv)<3 else None\nprint(json.dumps([bad,len(z.infolist()),[[i.filename,i.file_size,i.header_offset] for i in z.infolist()[-3:]]]))';
  const write = async (name: string, zip: ReadableStream<Uint8Array>): Promise<string> => {
    const path = join(folder, name);
    await pipeline(Readable.fromWeb(zip as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(path));
    return path;
  };
  const texts = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `ä/${i}.txt`, read: () => Promise.resolve(new TextEncoder().encode('x'.repeat(i % 40))) }));

  it.skipIf(skipWithoutPython('zipfile'))('ZIP64 records are right: Python, Info-ZIP where it is, and the studio read them', async () => {
    // Limits so low that sizes, offsets and counts all need them; entries on both sides of each limit.
    for (const limits of [{ count: 5, bytes: 20 }, { count: 0xffff, bytes: 300 }, { count: 3, bytes: 0xffffffff }]) {
      const path = await write('zip64.zip', zipStream(texts(60), limits));
      const last = [57, 58, 59].map((i) => [`ä/${i}.txt`, i % 40]);
      expect(JSON.parse(runPython('zipfile', list, [path]))).toEqual([null, 60, last.map((l) => [...l, expect.any(Number)])]);
      if (hasProgram('unzip')) expect(spawnSync('unzip', ['-t', path], { encoding: 'utf8' }).stdout).toContain('No errors detected');
      expect((await readZip(new Blob([new Uint8Array(readFileSync(path))]))).map((e) => [e.name, e.size])).toEqual(texts(60).map((t, i) => [t.name, i % 40]));
    }
  });

  it.skipIf(skipWithoutPython('zipfile'))('a ZIP of 70,000 files, more than a field of 16 bits counts', async () => {
    const path = await write('many.zip', zipStream(texts(70_000)));
    const [bad, count] = JSON.parse(runPython('zipfile', list, [path])) as [unknown, number];
    expect([bad, count]).toEqual([null, 70_000]);
    expect(await readZip(new Blob([new Uint8Array(readFileSync(path))]))).toHaveLength(70_000);
  });

  it.skipIf(process.env.VERISIM_LONG !== '1')('a ZIP of 4.5 GB: what lies behind the 4 GB is read by Python', { timeout: 600_000 }, async () => {
    const large = Uint8Array.from({ length: 64 * 1024 * 1024 }, (_, i) => i * 7);
    const entries = Array.from({ length: 70 }, (_, i) => ({ name: `large/${i}.bin`, read: () => Promise.resolve(large) }));
    const path = await write('large.zip', zipStream([...entries, ...texts(3)]));
    const [bad, count, last] = JSON.parse(runPython('zipfile', list, [path])) as [unknown, number, [string, number, number][]];
    expect([bad, count]).toEqual([null, 73]);
    expect(last.map(([name]) => name)).toEqual(['ä/0.txt', 'ä/1.txt', 'ä/2.txt']);
    expect(last[0]![2]).toBeGreaterThan(2 ** 32);
    rmSync(path);
  });
});
