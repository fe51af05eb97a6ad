import { FileText } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { describeError } from '../../core/errorText';
import { errorText, sentence } from '../../state/strings/say';
import type { Slice } from '../../core/slice';
import type { FileOutcome } from '../../pipeline/importFiles';
import type { SeriesSource } from '../../pipeline/seriesSource';
import { itemOf } from '../../state/library';
import { announce } from '../../state/notices';
import { useOpen } from '../../state/open';
import { openSeries } from '../../state/stage';
import { drawThumb, THUMB, useThumb, wantThumb } from '../../state/thumbs';
import { openPage, setView } from '../../state/view';
import { Button, TextButton } from '../controls/Button';
import { NoticeBox } from '../controls/NoticeBox';
import { warningText } from '../library/warningText';
import { t } from '../strings/t';
import { number } from '../viewport/format';
import { Thumb } from './Thumb';

/** What came of the files: every one is accounted for. */
export default function ImportPage() {
  const { name, reading, report, seconds, fileCount, first: firstSlice, done } = useOpen((s) => s);
  const [listed, setListed] = useState(false);
  const [skippedListed, setSkippedListed] = useState(false);
  if (reading || !report) {
    return (
      <main className="start-page" id="main" aria-busy={reading}>
        <div className="start-inner">
          <h1>{reading ? t('import.reading', { name }) : t('import.title.none')}</h1>
          {reading && <p className="start-about num">{t('jobs.of', { done, total: Math.max(done, fileCount) })}</p>}
          {firstSlice && <FirstImage slice={firstSlice} />}
          {!reading && <Button onClick={() => openPage('start')}>{t('import.another')}</Button>}
        </div>
      </main>
    );
  }
  const failed = report.outcomes.filter((o) => o.status === 'error');
  const skipped = report.outcomes.filter((o) => o.status === 'skipped');
  const look = report.series.filter((s) => s.series.warnings.length > 0).length;
  const first = report.series[0];
  const title = report.series.length === 0 ? t('import.title.none') : look > 0 ? t('import.title', { series: report.series.length, look }) : t('import.title.clean', { series: report.series.length });
  const kinds = [...new Set(failed.map((o) => o.code))];
  const summary = () => {
    const lines = report.outcomes.map((o) => [o.path, o.status, o.code ?? '', o.message].join('\t'));
    void navigator.clipboard.writeText(lines.join('\n')).then(() => announce(t('app.copied')));
  };
  return (
    <main className="start-page" id="main">
      <div className="start-inner">
        <h1>{title}</h1>
        <p className="start-about">{t('import.about', { files: fileCount, seconds: seconds.toFixed(1) })}</p>
        <div className="import-notices">
          {failed.length > 0 && (
            <NoticeBox
              level="err"
              happened={failed.length === 1 ? t('import.failed.one') : t('import.failed', { count: failed.length })}
              todo={kinds.slice(0, 3).map((code) => (code ? `${errorText(code).happened} ${errorText(code).todo}` : '')).join(' ')}
              actions={[{ label: t(listed ? 'import.hideList' : 'import.list'), run: () => setListed(!listed) }]}
            />
          )}
          {listed && <OutcomeList outcomes={failed} />}
        </div>
        <div className="import-head hint">
          <span>{t('import.col.series')}</span>
          <span>{t('import.col.result')}</span>
        </div>
        <ul className="import-rows">
          {report.series.map((source) => (
            <ImportRow key={source.series.id} source={source} />
          ))}
          {skipped.length > 0 && (
            <li className="import-row">
              <span className="thumb none">
                <FileText size={16} strokeWidth={1.5} aria-hidden="true" />
              </span>
              <span className="library-text">
                <span>{t(skipped.length === 1 ? 'import.files.one' : 'import.files', { n: skipped.length })}</span>
                <span className="hint cut">{[...new Set(skipped.map(outcomeText))].slice(0, 3).join(' ')}</span>
              </span>
              <span className="hint">{t('import.skipped')}</span>
              <TextButton aria-expanded={skippedListed} onClick={() => setSkippedListed(!skippedListed)}>
                {t(skippedListed ? 'import.hideList' : 'import.list')}
              </TextButton>
            </li>
          )}
        </ul>
        {skippedListed && <OutcomeList outcomes={skipped} />}
        <div className="row import-foot">
          {first && (
            <Button variant="primary" onClick={() => void openSeries(first.series.id)}>
              {t('import.openOne', { name: first.series.description || first.series.modality })}
            </Button>
          )}
          <Button onClick={() => (first ? setView({ page: 'stage', libraryOpen: true }) : openPage('start'))}>{t(first ? 'import.library' : 'import.another')}</Button>
          <span className="grow" />
          <TextButton onClick={summary}>{t('import.copy')}</TextButton>
        </div>
      </div>
    </main>
  );
}

/** What became of a file, in the language of the page; the detail in brackets stays as the reader found it. */
function outcomeText({ code, message }: FileOutcome): string {
  const english = code ? describeError(code) : '';
  if (!code || !message.startsWith(english)) return sentence(message);
  const { happened, todo } = errorText(code);
  return `${happened} ${todo}${message.slice(english.length)}`;
}

/** Each file with its reason. */
function OutcomeList({ outcomes }: { outcomes: readonly FileOutcome[] }) {
  return (
    <ul className="import-list small">
      {outcomes.map((o) => (
        <li key={o.path}>
          <span className="cut">{o.path}</span>
          <span className="hint">{outcomeText(o)}</span>
        </li>
      ))}
    </ul>
  );
}

/** The first image is there before the rest has been looked at. */
function FirstImage({ slice }: { slice: Slice }) {
  const grey = useMemo(() => drawThumb(slice, slice.window, THUMB), [slice]);
  return (
    <div className="import-first">
      <Thumb grey={grey} size={232} label={`${slice.modality}, ${slice.raster.width} × ${slice.raster.height}`} />
    </div>
  );
}

function ImportRow({ source }: { source: SeriesSource }) {
  const { series } = source;
  const middle = Math.floor((series.slices.length - 1) / 2);
  const grey = useThumb(`${series.id}/${middle}`);
  useEffect(() => {
    const item = itemOf(series.id);
    if (item) wantThumb(item, middle);
  }, [series.id, middle]);
  const spacing = series.pixelSpacingMm ? `${number(series.pixelSpacingMm[1], 2)}${series.sliceSpacingMm ? ` × ${number(series.sliceSpacingMm, 1)}` : ''} mm` : t('stage.noMm');
  const warning = series.warnings[0];
  return (
    <li>
      <button type="button" className="import-row" onClick={() => void openSeries(series.id)}>
        <Thumb grey={grey} size={40} />
        <span className="library-text">
          <span className="cut">{series.description || series.modality}</span>
          <span className="hint cut">
            {series.modality}, {series.columns} × {series.rows}, {spacing}, {series.slices.length === 1 ? t('library.slices.one') : t('library.slices', { n: series.slices.length })}
          </span>
        </span>
        <span className={warning ? 'small warn-text' : 'small'}>{warning ? warningText(warning) : t('import.ready')}</span>
      </button>
    </li>
  );
}
