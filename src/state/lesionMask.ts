import type { Slice } from '../core/slice';
import type { Tissue } from '../pipeline/lesionTools';
import { recordEdit } from './history';
import { setLayersVisible } from './layerVisibility';
import { putLayer, removeLayer, removeLayers } from './layers';
import { lesionStore, type LesionState } from './lesion';
import { onGone } from './library';
import { postError } from './notices';
import { stageStore } from './stage';
import { registerTool, type StagePoint } from './tools';
import { chooseTool } from './view';
import { say } from './strings/say';

const tissues = new Map<string, Promise<Tissue>>();

/** Plausible tissue of the slice on the stage, computed in a worker and kept for the last few slices. */
export function tissueOf(key: string, slice: Slice): Promise<Tissue> {
  let found = tissues.get(key);
  if (!found) {
    found = import('../pipeline/tissue.browser').then((m) => m.tissueInWorker(slice));
    tissues.set(key, found);
    found.catch(() => tissues.delete(key));
    if (tissues.size > 6) tissues.delete(tissues.keys().next().value!);
  }
  return found;
}

/** A slice that a mask is made on. */
export interface MaskSlice {
  /** `seriesId/index`. */
  readonly key: string;
  readonly slice: Slice;
  readonly seriesId: string;
  readonly index: number;
}

/** The original of the stage. */
export function shown(): MaskSlice | null {
  const { seriesId, shownIndex, original } = stageStore.getState();
  return seriesId && original ? { key: `${seriesId}/${shownIndex}`, slice: original, seriesId, index: shownIndex } : null;
}

/** The mask that waits on this slice, or null. */
export function waitingMask(key: string): Uint8Array | null {
  const { mask, maskKey } = lesionStore.getState();
  return maskKey === key ? mask : null;
}

/** The mask that waits, on whatever slice, and how it came about. */
type Waiting = Pick<LesionState, 'mask' | 'maskKey' | 'shape' | 'auto'>;
export const waiting = (): Waiting => {
  const { mask, maskKey, shape, auto } = lesionStore.getState();
  return { mask, maskKey, shape, auto };
};

/** Makes `mask` the one that waits on the slice `key`, draws it, and judges its place as soon as that slice is shown. */
export function setMask(mask: Uint8Array | null, key: string, how: Partial<Pick<Waiting, 'shape' | 'auto'>> = {}, judge = true): void {
  lesionStore.setState({ mask, maskKey: mask ? key : null, shape: how.shape ?? null, auto: how.auto ?? false, refusal: null });
  drawMask();
  if (judge) void judgeWaiting();
}

/** As it was, with the size that the shape was drawn in. */
function restore(was: Waiting): void {
  lesionStore.setState({ ...was, refusal: null, ...(was.shape ? { sizeMm: was.shape.sizeMm } : {}) });
  drawMask();
  void judgeWaiting(true);
}

/** What has just become of the mask can be undone. */
export function recordMask(label: string, before: Waiting): void {
  const after = waiting();
  if (after.mask !== before.mask) recordEdit({ label, undo: () => restore(before), redo: () => restore(after) });
}

/** The mask has been made use of and waits no more, if it still does. With what takes that back and does it again. */
export function useUp(mask: Uint8Array, key: string): { undo(): void; redo(): void } {
  const before = waiting();
  if (before.mask !== mask) return { undo: () => undefined, redo: () => undefined };
  const redo = (): void => {
    if (waitingMask(key) === mask) setMask(null, key);
  };
  redo();
  return { undo: () => { if (!lesionStore.getState().mask) restore(before); }, redo };
}

let judged: { readonly mask: Uint8Array; readonly done: Promise<void> } | null = null;
/** Judges the mask that waits on the shown slice, unless that has been done: settled once `refusal` says what came of it. */
export function judgeWaiting(again = false): Promise<void> {
  const now = shown();
  const mask = now && lesionStore.getState().mode === 'add' ? waitingMask(now.key) : null;
  if (!now || !mask) return Promise.resolve();
  if (again || judged?.mask !== mask) judged = { mask, done: judge(mask, now) };
  return judged.done;
}

async function judge(mask: Uint8Array, now: MaskSlice): Promise<void> {
  try {
    const [tissue, { judgePlace, moveMask, maskBounds }] = await Promise.all([tissueOf(now.key, now.slice), import('../pipeline/lesionTools')]);
    const { width, height } = now.slice.raster;
    const wanted = (): boolean => waitingMask(now.key) === mask && lesionStore.getState().mode === 'add';
    if (!wanted() || !maskBounds(mask, width, height)) return;
    const verdict = judgePlace(mask, now.slice, tissue);
    lesionStore.setState({ how: tissue.how, refusal: verdict.ok ? null : { words: verdict.words, final: verdict.final, mask, move: verdict.move, moved: verdict.move ? moveMask(mask, now.slice, verdict.move) : null } });
    drawMask();
  } catch (error) {
    if (judged?.mask === mask) judged = null;
    postError(error);
  }
}

