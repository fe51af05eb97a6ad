import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';

/** Where the pointer hovers, mm in the plane of the original (pixels where no spacing is known). */
interface ProbeState {
  readonly at: { readonly x: number; readonly y: number } | null;
}

export const probeStore = createStore<ProbeState>(() => ({ at: null }));
export const useProbe = <T>(select: (state: ProbeState) => T): T => useStore(probeStore, select);
export const setProbe = (at: ProbeState['at']): void => probeStore.setState({ at });
