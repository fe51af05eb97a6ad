import { Contrast, Layers } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useLayers } from '../../state/layers';
import { isOverlay, setLayersVisible } from '../../state/layerVisibility';
import { setIndex, useGenerated, useStage } from '../../state/stage';
import { chooseTool, setView, useView, viewStore } from '../../state/view';
import { IconButton } from '../controls/IconButton';
import { Segmented } from '../controls/Segmented';
import LibraryPanel from '../library/LibraryPanel';
import { t } from '../strings/t';
import { StageRoom, StageStrip } from './StageRoom';
import { TaskPanel } from './TaskPanel';

type Shown = 'original' | 'generated' | 'swipe';

/** 390 px: stage first, tasks as a sheet from below, library as a drawer. */
export function PhoneStage({ name }: { name: string }) {
  const mode = useView((s) => s.mode);
  const maximised = useView((s) => s.maximised);
  const libraryOpen = useView((s) => s.drawerOpen);
  const sheet = useView((s) => s.sheet);
  const tool = useView((s) => s.tool);
  const generated = useGenerated();
  const seriesId = useStage((s) => s.seriesId);
  const layers = useLayers((s) => s.layers.some(isOverlay));
  const overlays = useLayers((s) => !s.hidden);
  const shown: Shown = mode === 'swipe' ? 'swipe' : maximised === 'generated' && generated ? 'generated' : 'original';
  const show = (next: Shown) => setView(next === 'swipe' ? { mode: 'swipe', maximised: null } : { mode: 'side', maximised: next });
  const hasGenerated = generated !== null;
  // One image at a time: the result shows itself when it comes.
  useEffect(() => {
    if (viewStore.getState().mode === 'side') setView({ maximised: hasGenerated ? 'generated' : 'original' });
  }, [hasGenerated, seriesId]);
  useEffect(() => {
    if (maximised === null && mode === 'side') setView({ maximised: hasGenerated ? 'generated' : 'original' });
  }, [maximised, mode, hasGenerated]);
  useEffect(() => () => setView({ maximised: null }), []);
  return (
    <div className={`phone-page sheet-${sheet}`}>
      {libraryOpen && (
        <div className="drawer">
          <LibraryPanel />
          <button type="button" className="drawer-scrim" aria-label={t('library.collapse')} onClick={() => setView({ drawerOpen: false })} />
        </div>
      )}
      <main className="stage" id="main" aria-label={t('stage.name')}>
        <h1 className="sr-only">{name}</h1>
        <StageRoom>
          <SliceRail />
        </StageRoom>
        <StageStrip phone open={sheet !== 'full'} otherwise={null} />
        <div className="phone-bar">
          <Segmented<Shown>
            wide
            label={t('stage.compare')}
            value={shown}
            onChange={show}
            options={[
              { value: 'original', label: t('stage.original') },
              { value: 'generated', label: t('stage.generated'), disabled: !generated },
              { value: 'swipe', label: t('stage.swipe'), disabled: !generated },
            ]}
          />
          <IconButton label={t('tool.window')} pressed={tool === 'window'} icon={<Contrast size={20} strokeWidth={1.5} />} onClick={() => chooseTool(tool === 'window' ? 'pan' : 'window')} />
          <IconButton label={t('stage.overlay')} pressed={layers && overlays} disabled={!layers} icon={<Layers size={20} strokeWidth={1.5} />} onClick={() => setLayersVisible(!overlays)} />
        </div>
      </main>
      <div className="sheet">
        <SheetGrip />
        <TaskPanel />
      </div>
    </div>
  );
}

/** Peek, half and full: drag it or step through by click. */
function SheetGrip() {
  const sheet = useView((s) => s.sheet);
  const start = useRef<number | null>(null);
  const order = ['peek', 'half', 'full'] as const;
  const step = (by: number) => setView({ sheet: order[Math.min(2, Math.max(0, order.indexOf(sheet) + by))]! });
  const next = () => (sheet === 'full' ? setView({ sheet: 'peek' }) : step(1));
  return (
    <button
      type="button"
      className="sheet-grip"
      aria-label={t(sheet === 'full' ? 'panel.collapse' : 'panel.expand')}
      aria-expanded={sheet !== 'peek'}
      onPointerDown={(e) => {
        start.current = e.clientY;
        e.currentTarget.setPointerCapture(e.pointerId);
      }}
      onPointerUp={(e) => {
        const moved = e.clientY - (start.current ?? e.clientY);
        start.current = null;
        if (Math.abs(moved) > 24) step(moved < 0 ? 1 : -1);
        else next();
      }}
      onClick={(e) => {
        // By keyboard or a screen reader: there was no pointer.
        if (e.detail === 0) next();
      }}
      onKeyDown={(e) => {
        if (e.key === 'ArrowUp') step(1);
        if (e.key === 'ArrowDown') step(-1);
      }}
    >
      <i />
    </button>
  );
}

/** Slices by one thumb at the right edge. */
function SliceRail() {
  const count = useStage((s) => s.count);
  const index = useStage((s) => s.index);
  if (count < 2) return null;
  return (
    <input
      className="slice-rail"
      type="range"
      min={0}
      max={count - 1}
      step={1}
      value={index}
      aria-label={t('strip.name')}
      aria-valuetext={`${index + 1} / ${count}`}
      onChange={(e) => setIndex(Number(e.currentTarget.value))}
    />
  );
}
