import { CSPProvider } from '@base-ui/react/csp-provider';
import { lazy, Suspense, useEffect } from 'react';
import { useExplain } from '../../state/explain';
import { useGuide } from '../../state/guide';
import { useLesion } from '../../state/lesion';
import { useLibrary } from '../../state/library';
import { useSettings } from '../../state/settings';
import { setIndex, stageStore, useStage } from '../../state/stage';
import { useView } from '../../state/view';
import LibraryPanel, { LibraryRail } from '../library/LibraryPanel';
import { t } from '../strings/t';
import { Stage } from '../viewport/Stage';
import { Filmstrip } from './Filmstrip';
import { PhoneStage } from './PhoneStage';
import { StageBar } from './StageBar';
import { TaskPanel } from './TaskPanel';
import { TASKS } from './tasks';

const Guide = lazy(() => import('./Guide'));
const HelpSheet = lazy(() => import('./HelpSheet'));
const MethodsGallery = lazy(() => import('../explain/MethodsGallery'));
const Gallery = lazy(() => import('../enhance/Gallery'));
const VariationsStrip = lazy(() => import('../lesion/VariationsStrip'));
const CardSheet = lazy(() => import('./CardSheet'));

/** Library, images, one task. */
export default function StagePage({ phone }: { phone: boolean }) {
  const libraryOpen = useView((s) => s.libraryOpen);
  const panelOpen = useView((s) => s.panelOpen);
  const helpOpen = useView((s) => s.helpOpen);
  const compared = useExplain((s) => s.compared !== null);
  const gallery = useView((s) => s.gallery);
  const card = useView((s) => s.card);
  const guide = useGuide((s) => s.id !== null);
  const count = useStage((s) => s.count);
  const task = useView((s) => s.task);
  const Strip = panelOpen ? TASKS.find((x) => x.id === task)?.Strip : null;
  const here = useStage((s) => `${s.seriesId}/${s.shownIndex}`);
  const adding = useLesion((s) => s.mode === 'add' && (count === 1 || (s.variations.length > 0 && s.variationsOf === here)));
  const variations = useView((s) => s.task === 'lesion') && panelOpen && adding;
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
            <div className="stage-room">
              {compared ? (
                <Suspense fallback={null}>
                  <MethodsGallery />
                </Suspense>
              ) : gallery ? (
                <Suspense fallback={null}>
                  <Gallery />
                </Suspense>
              ) : (
                <Stage />
              )}
              {guide && (
                <Suspense fallback={null}>
                  <Guide />
                </Suspense>
              )}
              {card && (
                <Suspense fallback={null}>
                  <CardSheet modelId={card} />
                </Suspense>
              )}
              {helpOpen && (
                <Suspense fallback={null}>
                  <HelpSheet />
                </Suspense>
              )}
            </div>
            {Strip ? (
              <Suspense fallback={null}>
                <Strip />
              </Suspense>
            ) : variations ? (
              <Suspense fallback={<div className="filmstrip" />}>
                <VariationsStrip />
              </Suspense>
            ) : (
              count > 1 && <Filmstrip />
            )}
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
