import { useEffect, useRef } from 'react';
import type { Slice } from '../../core/slice';
import { drawThumb } from '../../state/thumbs';
import { applyInverse, planeToCell, type Placement, type PlaneView } from './planeView';

const SIDE = 72;

/** Where in the whole slice one is, once zoomed in. */
export function Locator({ slice, place, view }: { slice: Slice; place: Placement; view: PlaneView }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = ref.current?.getContext('2d');
    if (!context) return;
    const grey = drawThumb(slice, slice.window, SIDE * 2);
    const image = context.createImageData(SIDE * 2, SIDE * 2);
    for (let i = 0; i < grey.length; i++) {
      image.data[i * 4] = image.data[i * 4 + 1] = image.data[i * 4 + 2] = grey[i]!;
      image.data[i * 4 + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [slice]);
  const plane = planeToCell(view);
  const width = place.width * place.sx;
  const height = place.height * place.sy;
  const scale = SIDE / Math.max(width, height);
  const toSmall = (x: number, y: number) => [(x - place.ox - width / 2) * scale + SIDE / 2, (y - place.oy - height / 2) * scale + SIDE / 2] as const;
  const corners = [
    [0, 0], [view.cellWidth, 0], [view.cellWidth, view.cellHeight], [0, view.cellHeight],
  ].map(([x, y]) => toSmall(...applyInverse(plane, x!, y!)));
  return (
    <div className="locator" aria-hidden="true">
      <canvas ref={ref} width={SIDE * 2} height={SIDE * 2} />
      <svg viewBox={`0 0 ${SIDE} ${SIDE}`}>
        <polygon points={corners.map((c) => c.join(',')).join(' ')} fill="none" stroke="#e4e7ec" strokeWidth="1" />
      </svg>
    </div>
  );
}
