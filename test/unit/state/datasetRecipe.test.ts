import { beforeEach, describe, expect, it } from 'vitest';
import { parseRecipe, PRESETS, recipeText } from '../../../src/pipeline/recipes';
import { STEP_TYPES } from '../../../src/dataset/recipeSteps';
import { addStep, changeRecipe, changeStep, draftOf, moveStep, recipeOf, recipeStore, removeStep, replaceDraft, reviveDraft, setStepField } from '../../../src/state/datasetRecipe';
import { historyStore, redo, undo } from '../../../src/state/history';
import { STEP_DEFS, stepDef } from '../../../src/state/stepCatalog';

const types = () => recipeStore.getState().draft.steps.map((s) => s.type);
const classical = PRESETS.find((p) => p.id === 'classical')!;

beforeEach(() => {
  replaceDraft('preset', draftOf(classical.recipe, classical.id));
  historyStore.setState({ past: [], future: [] });
});

describe('step catalogue', () => {
  it('knows every step of the recipe schema and no other', () => {
    expect([...new Set(STEP_DEFS.map((d) => d.type))].sort()).toEqual([...STEP_TYPES].sort());
  });

  it.each(STEP_DEFS.map((d) => [d.key, d] as const))('%s: what "Add step" puts in is a valid step, and each field of it is known', (_key, def) => {
    const step = { type: def.type, probability: def.probability ?? 0.5, ...def.defaults, ...('model' in def.defaults && !def.defaults.model ? { model: 'some-model' } : {}) };
    const recipe = parseRecipe({ verisim: 'recipe', version: 1, name: 'x', seed: 1, outputs: [{ format: 'npz' }], steps: [step] });
    const known = new Set(Object.keys(recipe.steps[0]!));
    for (const field of def.fields) if (field.key !== 'class' && field.key !== 'fraction') expect(known.has(field.key), field.key).toBe(true);
  });

  it('limits of the fields are those of the schema: both ends are valid, beyond them is not', () => {
    for (const def of STEP_DEFS) {
      for (const field of def.fields) {
        if (field.kind !== 'range' && field.kind !== 'number') continue;
        const valid = (value: unknown) => {
          try {
            parseRecipe({ verisim: 'recipe', version: 1, name: 'x', seed: 1, outputs: [{ format: 'npz' }], steps: [{ type: def.type, ...def.defaults, ...(def.group === 'models' ? { model: 'm' } : {}), [field.key]: value }] });
            return true;
          } catch {
            return false;
          }
        };
        expect(valid(field.min), `${def.key} ${field.key} ${field.min}`).toBe(true);
        expect(valid(field.max), `${def.key} ${field.key} ${field.max}`).toBe(true);
      }
    }
  });
});

describe('recipe draft', () => {
  it.each(PRESETS.map((p) => [p.id, p] as const))('%s comes back from the panel as it went in', (_id, preset) => {
    expect(recipeText(recipeOf(draftOf(preset.recipe, preset.id)))).toBe(recipeText(preset.recipe));
    for (const step of preset.recipe.steps) expect(stepDef(step.type)).toBeDefined();
  });

  it('a step that is off is left out, and comes back with its settings', () => {
    const [first] = recipeStore.getState().draft.steps;
    changeStep(first!.id, { on: false });
    expect(recipeOf(recipeStore.getState().draft).steps).toHaveLength(classical.recipe.steps.length - 1);
    changeStep(first!.id, { on: true });
    expect(recipeText(recipeOf(recipeStore.getState().draft))).toBe(recipeText(classical.recipe));
  });

  it('moves, adds and removes steps, each undone and redone', () => {
    const before = types();
    moveStep(recipeStore.getState().draft.steps[0]!.id, 2);
    expect(types().slice(0, 3)).toEqual([before[1], before[2], before[0]]);
    addStep({ type: 'blur', probability: 0.5, on: true, settings: { stdMm: [0, 1] } });
    removeStep(recipeStore.getState().draft.steps[1]!.id);
    const after = types();
    undo();
    undo();
    undo();
    expect(types()).toEqual(before);
    redo();
    redo();
    redo();
    expect(types()).toEqual(after);
  });

  it('typing a number is one edit, not one a key', () => {
    const { id } = recipeStore.getState().draft.steps.find((s) => s.type === 'rotate')!;
    for (const high of [1, 15, 150]) setStepField(id, 'degrees', [-10, high]);
    changeRecipe({ copies: 7 });
    expect(historyStore.getState().past).toHaveLength(2);
    undo();
    undo();
    expect(recipeText(recipeOf(recipeStore.getState().draft))).toBe(recipeText(classical.recipe));
  });
});

describe('a draft kept on this machine', () => {
  it('comes back as it was, with steps that are off', () => {
    changeRecipe({ copies: 7 });
    changeStep(recipeStore.getState().draft.steps[0]!.id, { on: false });
    const draft = recipeStore.getState().draft;
    const back = reviveDraft(JSON.parse(JSON.stringify(draft)))!;
    expect(recipeOf(back)).toEqual(recipeOf(draft));
    expect(back.steps.map((s) => s.on)).toEqual(draft.steps.map((s) => s.on));
    expect([back.preset, back.changed]).toEqual([draft.preset, true]);
    expect(new Set([...back.steps, ...draft.steps].map((s) => s.id)).size).toBe(2 * draft.steps.length);
  });

  it('is not taken where it is none; steps of another version are left out', () => {
    for (const data of [null, 3, {}, { recipe: { verisim: 'recipe', version: 2, outputs: [] }, steps: [] }, { recipe: { verisim: 'recipe', version: 1, outputs: [] } }]) expect(reviveDraft(data)).toBeNull();
    const draft = recipeStore.getState().draft;
    expect(reviveDraft({ ...draft, steps: [...draft.steps, { type: 'from-the-future', probability: 1, on: true, settings: {} }, null] })!.steps.map((s) => s.type)).toEqual(draft.steps.map((s) => s.type));
  });
});
