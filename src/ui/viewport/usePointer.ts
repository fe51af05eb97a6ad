import { useEffect, useRef, type RefObject } from 'react';
import { movedWindow } from '../../core/window';
import { makeCurrent } from '../../state/cells';
import { setProbe } from '../../state/probe';
import { setIndex, stageStore, stepCell } from '../../state/stage';
import { stageTool, type StagePoint } from '../../state/tools';
import { changeCamera, setCellWindow, setView, useView, viewStore, windowOf } from '../../state/view';
import { isPhone } from '../shell/phone';
import type { CellContent } from './cellContent';
import { dragMeasure, endMeasure, isMeasure, startMeasure } from './measureTool';
import { applyInverse, imageToCell, planeToCell, turn, type Placement, type PlaneView } from './planeView';

interface Target extends CellContent {
  readonly place: Placement;
  readonly view: PlaneView;
}

type Gesture = 'window' | 'pan' | 'zoom' | 'measure' | 'tool' | 'scroll' | 'none';

/** What a drag does: the button and modifier first, then the chosen tool. */
function gestureOf(event: PointerEvent): Gesture {
  const { tool } = viewStore.getState();
  if (event.button === 1) return 'pan';
  if (event.button === 2) return 'zoom';
  if (event.shiftKey && !stageTool(tool)) return 'pan';
  if (tool === 'window' || tool === 'pan' || tool === 'zoom') return tool;
  if (isMeasure(tool)) return 'measure';
  return stageTool(tool) ? 'tool' : 'none';
}

const CURSORS: Record<string, string> = { window: 'default', pan: 'grab', zoom: 'zoom-in', probe: 'crosshair', length: 'crosshair', angle: 'crosshair', roi: 'crosshair' };

/** Pixels along the slice axis for one step of a three-finger drag. */
const SCROLL_STEP = 16;

/**
 * Mouse: left the tool (window by default), middle pan, right zoom, wheel slice, Ctrl + wheel zoom, Shift + left pan,
 * double-click maximise. Touch: one finger the tool, two zoom and pan, three scroll. Returns the cursor.
 */
