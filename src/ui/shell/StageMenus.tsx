import { LAYOUTS } from '../../state/cells';
import { Menu } from '@base-ui/react/menu';
import { popupRoot } from '../controls/popupRoot';
import type { ReactNode } from 'react';
import type { WindowSetting } from '../../core/slice';
import { clearMeasurements } from '../../state/measure';
import { changeSettings, useSettings } from '../../state/settings';
import { useStage } from '../../state/stage';
import { chooseTool, setView, setWindow, useView } from '../../state/view';
import { windowName } from '../viewport/windowName';
import { KeyCap } from '../controls/KeyCap';
import { t, type StringKey } from '../strings/t';
import { ACTIONS, type ActionId } from './actions';

interface StageMenusProps {
  which: 'measure' | 'layout' | 'more';
  trigger: ReactNode;
  onClose: () => void;
}

export default function StageMenus({ which, trigger, onClose }: StageMenusProps) {
  const label = t(which === 'measure' ? 'tool.measure' : which === 'layout' ? 'stage.layout' : 'menu.more');
  return (
    <Menu.Root defaultOpen onOpenChangeComplete={(open) => !open && onClose()}>
      <Menu.Trigger className="icon-btn on" aria-label={label}>
        {trigger}
      </Menu.Trigger>
      <Menu.Portal container={popupRoot()}>
        <Menu.Positioner className="popup-positioner" sideOffset={6} align={which === 'measure' ? 'start' : 'end'}>
          <Menu.Popup className="popup">{which === 'measure' ? <MeasureItems /> : which === 'layout' ? <LayoutItems /> : <MoreItems />}</Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

/** One of several (`checked` given), a switch (`alone` too), or a plain command. */
function Item({ onClick, shortcut, checked, alone, children }: { onClick: () => void; shortcut?: string; checked?: boolean; alone?: boolean; children: ReactNode }) {
  const state = checked === undefined ? {} : { role: alone ? 'menuitemcheckbox' : 'menuitemradio', 'aria-checked': checked };
  return (
    <Menu.Item className="option" onClick={onClick} data-selected={checked ? '' : undefined} {...state}>
      {children}
      {shortcut && (
        <span className="note">
          <KeyCap>{shortcut}</KeyCap>
        </span>
      )}
      {checked && (
        <span className="note" aria-hidden="true">
          ✓
        </span>
      )}
    </Menu.Item>
  );
}

function MeasureItems() {
  const seriesId = useStage((s) => s.seriesId);
  return (
    <>
      <Item onClick={() => chooseTool('length')}>{t('tool.length')}</Item>
      <Item onClick={() => chooseTool('angle')}>{t('tool.angle')}</Item>
      <Item onClick={() => chooseTool('roi')}>{t('tool.roi')}</Item>
      <Menu.Separator className="option-line" />
      <Item onClick={() => seriesId && clearMeasurements(seriesId)}>{t('measure.clear')}</Item>
    </>
  );
}

function LayoutItems() {
  const [rows, columns] = useView((s) => s.layout);
  return LAYOUTS.map((layout) => (
    <Item key={layout.join()} checked={layout[0] === rows && layout[1] === columns} onClick={() => setView({ layout: [...layout], mode: 'side', maximised: null, gallery: false })}>
      {t('stage.layout.of', { rows: layout[0], columns: layout[1] })}
    </Item>
  ));
}

const VIEW_ITEMS: readonly { action: ActionId; label: StringKey; key: string }[] = [
  { action: 'fit', label: 'stage.fit', key: '=' },
  { action: 'reset', label: 'stage.reset', key: 'Space' },
  { action: 'invert', label: 'stage.invert', key: 'I' },
  { action: 'flipH', label: 'stage.flipH', key: 'H' },
  { action: 'flipV', label: 'stage.flipV', key: 'V' },
  { action: 'rotate', label: 'stage.rotate', key: 'R' },
  { action: 'cine', label: 'stage.cine', key: 'C' },
];
const PRESETS: readonly { action: ActionId; label: StringKey; key: string }[] = [
  { action: 'preset1', label: 'preset.soft', key: '1' },
  { action: 'preset2', label: 'preset.lung', key: '2' },
  { action: 'preset3', label: 'preset.bone', key: '3' },
  { action: 'preset4', label: 'preset.brain', key: '4' },
];

const same = (a: WindowSetting, b: WindowSetting | undefined): boolean => a.center === b?.center && a.width === b.width && (a.function ?? 'LINEAR') === (b.function ?? 'LINEAR') && Boolean(a.lut) === Boolean(b.lut);

function MoreItems() {
  const settings = useSettings((s) => s);
  const cornerText = useView((s) => s.cornerText);
  const original = useStage((s) => s.original);
  const seriesId = useStage((s) => s.seriesId);
  const shown = useView((s) => (seriesId ? s.windows[seriesId] : undefined)) ?? original?.window;
  const presets = original?.raster.unit === 'HU' ? PRESETS : [];
  return (
    <>
      {VIEW_ITEMS.map((item) => (
        <Item key={item.action} shortcut={item.key} onClick={ACTIONS[item.action]}>
          {t(item.label)}
        </Item>
      ))}
      <Menu.Separator className="option-line" />
      {presets.map((item) => (
        <Item key={item.action} shortcut={item.key} onClick={ACTIONS[item.action]}>
          {t(item.label)}
        </Item>
      ))}
      {(original?.windows ?? []).slice(0, 12).map((w, i) => (
        <Item key={i} checked={same(w, shown)} onClick={() => seriesId && setWindow(seriesId, w)}>
          {windowName(w)}
        </Item>
      ))}
      <Menu.Separator className="option-line" />
      <Item shortcut="N" onClick={() => changeSettings({ smooth: !settings.smooth })}>
        {t(settings.smooth ? 'stage.smooth.off' : 'stage.smooth.on')}
      </Item>
      <Item alone checked={cornerText} onClick={() => setView({ cornerText: !cornerText })}>
        {t('stage.corner')}
      </Item>
      {[250, 500, 1000].map((ms) => (
        <Item key={ms} checked={settings.blinkMs === ms} onClick={() => changeSettings({ blinkMs: ms })}>
          {t('stage.blinkSpeed')} {ms / 1000} s
        </Item>
      ))}
    </>
  );
}
