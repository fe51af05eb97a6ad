import { CSPProvider } from '@base-ui/react/csp-provider';
import { ArrowLeft, FolderOpen } from 'lucide-react';
import { useEffect } from 'react';
import { openBuiltSet } from '../../state/builtSet';
import { chooseSet, judge, move, setFilter, setOrder, setOriginal, setOutline, undoReview, reviewStore, useReview, type ReviewOrder } from '../../state/review';
import { useLibrary } from '../../state/library';
import { openPage } from '../../state/view';
import { Button } from '../controls/Button';
import { IconButton } from '../controls/IconButton';
import { Segmented } from '../controls/Segmented';
import { Select } from '../controls/Select';
import { w } from '../lesion/words';
import { claimKeys } from '../shell/keys';
import { ContactSheet, columnsStore } from './ContactSheet';
import { ReviewDetail } from './ReviewDetail';
import { counts } from './counts';
import './review.css';

/** A built set ends here: source, result, outline, seed and meter of each item, and a person's decision. */
export default function ReviewPage() {
  const source = useReview((s) => s.source);
  useReviewKeys();
  useEffect(() => {
    void openBuiltSet();
  }, []);
  if (!source) return <Empty />;
  return (
    <CSPProvider disableStyleElements>
      <div className="review-page">
        <main className="review-main" id="main" aria-label={w('review.title')}>
          <Head />
          <ContactSheet />
          <Progress />
        </main>
        <ReviewDetail />
      </div>
    </CSPProvider>
  );
}

const back = (any: boolean) => openPage(any ? 'stage' : 'start');

function Empty() {
  const any = useLibrary((s) => s.items.length > 0);
  return (
    <main className="start-page" id="main">
      <div className="start-inner">
        <h1>{w('review.title')}</h1>
        <p className="start-about">{w('review.empty')} {w('review.empty.todo')}</p>
        <div className="row review-empty">
          <Button variant="primary" icon={<FolderOpen size={14} strokeWidth={1.5} aria-hidden="true" />} onClick={chooseSet}>{w('review.folder')}</Button>
          <Button onClick={() => back(any)}>{w('review.back')}</Button>
        </div>
      </div>
    </main>
  );
}

function Head() {
  const filter = useReview((s) => s.filter);
  const order = useReview((s) => s.order);
  const c = useReview(counts);
  const any = useLibrary((s) => s.items.length > 0);
  return (
    <div className="review-head">
      <IconButton label={w('review.back')} icon={<ArrowLeft size={16} strokeWidth={1.5} />} onClick={() => back(any)} />
      <Segmented
        label={w('review.title')}
        value={filter}
        onChange={setFilter}
        options={[
          { value: 'all', label: `${w('review.all')} ${c.total}` },
          { value: 'open', label: `${w('review.open')} ${c.open}` },
          { value: 'accepted', label: `${w('review.accepted')} ${c.accepted}` },
          { value: 'rejected', label: `${w('review.rejected')} ${c.rejected}` },
          { value: 'flagged', label: `${w('review.flagged')} ${c.flagged}` },
        ]}
      />
      <span className="grow" />
      <span className="small">{w('review.sorted')}</span>
      <span className="review-order">
        <Select<ReviewOrder>
          label={w('review.sorted')}
          value={order}
          onChange={setOrder}
          options={(['meter', 'disagreement', 'random', 'number'] as const).map((value) => ({ value, label: w(`review.sort.${value}`) }))}
        />
      </span>
    </div>
  );
}

function Progress() {
  const c = useReview(counts);
  const saves = useReview((s) => s.source?.save !== undefined);
  const done = c.total - c.open;
  return (
    <div className="review-foot">
      <strong className="num">{w('review.done', { n: done, total: c.total })}</strong>
      <span className="review-bar" role="progressbar" aria-label={w('review.title')} aria-valuemin={0} aria-valuemax={c.total} aria-valuenow={done}>
        <i style={{ transform: `scaleX(${c.total ? done / c.total : 0})` }} />
      </span>
      <span className="small num">{w('review.counts', { accepted: c.accepted, rejected: c.rejected, flagged: c.flagged })}</span>
      <span className="grow" />
      <span className="hint cut">{w(saves ? 'review.saved' : 'review.kept')}</span>
    </div>
  );
}

/** A accept, X reject, F flag, C comment, Z undo, arrows move, O held shows the source, M outline. */
function useReviewKeys(): void {
  useEffect(() => {
    const release = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === 'o') setOriginal(false);
    };
    window.addEventListener('keyup', release);
    const end = claimKeys((event) => {
      const state = reviewStore.getState();
      if (!state.source) return false;
      const control = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      if (control) {
        if (key !== 'z') return false;
        undoReview();
        return true;
      }
      const radio = event.target instanceof HTMLElement ? event.target.closest('[role=radio]') : null;
      const columns = columnsStore.columns;
      const steps: Record<string, number> = { arrowright: 1, arrowleft: -1, arrowdown: columns, arrowup: -columns, pagedown: columns * 3, pageup: -columns * 3, home: -1e9, end: 1e9 };
      if (key in steps && !radio) {
        move(steps[key]!);
        return true;
      }
      if (key === 'a') judge('accepted');
      else if (key === 'x') judge('rejected');
      else if (key === 'f') judge('flagged');
      else if (key === 'z') undoReview();
      else if (key === 'm') setOutline(!state.outline);
      else if (key === 'o') setOriginal(true);
      else if (key === 'c') document.getElementById('review-comment')?.focus();
      else return false;
      return true;
    });
    return () => {
      window.removeEventListener('keyup', release);
      end();
      setOriginal(false);
    };
  }, []);
}
