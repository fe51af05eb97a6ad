import { Menu } from '@base-ui/react/menu';
import { Copy, Download } from 'lucide-react';
import { exportDicomSeries, exportDicomSlice, exportNiftiSeries, exportPngSlice } from '../../state/exports';
import { copyMethods } from '../../state/methods';
import { useGenerated } from '../../state/stage';
import { popupRoot } from '../controls/popupRoot';
import { Button } from '../controls/Button';
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