export function usePointer(ref: RefObject<HTMLElement | null>, target: Target): string {
  const latest = useRef(target);
  latest.current = target;

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const pointers = new Map<number, { x: number; y: number }>();
    let gesture: Gesture = 'none';
    let last = { x: 0, y: 0 };
    let start = { x: 0, y: 0 };
    let sensitivity = 1;
    let carried = 0;
    let wheel = 0;

    const local = (event: { clientX: number; clientY: number }) => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const planePoint = (p: { x: number; y: number }) => {
      const [x, y] = applyInverse(planeToCell(latest.current.view), p.x, p.y);
      return { x, y };
    };
    const point = (event: PointerEvent): StagePoint => {
      const { view, place, side, seriesId, derivedId, index } = latest.current;
      const p = local(event);
      const [x, y] = applyInverse(imageToCell(view, place), p.x, p.y);
      return {
        side, seriesId, derivedId, sliceIndex: index, x, y,
        width: place.width, height: place.height, scale: view.scale * place.sx,
        shiftKey: event.shiftKey, altKey: event.altKey, pressure: event.pressure,
      };
    };
    const pan = (dx: number, dy: number) => {
      const { view, cell } = latest.current;
      const [a, b, c, d] = turn(view.camera);
      changeCamera(cell, (camera) => ({ ...camera, dx: camera.dx - (a * dx + b * dy) / view.scale, dy: camera.dy - (c * dx + d * dy) / view.scale }));
    };
    const zoomAt = (factor: number, at: { x: number; y: number }) => {
      const { view, cell } = latest.current;
      changeCamera(cell, (camera) => {
        const zoom = Math.min(40, Math.max(0.2, camera.zoom * factor));
        const k = 1 - camera.zoom / zoom;
        const [a, b, c, d] = turn(camera);
        const px = (at.x - view.cellWidth / 2) / view.scale;
        const py = (at.y - view.cellHeight / 2) / view.scale;
        return { ...camera, zoom, dx: camera.dx + k * (a * px + b * py), dy: camera.dy + k * (c * px + d * py) };
      });
    };
    const window = (dx: number, dy: number) => {
      const { cell, seriesId, slice } = latest.current;
      const now = windowOf(viewStore.getState(), cell, seriesId, slice.window);
      setCellWindow(cell, seriesId, movedWindow(now, now.center + dy * sensitivity, now.width + dx * sensitivity));
    };
    const middle = () => {
      let x = 0;
      let y = 0;
      for (const p of pointers.values()) {
        x += p.x / pointers.size;
        y += p.y / pointers.size;
      }
      let spread = 0;
      for (const p of pointers.values()) spread += Math.hypot(p.x - x, p.y - y) / pointers.size;
      return { x, y, spread };
    };
    let touch = { x: 0, y: 0, spread: 0 };

    const onDown = (event: PointerEvent) => {
      // Whoever touches the image wants the viewer's keys, not those of the control used before.
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      const at = local(event);
      pointers.set(event.pointerId, at);
      element.setPointerCapture(event.pointerId);
      setView({ focused: latest.current.cell });
      if (latest.current.cell === `derived:${latest.current.derivedId}`) makeCurrent(latest.current.derivedId!);
      if (pointers.size > 1) {
        if (gesture === 'measure') endMeasure(false);
        else if (gesture === 'tool') stageTool(viewStore.getState().tool)?.onCancel?.();
        gesture = pointers.size === 2 ? 'none' : 'scroll';
        touch = middle();
        carried = 0;
        return;
      }
      gesture = gestureOf(event);
      last = start = at;
      const { cell, seriesId, slice, index } = latest.current;
      sensitivity = windowOf(viewStore.getState(), cell, seriesId, slice.window).width / 320;
      // Tools work on the slice of the stage: a cell that was turned away from it brings it there first.
      if (gesture === 'tool' && index !== stageStore.getState().shownIndex) {
        setIndex(index);
        gesture = 'none';
      }
      if (gesture === 'tool') stageTool(viewStore.getState().tool)?.onDown?.(point(event));
      if (gesture === 'measure') startMeasure(viewStore.getState().tool, planePoint(at), index);
    };

    const onMove = (event: PointerEvent) => {
      const at = local(event);
      if (pointers.has(event.pointerId)) pointers.set(event.pointerId, at);
      if (event.pointerType === 'mouse') setProbe(planePoint(at));
      if (pointers.size > 1) {
        const now = middle();
        if (pointers.size === 2) {
          if (touch.spread > 0 && now.spread > 0) zoomAt(now.spread / touch.spread, now);
          pan(now.x - touch.x, now.y - touch.y);
        } else {
          carried += now.y - touch.y;
          const steps = Math.trunc(carried / SCROLL_STEP);
          carried -= steps * SCROLL_STEP;
          if (steps) stepCell(latest.current.cell, steps);
        }
        touch = now;
        return;
      }
      if (pointers.size === 0) {
        stageTool(viewStore.getState().tool)?.onHover?.(point(event));
        return;
      }
      const dx = at.x - last.x;
      const dy = at.y - last.y;
      last = at;
      if (gesture === 'window') window(dx, dy);
      else if (gesture === 'pan') pan(dx, dy);
      else if (gesture === 'zoom') zoomAt(1.005 ** -dy, start);
      else if (gesture === 'measure') dragMeasure(planePoint(at));
      else if (gesture === 'tool') stageTool(viewStore.getState().tool)?.onMove?.(point(event));
    };

    const onUp = (event: PointerEvent) => {
      pointers.delete(event.pointerId);
      if (pointers.size > 0) {
        touch = middle();
        return;
      }
      if (gesture === 'tool') stageTool(viewStore.getState().tool)?.onUp?.(point(event));
      if (gesture === 'measure') endMeasure(true);
      gesture = 'none';
    };
    const onCancel = (event: PointerEvent) => {
      pointers.delete(event.pointerId);
      if (gesture === 'measure') endMeasure(false);
      if (gesture === 'tool') stageTool(viewStore.getState().tool)?.onCancel?.();
      gesture = 'none';
    };
    const onLeave = () => {
      setProbe(null);
      stageTool(viewStore.getState().tool)?.onHover?.(null);
    };
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) {
        zoomAt(1.0015 ** -event.deltaY, local(event));
        return;
      }
      // A wheel notch is one slice; a touchpad's small deltas add up to one.
      wheel += event.deltaMode === 0 ? event.deltaY / 100 : event.deltaY / 3;
      const steps = Math.abs(event.deltaY) >= 100 && event.deltaMode === 0 ? Math.sign(event.deltaY) : Math.trunc(wheel);
      if (!steps) return;
      wheel = 0;
      stepCell(latest.current.cell, steps);
    };
    const onDouble = () => {
      const { cell } = latest.current;
      // A phone shows one image as it is.
      if (viewStore.getState().mode !== 'side' || isPhone()) return;
      setView({ maximised: viewStore.getState().maximised ? null : cell });
    };
    const onMenu = (event: Event) => event.preventDefault();

    element.addEventListener('pointerdown', onDown);
    element.addEventListener('pointermove', onMove);
    element.addEventListener('pointerup', onUp);
    element.addEventListener('pointercancel', onCancel);
    element.addEventListener('pointerleave', onLeave);
    element.addEventListener('wheel', onWheel, { passive: false });
    element.addEventListener('dblclick', onDouble);
    element.addEventListener('contextmenu', onMenu);
    return () => {
      element.removeEventListener('pointerdown', onDown);
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('pointerup', onUp);
      element.removeEventListener('pointercancel', onCancel);
      element.removeEventListener('pointerleave', onLeave);
      element.removeEventListener('wheel', onWheel);
      element.removeEventListener('dblclick', onDouble);
      element.removeEventListener('contextmenu', onMenu);
    };
  }, [ref]);

  const tool = useView((s) => s.tool);
  return stageTool(tool)?.cursor ?? CURSORS[tool] ?? 'default';
}

/** True while a slice is on the stage; keys do nothing else. */
export const stageIsOpen = (): boolean => stageStore.getState().seriesId !== null && viewStore.getState().page === 'stage';
