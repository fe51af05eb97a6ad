import { lazy, Suspense, useEffect } from 'react';
import { useNotices } from '../../state/notices';
import { openDropped } from '../../state/openFiles';
import { useSettings } from '../../state/settings';
import { useView } from '../../state/view';
import { loadLanguage, t, useLanguage } from '../strings/t';
import { ErrorBoundary } from './ErrorBoundary';
import { JobsBar } from './JobsBar';
import { useKeys } from './keys';
import { NoticesList } from './NoticesList';
import { usePhone } from './phone';
import { StartPage } from './StartPage';
import { PAGES } from './tasks';
import { TopBar } from './TopBar';

const StagePage = lazy(() => import('./StagePage'));
const HelpSheet = lazy(() => import('./HelpSheet'));
const ImportPage = lazy(() => import('./ImportPage'));

export function App() {
  const page = useView((s) => s.page);
  const helpOpen = useView((s) => s.helpOpen);
  const theme = useSettings((s) => s.theme);
  const language = useSettings((s) => s.language);
  const phone = usePhone();
  useLanguage();
  useKeys();
  useDrop();
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  useEffect(() => {
    void loadLanguage(language);
  }, [language]);
  const Extra = PAGES[page];
  return (
    <div className={phone ? 'app phone' : 'app'}>
      <a className="skip" href="#main">
        {t('app.skip')}
      </a>
      <TopBar phone={phone} />
      <ErrorBoundary key={page}>
        <Suspense fallback={<main className="start-page" id="main" aria-busy="true" />}>
          {Extra ? <Extra /> : page === 'stage' ? <StagePage phone={phone} /> : page === 'import' ? <ImportPage /> : <StartPage />}
        </Suspense>
      </ErrorBoundary>
      {helpOpen && (page !== 'stage' || phone) && (
        <Suspense fallback={null}>
          <HelpSheet />
        </Suspense>
      )}
      <NoticesList />
      <JobsBar />
      <Announcer />
      <div id="popups" role="region" aria-label={t('app.popups')} />
    </div>
  );
}

/** What is said to a screen reader: progress that ends, notices, undone edits. */
function Announcer() {
  const spoken = useNotices((s) => s.spoken);
  const said = useNotices((s) => s.said);
  return (
    <div className="sr-only" role="status" aria-live="polite">
      <span key={said}>{spoken}</span>
    </div>
  );
}

/** Files can be dropped anywhere in the window. */
function useDrop(): void {
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      document.documentElement.dataset.dropping = 'true';
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) delete document.documentElement.dataset.dropping;
    };
    const drop = (event: DragEvent) => {
      delete document.documentElement.dataset.dropping;
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      void openDropped(event.dataTransfer);
    };
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
}
