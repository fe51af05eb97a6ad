import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ensureOhif } from '../../scripts/ohif.mjs';
import { derivedDicom, writeSegmentation } from '../../src/dicom/write';
import { parseRecipe } from '../../src/dataset/recipe';
import { buildDataset } from '../../src/pipeline/buildDataset';
import { createMemorySink } from '../../src/storage/memorySink';
import { makeDatasetSource } from '../fixtures/datasetSources';
import { LESION_INFO, makeSlice } from '../fixtures/scannerSlices';
import { openInOhif, stopOhif } from './ohif';

const samples = resolve(import.meta.dirname, '../../public/samples');
const { reason } = ensureOhif();
if (reason) console.warn(`skipped: ${reason}`);

function sample(id: string): { name: string; bytes: Uint8Array }[] {
  return readdirSync(join(samples, id)).filter((f) => f.endsWith('.dcm')).sort().map((name) => ({ name, bytes: readFileSync(join(samples, id, name)) }));
}

afterAll(stopOhif);

describe.skipIf(reason)('OHIF opens', () => {
  it('the MR sample: one series of 20 slices, painted, and nothing coloured over it', async () => {
    const view = await openInOhif(sample('mr-brain'));
    expect(await view.series()).toEqual([{ modality: 'MR', description: 'FSE PD axial', count: 20 }]);
    const { grey, coloured } = await view.painted();
    expect(grey).toBeGreaterThan(0.1);
    expect(coloured).toBeLessThan(0.001);
    expect(view.errors).toEqual([]);
    await view.close();
  });

  it('the CT sample, which is RLE compressed', async () => {
    const view = await openInOhif(sample('ct-chest'));
    expect(await view.series()).toEqual([{ modality: 'CT', description: 'Axial 5 mm', count: 1 }]);
    expect((await view.painted()).grey).toBeGreaterThan(0.1);
    expect(view.errors).toEqual([]);
    await view.close();
  });

  it.each(['MR', 'CT'] as const)('an exported %s series with its SEG: the segment lies where the lesion is', async (modality) => {
    // 3 slices of 64 × 48 pixels of 0.8 × 0.9 mm, a bright ellipse at 60 % of the width and 45 % of the height.
    const images = [0, 1, 2].map((index) => {
      const slice = makeSlice({ modality, index });
      return { slice, file: derivedDicom(slice, { softwareVersion: '0.1.0', info: LESION_INFO, seriesDescription: 'nodule added' }) };
    });
    const seg = writeSegmentation(
      images.map(({ slice, file }) => ({ attributes: file.attributes, labels: slice.labels ?? [] })), [{ id: 2, name: 'synthetic lesion' }],
      { softwareVersion: '0.1.0', algorithm: 'test', algorithmType: 'AUTOMATIC', synthetic: true },
    );
    const view = await openInOhif([...images.map(({ file }, i) => ({ name: `${i}.dcm`, bytes: file.bytes })), { name: 'seg.dcm', bytes: seg!.bytes }]);
    const series = await view.series();
    expect(series.map((s) => s.modality).sort()).toEqual([modality, 'SEG'].sort());
    expect(series.find((s) => s.modality === modality)).toMatchObject({ description: 'SYNTHETIC nodule added', count: 3 });
    const before = await view.painted();
    expect(before.grey).toBeGreaterThan(0.1);
    expect(before.coloured).toBeLessThan(0.001);

    await view.open('SEG');
    await expect.poll(async () => (await view.painted()).coloured, { timeout: 30_000, interval: 500 }).toBeGreaterThan(0.005);
    // The picture is as high as the viewport (48 × 0.9 mm).
    const { centre } = await view.painted();
    expect(Math.abs(centre.x - (0.1 * 64 * 0.8) / (48 * 0.9))).toBeLessThan(0.02);
    expect(Math.abs(centre.y - -0.05)).toBeLessThan(0.02);
    expect(await view.segments()).toEqual(['synthetic lesion']);
    expect(view.errors).toEqual([]);
    await view.close();
  });

  it('a whole built set: the real series, its augmented copy, and a SEG for each', async () => {
    const sink = createMemorySink();
    const recipe = parseRecipe({
      verisim: 'recipe', version: 1, name: 'ohif', seed: 3, copies: 1, outputs: [{ format: 'dicom' }],
      steps: [{ type: 'scale', factor: 1.1 }, { type: 'noise-rician', std: 0.02 }],
    });
    await buildDataset({ recipe, sources: [makeDatasetSource('P1')], key: new Uint8Array(32).fill(7), softwareVersion: '0.1.0' }, { sink });
    const files = [...sink.files].filter(([path]) => path.endsWith('.dcm')).map(([path, bytes]) => ({ name: path.replaceAll('/', '-'), bytes }));
    const view = await openInOhif(files);
    const series = await view.series();
    expect(series.map((s) => s.modality).sort()).toEqual(['MR', 'MR', 'SEG', 'SEG']);
    expect(series.filter((s) => s.modality === 'MR').map((s) => s.count)).toEqual([3, 3]);
    expect(series.filter((s) => s.modality === 'MR' && s.description.startsWith('SYNTHETIC'))).toHaveLength(1);
    await view.open('SEG');
    await expect.poll(async () => (await view.painted()).coloured, { timeout: 30_000, interval: 500 }).toBeGreaterThan(0.005);
    expect(await view.segments()).toEqual(['lesion']);
    expect(view.errors).toEqual([]);
    await view.close();
  });
});
