import { Menu } from '@base-ui/react/menu';
import type { ReactNode } from 'react';
import { chooseCell, keepResult, ORIGINAL } from '../../state/cells';
import { useLibrary } from '../../state/library';
import { useStage } from '../../state/stage';
import { popupRoot } from '../controls/popupRoot';
import { t } from '../strings/t';

interface CellMenuProps {
  cell: number;
  /** `original`, a derived series, or nothing. */
  shown: string | null;
  label: string;
  trigger: ReactNode;
  onClose: () => void;
}

/** Original and every result of the open series; below, whether the one shown is kept. */
export default function CellMenu({ cell, shown, label, trigger, onClose }: CellMenuProps) {
  const seriesId = useStage((s) => s.seriesId);
  const all = useLibrary((s) => s.derived);
  const derived = all.filter((d) => d.sourceId === seriesId && !d.transient);
  const mine = derived.find((d) => d.id === shown);
  const item = (id: string, name: string, note?: string) => (
    <Menu.Item key={id} className="option" role="menuitemradio" aria-checked={id === shown} data-selected={id === shown ? '' : undefined} onClick={() => chooseCell(cell, id)}>
      {name}
      {note && <span className="note">{note}</span>}
    </Menu.Item>
  );
  return (
    <Menu.Root defaultOpen onOpenChangeComplete={(open) => !open && onClose()}>
      <Menu.Trigger className="cell-chooser on" aria-label={label}>
        {trigger}
      </Menu.Trigger>
      <Menu.Portal container={popupRoot()}>
        <Menu.Positioner className="popup-positioner" sideOffset={4} align="start">
          <Menu.Popup className="popup">
            {item(ORIGINAL, t('stage.original'))}
            {derived.map((d) => item(d.id, d.name, d.results.values().next().value?.info.model?.id))}
            {mine && (
              <>
                <Menu.Separator className="option-line" />
                <Menu.Item className="option" role="menuitemcheckbox" aria-checked={mine.kept ?? false} onClick={() => keepResult(mine.id, !mine.kept)}>
                  {t('cell.keep')}
                  {mine.kept && <span className="note" aria-hidden="true">✓</span>}
                </Menu.Item>
              </>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
