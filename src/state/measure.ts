import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { recordEdit } from './history';
import { say } from './strings/say';

export type MeasureKind = 'length' | 'angle' | 'roi';
export interface PlanePoint {
  readonly x: number;
  readonly y: number;
}

/** A measurement in the plane of the original (mm), so that it stands on both sides at the same place. */
export interface Measurement {
  readonly id: number;
  readonly kind: MeasureKind;
  readonly seriesId: string;
  readonly sliceIndex: number;
  /** length: 2; angle: 3, the vertex in the middle; roi: 2 opposite corners of the ellipse. */
  readonly points: readonly PlanePoint[];
}

interface MeasureState {
  readonly measurements: readonly Measurement[];
  /** Being drawn. */
  readonly draft: Omit<Measurement, 'id'> | null;
}

export const measureStore = createStore<MeasureState>(() => ({ measurements: [], draft: null }));
export const useMeasure = <T>(select: (state: MeasureState) => T): T => useStore(measureStore, select);
let nextId = 1;

/** Measurements of a session come to those that are here, unless they are the same; ids that were given here are not given again. */
export function restoreMeasurements(measurements: readonly Measurement[]): void {
  const first = nextId;
  nextId = Math.max(nextId, ...measurements.map((m) => m.id + 1));
  const what = ({ kind, seriesId, sliceIndex, points }: Measurement): string => JSON.stringify([kind, seriesId, sliceIndex, points]);
  const here = measureStore.getState().measurements;
  const known = new Set(here.map(what));
  const more = measurements.filter((m) => !known.has(what(m))).map((m) => (m.id < first ? { ...m, id: nextId++ } : m));
  measureStore.setState({ measurements: [...here, ...more], draft: null });
}

export function setDraft(draft: MeasureState['draft']): void {
  measureStore.setState({ draft });
}

/** Keeps the draft as a measurement, unless it is a mere click. */
export function keepDraft(minimum: number): void {
  const { draft, measurements } = measureStore.getState();
  measureStore.setState({ draft: null });
  if (!draft) return;
  const [p, q] = [draft.points[0]!, draft.points.at(-1)!];
  if (Math.max(Math.abs(p.x - q.x), Math.abs(p.y - q.y)) < minimum) return;
  const kept: Measurement = { ...draft, id: nextId++ };
  const after = [...measurements, kept];
  measureStore.setState({ measurements: after });
  recordEdit({
    label: say(`edit.${draft.kind}`),
    undo: () => measureStore.setState((s) => ({ measurements: s.measurements.filter((m) => m.id !== kept.id) })),
    redo: () => measureStore.setState((s) => ({ measurements: [...s.measurements, kept] })),
  });
}

export function clearMeasurements(seriesId: string): void {
  const before = measureStore.getState().measurements;
  const after = before.filter((m) => m.seriesId !== seriesId);
  if (after.length === before.length) return;
  measureStore.setState({ measurements: after });
  recordEdit({
    label: say('edit.measurements'),
    undo: () => measureStore.setState({ measurements: before }),
    redo: () => measureStore.setState({ measurements: after }),
  });
}