/** The refused mask moved to the nearest place where it fits. */
export function moveItForMe(): void {
  const { refusal, maskKey } = lesionStore.getState();
  if (!refusal?.moved || !refusal.move || !maskKey) return;
  const before = waiting();
  const shape = before.shape && { ...before.shape, x: before.shape.x + refusal.move.dx, y: before.shape.y + refusal.move.dy };
  setMask(refusal.moved, maskKey, { shape });
  recordMask(say('edit.place'), before);
}

export function dismissRefusal(): void {
  const before = waiting();
  if (before.maskKey) setMask(null, before.maskKey);
  recordMask(say('edit.mask'), before);
}

export function drawMask(): void {
  const now = shown();
  const { mask, maskKey, refusal, mode } = lesionStore.getState();
  if (!now || !mask || maskKey !== now.key) return removeLayer('lesion/mask');
  putLayer({
    id: 'lesion/mask', kind: 'mask', side: 'both', seriesId: now.seriesId, sliceIndex: now.index, visible: true, mask, width: now.slice.raster.width, height: now.slice.raster.height,
    style: refusal ? 'refused' : mode === 'remove' ? 'region' : 'synthetic', fillOpacity: 0, label: refusal ? say('lesion.refused.mark') : undefined,
  });
}

let drawing = 0;
/** A shape of the chosen size and irregularity at `x`, `y` (pixel centres). The last one that was asked for counts. */
async function placeAt({ key, slice }: MaskSlice, x: number, y: number, judge = true): Promise<void> {
  const turn = ++drawing;
  const { drawShape, fitOutline } = await import('../pipeline/lesionTools');
  if (turn !== drawing) return;
  const { sizeMm, irregularity, seed, largestMm } = lesionStore.getState();
  const outline = fitOutline({ diameter: sizeMm, irregularity, seed }, slice.pixelSpacingMm, largestMm);
  setMask(drawShape({ ...outline, x, y }, slice.raster.width, slice.raster.height, slice.pixelSpacingMm), key, { shape: { x, y, sizeMm, irregularity } }, judge);
}

/** Draws the placed shape again after size, irregularity or seed have changed. */
export function redrawShape(): void {
  const now = shown();
  const { shape, maskKey } = lesionStore.getState();
  if (now && shape && maskKey === now.key) void placeAt(now, shape.x, shape.y).catch(postError);
}

const onGrid = (p: StagePoint, slice: Slice): { x: number; y: number } => ({ x: (p.x / p.width) * slice.raster.width - 0.5, y: (p.y / p.height) * slice.raster.height - 0.5 });
const pixelMm = (slice: Slice): readonly [number, number] => slice.pixelSpacingMm ?? [1, 1];

let placing: { readonly x: number; readonly y: number; readonly on: MaskSlice; readonly before: Waiting; readonly sizeMm: number } | null = null;
registerTool({
  id: 'lesion-place',
  cursor: 'crosshair',
  onDown(p) {
    const now = shown();
    if (!now) return;
    placing = { ...onGrid(p, now.slice), on: now, before: waiting(), sizeMm: lesionStore.getState().sizeMm };
    setLayersVisible(true);
    void placeAt(now, placing.x, placing.y, false).catch(postError);
  },
  onMove(p) {
    if (!placing || shown()?.key !== placing.on.key) return;
    const { on } = placing;
    const at = onGrid(p, on.slice);
    const [row, column] = pixelMm(on.slice);
    const radius = Math.sqrt(((at.x - placing.x) * column) ** 2 + ((at.y - placing.y) * row) ** 2);
    if (radius * 2 < 3 * Math.max(row, column)) return;
    const { largestMm } = lesionStore.getState();
    lesionStore.setState({ sizeMm: Math.min(Math.floor(largestMm), Math.round(radius * 20) / 10) });
    void placeAt(on, placing.x, placing.y, false).catch(postError);
  },
  onUp() {
    if (!placing) return;
    const { on, x, y, before } = placing;
    placing = null;
    void placeAt(on, x, y).then(() => recordMask(say('edit.place'), before)).catch(postError);
  },
  onCancel() {
    if (placing) {
      drawing++;
      restore(placing.before);
      lesionStore.setState({ sizeMm: placing.sizeMm });
    }
    placing = null;
  },
});

