import { useEffect, useRef, useState } from 'react';
import { itemOf, useLibrary } from '../../state/library';
import { setIndex, useStage } from '../../state/stage';
import { useThumb, wantThumb } from '../../state/thumbs';
import { t } from '../strings/t';
import { Thumb } from './Thumb';

const CELL = 44;

/** All slices of the series; only those in sight are drawn and decoded. */
export function Filmstrip() {
  const seriesId = useStage((s) => s.seriesId);
  const count = useStage((s) => s.count);
  const index = useStage((s) => s.index);
  const derivedId = useStage((s) => s.derivedId);
  const derived = useLibrary((s) => s.derived.find((d) => d.id === derivedId));
  const made = derived?.results;
  const ref = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState({ from: 0, to: 40 });

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = () => {
      const from = Math.max(0, Math.floor(element.scrollLeft / CELL) - 4);
      setRange({ from, to: from + Math.ceil(element.clientWidth / CELL) + 8 });
    };
    measure();
    element.addEventListener('scroll', measure, { passive: true });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', measure);
      observer.disconnect();
    };
  }, []);

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const left = index * CELL;
    if (left < element.scrollLeft || left + CELL > element.scrollLeft + element.clientWidth) element.scrollLeft = left - element.clientWidth / 2 + CELL / 2;
  }, [index]);

  if (!seriesId) return null;
  const shown = [];
  for (let i = range.from; i < Math.min(count, range.to); i++) shown.push(i);
  return (
    <div className="filmstrip" ref={ref} role="group" aria-label={t('strip.name')}>
      <div className="filmstrip-inner" style={{ width: count * CELL }}>
        {shown.map((i) => (
          <FilmstripSlice key={i} seriesId={seriesId} index={i} current={i === index} made={made?.has(i) ?? false} waiting={derived !== undefined && derived.total === count && count > 1 && !derived.results.has(i)} />
        ))}
      </div>
    </div>
  );
}

function FilmstripSlice({ seriesId, index, current, made, waiting }: { seriesId: string; index: number; current: boolean; made: boolean; waiting: boolean }) {
  const grey = useThumb(`${seriesId}/${index}`);
  useEffect(() => {
    const item = itemOf(seriesId);
    if (item) wantThumb(item, index);
  }, [seriesId, index]);
  const classes = ['strip-slice', current ? 'current' : '', waiting ? 'waiting' : ''].filter(Boolean).join(' ');
  return (
    <button type="button" className={classes} style={{ left: index * CELL }} aria-label={t(made ? 'strip.slice.made' : 'strip.slice', { n: index + 1 })} aria-current={current || undefined} tabIndex={current ? 0 : -1} onMouseDown={(e) => e.preventDefault()} onClick={() => setIndex(index)}>
      <Thumb grey={grey} size={36} />
      {made && (
        <i className="made" aria-hidden="true">
          ◆
        </i>
      )}
      <span className="num">{index + 1}</span>
    </button>
  );
}
