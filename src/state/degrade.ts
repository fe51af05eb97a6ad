import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { Slice } from '../core/slice';
import type { Recovery } from '../pipeline/degradeRecover';
import { enhanceStore, rangeOf } from './enhance';
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
/** The reduction that a slice gets: the chosen one, else k-space for MR, antialiased bicubic for all else. */
export const trackOf = ({ track }: Pick<DegradeState, 'track'>, slice: Slice | null): Track => track ?? (slice === null || slice.modality === 'MR' ? 'kspace' : 'bicubic');

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

/** Reduces the slice shown and recovers it by each method; tiles fill as they come. */
export async function degradeNow(): Promise<void> {
  const { original, seriesId, shownIndex } = stageStore.getState();
  if (!original || !seriesId) return;
  const { scale } = degradeStore.getState();
  const track = trackOf(degradeStore.getState(), original);
  const model = enhanceStore.getState().models?.find((m) => m.scale === scale);
  const controller = new AbortController();
  const cancel = () => controller.abort();
  const total = model ? 6 : 4;
  degradeStore.setState({ total, original, reduced: null, recoveries: [], sliceIndex: shownIndex, running: cancel });
  // The tiles have a window of their own; it begins as that of the stage.
  setWindow(`degrade/${seriesId}`, viewStore.getState().windows[seriesId] ?? null);
  setView({ gallery: true });
  await runJob({ name: say('job.degrade'), kind: 'degrade', total, signal: controller.signal, summary: (n: number) => say('job.degraded', { n }) }, async ({ signal, progress }) => {
    const context = await engineContext({ signal });
    const { degradeRecover } = await import('../pipeline/degradeRecover');
    const range = model ? await rangeOf(seriesId, model.id, signal) : undefined;
    const result = await degradeRecover(
      original,
      {
        scale, track, modelId: model?.id ?? null, range,
        onRecovery: (recovery, reduced) => {
          const recoveries = [...degradeStore.getState().recoveries, recovery];
          degradeStore.setState({ recoveries, reduced });
          progress(recoveries.length, total);
        },
      },
      context,
    );
    degradeStore.setState({ original: result.original, reduced: result.reduced, recoveries: result.recoveries });
    return result.recoveries.length;
  });
  if (degradeStore.getState().running === cancel) degradeStore.setState({ running: null });
}

export const closeDegrade = (): void => setView({ gallery: false });
