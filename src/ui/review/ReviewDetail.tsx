import { Copy, Download } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { comment, exportAccepted, judge, reviewStore, setBy, useReview, type ReviewItem } from '../../state/review';
import { copyReviewMethods } from '../../state/reviewMethods';
import { Button } from '../controls/Button';
import { KeyCap } from '../controls/KeyCap';
import { PanelFoot, PanelSection } from '../controls/Panel';
import { Stat, Stats } from '../controls/Stat';
import { w } from '../lesion/words';
import { t } from '../strings/t';
import { number } from '../viewport/format';
import { counts } from './counts';
import { ItemPicture } from './ItemPicture';

/** The current item large, with its figures, and the three decisions. */
export function ReviewDetail() {
  const item = useReview((s) => s.items.find((i) => i.id === s.currentId) ?? null);
  const at = useReview((s) => s.shown.findIndex((i) => i.id === s.currentId));
  const total = useReview((s) => s.shown.length);
  const c = useReview(counts);
  const whole = useReview((s) => s.source?.exportAccepted !== undefined);
  const n = whole ? c.total - c.rejected : c.accepted;
  return (
    <aside className="review-detail" aria-label={w('review.title')}>
      <div className="review-title">
        <h1 className="grow">{w('review.title')}</h1>
        <span className="hint num">{item ? w('review.of', { n: at + 1, total }) : ''}</span>
      </div>
      <div className="review-picture">
        {item && (
          <>
            <ItemPicture item={item} which="result" side={320} />
            <span className="plate review-corner">
              <strong>{item.number}</strong>
              {item.item.patient}, {item.item.slice}
            </span>
            <span className="review-badge"><span aria-hidden="true">◆</span> {t('stage.synthetic')}</span>
          </>
        )}
      </div>
      <div className="review-scroll">
        {item && <Figures item={item} />}
        {item && <Comment key={item.id} item={item} />}
        <Verdicts />
        <PanelSection>
          <dl className="review-keys">
            <div><dt><KeyCap>←</KeyCap> <KeyCap>→</KeyCap></dt><dd>{w('review.move')}</dd></div>
            <div><dt><KeyCap>C</KeyCap></dt><dd>{w('review.comment')}</dd></div>
            <div><dt><KeyCap>O</KeyCap></dt><dd>{w('review.original')}</dd></div>
            <div><dt><KeyCap>Z</KeyCap></dt><dd>{w('review.undo')}</dd></div>
            <div><dt><KeyCap>M</KeyCap></dt><dd>{w('review.mask')}</dd></div>
          </dl>
        </PanelSection>
      </div>
      <PanelFoot>
        <Button icon={<Copy size={14} strokeWidth={1.5} aria-hidden="true" />} onClick={() => void copyReviewMethods()}>{w('review.methods')}</Button>
        <Button icon={<Download size={14} strokeWidth={1.5} aria-hidden="true" />} disabled={n === 0} onClick={() => void exportAccepted()}>
          {n === 0 ? w('review.export.none') : w(whole ? 'review.export.whole' : 'review.export', { n })}
        </Button>
      </PanelFoot>
    </aside>
  );
}

function Figures({ item }: { item: ReviewItem }) {
  const { labels, pixelSpacingMm } = item.item;
  const pixels = labels.reduce((n, l) => n + l.pixels, 0);
  const area = pixelSpacingMm ? pixels * pixelSpacingMm[0] * pixelSpacingMm[1] : null;
  return (
    <PanelSection>
      <Stats>
        <Stat name={w('review.meter')} value={item.meter === null ? null : number(item.meter, 1)} unit={w('review.meter.unit')} />
        <Stat name={w('review.agreement')} value={item.agreement === null ? null : item.agreement.toFixed(2)} />
        <Stat name={w('review.lesion')} value={pixels === 0 ? null : area === null ? pixels : number(area, 0)} unit={area === null ? 'px' : 'mm²'} />
        <Stat name={w('review.seed')} value={item.seed} />
      </Stats>
    </PanelSection>
  );
}

function Comment({ item }: { item: ReviewItem }) {
  const stored = useReview((s) => s.review.entries[item.id]?.comment ?? '');
  const by = useReview((s) => s.by);
  const [text, setText] = useState(stored);
  useEffect(() => setText(stored), [stored]);
  // Filters and the way back take no focus: what was typed is kept as the field goes.
  const typed = useRef(text);
  useEffect(() => {
    typed.current = text;
  }, [text]);
  useEffect(() => () => comment(item.id, typed.current), [item.id]);
  return (
    <PanelSection>
      <label className="sr-only" htmlFor="review-comment">{w('review.comment')}</label>
      <textarea
        id="review-comment"
        className="text-field"
        rows={2}
        placeholder={w('review.comment')}
        value={text}
        onChange={(e) => setText(e.currentTarget.value)}
        onBlur={() => comment(item.id, text)}
        onKeyDown={(e) => {
          if (e.key === 'Escape' || (e.key === 'Enter' && !e.shiftKey)) {
            e.preventDefault();
            e.currentTarget.blur();
          }
        }}
      />
      <div className="field-row">
        <label htmlFor="review-by">{w('review.by')}</label>
        <input id="review-by" className="text-field review-by" value={by} placeholder={w('review.by.hint')} autoComplete="off" onChange={(e) => setBy(e.currentTarget.value)} />
      </div>
    </PanelSection>
  );
}

function Verdicts() {
  const verdict = useReview((s) => (s.currentId ? (s.review.entries[s.currentId]?.verdict ?? null) : null));
  const none = useReview((s) => s.currentId === null);
  const leave = () => reviewStore.getState().currentId !== null;
  return (
    <PanelSection>
      <div className="review-verdicts">
        <Button disabled={none} aria-pressed={verdict === 'rejected'} className="toggle" onClick={() => leave() && judge('rejected')}>{w('review.reject')} <KeyCap>X</KeyCap></Button>
        <Button disabled={none} aria-pressed={verdict === 'flagged'} className="toggle" onClick={() => leave() && judge('flagged')}>{w('review.flag')} <KeyCap>F</KeyCap></Button>
        <Button disabled={none} variant="primary" aria-pressed={verdict === 'accepted'} onClick={() => leave() && judge('accepted')}>{w('review.accept')} <KeyCap>A</KeyCap></Button>
      </div>
    </PanelSection>
  );
}
