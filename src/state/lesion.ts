import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { ClassRef, Slice } from '../core/slice';
import type { ModelEntry } from '../models';
import type { LesionCheck, LesionResult } from '../pipeline/insertLesion';
import { lesionKind } from '../pipeline/lesionKind';
import type { LesionWarning } from '../pipeline/lesionWarnings';
import { postError } from './notices';
import { engineContext } from './services';

export type LesionMode = 'add' | 'remove';

/** What the panel shows of a result besides its pixels. */
export interface LesionFigures {
  readonly check: LesionCheck | null;
  readonly meanInside: number | null;
  readonly meanRing: number | null;
  readonly areaMm2: number | null;
  readonly pixels: number;
  readonly changedOutside: number;
  readonly unit: 'HU' | '';
  readonly count: number;
  readonly removed: readonly { readonly name: string; readonly pixels: number }[];
  readonly milliseconds: number;
}

export interface Variation {
  readonly seed: number;
  readonly result: LesionResult;
}

export interface LesionState {
  readonly mode: LesionMode;
  readonly models: readonly ModelEntry[] | null;
  readonly modelId: string | null;
  readonly sizeMm: number;
  /** Largest side of a mask that fits the model, mm. */
  readonly largestMm: number;
  readonly contrast: number;
  readonly softnessMm: number;
  /** Pixels at the mask's edge that are painted but not labelled. */
  readonly labelRimPx: number;
  readonly irregularity: number;
  readonly growMm: number;
  readonly seed: number;
  /** The class of the attached labels that the lesion goes into; null: a class of its own. */
  readonly mergeInto: ClassRef | null;
  readonly brushMm: number;
  /** The mask that waits for "Add lesion", on the slice `maskKey` (`seriesId/index`). */
  readonly mask: Uint8Array | null;
  readonly maskKey: string | null;
  /** The shape that was drawn, with its centre in pixels; null for a painted mask. */
  readonly shape: { readonly x: number; readonly y: number; readonly sizeMm: number; readonly irregularity: number } | null;
  readonly auto: boolean;
  readonly refusal: { readonly words: string; readonly final: boolean; readonly mask: Uint8Array; readonly move: { readonly dx: number; readonly dy: number } | null; readonly moved: Uint8Array | null } | null;
  readonly how: string;
  readonly warnings: readonly LesionWarning[];
  readonly figures: ReadonlyMap<string, LesionFigures>;
  readonly variations: readonly Variation[];
  /** The draft's step that they are of, and its slice (`seriesId/index`). */
  readonly variationsKey: string | null;
  readonly variationsOf: string | null;
  readonly running: { readonly label: string; readonly done: number; readonly total: number; readonly cancel: () => void } | null;
}

export const lesionStore = createStore<LesionState>(() => ({
  mode: 'add', models: null, modelId: null, sizeMm: 12, largestMm: 40, contrast: 0, softnessMm: 0, labelRimPx: 0, irregularity: 0.35, growMm: 2, seed: 1, mergeInto: null, brushMm: 6,
  mask: null, maskKey: null, shape: null, auto: false, refusal: null, how: '', warnings: [], figures: new Map(), variations: [], variationsKey: null, variationsOf: null, running: null,
}));
export const useLesion = <T>(select: (state: LesionState) => T): T => useStore(lesionStore, select);

/** Models that fit the open slice, and what should be said before one runs. */
export async function prepareLesion(slice: Slice): Promise<void> {
  try {
    const context = await engineContext();
    const { mode, modelId } = lesionStore.getState();
    const models = context.models.list(mode === 'add' ? 'lesion-insert' : 'lesion-remove').filter((m) => m.modality.includes(slice.modality));
    const chosen = models.find((m) => m.id === modelId) ?? models[0] ?? null;
    lesionStore.setState({ models, modelId: chosen?.id ?? null });
    if (!chosen) return void lesionStore.setState({ warnings: [] });
    const [{ lesionWarnings }, { largestSide, patchSize }] = await Promise.all([import('../pipeline/lesionWarnings'), import('../pipeline/lesionTools')]);
    if (lesionStore.getState().modelId !== chosen.id) return; // another was chosen meanwhile
    const largestMm = largestSide(patchSize(chosen), slice.pixelSpacingMm, slice.modality);
    const first = chosen.id !== modelId;
    lesionStore.setState((s) => ({ warnings: lesionWarnings(slice, chosen), largestMm, sizeMm: Math.min(Math.floor(largestMm), first ? (lesionKind(chosen.id) === 'glioma' ? 30 : 12) : s.sizeMm) }));
  } catch (error) {
    lesionStore.setState((s) => ({ models: s.models ?? [] }));
    postError(error);
  }
}

export function setMode(mode: LesionMode, slice: Slice | null): void {
  lesionStore.setState({ mode, modelId: null, refusal: null, variations: [], variationsKey: null, variationsOf: null });
  if (slice) void prepareLesion(slice);
}

/** Another model: what should be said before it runs, and the largest size it takes, are its own. */
export async function chooseLesionModel(modelId: string, slice: Slice | null): Promise<void> {
  lesionStore.setState({ modelId });
  if (slice) await prepareLesion(slice);
}

export const kindWords = (modelId: string | null): ReturnType<typeof lesionKind> => lesionKind(modelId ?? '');
