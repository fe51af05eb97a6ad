import { describe, expect, it } from 'vitest';
import { createRegistry, loadManifest, parseEntry, randomisedVariant, trialShapes } from '../../../src/models';
import { linearModel } from '../../fixtures/onnx';
import { readShipped, registryOf } from '../../fixtures/models';

const ref = { modelId: 'linear', variant: 'default', graph: 'forward' as const };

describe('model registry', () => {
  it('reads the shipped manifest; every file is the one listed', async () => {
    const registry = await loadManifest(readShipped);
    expect(registry.list('super-resolution').map((m) => m.id)).toContain('sr-mr-x2');
    for (const entry of registry.list()) {
      expect((await registry.card(entry.id))?.id).toBe(entry.id);
      for (const [variant, v] of Object.entries(entry.variants)) {
        expect((await registry.bytes({ modelId: entry.id, variant, graph: 'forward' })).length).toBe(v.bytes);
        if (v.gradient) expect((await registry.bytes({ modelId: entry.id, variant, graph: 'gradient' })).length).toBe(v.gradient.bytes);
      }
    }
  });

  it('refuses a file that is not the one listed, a missing one, an unknown model, an absent gradient', async () => {
    const model = linearModel([2]);
    const good = registryOf([{ entry: { id: 'linear' }, variants: { default: { forward: model.forward } } }]);
    expect(await good.bytes(ref)).toEqual(model.forward);
    await expect(good.bytes({ ...ref, graph: 'gradient' })).rejects.toThrow('model/no-gradient');
    await expect(good.bytes({ ...ref, modelId: 'other' })).rejects.toThrow('model/unknown');
    const changed = model.forward.slice();
    changed[changed.length - 20]! ^= 1;
    await expect(createRegistry(good.list(), async () => changed).bytes(ref)).rejects.toThrow('model/hash-mismatch');
    await expect(createRegistry(good.list(), () => Promise.reject(new Error('404'))).bytes(ref)).rejects.toThrow('model/not-found');
  });

  it('names the field of a bad entry', () => {
    const entry = registryOf([{ entry: { id: 'linear' }, variants: { default: linearModel([2]) } }]).get('linear');
    expect(() => parseEntry({ ...entry, variants: {}, halo: -1 })).toThrow(/model\/invalid: halo/);
    expect(() => parseEntry({ ...entry, variants: { d: { file: '../secret', sha256: 'x', bytes: 1 } } })).toThrow('model/invalid: variants.d.file');
    expect(() => parseEntry(null)).toThrow('model/invalid');
  });

  it('adds a model of one’s own once, and tells listeners', async () => {
    const registry = registryOf([]);
    const other = registryOf([{ entry: { id: 'linear' }, variants: { default: linearModel([3]) } }]);
    let calls = 0;
    const end = registry.onChange(() => calls++);
    const entry = other.get('linear');
    registry.add(entry, new Map([[entry.variants.default!.file, await other.bytes(ref)]]));
    expect((await registry.bytes(ref)).length).toBe(entry.variants.default!.bytes);
    expect(() => registry.add(entry, new Map())).toThrow('model/invalid');
    end();
    expect(calls).toBe(1);
  });

  it('gives trial shapes on the grid of the model', () => {
    const registry = registryOf([{ entry: { id: 'linear', scale: 2, multipleOf: 16 }, variants: { default: linearModel([1]) } }]);
    expect(trialShapes(registry.get('linear'), 'gradient')).toEqual({ image: [1, 1, 32, 32], cotangent: [1, 1, 64, 64] });
    const realism = registryOf([{ entry: { id: 'r', task: 'realism', outputs: [{ name: 'score', shape: [1, 1, 'H/4', 'W/4'] }] }, variants: { default: linearModel([1]) } }]);
    expect(trialShapes(realism.get('r'), 'gradient').cotangent).toEqual([1, 1, 6, 6]);
  });

  it('randomises weights on request, after the hash check', async () => {
    const registry = registryOf([{ entry: { id: 'linear' }, variants: { default: linearModel([1, 2, 3, 4, 5, 6, 7, 8, 9]) } }]);
    const noise = await registry.bytes({ ...ref, variant: randomisedVariant('default', 1, 3) });
    expect(noise).not.toEqual(await registry.bytes(ref));
    expect(noise).toEqual(await registry.bytes({ ...ref, variant: randomisedVariant('default', 1, 3) }));
    expect(noise).not.toEqual(await registry.bytes({ ...ref, variant: randomisedVariant('default', 1, 4) }));
    expect(randomisedVariant('default', 0, 1)).toBe('default');
  });
});
