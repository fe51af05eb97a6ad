import { ArrowLeft, FolderOpen } from 'lucide-react';
import { useEffect, useMemo, useRef } from 'react';
import { useLibrary } from '../../state/library';
import { candidates, changeReading, giveAnswer, giveConfidence, goOnReading, readingStore, startReading, stopReading, useReading } from '../../state/reading';
import type { PreparedItem } from '../../state/readingDb';
import { keepReading } from '../../state/readingKeep';
import { chooseSet, useReview } from '../../state/review';
import { openPage } from '../../state/view';
import { Button, RunningButton } from '../controls/Button';
import { IconButton } from '../controls/IconButton';
import { KeyCap } from '../controls/KeyCap';
import { Segmented } from '../controls/Segmented';
import { w } from '../lesion/words';
import { claimKeys } from '../shell/keys';
import { t } from '../strings/t';
import { AddCsv } from './AddCsv';
import { ReadingResult } from './ReadingResult';
import './reading.css';

/** A reader study: items shuffled by a seed, prepared alike, answered by key with confidence, timed. */
export default function ReadingPage() {
  const phase = useReading((s) => s.phase);
  useReadingKeys();
  useEffect(keepReading, []);
  if (phase === 'reading') return <Reading />;
  return (
    <main className="start-page" id="main">
      <div className="start-inner reading-inner">{phase === 'result' ? <ReadingResult /> : <Setup />}</div>
    </main>
  );
}

function Setup() {
  const { reader, seed, mode, limit, phase, prepared, toPrepare, broken } = useReading((s) => s);
  const items = useLibrary((s) => s.items);
  const derived = useLibrary((s) => s.derived);
  const set = useReview((s) => s.source);
  const counts = useMemo(() => {
    const all = items.length + derived.length > 0 || set ? candidates() : [];
    return { real: all.filter((c) => c.truth === 'real').length, generated: all.filter((c) => c.truth === 'generated').length };
  }, [items, derived, set]);
  const enough = counts.real > 0 && counts.generated > 0;
  return (
    <>
      <h1>{w('reading.title')}</h1>
      <p className="start-about">{w('reading.about')}</p>
      {broken && (
        <div className="row reading-actions" role="status">
          <span>{w('reading.broken', { reader: broken.reader.trim() || w('reading.reader'), n: broken.at, total: broken.steps.length })}</span>
          <Button variant="primary" onClick={goOnReading}>{w('reading.goOn')}</Button>
        </div>
      )}
      <p>{enough ? w('reading.items', counts) : w('reading.few')}</p>
      <div className="reading-form">
        <label htmlFor="reading-reader">{w('reading.reader')}</label>
        <input id="reading-reader" className="text-field" value={reader} placeholder={w('reading.reader.hint')} autoComplete="off" onChange={(e) => changeReading({ reader: e.currentTarget.value })} />
        <label htmlFor="reading-seed">{w('reading.seed')}</label>
        <input id="reading-seed" className="text-field num" type="number" min={0} value={seed} onChange={(e) => changeReading({ seed: Math.max(0, Math.floor(Number(e.currentTarget.value) || 0)) })} />
        <label htmlFor="reading-count">{w('reading.count')}</label>
        <input id="reading-count" className="text-field num" type="number" min={2} max={200} value={limit} onChange={(e) => changeReading({ limit: Math.min(200, Math.max(2, Math.floor(Number(e.currentTarget.value) || 2))) })} />
        <span>{w('reading.mode')}</span>
        <Segmented
          label={w('reading.mode')}
          value={mode}
          onChange={(next) => changeReading({ mode: next })}
          options={[
            { value: 'single', label: w('reading.single') },
            { value: 'pairs', label: w('reading.pairs') },
          ]}
        />
      </div>
      <p className="hint">{w('reading.keys')} {mode === 'pairs' && w('reading.pairs.note')}</p>
      <div className="row reading-actions">
        {phase === 'preparing' ? (
          <div className="reading-running"><RunningButton label={`${prepared} / ${toPrepare}`} fraction={toPrepare ? prepared / toPrepare : 0} cancelLabel={t('app.cancel')} onCancel={stopReading} /></div>
        ) : (
          <Button variant={broken ? undefined : 'primary'} disabled={!enough} onClick={() => void startReading()}>{w('reading.start')}</Button>
        )}
        <Button icon={<FolderOpen size={14} strokeWidth={1.5} aria-hidden="true" />} onClick={chooseSet}>{w('review.folder')}</Button>
        <AddCsv />
        <Button onClick={() => openPage(items.length ? 'stage' : 'start')}>{w('review.back')}</Button>
      </div>
    </>
  );
}

