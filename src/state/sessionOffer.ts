import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';

interface OfferState {
  readonly offer: { readonly names: string; readonly results: number } | null;
}

/** What can be opened again after a reload: names of what was opened, and how many results. */
export const sessionOfferStore = createStore<OfferState>(() => ({ offer: null }));
export const useSessionOffer = <T>(select: (state: OfferState) => T): T => useStore(sessionOfferStore, select);
