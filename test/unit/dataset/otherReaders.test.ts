import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { labelsOfSlice } from '../../../src/core/labelSet';
import type { Slice } from '../../../src/core/slice';
import type { Manifest } from '../../../src/dataset/manifest';
import { parseRecipe } from '../../../src/dataset/recipe';
import { createNodeDecoder } from '../../../src/pipeline/decode/decoder.node';
import { importFiles } from '../../../src/pipeline/importFiles';
import { readInputs } from '../../../src/pipeline/import/readInputs.node';
import { decodeRle } from '../../../src/formats/cocoRle';
import { EMPTY_SHELF, shelveLabels } from '../../../src/pipeline/labelShelf';
import { openLabels } from '../../../src/pipeline/openLabels';
import { buildDataset } from '../../../src/pipeline/buildDataset';
import { createNodeSink } from '../../../src/storage/nodeSink.node';
import { makeDatasetSource } from '../../fixtures/datasetSources';
import { dciodvfyErrors, pythonWith, skipWithout, skipWithoutPython } from '../../fixtures/validators';

const folder = mkdtempSync(join(tmpdir(), 'verisim-set-'));
const sets = (['MR', 'CT'] as const).map((modality) => ({ modality, path: join(folder, modality) }));
const files = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true, recursive: true }).filter((e) => e.isFile() && e.name.endsWith('.dcm')).map((e) => join(e.parentPath, e.name));

/** Whole sets of all formats, with labels, crops of one size, and padding by rotation; odd sizes. */
beforeAll(async () => {
  for (const { modality, path } of sets) {
    const recipe = parseRecipe({
      verisim: 'recipe', version: 1, name: `all-${modality}`, seed: 4, copies: 2, split: { folds: 3, test: 0.3 },
      steps: [
        { type: 'flip' }, { type: 'rotate' }, { type: 'elastic', probability: 0.5 }, { type: 'crop', rows: 41, columns: 53, centre: 'label' },
        modality === 'CT' ? { type: 'dose-noise', probability: 0.5 } : { type: 'noise-rician', probability: 0.5 },
      ],
      outputs: [{ format: 'dicom' }, { format: 'nnunet' }, { format: 'png', yolo: true }, { format: 'npz' }, { format: 'bids' }],
    });
    const sources = ['A', 'B', 'C', 'D'].map((p) => makeDatasetSource(`${modality}${p}`, 3, modality, 63, 47));
    const result = await buildDataset({ recipe, sources, key: new Uint8Array(32).fill(3), softwareVersion: '0.1.0' }, { sink: createNodeSink(path) });
    expect(result.complete).toBe(true);
  }
});

const python = (module: string, script: string, ...args: string[]): { status: number | null; text: string } => {
  const { status, stdout, stderr } = spawnSync(pythonWith(module)!, [join('test/independent', script), ...args], { encoding: 'utf8' });
  return { status, text: stdout + stderr };
};

