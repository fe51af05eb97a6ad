import { keepDraft, measureStore, setDraft, type MeasureKind, type PlanePoint } from '../../state/measure';
import { stageStore } from '../../state/stage';

const KINDS = new Set(['length', 'angle', 'roi']);
export const isMeasure = (tool: string): tool is MeasureKind => KINDS.has(tool);

/** An angle is two strokes: the first gives an arm, the second click gives the end of the other. */
export function startMeasure(tool: string, at: PlanePoint, sliceIndex: number): void {
  const { seriesId } = stageStore.getState();
  if (!isMeasure(tool) || !seriesId) return;
  const draft = measureStore.getState().draft;
  if (tool === 'angle' && draft?.kind === 'angle') {
    setDraft({ ...draft, points: [draft.points[0]!, draft.points[1]!, at] });
    return;
  }
  setDraft({ kind: tool, seriesId, sliceIndex, points: [at, at] });
}

export function dragMeasure(at: PlanePoint): void {
  const draft = measureStore.getState().draft;
  if (draft) setDraft({ ...draft, points: [...draft.points.slice(0, -1), at] });
}

/** Keeps what was drawn; an angle waits for its second arm. */
export function endMeasure(keep: boolean): void {
  const draft = measureStore.getState().draft;
  if (!draft) return;
  if (!keep) setDraft(null);
  else if (draft.kind !== 'angle' || draft.points.length === 3) keepDraft(1);
}
