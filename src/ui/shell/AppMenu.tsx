import { lazy, Suspense, useState, type ReactNode } from 'react';
import { IconButton } from '../controls/IconButton';
import { t } from '../strings/t';

const AppMenuPopup = lazy(() => import('./AppMenuPopup'));

/** The rest of the studio; the popup is loaded when it is first opened. `edits`: with undo and redo, where they have no buttons. */
export function AppMenu({ icon, edits = false }: { icon: ReactNode; edits?: boolean }) {
  const [asked, setAsked] = useState(false);
  const button = <IconButton label={t('app.menu')} icon={icon} aria-haspopup="menu" onClick={() => setAsked(true)} />;
  if (!asked) return button;
  return (
    <Suspense fallback={button}>
      <AppMenuPopup icon={icon} edits={edits} />
    </Suspense>
  );
}
