import { useVirtualizer } from '@tanstack/react-virtual';
import { Check, Flag, X } from 'lucide-react';
import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { setCurrent, useReview, type ReviewItem, type Verdict } from '../../state/review';
import { w } from '../lesion/words';
import { ItemPicture } from './ItemPicture';
import { sheetScrolled } from './still';

const CARD = 250;
const GAP = 14;
const FOOT = 32;

/** Columns of the moment, for the arrow keys. */
export const columnsStore = { columns: 4 };

/** Only the rows in sight are drawn: 10,000 items scroll like 40. */
export function ContactSheet() {
  const shown = useReview((s) => s.shown);
  const currentId = useReview((s) => s.currentId);
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(1000);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const inner = width - 2 * GAP;
  const columns = Math.max(1, Math.floor((inner + GAP) / (CARD + GAP)));
  columnsStore.columns = columns;
  const card = (inner - GAP * (columns - 1)) / columns;
  const rowHeight = Math.round(card / 2) + FOOT + GAP;
  const rows = useVirtualizer({ count: Math.ceil(shown.length / columns), getScrollElement: () => ref.current, estimateSize: () => rowHeight, overscan: 1, paddingStart: GAP });
  useEffect(() => rows.measure(), [rows, rowHeight]);
  const at = shown.findIndex((i) => i.id === currentId);
  useEffect(() => {
    if (at >= 0) rows.scrollToIndex(Math.floor(at / columns), { align: 'auto' });
  }, [rows, at, columns]);
  return (
    <div className="contact-sheet" ref={ref} role="listbox" aria-label={w('review.title')} aria-activedescendant={currentId ? `card-${currentId}` : undefined} tabIndex={0} onScroll={(e) => sheetScrolled(e.currentTarget.scrollTop)}>
      <div className="contact-rows" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => (
          <div key={row.key} className="contact-row" style={{ transform: `translateY(${row.start}px)`, gap: GAP, padding: `0 ${GAP}px` }}>
            {shown.slice(row.index * columns, (row.index + 1) * columns).map((item) => (
              <Card key={item.id} item={item} width={card} current={item.id === currentId} />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

const ICONS: Record<Verdict, typeof Check> = { accepted: Check, rejected: X, flagged: Flag };

const Card = memo(function Card({ item, width, current }: { item: ReviewItem; width: number; current: boolean }) {
  const verdict = useReview((s) => s.review.entries[item.id]?.verdict ?? null);
  const order = useReview((s) => s.order);
  const Icon = verdict ? ICONS[verdict] : null;
  const value = order === 'disagreement' ? item.agreement : (item.meter ?? item.agreement);
  const high = order === 'disagreement' || item.meter === null ? value !== null && value < 0.5 : value !== null && value > 8;
  const side = Math.round(width / 2);
  return (
    <div
      id={`card-${item.id}`}
      className={['contact-card', current ? 'current' : '', verdict ?? ''].filter(Boolean).join(' ')}
      style={{ width }}
      role="option"
      aria-selected={current}
      onClick={() => setCurrent(item.id)}
    >
      <div className="contact-pair">
        <ItemPicture item={item} which="source" side={side} crop />
        <ItemPicture item={item} which="result" side={width - side} crop />
      </div>
      <div className="contact-foot">
        <span className={`contact-state ${verdict ?? ''}`}>{Icon && <Icon size={14} strokeWidth={2} aria-hidden="true" />}</span>
        <span className="num">{item.number}<span className="sr-only">, {verdict ? w(`review.${verdict}`) : w('review.state.open')}</span></span>
        <span className="hint cut num">{w('review.seed.of', { seed: item.seed })}</span>
        <strong className={high ? 'num err-text' : 'num'}>{value === null ? '' : value.toFixed(order === 'disagreement' || item.meter === null ? 2 : 1)}</strong>
      </div>
    </div>
  );
});
