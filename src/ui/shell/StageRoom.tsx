import { lazy, Suspense, type ReactNode } from 'react';
import { useExplain } from '../../state/explain';
import { useGuide } from '../../state/guide';
import { useLesion } from '../../state/lesion';
import { useStage } from '../../state/stage';
import { useView } from '../../state/view';
import { Stage } from '../viewport/Stage';
import { TASKS } from './tasks';

const Guide = lazy(() => import('./Guide'));
const MethodsGallery = lazy(() => import('../explain/MethodsGallery'));
const Gallery = lazy(() => import('../enhance/Gallery'));
const VariationsStrip = lazy(() => import('../lesion/VariationsStrip'));
const CardSheet = lazy(() => import('./CardSheet'));

/** The images, or the gallery that stands in their place, with the sheets over them. `children`: further sheets. */
export function StageRoom({ children }: { children?: ReactNode }) {
  const compared = useExplain((s) => s.compared !== null);
  const gallery = useView((s) => s.gallery);
  const card = useView((s) => s.card);
  const guide = useGuide((s) => s.id !== null);
  return (
    <div className="stage-room">
      <Suspense fallback={null}>{compared ? <MethodsGallery /> : gallery ? <Gallery /> : <Stage />}</Suspense>
      <Suspense fallback={null}>{guide && <Guide />}</Suspense>
      <Suspense fallback={null}>{card && <CardSheet modelId={card} />}</Suspense>
      {children}
    </div>
  );
}

/** The row under the images that the open task asks for, or `otherwise`. A phone has no room for what the panel shows too, or for what is still to come. */
export function StageStrip({ open, phone = false, otherwise }: { open: boolean; phone?: boolean; otherwise: ReactNode }) {
  const task = useView((s) => s.task);
  const count = useStage((s) => s.count);
  const here = useStage((s) => `${s.seriesId}/${s.shownIndex}`);
  const adding = useLesion((s) => s.mode === 'add' && ((!phone && count === 1) || (s.variations.length > 0 && s.variationsOf === here)));
  const Strip = open && !phone ? TASKS.find((x) => x.id === task)?.Strip : null;
  if (Strip) return <Suspense fallback={null}><Strip /></Suspense>;
  if (open && task === 'lesion' && adding) return <Suspense fallback={<div className="filmstrip" />}><VariationsStrip /></Suspense>;
  return otherwise;
}
