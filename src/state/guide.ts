import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { changeDegrade, closeDegrade, degradeNow } from './degrade';
import { enhanceNow, prepareEnhance, setScope } from './enhance';
import { setRegion, setShuffle } from './explain';
import { libraryStore } from './library';
import { openSample } from './open';
import { changeSettings } from './settings';
import { generatedOf, openSeries, setIndex, stageStore } from './stage';
import { openPage, openTask, setView } from './view';

export type GuideId = 'tour' | 'degrade' | 'lesion' | 'pixels';

/** What a step does when it is reached; its words are `guide.<id>.<n>`. */
type Enter = () => void | Promise<void>;

async function sample(id: string, name: string): Promise<void> {
  const there = libraryStore.getState().items.find((i) => i.origin === 'sample' && i.study === name);
  if (there) await openSeries(there.id);
  else await openSample(id);
}

async function enhanced(): Promise<void> {
  const stage = stageStore.getState();
  if (generatedOf(stage) || !stage.original) return;
  await prepareEnhance(stage.original);
  setScope('slice');
  await enhanceNow();
}

/** An edge in the middle of the head: the strongest one in the central third of the generated slice. */
function markEdge(): void {
  const slice = generatedOf(stageStore.getState())?.slice;
  if (!slice) return;
  const { data, width, height } = slice.raster;
  let best = { value: -1, x: width >> 1, y: height >> 1 };
  for (let y = Math.floor(height / 3); y < (2 * height) / 3; y++) {
    for (let x = Math.floor(width / 3); x < (2 * width) / 3; x++) {
      const i = y * width + x;
      const value = Math.abs(data[i + 2]! - data[i - 2]!) + Math.abs(data[i + 2 * width]! - data[i - 2 * width]!);
      if (value > best.value) best = { value, x, y };
    }
  }
  setRegion({ x: best.x - 4, y: best.y - 4, width: 8, height: 8 });
}

export const GUIDES: Record<GuideId, readonly Enter[]> = {
  tour: [
    async () => {
      if (!stageStore.getState().seriesId) await sample('mr-brain', 'MR brain');
    },
    () => openTask('enhance'), () => setView({ mode: 'side', maximised: null }), () => openTask('enhance'), () => openTask('explain')],
  degrade: [
    async () => {
      await sample('mr-brain', 'MR brain');
      setIndex(8);
      openTask('enhance');
      closeDegrade();
    },
    async () => {
      changeDegrade({ names: true, maps: true });
      if (stageStore.getState().original) await prepareEnhance(stageStore.getState().original!);
      await degradeNow();
    },
    () => changeDegrade({ names: false }),
    () => changeDegrade({ names: true }),
  ],
  lesion: [() => sample('ct-chest', 'CT chest'), () => openTask('lesion'), () => openTask('lesion'), () => openTask('lesion')],
  pixels: [
    async () => {
      await sample('mr-brain', 'MR brain');
      closeDegrade();
      openTask('enhance');
      await enhanced();
    },
    async () => {
      await enhanced();
      openTask('explain');
      markEdge();
    },
    () => setShuffle(false),
    () => setShuffle(true),
  ],
};

interface GuideState {
  readonly id: GuideId | null;
  readonly step: number;
  readonly busy: boolean;
}
export const guideStore = createStore<GuideState>(() => ({ id: null, step: 0, busy: false }));
export const useGuide = <T>(select: (state: GuideState) => T): T => useStore(guideStore, select);

export async function goToStep(id: GuideId, step: number): Promise<void> {
  guideStore.setState({ id, step, busy: true });
  try {
    await GUIDES[id][step]?.();
    if (guideStore.getState().id === id) openPage('stage');
  } finally {
    guideStore.setState({ busy: false });
  }
}

export function endGuide(): void {
  if (guideStore.getState().id === 'pixels') setShuffle(false);
  guideStore.setState({ id: null, step: 0, busy: false });
  changeSettings({ tourSeen: true });
}
