import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recipeJsonSchema } from '../../../scripts/recipeJsonSchema';
import type { TransformStep } from '../../../src/augment';
import { StudioError } from '../../../src/core/errors';
import { PRESETS } from '../../../src/dataset/presets';
import { parseRecipe, recipeText } from '../../../src/dataset/recipe';
import { defaultStep, isModelStep, STEP_TYPES } from '../../../src/dataset/recipeSteps';
import { run } from '../../fixtures/augment';
import { makeSlice } from '../../fixtures/scannerSlices';

const base = { verisim: 'recipe', version: 1, name: 'set', seed: 1, outputs: [{ format: 'npz' }] };

function complaint(json: unknown): string {
  try {
    parseRecipe(json);
  } catch (error) {
    expect(error).toBeInstanceOf(StudioError);
    expect((error as StudioError).code).toBe('recipe/invalid');
    return (error as StudioError).detail;
  }
  throw new Error('was accepted');
}

describe('parseRecipe', () => {
  it('fills in defaults and is stable under its own text', () => {
    const recipe = parseRecipe(JSON.stringify({ ...base, steps: [{ type: 'rotate' }] }));
    expect(recipe.steps[0]).toEqual({ type: 'rotate', probability: 1, degrees: [-10, 10] });
    expect(recipe.deidentify.enabled).toBe(true);
    expect(recipeText(parseRecipe(recipeText(recipe)))).toBe(recipeText(recipe));
  });

  it.each([
    [{ ...base, steps: [{ type: 'rotate' }, { type: 'blur', stdMm: -1 }] }, /^steps\[1\]\.stdMm: .*-1/],
    [{ ...base, steps: [{ type: 'rotate', degrees: [10, -10] }] }, /^steps\[0\]\.degrees: .*above/],
    [{ ...base, steps: [{ type: 'rotat' }] }, /^steps\[0\]\.type: rotat is not one of .*did you mean rotate\?/],
    [{ ...base, steps: [{ type: 'rotate', angle: 3 }] }, /^steps\[0\]\.angle: this field is not known/],
    [{ ...base, outputs: [] }, /^outputs: name at least one output/],
    [{ ...base, outputs: [{ format: 'dcm' }] }, /^outputs\[0\]\.format: dcm is not one of dicom/],
    [{ ...base, outputs: [{ format: 'npz' }, { format: 'npz' }] }, /npz is named twice/],
    [{ ...base, seed: undefined }, /^seed: is missing/],
    [{ ...base, name: '../x' }, /^name: letters/],
    [{ ...base, copies: 0, originals: false }, /makes nothing/],
    [{ ...base, version: 2 }, /^version: /],
    ['{"a":', /^not JSON/],
    [[], /^verisim: is missing/],
    ['3', /^recipe: /],
  ])('refuses %j with the field path', (json, message) => {
    expect(complaint(json)).toMatch(message);
  });

  it('has presets that are valid, each with its own name', () => {
    expect(PRESETS.length).toBeGreaterThan(5);
    expect(new Set(PRESETS.map((p) => p.id)).size).toBe(PRESETS.length);
  });

  it('has defaults for every step, and every transform runs with them', () => {
    for (const type of STEP_TYPES) {
      const step = defaultStep(type);
      if (isModelStep(step)) continue;
      const ct = ['hu-shift', 'dose-noise', 'ring', 'cupping'].includes(type);
      expect(run(makeSlice({ modality: ct ? 'CT' : 'MR' }), [step as TransformStep]).raster.data.every(Number.isFinite), type).toBe(true);
    }
  });

  it('is published as a JSON Schema that is up to date', () => {
    expect(JSON.parse(readFileSync('docs/recipe.schema.json', 'utf8'))).toEqual(JSON.parse(JSON.stringify(recipeJsonSchema())));
  });
});
