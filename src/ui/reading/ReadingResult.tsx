import { Download } from 'lucide-react';
import { useEffect, useState } from 'react';
import type * as studyPipeline from '../../pipeline/readerStudy';
import type { Proportion, ReaderResult } from '../../pipeline/readerStudy';
import { anotherReader, saveCsv, useReading, type ReaderAnswer } from '../../state/reading';
import { forgetReading } from '../../state/readingKeep';
import { openPage } from '../../state/view';
import { Button } from '../controls/Button';
import { Fold } from '../controls/Fold';
import { w } from '../lesion/words';
import { AddCsv } from './AddCsv';

interface Figures {
  readonly results: readonly ReaderResult[];
  readonly agreement: ReturnType<typeof studyPipeline.readerAgreement>;
}

const percent = (v: number): string => (Number.isFinite(v) ? `${(100 * v).toFixed(1)} %` : '–');
const interval = (p: Proportion): string => `${(100 * p.low).toFixed(1)}–${(100 * p.high).toFixed(1)} %`;
const pText = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));

/** Figures of every reader with their intervals, ROC, agreement, and the answers one by one. */
export function ReadingResult() {
  const answers = useReading((s) => s.answers);
  const [figures, setFigures] = useState<Figures | null>(null);
  useEffect(() => {
    let live = true;
    void import('../../state/readingFigures').then((m) => live && setFigures(m.figuresOf(answers)));
    return () => {
      live = false;
    };
  }, [answers]);
  return (
    <>
      <h1>{w('reading.result')}</h1>
      {figures?.agreement && (
        <p className="start-about">
          {w(figures.agreement.kind === 'Cohen' ? 'reading.kappa.Cohen' : 'reading.kappa.Fleiss')}: <strong className="num">{figures.agreement.kappa.toFixed(2)}</strong> <span className="hint num">({figures.agreement.items})</span>
        </p>
      )}
      {figures?.results.map((r) => <ReaderFigures key={r.reader} result={r} />)}
      <Fold label={w('reading.table')}>
        <AnswersTable answers={answers} />
      </Fold>
      <div className="row reading-actions">
        <Button variant="primary" onClick={anotherReader}>{w('reading.again')}</Button>
        <Button icon={<Download size={14} strokeWidth={1.5} aria-hidden="true" />} onClick={() => void saveCsv()}>{w('reading.csv')}</Button>
        <AddCsv />
        <Button onClick={forgetReading}>{w('reading.forget')}</Button>
        <Button onClick={() => openPage('stage')}>{w('review.back')}</Button>
      </div>
    </>
  );
}

function ReaderFigures({ result }: { result: ReaderResult }) {
  const rows: [string, string, string][] = [
    [w('reading.accuracy'), percent(result.accuracy.value), interval(result.accuracy)],
    [w('reading.sensitivity'), percent(result.sensitivity.value), interval(result.sensitivity)],
    [w('reading.specificity'), percent(result.specificity.value), interval(result.specificity)],
    [w('reading.auc'), Number.isFinite(result.roc.auc) ? result.roc.auc.toFixed(2) : '–', Number.isFinite(result.roc.low) ? `${result.roc.low.toFixed(2)}–${result.roc.high.toFixed(2)}` : '–'],
    [w('reading.p'), pText(result.pAgainstChance), ''],
    [w('reading.time'), `${result.medianSeconds.toFixed(1)} s`, ''],
  ];
  return (
    <section className="reading-reader" aria-label={result.reader}>
      <h2>{result.reader} <span className="hint num">{result.items}</span></h2>
      <div className="reading-figures">
        <table>
          <thead className="sr-only"><tr><th>{w('reading.result')}</th><th>{result.reader}</th><th>{w('reading.interval')}</th></tr></thead>
          <tbody>
            {rows.map(([name, value, range]) => (
              <tr key={name}><th scope="row">{name}</th><td className="num"><strong>{value}</strong></td><td className="num hint">{range}</td></tr>
            ))}
          </tbody>
        </table>
        <Roc points={result.roc.points} label={w('reading.roc', { reader: result.reader })} />
      </div>
    </section>
  );
}

function Roc({ points, label }: { points: readonly (readonly [number, number])[]; label: string }) {
  const side = 150;
  const path = points.map(([x, y], i) => `${i ? 'L' : 'M'}${(x * side).toFixed(1)} ${((1 - y) * side).toFixed(1)}`).join('');
  return (
    <svg className="reading-roc" viewBox={`-22 -6 ${side + 30} ${side + 26}`} width={side + 30} height={side + 26} role="img" aria-label={label}>
      <rect x="0" y="0" width={side} height={side} fill="none" stroke="var(--line-strong)" />
      <path d={`M0 ${side}L${side} 0`} stroke="var(--line-strong)" strokeDasharray="3 3" fill="none" />
      <path d={path} stroke="var(--text)" strokeWidth="2" fill="none" strokeLinejoin="round" />
      {points.map(([x, y]) => <circle key={`${x}/${y}`} cx={x * side} cy={(1 - y) * side} r="2" fill="var(--text)" />)}
      <text x={side / 2} y={side + 15} textAnchor="middle">{w('reading.roc.x')}</text>
      <text x={-side / 2} y={-8} textAnchor="middle" transform="rotate(-90)">{w('reading.roc.y')}</text>
    </svg>
  );
}

function AnswersTable({ answers }: { answers: readonly ReaderAnswer[] }) {
  return (
    <div className="reading-table">
      <table>
        <thead>
          <tr>
            {[w('reading.reader'), w('reading.item'), w('reading.truth'), w('reading.answer'), w('reading.sure'), w('reading.time'), ''].map((h, i) => <th key={i} scope="col">{h}</th>)}
          </tr>
        </thead>
        <tbody>
          {answers.map((a, i) => (
            <tr key={i}>
              <td>{a.reader}</td>
              <td className="cut">{a.itemId}</td>
              <td>{w(a.truth === 'real' ? 'reading.real' : 'reading.generated')}</td>
              <td>{w(a.answer === 'real' ? 'reading.real' : 'reading.generated')}</td>
              <td className="num">{a.confidence}</td>
              <td className="num">{(a.milliseconds / 1000).toFixed(1)} s</td>
              <td>{w(a.answer === a.truth ? 'reading.right.mark' : 'reading.wrong.mark')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
