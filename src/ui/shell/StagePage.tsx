import { CSPProvider } from '@base-ui/react/csp-provider';
import { lazy, Suspense, useEffect } from 'react';
import { useLibrary } from '../../state/library';
import { useSettings } from '../../state/settings';
import { setIndex, stageStore, useStage } from '../../state/stage';
import { useView } from '../../state/view';
import LibraryPanel, { LibraryRail } from '../library/LibraryPanel';
import { t } from '../strings/t';
import { Filmstrip } from './Filmstrip';
import { PhoneStage } from './PhoneStage';
import { StageBar } from './StageBar';
import { StageRoom, StageStrip } from './StageRoom';
import { TaskPanel } from './TaskPanel';

const HelpSheet = lazy(() => import('./HelpSheet'));

/** Library, images, one task. */
export default function StagePage({ phone }: { phone: boolean }) {
  const libraryOpen = useView((s) => s.libraryOpen);
  const panelOpen = useView((s) => s.panelOpen);
  const helpOpen = useView((s) => s.helpOpen);
  const count = useStage((s) => s.count);
  const seriesId = useStage((s) => s.seriesId);
  const item = useLibrary((s) => s.items.find((i) => i.id === seriesId));
  const name = item ? `${item.study}, ${item.source.series.description || item.source.series.modality}` : t('stage.name');
  useCine();
  return (
    <CSPProvider disableStyleElements>
      {phone ? (
        <PhoneStage name={name} />
      ) : (
        <div className="stage-page">
          {libraryOpen ? <LibraryPanel /> : <LibraryRail />}
          <main className="stage" id="main" aria-label={t('stage.name')}>
            <h1 className="sr-only">{name}</h1>
            <StageBar />
            <StageRoom>
              {helpOpen && (
                <Suspense fallback={null}>
                  <HelpSheet />
                </Suspense>
              )}
            </StageRoom>
            <StageStrip open={panelOpen} otherwise={count > 1 && <Filmstrip />} />
          </main>
          {panelOpen && <TaskPanel />}
        </div>
      )}
    </CSPProvider>
  );
}

/** Steps through the slices and starts again at the first. */
function useCine(): void {
  const cine = useView((s) => s.cine);
  const fps = useSettings((s) => s.cineFps);
  useEffect(() => {
    if (!cine) return;
    const timer = setInterval(() => {
      const { index, count } = stageStore.getState();
      setIndex((index + 1) % Math.max(1, count));
    }, 1000 / fps);
    return () => clearInterval(timer);
  }, [cine, fps]);
}
