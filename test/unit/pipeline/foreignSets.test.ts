import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { classPlane } from '../../../src/core/labelSet';
import { createNodeDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { readInputs } from '../../../src/pipeline/import/readInputs.node.ts';
import { importFiles } from '../../../src/pipeline/importFiles';
import { EMPTY_SHELF, shelveLabels } from '../../../src/pipeline/labelShelf';
import { openLabels } from '../../../src/pipeline/openLabels';
import { pythonWith, skipWithoutPython } from '../../fixtures/validators';

const folder = mkdtempSync(join(tmpdir(), 'verisim-foreign-'));
afterAll(() => rmSync(folder, { recursive: true }));
interface Truth {
  npz: Record<string, { label: string; first: number; second: number; shape: number[] }>;
  coco: Record<string, Record<string, string>>;
}

async function open(path: string) {
  const decoder = createNodeDecoder(1);
  const found = await importFiles(readInputs([path], (p, e) => { throw new Error(`${p}: ${String(e)}`); }), { decoder });
  const opened = await openLabels(found.others, found.outcomes.map((o) => o.path));
  const { shelf } = shelveLabels(EMPTY_SHELF, opened.labels, found.series.map((s) => s.series));
  return { found, opened, shelf, done: () => decoder.dispose() };
}

describe.skipIf(skipWithoutPython('numpy, pycocotools'))('sets that NumPy and pycocotools made', () => {
  const { status, stderr } = spawnSync(pythonWith('numpy, pycocotools') ?? 'false', ['test/independent/make_foreign_sets.py', folder], { encoding: 'utf8' });
  const truth = (): Truth => {
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as Truth;
  };

  it('NPZ: values and masks of every type, byte order, memory order and rank', async () => {
    const { found, opened, shelf, done } = await open(join(folder, 'npz'));
    expect(opened.failed).toEqual([]);
    expect(shelf.waiting.map((w) => w.result.words)).toEqual([]);
    for (const [name, { label, first, second, shape }] of Object.entries(truth().npz)) {
      const source = found.series.find((s) => s.series.description === `${name}.npz`)!;
      const { rows, columns, slices } = source.series;
      expect([...(shape.length > 2 ? [slices.length] : []), rows, columns]).toEqual(shape);
      const { data } = (await source.loadSlice(0)).raster;
      expect([data[0], data[1]]).toEqual([first, second]);
      const set = shelf.attached.find((s) => s.seriesId === source.series.id)!;
      const values = slices.flatMap((_, i) => [...(set.layers[0]![i] ?? new Uint8Array(rows * columns))]);
      expect(Buffer.from(values).toString('base64')).toBe(label);
      const spacing = name === 'volume' ? [0.8, 0.7] : null;
      expect(source.series.pixelSpacingMm).toEqual(spacing);
      expect((await source.loadSlice(0)).pixelSpacingMm).toEqual(spacing);
    }
    done();
  });

  it('COCO: polygons as pycocotools fills them, both kinds of runs, overlaps kept, over 8-bit pictures in another folder', async () => {
    const { opened, shelf, done } = await open(join(folder, 'coco'));
    expect(opened.failed).toEqual([]);
    expect(shelf.waiting).toEqual([]);
    const pictures = Object.entries(truth().coco);
    expect(shelf.attached).toHaveLength(pictures.length);
    for (const [name, classes] of pictures) {
      const set = shelf.attached.find((s) => s.seriesId.endsWith(`val/${name}`))!;
      const mine = Object.fromEntries(set.classes.map((c) => [c.id, Buffer.from(classPlane(set, c.id, 0) ?? new Uint8Array(set.width * set.height)).toString('base64')]));
      expect(mine).toEqual(classes);
    }
    done();
  });
});
