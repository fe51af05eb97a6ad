import { Menu } from '@base-ui/react/menu';
import { popupRoot } from '../controls/popupRoot';
import type { ReactNode } from 'react';
import { chooseFiles, chooseFolder } from '../../state/openFiles';
import { redo, undo, useHistory } from '../../state/history';
import { goToStep } from '../../state/guide';
import { changeSettings, useSettings } from '../../state/settings';
import { openSession, saveSession } from '../../state/session';
import { makeAvailableOffline, useOffline } from '../../state/offline';
import { openPage, setView } from '../../state/view';
import { t } from '../strings/t';

/** Opens at once: it is loaded because it was asked for. */
export default function AppMenuPopup({ icon, edits }: { icon: ReactNode; edits: boolean }) {
  const canUndo = useHistory((s) => s.past.length > 0);
  const canRedo = useHistory((s) => s.future.length > 0);
  const settings = useSettings((s) => s);
  const offline = useOffline((s) => s.phase);
  const Item = ({ onClick, children }: { onClick: () => void; children: ReactNode }) => (
    <Menu.Item className="option" onClick={onClick}>
      {children}
    </Menu.Item>
  );
  return (
    <Menu.Root defaultOpen>
      <Menu.Trigger className="icon-btn" aria-label={t('app.menu')}>
        {icon}
      </Menu.Trigger>
      <Menu.Portal container={popupRoot()}>
        <Menu.Positioner className="popup-positioner" sideOffset={6} align="end">
          <Menu.Popup className="popup app-menu">
            {edits && canUndo && <Item onClick={undo}>{t('app.undo')}</Item>}
            {edits && canRedo && <Item onClick={redo}>{t('app.redo')}</Item>}
            {edits && (canUndo || canRedo) && <Menu.Separator className="option-line" />}
            <Item onClick={() => openPage('start')}>{t('menu.start')}</Item>
            <Item onClick={() => void chooseFiles()}>{t('menu.open')}</Item>
            <Item onClick={() => void chooseFolder()}>{t('menu.openFolder')}</Item>
            <Menu.Separator className="option-line" />
            <Item onClick={saveSession}>{t('menu.sessionSave')}</Item>
            <Item onClick={openSession}>{t('menu.sessionOpen')}</Item>
            <Menu.Separator className="option-line" />
            <Item onClick={() => openPage('teach')}>{t('menu.teach')}</Item>
            <Item onClick={() => openPage('review')}>{t('menu.review')}</Item>
            <Item onClick={() => openPage('reading')}>{t('menu.reading')}</Item>
            <Item onClick={() => void goToStep('tour', 0)}>{t('menu.tour')}</Item>
            <Item onClick={() => setView({ helpOpen: true })}>{t('app.help')}</Item>
            <Menu.Separator className="option-line" />
            <Item onClick={() => changeSettings({ theme: settings.theme === 'dark' ? 'light' : 'dark' })}>{t(settings.theme === 'dark' ? 'app.theme.light' : 'app.theme.dark')}</Item>
            <Item onClick={() => changeSettings({ language: settings.language === 'en' ? 'de' : 'en' })}>{t('menu.language')}</Item>
            <Item onClick={() => changeSettings({ showIdentifiers: !settings.showIdentifiers })}>{t(settings.showIdentifiers ? 'menu.identifiers.hide' : 'menu.identifiers.show')}</Item>
            {offline === 'ready' && <Item onClick={() => void makeAvailableOffline()}>{t('menu.offline')}</Item>}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