let stroke: { readonly on: MaskSlice; readonly before: Waiting; mask: Uint8Array; last: { x: number; y: number } } | null = null;

/** Sets or clears the pixels whose centre lies within the brush between two points. */
export function paintLine(mask: Uint8Array, slice: Slice, from: { x: number; y: number }, to: { x: number; y: number }, diameterMm: number, value: 0 | 1): void {
  const { width, height } = slice.raster;
  const [row, column] = pixelMm(slice);
  const r = diameterMm / 2;
  const [x0, x1] = [Math.min(from.x, to.x) - r / column, Math.max(from.x, to.x) + r / column];
  const [y0, y1] = [Math.min(from.y, to.y) - r / row, Math.max(from.y, to.y) + r / row];
  const dx = (to.x - from.x) * column;
  const dy = (to.y - from.y) * row;
  const length2 = dx * dx + dy * dy;
  for (let y = Math.max(0, Math.ceil(y0)); y <= Math.min(height - 1, Math.floor(y1)); y++) {
    for (let x = Math.max(0, Math.ceil(x0)); x <= Math.min(width - 1, Math.floor(x1)); x++) {
      const px = (x - from.x) * column;
      const py = (y - from.y) * row;
      const t = length2 > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length2)) : 0;
      const [ex, ey] = [px - t * dx, py - t * dy];
      if (ex * ex + ey * ey <= r * r) mask[y * width + x] = value;
    }
  }
}

function brush(id: 'brush' | 'eraser', value: 0 | 1): void {
  registerTool({
    id,
    cursor: 'none',
    onDown(p) {
      const now = shown();
      if (!now) return;
      const there = waitingMask(now.key);
      const at = onGrid(p, now.slice);
      const mask = there ? there.slice() : new Uint8Array(now.slice.raster.data.length);
      paintLine(mask, now.slice, at, at, lesionStore.getState().brushMm, value);
      stroke = { on: now, before: waiting(), mask, last: at };
      setLayersVisible(true);
      setMask(mask, now.key, {}, false);
    },
    onMove(p) {
      if (!stroke || shown()?.key !== stroke.on.key) return; // scrolled away from it
      const { on, last } = stroke;
      const at = onGrid(p, on.slice);
      const next = stroke.mask.slice();
      paintLine(next, on.slice, last, at, lesionStore.getState().brushMm, value);
      stroke.mask = next;
      stroke.last = at;
      setMask(next, on.key, {}, false);
      showBrush(p);
    },
    onUp() {
      if (!stroke) return;
      const { before, mask, on } = stroke;
      stroke = null;
      setMask(mask, on.key);
      recordMask(say(value ? 'edit.brush' : 'edit.eraser'), before);
    },
    onHover: (p) => showBrush(p),
    onCancel() {
      if (stroke) restore(stroke.before);
      stroke = null;
      removeLayers('lesion/brush');
    },
  });
}
brush('brush', 1);
brush('eraser', 0);

function showBrush(p: StagePoint | null): void {
  const now = shown();
  if (!p || !now) return removeLayers('lesion/brush');
  const radius = lesionStore.getState().brushMm / 2 / Math.sqrt(pixelMm(now.slice)[0] * pixelMm(now.slice)[1]);
  putLayer({
    id: 'lesion/brush', kind: 'circle', side: 'both', seriesId: null, sliceIndex: null, visible: true, width: now.slice.raster.width, height: now.slice.raster.height,
    x: (p.x / p.width) * now.slice.raster.width, y: (p.y / p.height) * now.slice.raster.height, radius, style: 'region',
  });
}

/** `[` and `]`. */
export function resizeBrush(factor: number): void {
  lesionStore.setState((s) => ({ brushMm: Math.min(60, Math.max(0.5, Math.round(s.brushMm * factor * 10) / 10)) }));
}

export const useTool = (id: 'lesion-place' | 'brush' | 'eraser'): void => chooseTool(id);

onGone((seriesId) => {
  for (const key of tissues.keys()) if (key.startsWith(`${seriesId}/`)) tissues.delete(key);
});

// Another slice: the mask that waits stays with its own, and is judged when that is shown.
stageStore.subscribe((now, before) => {
  if (now.shownIndex === before.shownIndex && now.seriesId === before.seriesId && now.original === before.original) return;
  drawMask();
  if (!stroke && !placing) void judgeWaiting();
});

// What is to be taken out may lie anywhere; what is to go in is judged anew.
lesionStore.subscribe((now, before) => {
  if (now.mode === before.mode) return;
  drawMask();
  void judgeWaiting(true);
});