function Reading() {
  const steps = useReading((s) => s.steps);
  const at = useReading((s) => s.at);
  const mode = useReading((s) => s.mode);
  const pending = useReading((s) => s.pending);
  const step = steps[at];
  if (!step) return null;
  const pairs = mode === 'pairs';
  return (
    <main className="reading" id="main" aria-label={w('reading.title')}>
      <div className="reading-head">
        <h1 className="sr-only">{w('reading.title')}</h1>
        <IconButton label={w('reading.stop')} icon={<ArrowLeft size={16} strokeWidth={1.5} />} onClick={stopReading} />
        <span className="num">{w('reading.progress', { n: at + 1, total: steps.length })}</span>
      </div>
      <div className="reading-images">
        {step.map((item, i) => (
          <Picture key={`${at}/${i}`} item={item} label={pairs ? w(i === 0 ? 'reading.left' : 'reading.right') : w('reading.question')} />
        ))}
      </div>
      <div className="reading-answers" role="group" aria-label={w(pairs ? 'reading.question.pairs' : 'reading.question')}>
        <p>{w(pairs ? 'reading.question.pairs' : 'reading.question')}</p>
        <div className="row">
          <Button aria-pressed={pending?.answer === (pairs ? 'generated' : 'real')} className="toggle" onClick={() => giveAnswer(pairs ? 'generated' : 'real')}>
            {w(pairs ? 'reading.left' : 'reading.real')} <KeyCap>{pairs ? '←' : 'R'}</KeyCap>
          </Button>
          <Button aria-pressed={pending?.answer === (pairs ? 'real' : 'generated')} className="toggle" onClick={() => giveAnswer(pairs ? 'real' : 'generated')}>
            {w(pairs ? 'reading.right' : 'reading.generated')} <KeyCap>{pairs ? '→' : 'G'}</KeyCap>
          </Button>
        </div>
        <p aria-live="polite">{w('reading.confidence')} <span className="hint">{w('reading.confidence.ends')}</span></p>
        <div className="row">
          {([1, 2, 3, 4, 5] as const).map((n) => (
            <Button key={n} disabled={!pending} aria-label={`${w('reading.confidence')} ${n}`} onClick={() => giveConfidence(n)}>{n}</Button>
          ))}
        </div>
      </div>
    </main>
  );
}

/** Every image on a canvas of the same size, enlarged in the same way. */
function Picture({ item, label }: { item: PreparedItem; label: string }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = ref.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(item.side, item.side);
    for (let i = 0; i < item.grey.length; i++) {
      image.data[4 * i] = image.data[4 * i + 1] = image.data[4 * i + 2] = item.grey[i]!;
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [item]);
  return <canvas ref={ref} width={item.side} height={item.side} className="reading-picture" role="img" aria-label={label} />;
}

/** R real, G generated, or ← → in pairs; then 1 to 5. Esc stops. */
function useReadingKeys(): void {
  useEffect(
    () =>
      claimKeys((event) => {
        const { phase, mode, pending } = readingStore.getState();
        if (phase !== 'reading' || event.ctrlKey || event.metaKey) return false;
        const key = event.key.toLowerCase();
        if (mode === 'single' && key === 'r') giveAnswer('real');
        else if (mode === 'single' && key === 'g') giveAnswer('generated');
        else if (mode === 'pairs' && key === 'arrowleft') giveAnswer('generated');
        else if (mode === 'pairs' && key === 'arrowright') giveAnswer('real');
        else if (/^[1-5]$/.test(key) && pending) giveConfidence(Number(key) as 1 | 2 | 3 | 4 | 5);
        else if (key === 'escape') stopReading();
        else return false;
        return true;
      }),
    [],
  );
}
