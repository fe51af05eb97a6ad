import { expect, it } from 'vitest';
import { changeDegrade, degradeNow, degradeStore, trackOf } from '../../../src/state/degrade';
import { enhanceStore } from '../../../src/state/enhance';
import { makeSlice, makeSource, sliceOf } from '../../fixtures/memorySeries';
import { registryOf } from '../../fixtures/models';
import { doublingModel } from '../../fixtures/onnx';
import { phantom } from '../../fixtures/phantom';
import { onStage, provideEngine } from '../../fixtures/studioEngine';

const double = doublingModel();
const models = registryOf([
  { entry: { id: 'first', scale: 2, halo: 1 }, variants: { faithful: double, perceptual: double } },
  { entry: { id: 'mine', scale: 2, halo: 1 }, variants: { output: double } },
  { entry: { id: 'other', scale: 2, halo: 1, modality: ['CT'] }, variants: { output: double } },
]);
const methods = () => degradeStore.getState().recoveries.map((r) => r.method);
const used = () => degradeStore.getState().recoveries.at(-1)!.slice.source;

it('a slice is reduced as its modality comes about, unless a person chose', () => {
  const of = (modality: string) => ({ ...makeSlice(new Array(16).fill(0), 4, 4), modality });
  expect([of('MR'), of('CT'), of('OT')].map((slice) => trackOf({ track: null }, slice))).toEqual(['kspace', 'bicubic', 'bicubic']);
  expect(trackOf({ track: 'kspace' }, of('CT'))).toBe('kspace');
});

it('the chosen model takes part where it fits, else the first that does', async () => {
  provideEngine(models);
  await onStage(makeSource([sliceOf(phantom(32, 32, 1), 1000)]));
  for (const [modelId, id, total] of [['mine', 'mine', 5], ['first', 'first', 6], ['other', 'first', 6]] as const) {
    enhanceStore.setState({ models: models.list('super-resolution'), modelId });
    await degradeNow();
    expect(degradeStore.getState().total).toBe(total);
    expect(methods()).toHaveLength(total);
    expect(used()).toMatchObject({ augmentation: { model: { id } } });
  }
});

it('a change in the middle of a run leaves no figures of what was asked before', async () => {
  provideEngine(models);
  await onStage(makeSource([sliceOf(phantom(32, 32, 1), 1000)]));
  enhanceStore.setState({ models: [], modelId: null });
  const end = degradeStore.subscribe(({ recoveries }) => {
    if (recoveries.length < 4) return;
    end();
    changeDegrade({ scale: 4 }); // the last method is done
  });
  await degradeNow();
  expect(degradeStore.getState()).toMatchObject({ recoveries: [], reduced: null, original: null, running: null });
});
