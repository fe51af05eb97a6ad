import { useEffect, useRef, type CSSProperties } from 'react';
import { setView, useView, viewStore } from '../../state/view';
import { t } from '../strings/t';

const STEP = 0.02;
const clamp = (v: number): number => Math.min(1, Math.max(0, v));

/**
 * The mark of a generated image. It can be dragged or moved by arrow keys off what it covers, never out of the cell
 * and never away: its place is a share (0…1) of the free room, the same in all cells.
 */
export function SyntheticMark({ fixed = false }: { fixed?: boolean }) {
  const ref = useRef<HTMLSpanElement>(null);
  const place = useView((s) => s.markPlace);
  useEffect(() => {
    const mark = ref.current;
    const cell = mark?.parentElement;
    if (!mark || !cell || fixed) return;
    let grip: { x: number; y: number } | null = null;
    const room = () => ({ cell: cell.getBoundingClientRect(), mark: mark.getBoundingClientRect() });
    const put = (left: number, top: number) => {
      const { cell: c, mark: m } = room();
      setView({ markPlace: { x: clamp(left / Math.max(1, c.width - m.width)), y: clamp(top / Math.max(1, c.height - m.height)) } });
    };
    const down = (event: PointerEvent) => {
      event.stopPropagation();
      if (event.button !== 0) return;
      const m = mark.getBoundingClientRect();
      grip = { x: event.clientX - m.left, y: event.clientY - m.top };
      mark.setPointerCapture(event.pointerId);
    };
    const move = (event: PointerEvent) => {
      if (!grip) return;
      event.stopPropagation();
      const { cell: c } = room();
      put(event.clientX - c.left - grip.x, event.clientY - c.top - grip.y);
    };
    const up = () => (grip = null);
    /** Back to its corner. */
    const home = (event: Event) => {
      event.stopPropagation();
      setView({ markPlace: null });
    };
    const key = (event: KeyboardEvent) => {
      const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
      if (!by && event.key !== 'Home') return;
      event.preventDefault();
      event.stopPropagation();
      if (!by) return setView({ markPlace: null });
      const { cell: c, mark: m } = room();
      const now = viewStore.getState().markPlace ?? { x: (m.left - c.left) / Math.max(1, c.width - m.width), y: (m.top - c.top) / Math.max(1, c.height - m.height) };
      const [dx, dy] = by as [number, number];
      setView({ markPlace: { x: clamp(now.x + dx * (event.shiftKey ? 5 : 1)), y: clamp(now.y + dy * (event.shiftKey ? 5 : 1)) } });
    };
    const stop = new AbortController();
    const { signal } = stop;
    mark.addEventListener('pointerdown', down, { signal });
    mark.addEventListener('pointermove', move, { signal });
    mark.addEventListener('pointerup', up, { signal });
    mark.addEventListener('pointercancel', up, { signal });
    mark.addEventListener('dblclick', home, { signal });
    mark.addEventListener('keydown', key, { signal });
    return () => stop.abort();
  }, [fixed]);
  const text = (
    <>
      <span aria-hidden="true">◆</span> {t('stage.synthetic')}
    </>
  );
  if (fixed) return <span className="badge" aria-hidden="true">{text}</span>;
  const style: CSSProperties | undefined = place ? { left: `${place.x * 100}%`, top: `${place.y * 100}%`, right: 'auto', transform: `translate(${-place.x * 100}%, ${-place.y * 100}%)` } : undefined;
  return (
    <span ref={ref} className="badge movable" role="button" tabIndex={0} aria-label={t('stage.synthetic.move')} style={style}>
      {text}
    </span>
  );
}
