import { Camera, Contrast, Crosshair, Ellipsis, LayoutGrid, Link2, Move, PanelLeft, PanelRight, Ruler, SquareDashedMousePointer, Unlink2, ZoomIn } from 'lucide-react';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { useLayers } from '../../state/layers';
import { isOverlay, setLayersVisible } from '../../state/layerVisibility';
import { stageStore, useGenerated } from '../../state/stage';
import { chooseTool, openTask, setLinked, setView, useView, type CompareMode } from '../../state/view';
import { IconButton } from '../controls/IconButton';
import { Segmented } from '../controls/Segmented';
import { Switch } from '../controls/Switch';
import { t, type StringKey } from '../strings/t';

const StageMenus = lazy(() => import('./StageMenus'));
const ICON = { size: 16, strokeWidth: 1.5 } as const;

const TOOLS: readonly { id: string; label: StringKey; key: string; icon: ReactNode }[] = [
  { id: 'window', label: 'tool.window', key: 'W', icon: <Contrast {...ICON} /> },
  { id: 'pan', label: 'tool.pan', key: 'P', icon: <Move {...ICON} /> },
  { id: 'zoom', label: 'tool.zoom', key: 'Z', icon: <ZoomIn {...ICON} /> },
  { id: 'probe', label: 'tool.probe', key: 'Q', icon: <Crosshair {...ICON} /> },
];

export function StageBar() {
  const mode = useView((s) => s.mode);
  const tool = useView((s) => s.tool);
  const linked = useView((s) => s.linked);
  const libraryOpen = useView((s) => s.libraryOpen);
  const panelOpen = useView((s) => s.panelOpen);
  const generated = useGenerated();
  const layers = useLayers((s) => s.layers.some(isOverlay));
  const overlays = useLayers((s) => !s.hidden);
  const [menu, setMenu] = useState<'measure' | 'layout' | 'more' | null>(null);
  const measuring = ['length', 'angle', 'roi'].includes(tool);
  const menuProps = (id: 'measure' | 'layout' | 'more') => ({ 'aria-haspopup': 'menu' as const, onClick: () => setMenu(id) });
  const popup = (id: 'measure' | 'layout' | 'more', button: ReactNode, trigger: ReactNode) =>
    menu === id ? (
      <Suspense fallback={button}>
        <StageMenus which={id} trigger={trigger} onClose={() => setMenu(null)} />
      </Suspense>
    ) : (
      button
    );
  return (
    <div className="stage-bar" role="toolbar" aria-label={t('stage.tools')}>
      {!libraryOpen && <IconButton label={t('library.expand')} icon={<PanelLeft {...ICON} />} onClick={() => setView({ libraryOpen: true })} />}
      <Segmented<CompareMode>
        label={t('stage.compare')}
        value={mode}
        onChange={(next) => setView({ mode: next, maximised: null, gallery: false })}
        options={[
          { value: 'side', label: t('stage.side') },
          { value: 'swipe', label: t('stage.swipe'), disabled: !generated },
          { value: 'blink', label: t('stage.blink'), disabled: !generated },
          { value: 'difference', label: t('stage.diff'), disabled: !generated },
        ]}
      />
      <span className="bar-line" />
      {TOOLS.map((x) => (
        <IconButton key={x.id} label={t(x.label)} shortcut={x.key} icon={x.icon} pressed={tool === x.id} onClick={() => chooseTool(x.id)} />
      ))}
      {popup(
        'measure',
        <IconButton label={t('tool.measure')} icon={<Ruler {...ICON} />} pressed={measuring} {...menuProps('measure')} />,
        <Ruler {...ICON} />,
      )}
      <IconButton
        label={t('tool.region')}
        shortcut="M"
        icon={<SquareDashedMousePointer {...ICON} />}
        pressed={tool === 'region'}
        onClick={() => {
          openTask('explain');
          chooseTool('region');
        }}
      />
      <span className="grow" />
      {layers && (
        <span className="row stage-overlay">
          <span className="small">{t('stage.overlay')}</span>
          <Switch bare label={t('stage.overlay')} checked={overlays} onChange={setLayersVisible} />
          <span className="bar-line" />
        </span>
      )}
      <IconButton label={t('stage.link')} shortcut="L" icon={linked ? <Link2 {...ICON} /> : <Unlink2 {...ICON} />} pressed={linked} onClick={() => setLinked(!linked, stageStore.getState().shownIndex)} />
      {popup('layout', <IconButton label={t('stage.layout')} icon={<LayoutGrid {...ICON} />} {...menuProps('layout')} />, <LayoutGrid {...ICON} />)}
      <IconButton
        label={t('stage.picture')}
        icon={<Camera {...ICON} />}
        onClick={() => void import('../viewport/picture').then((m) => m.savePicture())}
      />
      {popup('more', <IconButton label={t('menu.more')} icon={<Ellipsis {...ICON} />} {...menuProps('more')} />, <Ellipsis {...ICON} />)}
      <IconButton label={t(panelOpen ? 'panel.collapse' : 'panel.expand')} icon={<PanelRight {...ICON} />} onClick={() => setView({ panelOpen: !panelOpen })} />
    </div>
  );
}
