import { CircleQuestionMark, Library, Menu as MenuIcon, Moon, Redo2, Sun, Undo2 } from 'lucide-react';
import { redo, undo, useHistory } from '../../state/history';
import { useLibrary } from '../../state/library';
import { useBackend } from '../../state/services';
import { changeSettings, useSettings } from '../../state/settings';
import { useStage } from '../../state/stage';
import { openPage, setView, useView } from '../../state/view';
import { sentence } from '../../state/strings/say';
import { IconButton } from '../controls/IconButton';
import { t } from '../strings/t';
import { AppMenu } from './AppMenu';

export function Logo() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      <rect x="1" y="1" width="12" height="12" rx="3" fill="none" stroke="currentColor" strokeWidth="1.8" />
      <rect x="7" y="7" width="12" height="12" rx="3" fill="currentColor" />
    </svg>
  );
}

/** `WASM, 2 threads`: what really ran, or that nothing ran yet. */
export function BackendLabel() {
  const status = useBackend();
  const text = status ? (status.backend === 'webgpu' ? 'WebGPU' : t(status.threads === 1 ? 'backend.threads.one' : 'backend.threads', { n: status.threads })) : t('backend.idle');
  return (
    <span className="backend" title={status ? `${t('backend.name')}: ${sentence(status.reason)}` : undefined}>
      <i className={status ? 'dot on' : 'dot'} aria-hidden="true" />
      <span className="sr-only">{t('backend.name')}: </span>
      {text}
    </span>
  );
}

export function TopBar({ phone }: { phone: boolean }) {
  const theme = useSettings((s) => s.theme);
  const canUndo = useHistory((s) => s.past.length > 0);
  const canRedo = useHistory((s) => s.future.length > 0);
  const help = useView((s) => s.helpOpen);
  if (phone) {
    return (
      <header className="top-bar phone">
        <IconButton label={t('library.title')} icon={<Library size={18} strokeWidth={1.5} />} onClick={() => setView({ page: 'stage', drawerOpen: true })} />
        <div className="phone-title">
          <Crumbs />
          <span className="hint">{t('app.disclaimer')}</span>
        </div>
        <AppMenu edits icon={<MenuIcon size={18} strokeWidth={1.5} />} />
      </header>
    );
  }
  return (
    <header className="top-bar">
      <button type="button" className="brand" onClick={() => openPage('start')} aria-label={`${t('app.name')}, ${t('menu.start')}`}>
        <Logo />
        <strong>{t('app.name')}</strong>
      </button>
      <Crumbs />
      <span className="grow" />
      <span className="small disclaimer">{t('app.disclaimer')}</span>
      <span className="bar-line" />
      <BackendLabel />
      <span className="bar-line" />
      <IconButton label={t('app.undo')} shortcut="Ctrl+Z" icon={<Undo2 size={16} strokeWidth={1.5} />} disabled={!canUndo} onClick={undo} />
      <IconButton label={t('app.redo')} shortcut="Ctrl+Y" icon={<Redo2 size={16} strokeWidth={1.5} />} disabled={!canRedo} onClick={redo} />
      <span className="bar-line" />
      <IconButton label={t('app.help')} shortcut="?" icon={<CircleQuestionMark size={16} strokeWidth={1.5} />} pressed={help} onClick={() => setView({ helpOpen: !help })} />
      <IconButton
        label={t(theme === 'dark' ? 'app.theme.light' : 'app.theme.dark')}
        icon={theme === 'dark' ? <Sun size={16} strokeWidth={1.5} /> : <Moon size={16} strokeWidth={1.5} />}
        onClick={() => changeSettings({ theme: theme === 'dark' ? 'light' : 'dark' })}
      />
      <AppMenu icon={<MenuIcon size={16} strokeWidth={1.5} />} />
    </header>
  );
}

function Crumbs() {
  const page = useView((s) => s.page);
  const seriesId = useStage((s) => s.seriesId);
  const item = useLibrary((s) => s.items.find((i) => i.id === seriesId));
  if (page !== 'stage' || !item) return <span className="crumbs" />;
  return (
    <span className="crumbs cut">
      <span>{item.study}</span>
      <span aria-hidden="true">›</span>
      <strong>{item.source.series.description || item.source.series.modality}</strong>
    </span>
  );
}
