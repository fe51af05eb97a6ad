import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import fc from 'fast-check';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodeRle, encodeRle, maskBox, maskRuns } from '../../../src/formats/cocoRle';
import { writeNpz } from '../../../src/formats/npz';
import { writePng16 } from '../../../src/formats/pngWriter';
import { zipStream } from '../../../src/formats/zipStream';
import { runPython, skipWithoutPython } from '../../fixtures/validators';

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
    writeFileSync(file, writeNpz({ image: { data: Float32Array.of(1.5, -2, 3, 4, 5, 6), shape: [2, 3] }, mask: { data: Uint8Array.of(0, 1), shape: [2] }, hu: { data: Int16Array.of(-1024), shape: [1] } }));
    const code = 'import sys,json,numpy as np\nz=np.load(sys.argv[1])\nprint(json.dumps({k:[str(z[k].dtype),z[k].tolist()] for k in z}))';
    expect(JSON.parse(runPython('numpy', code, [file]))).toEqual({ image: ['float32', [[1.5, -2, 3], [4, 5, 6]]], mask: ['uint8', [0, 1]], hu: ['int16', [-1024]] });
  });

  it('stream a ZIP with the same bytes each time', async () => {
    const entries = ['a/1.txt', 'b.txt'].map((name) => ({ name, read: () => Promise.resolve(new TextEncoder().encode(name.repeat(100))) }));
    const bytes = async () => new Uint8Array(await new Response(zipStream(entries)).arrayBuffer());
    const first = await bytes();
    expect(await bytes()).toEqual(first);
    expect(Object.keys(unzipSync(first))).toEqual(['a/1.txt', 'b.txt']);
    expect(new TextDecoder().decode(unzipSync(first)['a/1.txt'])).toBe('a/1.txt'.repeat(100));
  });
});
