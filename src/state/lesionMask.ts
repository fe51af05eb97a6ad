import type { Slice } from '../core/slice';
import type { Tissue } from '../pipeline/lesionTools';
import { recordEdit } from './history';
import { setLayersVisible } from './layerVisibility';
import { putLayer, removeLayer, removeLayers } from './layers';
import { lesionStore } from './lesion';
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

/** The slice that a mask is made on: the original of the stage. */
export function shown(): { readonly key: string; readonly slice: Slice; readonly seriesId: string; readonly index: number } | null {
  const { seriesId, shownIndex, original } = stageStore.getState();
  return seriesId && original ? { key: `${seriesId}/${shownIndex}`, slice: original, seriesId, index: shownIndex } : null;
}

/** The mask that waits on this slice, or null. */
export function waitingMask(key: string): Uint8Array | null {
  const { mask, maskKey } = lesionStore.getState();
  return maskKey === key ? mask : null;
}

let judging = 0;
/** Makes `mask` the one that waits, judges its place, and draws it. */
export function setMask(mask: Uint8Array | null, how: { centre?: { x: number; y: number } | null; auto?: boolean } = {}, judge = true): void {
  const now = shown();
  lesionStore.setState({ mask, maskKey: mask ? (now?.key ?? null) : null, centre: how.centre ?? null, auto: how.auto ?? false, refusal: null });
  drawMask();
  const turn = ++judging;
  if (!mask || !now || !judge || lesionStore.getState().mode === 'remove') return;
  void (async () => {
    const [tissue, { judgePlace, moveMask, maskBounds }] = await Promise.all([tissueOf(now.key, now.slice), import('../pipeline/lesionTools')]);
    if (turn !== judging || !maskBounds(mask, now.slice.raster.width, now.slice.raster.height)) return;
    const verdict = judgePlace(mask, now.slice, tissue);
    lesionStore.setState({ how: tissue.how, refusal: verdict.ok ? null : { words: verdict.words, mask, moved: verdict.move ? moveMask(mask, now.slice, verdict.move) : null } });
    drawMask();
  })().catch((error: unknown) => postError(error));
}

/** A mask of the slice `key`, whatever slice is shown by now: judged where that is the one, else kept for it. */
function putMask(mask: Uint8Array | null, key: string): void {
  if (shown()?.key === key) return setMask(mask);
  judging++;
  lesionStore.setState({ mask, maskKey: mask ? key : null, centre: null, auto: false, refusal: null });
  drawMask();
}

/** The refused mask moved to the nearest place where it fits. */
export function moveItForMe(): void {
  const { refusal, maskKey } = lesionStore.getState();
  if (refusal?.moved && maskKey) putMask(refusal.moved, maskKey);
}

export function dismissRefusal(): void {
  const { maskKey } = lesionStore.getState();
  if (maskKey) putMask(null, maskKey);
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

/** A shape of the chosen size and irregularity at `x`, `y` (pixel centres). */
export async function placeAt(x: number, y: number, sizeMm = lesionStore.getState().sizeMm, judge = true): Promise<void> {
  const now = shown();
  if (!now) return;
  const { drawShape } = await import('../pipeline/lesionTools');
  const { irregularity, seed } = lesionStore.getState();
  const { width, height } = now.slice.raster;
  setMask(drawShape({ x, y, diameter: sizeMm, irregularity, seed }, width, height, now.slice.pixelSpacingMm), { centre: { x, y } }, judge);
}

/** Draws the placed shape again after size, irregularity or seed have changed. */
export function redrawShape(): void {
  const { centre, maskKey } = lesionStore.getState();
  if (centre && maskKey === shown()?.key) void placeAt(centre.x, centre.y);
}

const onGrid = (p: StagePoint, slice: Slice): { x: number; y: number } => ({ x: (p.x / p.width) * slice.raster.width - 0.5, y: (p.y / p.height) * slice.raster.height - 0.5 });
const pixelMm = (slice: Slice): readonly [number, number] => slice.pixelSpacingMm ?? [1, 1];

let placing: { readonly x: number; readonly y: number; readonly key: string; readonly before: { readonly mask: Uint8Array | null; readonly centre: { x: number; y: number } | null; readonly sizeMm: number } } | null = null;
registerTool({
  id: 'lesion-place',
  cursor: 'crosshair',
  onDown(p) {
    const now = shown();
    if (!now) return;
    const { centre, sizeMm } = lesionStore.getState();
    const mask = waitingMask(now.key);
    placing = { ...onGrid(p, now.slice), key: now.key, before: { mask, centre: mask ? centre : null, sizeMm } };
    setLayersVisible(true);
    void placeAt(placing.x, placing.y, undefined, false);
  },
  onMove(p) {
    const now = shown();
    if (!now || !placing) return;
    const at = onGrid(p, now.slice);
    const [row, column] = pixelMm(now.slice);
    const radius = Math.sqrt(((at.x - placing.x) * column) ** 2 + ((at.y - placing.y) * row) ** 2);
    if (radius * 2 < 3 * Math.max(row, column)) return;
    const { largestMm } = lesionStore.getState();
    lesionStore.setState({ sizeMm: Math.min(largestMm, Math.round(radius * 20) / 10) });
    void placeAt(placing.x, placing.y, undefined, false);
  },
  onUp() {
    if (placing) void placeAt(placing.x, placing.y);
    placing = null;
  },
  onCancel() {
    if (placing) {
      const { key, before } = placing;
      lesionStore.setState({ sizeMm: before.sizeMm });
      if (shown()?.key === key) setMask(before.mask, { centre: before.centre });
    }
    placing = null;
  },
});

let stroke: { readonly key: string; readonly before: Uint8Array | null; last: { x: number; y: number } } | null = null;

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
      const before = waitingMask(now.key);
      const at = onGrid(p, now.slice);
      const mask = before ? before.slice() : new Uint8Array(now.slice.raster.data.length);
      paintLine(mask, now.slice, at, at, lesionStore.getState().brushMm, value);
      stroke = { key: now.key, before, last: at };
      setLayersVisible(true);
      setMask(mask, {}, false);
    },
    onMove(p) {
      const now = shown();
      const mask = now && stroke ? waitingMask(now.key) : null;
      if (!now || !mask || !stroke) return;
      const at = onGrid(p, now.slice);
      const next = mask.slice();
      paintLine(next, now.slice, stroke.last, at, lesionStore.getState().brushMm, value);
      stroke.last = at;
      setMask(next, {}, false);
      showBrush(p);
    },
    onUp() {
      const now = shown();
      if (!now || !stroke) return;
      const { before } = stroke;
      const after = waitingMask(now.key);
      stroke = null;
      setMask(after);
      recordEdit({ label: say(value ? 'edit.brush' : 'edit.eraser'), undo: () => putMask(before, now.key), redo: () => putMask(after, now.key) });
    },
    onHover: (p) => showBrush(p),
    onCancel() {
      if (stroke) putMask(stroke.before, stroke.key);
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

// Another slice: the mask that waits stays with its own.
stageStore.subscribe((now, before) => {
  if (now.shownIndex !== before.shownIndex || now.seriesId !== before.seriesId || now.original !== before.original) drawMask();
});
