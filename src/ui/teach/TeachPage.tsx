import { goToStep, type GuideId } from '../../state/guide';
import { openPage } from '../../state/view';
import { Button, TextButton } from '../controls/Button';
import { t, type StringKey } from '../strings/t';

const DEMOS: readonly { id: GuideId | 'reading'; title: StringKey; about: StringKey }[] = [
  { id: 'degrade', title: 'teach.degrade', about: 'teach.degrade.about' },
  { id: 'lesion', title: 'teach.lesion', about: 'teach.lesion.about' },
  { id: 'pixels', title: 'teach.pixels', about: 'teach.pixels.about' },
  { id: 'reading', title: 'teach.reading', about: 'teach.reading.about' },
];

/** Guided demonstrations for a class. */
export default function TeachPage() {
  return (
    <main className="start-page" id="main">
      <div className="start-inner">
        <h1>{t('teach.title')}</h1>
        <p className="start-about">{t('teach.about')}</p>
        <ul className="teach-list">
          {DEMOS.map((demo) => (
            <li key={demo.id}>
              <div className="grow">
                <h2>{t(demo.title)}</h2>
                <p className="small">{t(demo.about)}</p>
              </div>
              <Button aria-label={`${t('teach.start')}: ${t(demo.title)}`} onClick={() => (demo.id === 'reading' ? openPage('reading') : void goToStep(demo.id, 0))}>
                {t('teach.start')}
              </Button>
            </li>
          ))}
        </ul>
        <TextButton onClick={() => openPage('start')}>{t('teach.back')}</TextButton>
      </div>
    </main>
  );
}
