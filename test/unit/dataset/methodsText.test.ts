import { describe, expect, it } from 'vitest';
import type { AugmentationInfo } from '../../../src/core/slice';
import { methodsText, type MethodsInput } from '../../../src/dataset/methodsText';

const info = (changes: Partial<AugmentationInfo> = {}): AugmentationInfo => ({
  kind: 'lesion-insert',
  model: { id: 'lesion-insert-ct-nodule', variant: 'default', sha256: 'a1'.repeat(32), license: 'CC-BY-4.0' },
  backend: 'wasm',
  seed: 4117,
  parameters: { sizeMm: 12, contrast: 0.2, place: 'auto' },
  softwareVersion: '0.1.0',
  ...changes,
});
const card = {
  title: 'Lung nodule inserter',
  trainingData: [{ name: 'LIDC-IDRI patches', licence: 'CC BY 3.0', counts: '2160 patches of 508 patients' }],
  credits: ['Armato et al. 2011, LIDC-IDRI, doi:10.7937/K9/TCIA.2015.LO9QL9SX', 'FNNDSC, 50 % of {braces}'],
  figures: [{ name: 'Realism', table: [{ AUC: 0.61, interval: [0.55, 0.67], patients: 100 }] }],
  limits: ['One slice at a time.'],
};
const input = (changes: Partial<MethodsInput> = {}): MethodsInput => ({ softwareVersion: '0.1.0', items: [info()], cards: { 'lesion-insert-ct-nodule': card }, ...changes });

describe('methods text', () => {
  it('says what was used, on what it was trained, what was measured, and that it is synthetic', () => {
    const { text, bibtex } = methodsText(input());
    for (const part of ['synthetic', '0.1.0', 'lesion-insert-ct-nodule', 'a1'.repeat(32), 'CC-BY-4.0', 'LIDC-IDRI patches (2160 patches of 508 patients; CC BY 3.0)', '4117', 'AUC 0.61 (95 % interval 0.55 to 0.67)', 'One slice at a time', 'none is meant for diagnosis']) {
      expect(text).toContain(part);
    }
    expect(bibtex).toContain('doi = {10.7937/K9/TCIA.2015.LO9QL9SX}');
    expect(bibtex).toContain('50 \\% of braces');
    expect(bibtex.match(/\{/g)!.length).toBe(bibtex.match(/\}/g)!.length);
  });

  it('two sets that differ differ in their text', () => {
    const variants: MethodsInput[] = [
      input(),
      input({ softwareVersion: '0.2.0' }),
      input({ items: [info({ seed: 1 })] }),
      input({ items: [info(), info({ seed: 2 })] }),
      input({ items: [info({ parameters: { sizeMm: 9 } })] }),
      input({ items: [info({ backend: 'webgpu' })] }),
      input({ items: [info({ model: { ...info().model!, sha256: 'b2'.repeat(32) } })] }),
      input({ recipe: { name: 'nodules', seed: 5, steps: ['flip'] } }),
      input({ recipe: { name: 'nodules', seed: 6, steps: ['flip'] } }),
      input({ review: { accepted: 4, rejected: 1, flagged: 0, open: 0 } }),
      input({ sources: { slices: 40, patients: 8 } }),
    ];
    expect(new Set(variants.map((v) => methodsText(v).text)).size).toBe(variants.length);
  });

  it('invents nothing where there is no card, and names non-commercial licences', () => {
    const nc = info({ model: { id: 'mine', variant: 'default', sha256: 'c3'.repeat(32), license: 'CC-BY-NC-SA-4.0' } });
    const { text } = methodsText(input({ items: [nc], cards: {} }));
    expect(text).toContain('brings no card');
    expect(text).toContain('may not be used commercially');
    expect(text).not.toContain('LIDC');
  });
});
