import { Menu } from '@base-ui/react/menu';
import { Copy, Download, Pin } from 'lucide-react';
import { keepResult } from '../../state/cells';
import { exportDicomSeries, exportDicomSlice, exportNiftiSeries, exportPngSlice } from '../../state/exports';
import { copyMethods } from '../../state/methods';
import { useLibrary } from '../../state/library';
import { useGenerated, useStage } from '../../state/stage';
import { popupRoot } from '../controls/popupRoot';
import { Button } from '../controls/Button';
import { IconButton } from '../controls/IconButton';
import { PanelFoot } from '../controls/Panel';
import { t } from '../strings/t';

/** Keep or export: at the foot of the panel, while the middle scrolls. */
export function ExportFoot() {
  const generated = useGenerated();
  const Item = ({ onClick, label }: { onClick: () => void; label: string }) => (
    <Menu.Item className="option" onClick={onClick}>
      {label}
    </Menu.Item>
  );
  return (
    <PanelFoot>
      <KeepButton />
      <Button icon={<Copy size={14} strokeWidth={1.5} aria-hidden="true" />} disabled={!generated} onClick={() => void copyMethods()}>
        {t('enhance.methods')}
      </Button>
      <Menu.Root>
        <Menu.Trigger className="btn" disabled={!generated}>
          <Download size={14} strokeWidth={1.5} aria-hidden="true" />
          {t('app.export')}
        </Menu.Trigger>
        <Menu.Portal container={popupRoot()}>
          <Menu.Positioner className="popup-positioner" side="top" sideOffset={6} align="end">
            <Menu.Popup className="popup">
              <Item label={t('export.dicom')} onClick={() => void exportDicomSlice()} />
              <Item label={t('export.dicomSeries')} onClick={() => void exportDicomSeries()} />
              <Item label={t('export.png')} onClick={() => void exportPngSlice()} />
              <Item label={t('export.nifti')} onClick={() => void exportNiftiSeries()} />
              <Item label={t('export.picture')} onClick={() => void import('../viewport/picture').then((m) => m.savePicture())} />
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </PanelFoot>
  );
}

/** Keeps the result on the stage as it is; other settings make another one beside it. */
function KeepButton() {
  const generated = useGenerated();
  const derivedId = useStage((s) => s.derivedId);
  const kept = useLibrary((s) => s.derived.find((d) => d.id === derivedId)?.kept ?? false);
  return <IconButton label={t('cell.keep')} pressed={kept} disabled={!generated} icon={<Pin size={16} strokeWidth={1.5} />} onClick={() => derivedId && keepResult(derivedId, !kept)} />;
}