describe.each(sets)('a $modality set', ({ modality, path }) => {
  it.skipIf(skipWithout('dciodvfy'))('has no dciodvfy error in any image or SEG', () => {
    const all = files(path);
    expect(all.filter((f) => f.endsWith('seg.dcm')).length).toBeGreaterThan(6);
    expect(Object.fromEntries(all.map((f) => [f, dciodvfyErrors(f)]).filter(([, errors]) => errors!.length))).toEqual({});
  });

  it.skipIf(skipWithoutPython('nibabel'))('follows nnU-Net’s rules', () => {
    expect(python('nibabel', 'check_nnunet.py', join(path, `nnunet/Dataset001_all-${modality}`))).toEqual({ status: 0, text: expect.stringContaining('follow the rules') });
  });

  it.skipIf(skipWithoutPython('pydicom, nibabel, pycocotools, PIL'))('reads the same in pydicom, nibabel, NumPy and pycocotools', () => {
    expect(python('pydicom, nibabel, pycocotools, PIL', 'check_formats.py', path)).toEqual({ status: 0, text: expect.stringContaining('same numbers everywhere') });
  });

  it('loaded again in the studio lands on the same affine and values, DICOM and NIfTI alike', async () => {
    const decoder = createNodeDecoder(1);
    try {
      const manifest = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as { items: { id: string; copy: number; files: { path: string; role: string }[] }[] };
      for (const item of manifest.items.filter((i) => i.copy > 0).slice(0, 4)) {
        const at = (start: string) => join(path, item.files.find((f) => f.path.startsWith(start) && f.role === 'image')!.path);
        const { series } = await importFiles(readInputs([at('dicom/'), at('nnunet/')], (p, e) => { throw new Error(`${p}: ${String(e)}`); }), { decoder });
        expect(series).toHaveLength(2);
        const [a, b] = await Promise.all(series.map((s) => s.loadSlice(0)));
        expect(Array.from(a!.raster.data)).toEqual(Array.from(b!.raster.data));
        a!.geometry!.positionMm.forEach((v, i) => expect(b!.geometry!.positionMm[i]!).toBeCloseTo(v, 3));
        a!.geometry!.rowDirection.forEach((v, i) => expect(b!.geometry!.rowDirection[i]!).toBeCloseTo(v, 5));
        a!.pixelSpacingMm!.forEach((v, i) => expect(b!.pixelSpacingMm![i]!).toBeCloseTo(v, 5));
      }
    } finally {
      decoder.dispose();
    }
  });

  it('its pictures, loaded again with their list, have the values of its NPZ', async () => {
    const decoder = createNodeDecoder(1);
    try {
      const open = async (name: string) => (await importFiles(readInputs([join(path, name)], (p, e) => { throw new Error(`${p}: ${String(e)}`); }), { decoder })).series;
      const [npz, png] = [await open('npz'), await open('png')];
      expect(png).toHaveLength(npz.length);
      for (const source of png) {
        const [got, want] = await Promise.all([source, npz.find((s) => s.series.description === source.series.description.replace('.png', '.npz'))!].map((s) => s.loadSlice(0)));
        expect(got!.raster.data).toEqual(want!.raster.data);
        expect([got!.modality, got!.raster.unit, got!.pixelSpacingMm]).toEqual([modality, modality === 'CT' ? 'HU' : 'modality', want!.pixelSpacingMm]);
      }
    } finally {
      decoder.dispose();
    }
  });

  it('gives its masks back with their names, bit for bit, from DICOM SEG, the nnU-Net folder, NPZ and PNG with COCO', async () => {
    const decoder = createNodeDecoder(1);
    const open = async (...files: string[]) => importFiles(readInputs(files.map((f) => join(path, f)), (p, e) => { throw new Error(`${p}: ${String(e)}`); }), { decoder });
    const key = (slice: Slice) => createHash('sha256').update(Buffer.from(slice.raster.data.buffer)).digest('hex');
    try {
      const manifest = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as Manifest;
      for (const part of ['dicom', 'nnunet', 'npz', 'png']) {
        const expected = new Map<string, Uint8Array>();
        for (const item of manifest.items) {
          const image = await open(item.files.find((f) => f.path.startsWith(`${part}/`) && f.role === 'image')!.path, ...(part === 'png' ? ['png/pictures.json'] : []));
          const mask = new Uint8Array(item.size[0] * item.size[1]);
          for (const l of item.labels) decodeRle(l.rle).forEach((v, i) => v && (mask[i] = l.class));
          expected.set(key(await image.series[0]!.loadSlice(0)), mask);
        }
        const imported = await open(part);
        expect(imported.series.length).toBeGreaterThan(3);
        const { labels } = await openLabels(imported.others, imported.outcomes.map((o) => o.path));
        const { shelf } = shelveLabels(EMPTY_SHELF, labels, imported.series.map((s) => s.series));
        expect(shelf.waiting.map((w) => w.result.words)).toEqual([]);
        let labelled = 0;
        expect([...new Set(shelf.attached.flatMap((set) => set.classes.map((c) => c.name)))]).toEqual(['lesion']);
        for (const source of imported.series) {
          const sets = shelf.attached.filter((set) => set.seriesId === source.series.id);
          for (let i = 0; i < source.series.slices.length; i++) {
            const slice = await source.loadSlice(i);
            const mask = new Uint8Array(slice.raster.data.length);
            for (const map of sets.flatMap((set) => labelsOfSlice(set, i))) map.data.forEach((v, k) => v && (mask[k] = v));
            const truth = expected.get(key(slice))!;
            expect(Buffer.compare(Buffer.from(mask), Buffer.from(truth))).toBe(0);
            if (truth.includes(1)) labelled++;
          }
        }
        expect(labelled).toBeGreaterThan(10);
      }
    } finally {
      decoder.dispose();
    }
  });
});
