import { FolderOpen } from 'lucide-react';
import { chooseFiles, chooseFolder, openSample, useSamples } from '../../state/open';
import { openPage } from '../../state/view';
import { Button, TextButton } from '../controls/Button';
import { t, type StringKey } from '../strings/t';
import { services } from '../../state/services';
import { en } from '../strings/en';

/** What to do first: open, drop, or take a sample. */
export function StartPage() {
  const samples = useSamples();
  return (
    <main className="start-page" id="main">
      <div className="start-inner">
        <h1>{t('start.title')}</h1>
        <p className="start-about">{t('start.about')}</p>
        <div className="drop-zone">
          <div className="row">
            <Button variant="primary" icon={<FolderOpen size={16} strokeWidth={1.5} aria-hidden="true" />} onClick={() => void chooseFolder()}>
              {t('start.folder')}
            </Button>
            <Button onClick={() => void chooseFiles()}>{t('start.files')}</Button>
          </div>
          <p className="small">{t('start.drop')}</p>
        </div>
        <div className="start-samples-head">
          <h2>{t('start.samples')}</h2>
          <span className="hint">{t('start.samples.license')}</span>
        </div>
        <ul className="start-samples">
          {samples.map((sample) => (
            <li key={sample.id}>
              <button type="button" className="sample-card" aria-label={t('start.open', { name: sampleText(sample.id, '', sample.name) })} onClick={() => void openSample(sample.id)}>
                <img src={`${services().baseUrl}samples/${sample.id}/preview.png`} alt="" width="264" height="232" decoding="async" />
                <span className="sample-text">
                  <strong>{sampleText(sample.id, '', sample.name)}</strong>
                  <span className="hint">{sampleText(sample.id, '.about', sample.about)}</span>
                  <span className="small">{sampleText(sample.id, '.for', '')}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
        <p className="start-teach">
          <TextButton onClick={() => openPage('teach')}>{t('start.teach')}</TextButton>
        </p>
      </div>
    </main>
  );
}

function sampleText(id: string, part: '' | '.about' | '.for', otherwise: string): string {
  const key = `start.sample.${id}${part}`;
  return key in en ? t(key as StringKey) : otherwise;
}
