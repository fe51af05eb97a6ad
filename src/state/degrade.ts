import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { Slice } from '../core/slice';
import { chooseOperator } from '../pipeline/chooseOperator';
import type { Recovery } from '../pipeline/degradeRecover';
import { enhanceStore, rangeOf, suits, type ModelEntry } from './enhance';
import { runJob } from './jobs';
import { engineContext } from './services';
import { stageStore } from './stage';
import { setView, setWindow, viewStore } from './view';
import { say } from './strings/say';

type Track = 'bicubic' | 'kspace';

interface DegradeState {
  readonly scale: 2 | 4;
  /** Null: as the modality's images come about, which its models learnt to undo. */
  readonly track: Track | null;
  readonly maps: boolean;
  /** Tiles without names, for asking a class. */
  readonly names: boolean;
  readonly sliceIndex: number;
  readonly original: Slice | null;
  readonly reduced: Slice | null;
  readonly recoveries: readonly Recovery[];
  readonly running: (() => void) | null;
  /** How many recoveries there will be. */
  readonly total: number;
}

export const degradeStore = createStore<DegradeState>(() => ({ scale: 2, track: null, maps: true, names: true, sliceIndex: 0, original: null, reduced: null, recoveries: [], running: null, total: 6 }));
export const useDegrade = <T>(select: (state: DegradeState) => T): T => useStore(degradeStore, select);
/** The reduction that a slice gets: the chosen one, else that of its modality. */
export const trackOf = ({ track }: Pick<DegradeState, 'track'>, slice: Slice | null): Track => chooseOperator(track ?? 'auto', slice?.modality ?? 'MR');

export function changeDegrade(changes: Partial<Pick<DegradeState, 'scale' | 'track' | 'maps' | 'names'>>): void {
  degradeStore.setState(changes);
  if ('scale' in changes || 'track' in changes) forget(); // figures of another reduction are not those of this one
}

/** What was recovered goes when it is not of what is asked for any more. */
function forget(): void {
  const { running, recoveries } = degradeStore.getState();
  running?.();
  if (recoveries.length) degradeStore.setState({ recoveries: [], reduced: null, original: null });
  setView({ gallery: false });
}

stageStore.subscribe((now, before) => {
  const { original } = degradeStore.getState();
  if (original && (now.seriesId !== before.seriesId || now.index !== before.index)) forget();
});

/** The model that takes part: the chosen one where it enlarges by this much and was made for such images, else the first that does. */
function modelFor(slice: Slice, scale: number): ModelEntry | undefined {
  const { models, modelId } = enhanceStore.getState();
  const fitting = models?.filter((m) => m.scale === scale && suits(m, slice));
  return fitting?.find((m) => m.id === modelId) ?? fitting?.[0];
}

/** Reduces the slice shown and recovers it by each method; tiles fill as they come. */
export async function degradeNow(): Promise<void> {
  const { original, seriesId, shownIndex } = stageStore.getState();
  if (!original || !seriesId) return;
  const { scale } = degradeStore.getState();
  const track = trackOf(degradeStore.getState(), original);
  const model = modelFor(original, scale);
  const controller = new AbortController();
  const cancel = () => controller.abort();
  const current = () => degradeStore.getState().running === cancel;
  const total = 4 + (model ? (model.variants.perceptual ? 2 : 1) : 0);
  degradeStore.setState({ total, original, reduced: null, recoveries: [], sliceIndex: shownIndex, running: cancel });
  // The tiles have a window of their own; it begins as that of the stage.
  setWindow(`degrade/${seriesId}`, viewStore.getState().windows[seriesId] ?? null);
  setView({ gallery: true });
  await runJob({ name: say('job.degrade'), kind: 'degrade', total, signal: controller.signal, summary: (n: number) => say('job.degraded', { n }) }, async ({ signal, progress }) => {
    const context = await engineContext({ signal });
    const { degradeRecover, PEAK } = await import('../pipeline/degradeRecover');
    const range = model ? await rangeOf(seriesId, model.id, signal) : undefined;
    const peak = original.raster.unit === 'HU' ? undefined : await rangeOf(seriesId, PEAK, signal);
    const result = await degradeRecover(
      original,
      {
        scale, track, modelId: model?.id ?? null, range, peak,
        onRecovery: (recovery, reduced) => {
          if (!current()) return; // another run took over
          const recoveries = [...degradeStore.getState().recoveries, recovery];
          degradeStore.setState({ recoveries, reduced });
          progress(recoveries.length, total);
        },
      },
      context,
    );
    if (current()) degradeStore.setState({ original: result.original, reduced: result.reduced, recoveries: result.recoveries });
    return result.recoveries.length;
  });
  if (current()) degradeStore.setState({ running: null });
}

export const closeDegrade = (): void => setView({ gallery: false });
