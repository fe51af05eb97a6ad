import { useEffect, useRef, useState } from 'react';
import type { Slice } from '../../core/slice';
import type { Box } from '../../state/bodyBox';
import { settingsStore } from '../../state/settings';
import { cameraOf, viewStore, windowOf } from '../../state/view';
import { loadCornerstone, type Cornerstone } from './cornerstone';
import { displayImage } from './displayImage';
import { voiOfViewport } from './voiTable';
import { cornerstoneView, planeView, type Placement } from './planeView';

interface SliceCanvasProps {
  slice: Slice;
  place: Placement;
  box: Box;
  cell: string;
  /** Window is kept per source series. */
  seriesId: string;
  width: number;
  height: number;
  ratio: number;
  /** Always nearest, whatever the setting: the pixels themselves are the point. */
  nearest?: boolean;
}

/**
 * The image itself, drawn by cornerstone-core at device pixels (it draws at CSS pixels, so the element is sized by the
 * ratio and scaled back). Camera and window reach it straight from the stores: all cells change in the same frame,
 * and React is not on the way of a drag.
 */
export function SliceCanvas({ slice, place, box, cell, seriesId, width, height, ratio, nearest = false }: SliceCanvasProps) {
  const ref = useRef<HTMLDivElement>(null);
  const [cornerstone, setCornerstone] = useState<Cornerstone | null>(null);

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    let live: Cornerstone | null = null;
    let gone = false;
    void loadCornerstone().then((loaded) => {
      if (gone) return;
      loaded.enable(element);
      live = loaded;
      setCornerstone(loaded);
    });
    return () => {
      gone = true;
      live?.disable(element);
      setCornerstone(null);
    };
  }, []);

  useEffect(() => {
    const element = ref.current;
    if (!cornerstone || !element || width < 2 || height < 2) return;
    const image = displayImage(slice, place.sx, place.sy);
    const viewport = () => {
      const state = viewStore.getState();
      const view = planeView(box, width, height, cameraOf(state, cell));
      const window = windowOf(state, cell, seriesId, slice.window);
      return {
        ...cornerstoneView(view, place, ratio),
        ...voiOfViewport(image, window),
        invert: image.invert !== state.invert,
        pixelReplication: nearest || !settingsStore.getState().smooth,
      };
    };
    cornerstone.resize(element, false);
    cornerstone.displayImage(element, image, { ...cornerstone.getDefaultViewportForImage(element, image), ...viewport() });
    element.dataset.painted = slice.id;
    let last = '';
    const draw = () => {
      const next = viewport();
      const key = JSON.stringify({ ...next, modalityLUT: next.modalityLUT?.id });
      if (key === last) return;
      last = key;
      cornerstone.setViewport(element, next);
    };
    const stopView = viewStore.subscribe(draw);
    const stopSettings = settingsStore.subscribe(draw);
    return () => {
      stopView();
      stopSettings();
    };
  }, [cornerstone, slice, place, box, cell, seriesId, width, height, ratio, nearest]);

  return (
    <div
      ref={ref}
      className="slice-canvas"
      style={{ width: Math.round(width * ratio), height: Math.round(height * ratio), transform: `scale(${1 / ratio})` }}
    />
  );
}
